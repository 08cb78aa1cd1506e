"""VPCs, subnets, routes and groups: how the judge's CloudFormation makes them by calls of EC2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judges.aws_kinds import Calls, Kind, Made, Object, Properties, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "InstanceId",
    "NetworkInterfaceId",
)
ANYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def backend(calls: Calls) -> Any:
    """Return moto's own state of EC2, for what its API cannot do."""
    from moto.ec2.models import ec2_backends  # noqa: PLC0415 - heavy

    return ec2_backends[calls.account][calls.region]


def tag(calls: Calls, made: Made, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Put tags on anything of EC2; `aws:` tags only CloudFormation itself can set."""
    name = made.tagged or made.ref
    gone = [key for key in old if key not in new]
    if gone:
        backend(calls).delete_tag_keys([name], gone)
    backend(calls).create_tags([name], dict(new))


def filters(**named: str) -> list[dict[str, Any]]:
    """Return the filters of a Describe call."""
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in named.items()]


def _create_vpc(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    vpc = calls.ec2.create_vpc(**asked.only("CidrBlock", "InstanceTenancy"))["Vpc"]["VpcId"]
    calls.begin(vpc)
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        for value in asked.only(attribute).values():
            calls.ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": is_true(value)}})
    return Made(vpc, {"VpcId": vpc, "CidrBlock": asked["CidrBlock"], **_of_vpc(calls, vpc)})


def _of_vpc(calls: Calls, vpc: str) -> Object:
    named = filters(vpc_id=vpc, group_name="default")
    group = calls.ec2.describe_security_groups(Filters=named)["SecurityGroups"][0]["GroupId"]
    return {"DefaultSecurityGroup": group}


def is_true(value: object) -> bool:
    """Return whether a value of a template is true; parameters are text."""
    return str(value).lower() == "true"


def _change_vpc(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    del old
    new.get("InstanceTenancy")
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        value = {"Value": is_true(new.get(attribute, attribute == "EnableDnsSupport"))}
        calls.ec2.modify_vpc_attribute(VpcId=made.ref, **{attribute: value})


def _delete_vpc(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    of = filters(vpc_id=made.ref)
    attached = [{"Name": "attachment.vpc-id", "Values": [made.ref]}]
    groups = calls.ec2.describe_security_groups(Filters=of)["SecurityGroups"]
    left = [
        *calls.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"],
        *(one for one in groups if one["GroupName"] != "default"),
        *calls.ec2.describe_network_interfaces(Filters=of)["NetworkInterfaces"],
        *calls.ec2.describe_transit_gateway_vpc_attachments(Filters=of)[
            "TransitGatewayVpcAttachments"
        ],
    ]
    if left:
        raise RefusedError(f"The vpc '{made.ref}' has dependencies and cannot be deleted.")
    # moto deletes DHCP options with the VPC that has them; AWS does not.
    calls.ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=made.ref)
    calls.ec2.delete_vpc(VpcId=made.ref)


def _create_range(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    said = calls.ec2.associate_vpc_cidr_block(**asked.only("VpcId", "CidrBlock"))
    made: str = said["CidrBlockAssociation"]["AssociationId"]
    return Made(made, {"Id": made})


def _delete_range(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.disassociate_vpc_cidr_block(AssociationId=made.ref)


def _create_subnet(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = asked.only("VpcId", "CidrBlock", "AvailabilityZone")
    subnet = calls.ec2.create_subnet(**words)["Subnet"]
    calls.begin(subnet["SubnetId"])
    _change_subnet(calls, Made(subnet["SubnetId"], {}), asked, asked)
    told = {key: subnet[key] for key in ("SubnetId", "AvailabilityZone", "VpcId", "CidrBlock")}
    return Made(subnet["SubnetId"], told)


def _change_subnet(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    del old
    is_public = {"Value": is_true(new.get("MapPublicIpOnLaunch", False))}
    calls.ec2.modify_subnet_attribute(SubnetId=made.ref, MapPublicIpOnLaunch=is_public)


def _delete_subnet(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    used = calls.ec2.describe_network_interfaces(Filters=filters(subnet_id=made.ref))
    if used["NetworkInterfaces"]:
        reason = f"The subnet '{made.ref}' has dependencies and cannot be deleted."
        raise RefusedError(reason)
    calls.ec2.delete_subnet(SubnetId=made.ref)


def _create_table(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    table = calls.ec2.create_route_table(**asked.only("VpcId"))["RouteTable"]["RouteTableId"]
    return Made(table, {"RouteTableId": table})


def _delete_table(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.delete_route_table(RouteTableId=made.ref)


def _associate_table(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    said = calls.ec2.associate_route_table(**asked.only("RouteTableId", "SubnetId"))
    return Made(said["AssociationId"], {"Id": said["AssociationId"]})


def _disassociate_table(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    calls.ec2.disassociate_route_table(AssociationId=made.ref)


def _create_route(calls: Calls, asked: Properties, name: str) -> Made:
    del name
    words = asked.only("RouteTableId", "DestinationCidrBlock", *TARGETS)
    _need_target(calls, words)
    calls.ec2.create_route(**words)
    cidr = words["DestinationCidrBlock"]
    return Made(f"{words['RouteTableId']}|{cidr}", {"CidrBlock": cidr})


def _need_target(calls: Calls, words: Mapping[str, str]) -> None:
    """Refuse a route to what is not attached to its VPC, as AWS does and moto does not."""
    tables = calls.ec2.describe_route_tables(RouteTableIds=[words["RouteTableId"]])["RouteTables"]
    vpc = tables[0]["VpcId"]
    gateway, transit = words.get("GatewayId", ""), words.get("TransitGatewayId")
    if gateway.startswith("igw-") and vpc not in attached_to(calls, gateway):
        reason = f"route table {words['RouteTableId']} and network gateway {gateway} belong to"
        raise RefusedError(f"{reason} different networks")
    if gateway.startswith("vgw-") and vpc not in attached_to(calls, gateway):
        raise RefusedError(f"The gateway ID '{gateway}' is not attached to {vpc}")
    if transit is not None:
        asked = filters(transit_gateway_id=transit, vpc_id=vpc)
        if not calls.ec2.describe_transit_gateway_vpc_attachments(Filters=asked)[
            "TransitGatewayVpcAttachments"
        ]:
            raise RefusedError(f"transitGateway ID '{transit}' does not exist.")
    nat = words.get("NatGatewayId")
    if nat and not calls.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"]:
        raise RefusedError(f"NatGateway {nat} was not found")


def attached_to(calls: Calls, gateway: str) -> list[str]:
    """Return the VPCs that an Internet or VPN gateway is attached to."""
    if gateway.startswith("igw-"):
        said = calls.ec2.describe_internet_gateways(InternetGatewayIds=[gateway])
        return [one["VpcId"] for one in said["InternetGateways"][0]["Attachments"]]
    said = calls.ec2.describe_vpn_gateways(VpnGatewayIds=[gateway])["VpnGateways"]
    attachments = said[0]["VpcAttachments"] if said else ()
    return [one["VpcId"] for one in attachments if one["State"] == "attached"]


def _change_route(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    del made, old
    words = new.only("RouteTableId", "DestinationCidrBlock", *TARGETS)
    _need_target(calls, words)
    calls.ec2.replace_route(**words)


def _delete_route(calls: Calls, made: Made, asked: Properties) -> None:
    del made
    calls.ec2.delete_route(**asked.only("RouteTableId", "DestinationCidrBlock"))


def _create_group(calls: Calls, asked: Properties, name: str) -> Made:
    words = {"GroupName": asked.get("GroupName", name), "Description": asked["GroupDescription"]}
    group = calls.ec2.create_security_group(**words, **asked.only("VpcId"))["GroupId"]
    _open(calls, calls.begin(group), asked)
    if asked.get("SecurityGroupEgress"):
        calls.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[ANYWHERE])
    return Made(group, {"GroupId": group, "Id": group, **asked.only("VpcId")})


def permission(rule: Mapping[str, Any]) -> Object:
    """Return a rule of a template as the API wants it."""
    about = {"Description": rule["Description"]} if "Description" in rule else {}
    made: Object = {"IpProtocol": str(rule["IpProtocol"])}
    made |= {key: int(rule[key]) for key in ("FromPort", "ToPort") if key in rule}
    if "CidrIp" in rule:
        made["IpRanges"] = [{"CidrIp": rule["CidrIp"], **about}]
    if "CidrIpv6" in rule:
        made["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **about}]
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    if group:
        made["UserIdGroupPairs"] = [{"GroupId": group, **about}]
    return made


def _open(calls: Calls, group: str, asked: Properties) -> None:
    for rule in asked.get("SecurityGroupIngress", ()):
        calls.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission(rule)])
    for rule in asked.get("SecurityGroupEgress", ()):
        if permission(rule) != ANYWHERE:
            words = {"GroupId": group, "IpPermissions": [permission(rule)]}
            calls.ec2.authorize_security_group_egress(**words)


def _change_group(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    for name, word in (("SecurityGroupIngress", "ingress"), ("SecurityGroupEgress", "egress")):
        was = [permission(rule) for rule in old.get(name, ())]
        wanted = [permission(rule) for rule in new.get(name, ())]
        for verb, rules in (
            ("revoke", [one for one in was if one not in wanted]),
            ("authorize", [one for one in wanted if one not in was]),
        ):
            call = getattr(calls.ec2, f"{verb}_security_group_{word}")
            for rule in rules:
                call(GroupId=made.ref, IpPermissions=[rule])


def _delete_group(calls: Calls, made: Made, asked: Properties) -> None:
    del asked
    used = calls.ec2.describe_network_interfaces(Filters=filters(group_id=made.ref))
    if used["NetworkInterfaces"]:
        raise RefusedError(f"resource {made.ref} has a dependent object")
    calls.ec2.delete_security_group(GroupId=made.ref)


def _rule(word: str, group: str) -> Kind:
    names = ("IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", group, "Description")

    def create(calls: Calls, asked: Properties, name: str) -> Made:
        del name
        call = getattr(calls.ec2, f"authorize_security_group_{word}")
        said = call(GroupId=asked["GroupId"], IpPermissions=[permission(asked.only(*names))])
        rule: str = said["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return Made(rule, {"Id": rule})

    def delete(calls: Calls, made: Made, asked: Properties) -> None:
        call: Callable[..., object] = getattr(calls.ec2, f"revoke_security_group_{word}")
        call(GroupId=asked["GroupId"], SecurityGroupRuleIds=[made.ref])

    return Kind(create, delete)


KINDS = {
    "AWS::EC2::VPC": Kind(_create_vpc, _delete_vpc, _change_vpc, tag),
    "AWS::EC2::VPCCidrBlock": Kind(_create_range, _delete_range),
    "AWS::EC2::Subnet": Kind(_create_subnet, _delete_subnet, _change_subnet, tag),
    "AWS::EC2::RouteTable": Kind(_create_table, _delete_table, tag=tag),
    "AWS::EC2::SubnetRouteTableAssociation": Kind(_associate_table, _disassociate_table),
    "AWS::EC2::Route": Kind(_create_route, _delete_route, _change_route),
    "AWS::EC2::SecurityGroup": Kind(_create_group, _delete_group, _change_group, tag),
    "AWS::EC2::SecurityGroupIngress": _rule("ingress", "SourceSecurityGroupId"),
    "AWS::EC2::SecurityGroupEgress": _rule("egress", "DestinationSecurityGroupId"),
}
