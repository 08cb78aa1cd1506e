"""Planned security groups become parts of a template; so do names, within and from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyperleaf.render.platforms.template import Part, attribute, output, ref, resource, tags
from hyperleaf.values.addresses import IPV4

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.plan.aws import AwsCluster
    from hyperleaf.plan.aws_groups import RulePlan
    from hyperleaf.render.platforms.template import Value

# The zone in which HyperShift writes the names of a control plane's private end; it looks for it.
LOCAL: Final = "hypershift.local"
# An endpoint has two addresses at least.
FEWEST: Final = 2
# An endpoint's name has 64 characters.
LONGEST_NAME: Final = 64 - len("-inbound")


def groups(one: AwsCluster, vpc: Value) -> Part:
    """Return a cluster's groups; a description cannot be changed, so that it names no port."""
    resources: dict[str, Value] = {}
    outputs: dict[str, Value] = {}
    for group in one.groups:
        name = f"{group.name}Group"
        properties = {
            "VpcId": vpc,
            "GroupDescription": f"{group.purpose} ({', '.join(group.sources)})",
            "SecurityGroupIngress": [_rule(rule) for rule in group.rules],
            "Tags": tags(f"{one.name}-{group.name.lower()}"),
        }
        resources[name] = resource("EC2::SecurityGroup", properties)
        outputs[name] = output(f"The security group of {group.purpose}", attribute(name, "GroupId"))
    return Part(resources, outputs)


def _rule(rule: RulePlan) -> Value:
    word = "CidrIp" if rule.source.version == IPV4 else "CidrIpv6"
    return {
        "IpProtocol": rule.protocol,
        "FromPort": rule.first,
        "ToPort": rule.last,
        word: str(rule.source),
        "Description": rule.why,
    }


def zones(one: AwsCluster, vpc: Value) -> Part:
    """Return the zones that are seen in the VPC alone: a cluster's own, and HyperShift's."""
    resources: dict[str, Value] = {}
    outputs: dict[str, Value] = {}
    if one.cluster.base_domain is not None:
        name = f"{one.name}.{one.cluster.base_domain}"
        resources["PrivateZone"] = _zone(one, name, vpc)
        outputs["PrivateZone"] = output(f"The private zone {name}", attribute("PrivateZone", "Id"))
    if one.infra_id is not None:
        name = f"{one.name}.{LOCAL}"
        resources["LocalZone"] = _zone(one, name, vpc)
        outputs["LocalZone"] = output(f"The private zone {name}", attribute("LocalZone", "Id"))
    return Part(resources, outputs)


def _zone(one: AwsCluster, name: str, vpc: Value) -> Value:
    properties = {
        "Name": name,
        "VPCs": [{"VPCId": vpc, "VPCRegion": one.site.region}],
        "HostedZoneTags": tags(name),
    }
    return resource("Route53::HostedZone", properties)


def resolver(one: AwsCluster, vpc_is_given: Iterable[str]) -> Part:
    """Return the endpoint by which names of the VPC are asked from outside.

    Its addresses are in the private subnets; `vpc_is_given` are parameters that name these.
    """
    subnets = [f"PrivateSubnet{part}" for part in one.parts.values()]
    addresses = [{"SubnetId": ref(name)} for name in subnets]
    while len(addresses) < FEWEST:
        addresses.append(addresses[0])
    properties = {
        "Direction": "INBOUND",
        "Name": f"{one.name[:LONGEST_NAME]}-inbound",
        "IpAddresses": addresses,
        "SecurityGroupIds": [attribute("ResolverGroup", "GroupId")],
        "Tags": tags(f"{one.name}-inbound"),
    }
    endpoint = "ResolverEndpoint"
    return Part(
        {endpoint: resource("Route53Resolver::ResolverEndpoint", properties)},
        {
            endpoint: output(
                "The inbound resolver endpoint", attribute(endpoint, "ResolverEndpointId")
            )
        },
        dict.fromkeys(vpc_is_given, "A private subnet that is there already"),
    )
