"""Every rule, asked of an estate; and every code that any finding may carry."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from hyperleaf.cluster.cluster_codes import CLUSTER_CODES
from hyperleaf.model.resolving_codes import EARLIER_CODES
from hyperleaf.platforms.platform_codes import PLATFORM_CODES
from hyperleaf.platforms.vsphere.vsphere_codes import VSPHERE_CODES
from hyperleaf.rules import (  # noqa: F401 - importing a file of rules registers them
    beside,
    bgp,
    compatibility,
    credentials,
    dhcp,
    guests,
    hosted,
    hosted_nodes,
    hosted_placement,
    hosts,
    install,
    machines,
    mtu,
    names,
    numbers,
    operators,
    platform,
    ranges,
    roles,
    routing,
    scale,
    storage,
    subnets,
    transport,
    underneath,
    uplinks,
    versions,
    virtualization,
)
from hyperleaf.rules.rule import RULES, Fault, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.codes import Code
    from hyperleaf.findings import Finding
    from hyperleaf.model.estate import Estate

__all__ = ["CODES", "RULES", "Fault", "Rule", "check", "rule"]

CODES: Final[Mapping[str, Code]] = dict(
    sorted(
        {
            **EARLIER_CODES,
            **{one.code.code: one.code for one in RULES},
            **CLUSTER_CODES,
            **PLATFORM_CODES,
            **VSPHERE_CODES,
        }.items()
    )
)


def check(estate: Estate) -> tuple[Finding, ...]:
    """Return what the rules find, by place; what several networks of a set share is told once."""
    with _undisturbed():
        return tuple(sorted({finding for one in RULES for finding in one.check(estate)}))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the collector of cycles away: rules make none, and it would walk the whole estate."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
