"""What is to be made underneath an estate's clusters: every platform's steps, and facts of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.plan.aws import owner_of
from hyperleaf.plan.aws_steps import aws_facts, aws_steps
from hyperleaf.plan.build import Build
from hyperleaf.plan.vsphere import vsphere_facts, vsphere_steps

if TYPE_CHECKING:
    from hyperleaf.model.estate import Estate
    from hyperleaf.plan.aws import AwsPlan


def plan_build(estate: Estate, aws: AwsPlan | None) -> Build | None:
    """Return the steps in the order of carrying out; None where nothing is to be made."""
    steps = (*(aws_steps(aws) if aws is not None else ()), *vsphere_steps(estate))
    facts = {**(aws_facts(aws) if aws is not None else {}), **vsphere_facts(estate)}
    if not steps:
        return None
    return Build(owner_of(estate), steps, {"clusters": facts})
