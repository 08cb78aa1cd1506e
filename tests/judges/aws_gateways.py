"""Gateways, attachments and peerings: how the judge's CloudFormation makes them by calls of EC2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judges.aws_kinds import Calls, Kind, Made, Object, Properties, RefusedError
from judges.aws_networks import attached_to, backend, filters, is_true, tag

if TYPE_CHECKING:
    from collections.abc import Mapping

TRANSIT_OPTIONS = (
    "AmazonSideAsn",
    "AutoAcceptSharedAttachments",
    "DefaultRouteTableAssociation",
    "DefaultRouteTablePropagation",
    "DnsSupport",
    "MulticastSupport",
    "TransitGatewayCidrBlocks",
    "VpnEcmpSupport",
    "SecurityGroupReferencingSupport",
)
DHCP = {
    "DomainName": "domain-name",
    "DomainNameServers": "domain-name-servers",
    "NtpServers": "ntp-servers",
}
# Direct Connect gateways are nowhere in moto: which gateway is associated with which is kept here.
ASSOCIATIONS: dict[str, Object] = {}


def _create_internet(calls: Calls, asked: Properties, name: str) -> Made:
    del asked, name
    made: str = calls.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    return Made(made, {"InternetGatewayId": made})


def _delete_internet(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.delete_internet_gateway(InternetGatewayId=made.ref)


def _attach(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    vpc, vpn = asked["VpcId"], asked.get("VpnGatewayId")
    if vpn:
        calls.ec2.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=vpn)
        return Made(f"VGW|{vpc}", {"AttachmentType": "VGW"})
    calls.ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=asked["InternetGatewayId"])
    return Made(f"IGW|{vpc}", {"AttachmentType": "IGW"})


def _detach(calls: Calls, made: Made, asked: Properties) -> None:
    del made
    vpc, vpn = asked["VpcId"], asked.get("VpnGatewayId")
    if vpn:
        calls.ec2.detach_vpn_gateway(VpcId=vpc, VpnGatewayId=vpn)
        return
    ours = calls.ec2.describe_network_interfaces(Filters=filters(vpc_id=vpc))["NetworkInterfaces"]
    if any("Association" in one for one in ours):
        reason = f"Network {vpc} has some mapped public address(es). Please unmap those public"
        raise RefusedError(f"{reason} address(es) before detaching the gateway.")
    gateway = asked["InternetGatewayId"]
    calls.ec2.detach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)


def _create_address(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    made = calls.ec2.allocate_address(**asked.only("Domain"))
    told = {key: made[key] for key in ("AllocationId", "PublicIp")}
    return Made(made["PublicIp"], told, made["AllocationId"])


def _delete_address(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.release_address(AllocationId=made.tagged)


def _create_nat(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = asked.only("SubnetId", "AllocationId", "ConnectivityType")
    subnet = calls.ec2.describe_subnets(SubnetIds=[words["SubnetId"]])["Subnets"][0]
    attached = [{"Name": "attachment.vpc-id", "Values": [subnet["VpcId"]]}]
    gateways = calls.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]
    if words.get("ConnectivityType", "public") == "public" and not gateways:
        raise RefusedError(f"Network {subnet['VpcId']} has no Internet gateway attached")
    made: str = calls.ec2.create_nat_gateway(**words)["NatGateway"]["NatGatewayId"]
    return Made(made, {"NatGatewayId": made})


def _delete_nat(calls: Calls, made: Made, asked: Properties) -> None:
    """Remove a NAT gateway with its interface and the use of its address, which moto leaves."""
    del asked
    gateway = backend(calls).nat_gateways[made.ref]
    calls.ec2.delete_nat_gateway(NatGatewayId=made.ref)
    for address in calls.ec2.describe_addresses()["Addresses"]:
        if address.get("NetworkInterfaceId") == gateway._eni.id:
            calls.ec2.disassociate_address(AssociationId=address["AssociationId"])
    calls.ec2.delete_network_interface(NetworkInterfaceId=gateway._eni.id)


def _create_dhcp(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    stated = asked.only(*DHCP)
    options = [
        {"Key": DHCP[key], "Values": value if isinstance(value, list) else [value]}
        for key, value in stated.items()
    ]
    said = calls.ec2.create_dhcp_options(DhcpConfigurations=options)["DhcpOptions"]
    return Made(said["DhcpOptionsId"], {"DhcpOptionsId": said["DhcpOptionsId"]})


def _delete_dhcp(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.delete_dhcp_options(DhcpOptionsId=made.ref)


def _use_dhcp(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = asked.only("DhcpOptionsId", "VpcId")
    calls.ec2.associate_dhcp_options(**words)
    return Made(f"{words['DhcpOptionsId']}|{words['VpcId']}", {})


def _leave_dhcp(calls: Calls, made: Made, asked: Properties) -> None:
    del made
    asked.get("DhcpOptionsId")
    calls.ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=asked["VpcId"])


def _create_transit(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    options = asked.only(*TRANSIT_OPTIONS)
    if "AmazonSideAsn" in options:
        options["AmazonSideAsn"] = int(options["AmazonSideAsn"])
    words = {"Options": options, **asked.only("Description")}
    said = calls.ec2.create_transit_gateway(**words)["TransitGateway"]
    told = {"Id": said["TransitGatewayId"], "TransitGatewayArn": said["TransitGatewayArn"]}
    return Made(said["TransitGatewayId"], told)


def _change_transit(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    del old
    options = new.only(*TRANSIT_OPTIONS)
    options.pop("AmazonSideAsn", None)
    options.pop("MulticastSupport", None)
    words = {"Options": options, **new.only("Description")}
    calls.ec2.modify_transit_gateway(TransitGatewayId=made.ref, **words)


def _delete_transit(calls: Calls, made: Made, asked: Properties) -> None:
    """Remove a transit gateway that nothing is attached to, with its own route table."""
    del asked
    of = filters(transit_gateway_id=made.ref)
    if calls.ec2.describe_transit_gateway_attachments(Filters=of)["TransitGatewayAttachments"]:
        raise RefusedError(f"{made.ref} has non-deleted VPC Attachments.")
    tables = backend(calls).transit_gateways_route_tables
    for name in [name for name, one in tables.items() if one.transit_gateway_id == made.ref]:
        del tables[name]
    calls.ec2.delete_transit_gateway(TransitGatewayId=made.ref)


def _create_attachment(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = asked.only("TransitGatewayId", "VpcId", "SubnetIds", "Options")
    said = calls.ec2.create_transit_gateway_vpc_attachment(**words)
    made: str = said["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    return Made(made, {"Id": made})


def _change_attachment(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    was, wanted = set(old.get("SubnetIds", ())), set(new.get("SubnetIds", ()))
    calls.ec2.modify_transit_gateway_vpc_attachment(
        TransitGatewayAttachmentId=made.ref,
        AddSubnetIds=sorted(wanted - was),
        RemoveSubnetIds=sorted(was - wanted),
        **new.only("Options"),
    )


def _delete_attachment(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=made.ref)


def _create_customer(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = asked.only("Type", "IpAddress")
    numbers = asked.only("BgpAsn", "BgpAsnExtended")
    words |= {key: int(value) for key, value in numbers.items()}
    said = calls.ec2.create_customer_gateway(**words)["CustomerGateway"]
    made: str = said["CustomerGatewayId"]
    # moto knows no number of four bytes that is too large for two's complement.
    if "BgpAsnExtended" in words:
        backend(calls).customer_gateways[made].bgp_asn_extended = str(words["BgpAsnExtended"])
    return Made(made, {"CustomerGatewayId": made})


def _delete_customer(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.delete_customer_gateway(CustomerGatewayId=made.ref)
    # moto keeps what is deleted for ever; AWS, for an hour.
    del backend(calls).customer_gateways[made.ref]


def _create_vpn_gateway(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = asked.only("Type")
    if asked.get("AmazonSideAsn"):
        words["AmazonSideAsn"] = int(asked["AmazonSideAsn"])
    made: str = calls.ec2.create_vpn_gateway(**words)["VpnGateway"]["VpnGatewayId"]
    return Made(made, {"VPNGatewayId": made})


def _delete_vpn_gateway(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    if attached_to(calls, made.ref):
        raise RefusedError(f"The vpnGateway '{made.ref}' is in use")
    calls.ec2.delete_vpn_gateway(VpnGatewayId=made.ref)
    del backend(calls).vpn_gateways[made.ref]


def _create_vpn(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = asked.only("Type", "CustomerGatewayId", "VpnGatewayId", "TransitGatewayId")
    if asked.get("StaticRoutesOnly") is not None:
        words["Options"] = {"StaticRoutesOnly": is_true(asked.get("StaticRoutesOnly"))}
    made: str = calls.ec2.create_vpn_connection(**words)["VpnConnection"]["VpnConnectionId"]
    return Made(made, {"VpnConnectionId": made})


def _delete_vpn(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.delete_vpn_connection(VpnConnectionId=made.ref)
    del backend(calls).vpn_connections[made.ref]


def _propagate(calls: Calls, asked: Properties, name: str) -> Made:
    """Let route tables learn from a VPN gateway, which moto's EC2 has no call for."""
    gateway = asked["VpnGatewayId"]
    for table in asked["RouteTableIds"]:
        found = backend(calls).get_route_table(table)
        if found.vpc_id not in attached_to(calls, gateway):
            raise RefusedError(f"The gateway ID '{gateway}' is not attached to {found.vpc_id}")
        found.propagating_vgws = [{"GatewayId": gateway}]
    return Made(name, {"Id": name})


def _change_propagation(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    _stop_propagation(calls, made, old)
    _propagate(calls, new, made.ref)


def _stop_propagation(calls: Calls, made: Made, asked: Properties) -> None:
    del made
    asked.get("VpnGatewayId")
    for table in asked["RouteTableIds"]:
        backend(calls).get_route_table(table).propagating_vgws = []


def _create_peering(calls: Calls, asked: Properties, name: str) -> Made:
    """Ask for a peering and accept it, as CloudFormation does within one account."""
    del name
    words = asked.only("VpcId", "PeerVpcId", "PeerRegion", "PeerOwnerId")
    said = calls.ec2.create_vpc_peering_connection(**words)["VpcPeeringConnection"]
    made: str = said["VpcPeeringConnectionId"]
    other = Calls(calls.account, words.get("PeerRegion", calls.region))
    other.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    return Made(made, {"Id": made})


def _delete_peering(calls: Calls, made: Made, asked: Properties) -> None:
    calls.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=made.ref)
    for region in {calls.region, asked.get("PeerRegion", calls.region)}:
        backend(Calls(calls.account, region)).vpc_pcxs.pop(made.ref, None)


def _create_association(calls: Calls, asked: Properties, name: str) -> Made:
    words = asked.only(
        "AssociatedGatewayId",
        "DirectConnectGatewayId",
        "AllowedPrefixesToDirectConnectGateway",
    )
    _need_gateway(calls, words)
    ASSOCIATIONS[name] = {**words, "Region": calls.region}
    return Made(name, {"AssociationId": name})


def _need_gateway(calls: Calls, words: Mapping[str, Any]) -> None:
    gateway = words["AssociatedGatewayId"]
    if gateway.startswith("vgw-") and not attached_to(calls, gateway):
        raise RefusedError(f"Virtual gateway {gateway} is not attached to a VPC")


def _delete_association(calls: Calls, made: Made, asked: Properties) -> None:
    del calls, asked
    del ASSOCIATIONS[made.ref]


KINDS = {
    "AWS::EC2::InternetGateway": Kind(_create_internet, _delete_internet, tag=tag),
    "AWS::EC2::VPCGatewayAttachment": Kind(_attach, _detach, is_late=True),
    "AWS::EC2::EIP": Kind(_create_address, _delete_address, tag=tag),
    "AWS::EC2::NatGateway": Kind(_create_nat, _delete_nat, tag=tag),
    "AWS::EC2::DHCPOptions": Kind(_create_dhcp, _delete_dhcp, tag=tag),
    "AWS::EC2::VPCDHCPOptionsAssociation": Kind(_use_dhcp, _leave_dhcp),
    "AWS::EC2::TransitGateway": Kind(_create_transit, _delete_transit, _change_transit, tag),
    "AWS::EC2::CustomerGateway": Kind(_create_customer, _delete_customer, tag=tag),
    "AWS::EC2::VPNGateway": Kind(_create_vpn_gateway, _delete_vpn_gateway, tag=tag),
    "AWS::EC2::VPNConnection": Kind(_create_vpn, _delete_vpn, tag=tag),
    "AWS::EC2::VPNGatewayRoutePropagation": Kind(
        _propagate, _stop_propagation, _change_propagation
    ),
    "AWS::EC2::VPCPeeringConnection": Kind(_create_peering, _delete_peering, tag=tag),
    "AWS::DirectConnect::DirectConnectGatewayAssociation": Kind(
        _create_association, _delete_association
    ),
}
KINDS |= dict.fromkeys(
    ("AWS::EC2::TransitGatewayAttachment", "AWS::EC2::TransitGatewayVpcAttachment"),
    Kind(_create_attachment, _delete_attachment, _change_attachment, tag, is_late=True),
)
