"""What is to be on AWS becomes templates, one for each stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.plan.aws_steps import (
    connection_step,
    oidc_step,
    peering_step,
    template_path,
)
from hyperleaf.render.manifest import TextFile
from hyperleaf.render.platforms.aws_connection import connection, peering, transit_gateway
from hyperleaf.render.platforms.aws_groups import groups, resolver, zones
from hyperleaf.render.platforms.aws_identity import documents, identity
from hyperleaf.render.platforms.aws_network import network
from hyperleaf.render.platforms.template import Part, output, ref, template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.plan.aws import AwsCluster, AwsPlan


def aws_templates(plan: AwsPlan) -> Iterator[TextFile]:
    """Yield the templates in the order of their steps."""
    owner, oidc = plan.owner, oidc_step(plan)
    if oidc is not None:
        said = f"Where hosted clusters of {owner} publish how their tokens are signed."
        yield _file(oidc, said, documents(owner))
    for region in plan.regions:
        if any(one.makes_gateway for one in plan.clusters if one.site.region == region):
            said = f"The transit gateway of {owner} in {region}."
            yield _file(connection_step(region), said, transit_gateway(owner))
    for one in (one for one in plan.clusters if one.has_stack):
        said = f"What the OpenShift cluster {one.name} of {owner} stands on."
        yield _file(one.name, said, *_parts(one))
    for joined in plan.peerings:
        ends = (joined.one.name, joined.other.name)
        said = f"VPCs of {owner} that reach each other: {' and '.join(ends)}."
        yield _file(peering_step(*ends), said, peering(joined))


def _file(step: str, description: str, *parts: Part) -> TextFile:
    return TextFile(template_path(step), template(description, parts))


def _parts(one: AwsCluster) -> Iterator[Part]:
    """Yield what a cluster's template is made of."""
    vpc = ref("Vpc")
    given: list[str] = []
    if one.vpc is not None:
        yield network(one, one.vpc)
        yield connection(one, one.vpc)
    else:
        given = [f"PrivateSubnet{part}" for part in one.parts.values()]
        told = {"Vpc": "The VPC that is there already"}
        yield Part({}, {"Vpc": output(f"The VPC of {one.name}", vpc)}, told)
    yield groups(one, vpc)
    yield zones(one, vpc)
    if one.site.resolver:
        yield resolver(one, given)
    if one.infra_id is not None and one.oidc is not None:
        yield identity(one, one.infra_id, one.oidc.region)
