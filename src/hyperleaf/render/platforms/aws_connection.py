"""Planned ways to the data centre and to other VPCs become parts of templates: gateways, routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyperleaf.plan.aws_network import ipv4
from hyperleaf.render.platforms.aws_network import kind, route, route_id, table_id
from hyperleaf.render.platforms.template import Part, output, ref, resource, tags

if TYPE_CHECKING:
    from hyperleaf.model.platforms import VpnPeer
    from hyperleaf.plan.aws import AwsCluster, Peering
    from hyperleaf.plan.aws_network import SubnetPlan, VpcPlan
    from hyperleaf.render.platforms.template import Value

IPSEC: Final = "ipsec.1"
# Autonomous systems beyond this have a property of their own: the first one is a signed number.
LARGEST_PLAIN: Final = 2**31 - 1
# Not one name for both: what is behind a name can become another only under another name.
AT_TRANSIT, AT_PRIVATE = "TransitGatewayAttachment", "VpnGatewayAttachment"


def transit_gateway(name: str) -> Part:
    """Return a region's transit gateway: whatever is attached reaches all that is attached."""
    properties = {
        "Description": f"VPCs and the data centre of {name}",
        "AutoAcceptSharedAttachments": "disable",
        "DefaultRouteTableAssociation": "enable",
        "DefaultRouteTablePropagation": "enable",
        "DnsSupport": "enable",
        "VpnEcmpSupport": "enable",
        "Tags": tags(f"{name}-tgw"),
    }
    return Part(
        {"TransitGateway": resource("EC2::TransitGateway", properties)},
        {"TransitGateway": output("The transit gateway", ref("TransitGateway"))},
    )


def connection(one: AwsCluster, vpc: VpcPlan) -> Part:
    """Return what leads from a VPC to what lies beyond it; nothing where no way is stated."""
    if one.via == "transitGateway":
        return _by_transit_gateway(one, vpc)
    if one.via is not None:
        return _by_private_gateway(one, vpc)
    return Part()


def _by_transit_gateway(one: AwsCluster, vpc: VpcPlan) -> Part:
    """Return the attachment, in each private subnet, and routes once it is there."""
    properties = {
        "TransitGatewayId": ref("TransitGateway"),
        "VpcId": ref("Vpc"),
        "SubnetIds": [ref(f"PrivateSubnet{subnet.part}") for subnet in vpc.private],
        "Tags": tags(f"{one.name}-tgw"),
    }
    attachment = {AT_TRANSIT: resource("EC2::TransitGatewayAttachment", properties)}
    return Part(
        attachment | _routes(one, vpc, AT_TRANSIT, TransitGatewayId=ref("TransitGateway")),
        parameters={"TransitGateway": "The transit gateway that the VPC is attached to"},
    )


def _by_private_gateway(one: AwsCluster, vpc: VpcPlan) -> Part:
    """Return a virtual private gateway, what it speaks to, and routes: stated and learned."""
    gateway = {"Type": IPSEC, "Tags": tags(f"{one.name}-vgw")}
    link = {"VpcId": ref("Vpc"), "VpnGatewayId": ref("VpnGateway")}
    learned = {
        "VpnGatewayId": ref("VpnGateway"),
        "RouteTableIds": [ref(table_id(subnet)) for subnet in vpc.subnets],
    }
    resources = {
        "VpnGateway": resource("EC2::VPNGateway", gateway),
        AT_PRIVATE: resource("EC2::VPCGatewayAttachment", link),
        "RoutePropagation": resource("EC2::VPNGatewayRoutePropagation", learned, (AT_PRIVATE,)),
    }
    outputs = {"VpnGateway": output("The virtual private gateway", ref("VpnGateway"))}
    resources |= _routes(one, vpc, AT_PRIVATE, GatewayId=ref("VpnGateway"))
    parameters: dict[str, str] = {}
    if one.via == "directConnect" and one.site.connection is not None:
        parameters["DirectConnectGateway"] = "The Direct Connect gateway, which is there already"
        resources["DirectConnect"] = resource(
            "DirectConnect::DirectConnectGatewayAssociation",
            {
                "AssociatedGatewayId": ref("VpnGateway"),
                "DirectConnectGatewayId": ref("DirectConnectGateway"),
                "AllowedPrefixesToDirectConnectGateway": [str(one) for one in vpc.ranges],
            },
            (AT_PRIVATE,),
        )
    if one.via == "vpn" and one.site.peer is not None:
        resources |= _vpn(one.name, one.site.peer)
        outputs["VpnConnection"] = output("The VPN to the data centre", ref("VpnConnection"))
    return Part(resources, outputs, parameters)


def _vpn(name: str, peer: VpnPeer) -> dict[str, Value]:
    """Return a VPN to the data centre's end, by which both sides tell each other their routes."""
    end = {
        "Type": IPSEC,
        "BgpAsn" if peer.asn <= LARGEST_PLAIN else "BgpAsnExtended": int(peer.asn),
        "IpAddress": str(peer.address),
        "Tags": tags(f"{name}-data-centre"),
    }
    tunnel = {
        "Type": IPSEC,
        "StaticRoutesOnly": False,
        "CustomerGatewayId": ref("CustomerGateway"),
        "VpnGatewayId": ref("VpnGateway"),
        "Tags": tags(f"{name}-vpn"),
    }
    return {
        "CustomerGateway": resource("EC2::CustomerGateway", end),
        "VpnConnection": resource("EC2::VPNConnection", tunnel, (AT_PRIVATE,)),
    }


def _routes(one: AwsCluster, vpc: VpcPlan, attached: str, **by: Value) -> dict[str, Value]:
    """Return every subnet's routes to what lies beyond, which need the gateway attached."""
    return {
        route_id(subnet, to): route(subnet, to, (attached,), **by)
        for subnet in vpc.subnets
        for to in one.beyond
    }


def peering(plan: Peering) -> Part:
    """Return the connection between two VPCs and the routes of both ends, in their tables."""
    one, other = plan.one.name, plan.other.name
    properties = {
        "VpcId": ref("RequesterVpc"),
        "PeerVpcId": ref("AccepterVpc"),
        "Tags": tags(f"{one}-{other}"),
    }
    resources = {"Peering": resource("EC2::VPCPeeringConnection", properties)}
    parameters: dict[str, str] = {}
    for prefix, mine, theirs in plan.ends:
        resources |= _to_peer(prefix, mine, theirs)
        parameters |= _told(prefix, mine)
    return Part(resources, {}, parameters)


def _to_peer(prefix: str, mine: AwsCluster, theirs: AwsCluster) -> dict[str, Value]:
    """Return the routes of one end, in each of its tables, to the other end's ranges."""
    return {
        f"{prefix}{route_id(subnet, to)}": resource(
            "EC2::Route",
            {
                "RouteTableId": ref(f"{prefix}{table_id(subnet)}"),
                "DestinationCidrBlock": str(to),
                "VpcPeeringConnectionId": ref("Peering"),
            },
        )
        for subnet in _subnets(mine)
        for to in ipv4(theirs.cluster.ranges.machine)
    }


def _told(prefix: str, end: AwsCluster) -> dict[str, str]:
    """Return the parameters that name one end's VPC and tables."""
    made = {f"{prefix}Vpc": f"The VPC of {end.name}"}
    for subnet in _subnets(end):
        where = f"the {kind(subnet).lower()} subnet of {end.name} in {subnet.zone}"
        made[f"{prefix}{table_id(subnet)}"] = f"Routes of {where}"
    return made


def _subnets(end: AwsCluster) -> tuple[SubnetPlan, ...]:
    return end.vpc.subnets if end.vpc is not None else ()
