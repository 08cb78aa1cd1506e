"""A planned VPC becomes its part of a template: subnets, each with its own routes, ways out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyperleaf.plan.aws_steps import INTERNAL_BALANCERS, PUBLIC_BALANCERS, cluster_tag
from hyperleaf.render.platforms.template import Part, attribute, output, ref, resource, tags

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from hyperleaf.plan.aws import AwsCluster
    from hyperleaf.plan.aws_network import SubnetPlan, VpcPlan
    from hyperleaf.render.platforms.template import Value

ANYWHERE: Final = "0.0.0.0/0"
# Amazon's own resolver, and the one region whose instances' names lack its name.
RESOLVER, OLDEST = "AmazonProvidedDNS", "us-east-1"


def network(one: AwsCluster, vpc: VpcPlan) -> Part:
    """Return a VPC with its subnets, their routes to the Internet, and what DHCP says."""
    resources: dict[str, Value] = {}
    outputs = {"Vpc": output(f"The VPC of {one.name}", ref("Vpc"))}
    resources |= _vpc(one, vpc) | _dhcp(one)
    for part in vpc.nats:
        resources |= _nat(one, part)
    for subnet in vpc.subnets:
        name, table = f"{kind(subnet)}Subnet{subnet.part}", table_id(subnet)
        resources |= _subnet(one, subnet) | _default(vpc, subnet)
        where = f"{kind(subnet).lower()} subnet in {subnet.zone}"
        outputs[name] = output(f"The {where}", ref(name))
        outputs[table] = output(f"Routes of the {where}", ref(table))
    return Part(resources, outputs)


def kind(subnet: SubnetPlan) -> str:
    """Return what begins the names of a subnet's things."""
    return "Public" if subnet.public else "Private"


def table_id(subnet: SubnetPlan) -> str:
    """Return the logical ID of a subnet's route table."""
    return f"{kind(subnet)}RouteTable{subnet.part}"


def route_id(subnet: SubnetPlan, to: IPv4Network) -> str:
    """Return the logical ID of a subnet's route, made of where it leads to."""
    return f"{kind(subnet)}Route{subnet.part}To{str(to).replace('.', 'x').replace('/', 'n')}"


def route(subnet: SubnetPlan, to: object, after: tuple[str, ...] = (), **by: Value) -> Value:
    """Return a route of a subnet's table."""
    properties: Value = {"RouteTableId": ref(table_id(subnet)), "DestinationCidrBlock": str(to)}
    return resource("EC2::Route", properties | by, after)


def _vpc(one: AwsCluster, vpc: VpcPlan) -> dict[str, Value]:
    """Return the VPC and its gateway to the Internet; ranges after the first are added to it."""
    name = one.name
    made = {
        "Vpc": resource(
            "EC2::VPC",
            {
                "CidrBlock": str(vpc.ranges[0]),
                "EnableDnsSupport": True,
                "EnableDnsHostnames": True,
                "Tags": tags(f"{name}-vpc", **_owned(one)),
            },
        ),
        "InternetGateway": resource(
            "EC2::InternetGateway", {"Tags": tags(f"{name}-igw", **_owned(one))}
        ),
        "InternetGatewayAttachment": resource(
            "EC2::VPCGatewayAttachment",
            {"VpcId": ref("Vpc"), "InternetGatewayId": ref("InternetGateway")},
        ),
    }
    for number, more in enumerate(vpc.ranges[1:], start=2):
        added = {"VpcId": ref("Vpc"), "CidrBlock": str(more)}
        made[f"Range{number}"] = resource("EC2::VPCCidrBlock", added)
    return made


def _dhcp(one: AwsCluster) -> dict[str, Value]:
    region = one.site.region
    domain = "ec2.internal" if region == OLDEST else f"{region}.compute.internal"
    options = {
        "DomainName": domain,
        "DomainNameServers": [RESOLVER],
        "Tags": tags(f"{one.name}-dhcp", **_owned(one)),
    }
    link = {"VpcId": ref("Vpc"), "DhcpOptionsId": ref("DhcpOptions")}
    return {
        "DhcpOptions": resource("EC2::DHCPOptions", options),
        "DhcpOptionsAssociation": resource("EC2::VPCDHCPOptionsAssociation", link),
    }


def _nat(one: AwsCluster, part: str) -> dict[str, Value]:
    """Return a NAT gateway with its address: neither works before the Internet is attached."""
    name, after = f"{one.name}-nat-{part.lower()}", ("InternetGatewayAttachment",)
    address = {"Domain": "vpc", "Tags": tags(name, **_owned(one))}
    gateway = {
        "AllocationId": attribute(f"NatAddress{part}", "AllocationId"),
        "SubnetId": ref(f"PublicSubnet{part}"),
        "Tags": tags(name, **_owned(one)),
    }
    return {
        f"NatAddress{part}": resource("EC2::EIP", address, after),
        f"NatGateway{part}": resource("EC2::NatGateway", gateway, after),
    }


def _subnet(one: AwsCluster, subnet: SubnetPlan) -> dict[str, Value]:
    """Return a subnet and a route table that is its alone."""
    name = f"{one.name}-{kind(subnet).lower()}-{subnet.zone}"
    role = PUBLIC_BALANCERS if subnet.public else INTERNAL_BALANCERS
    logical, table = f"{kind(subnet)}Subnet{subnet.part}", table_id(subnet)
    properties = {
        "VpcId": ref("Vpc"),
        "AvailabilityZone": subnet.zone,
        "CidrBlock": str(subnet.range),
        "Tags": tags(name, **{role: "1"}, **_owned(one)),
    }
    link = {"SubnetId": ref(logical), "RouteTableId": ref(table)}
    tagged = {"VpcId": ref("Vpc"), "Tags": tags(name, **_owned(one))}
    return {
        logical: resource("EC2::Subnet", properties),
        table: resource("EC2::RouteTable", tagged),
        f"{table}Association": resource("EC2::SubnetRouteTableAssociation", link),
    }


def _default(vpc: VpcPlan, subnet: SubnetPlan) -> dict[str, Value]:
    """Return a subnet's way to the Internet."""
    if subnet.public:
        after = ("InternetGatewayAttachment",)
        made = route(subnet, ANYWHERE, after, GatewayId=ref("InternetGateway"))
    else:
        made = route(subnet, ANYWHERE, NatGatewayId=ref(f"NatGateway{vpc.nat_of(subnet.part)}"))
    return {f"{kind(subnet)}Default{subnet.part}": made}


def _owned(one: AwsCluster) -> dict[str, str]:
    """Return the tag that says that a hosted cluster owns a thing; an installer tags its own."""
    return {cluster_tag(one.infra_id): "owned"} if one.infra_id is not None else {}
