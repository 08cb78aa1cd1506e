"""Reads a whole account by its APIs, so that two can be compared whatever their IDs are."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Client = Callable[[str, str], Any]

Thing = dict[str, Any]
ROUNDS = 6
# What CloudFormation appends to a name that nobody gave.
SUFFIX = re.compile(r"-[0-9A-Z]{12}\b")
# IDs of what has no description of its own.
NAMELESS = re.compile(r"\b(sgr|rtbassoc|vpc-cidr-assoc)-[0-9a-f]+\b")
# EC2's: what is asked, under which name it answers, what names a thing, and what is told of it.
EC2 = (
    ("subnets", "Subnets", "SubnetId", "VpcId CidrBlock AvailabilityZone MapPublicIpOnLaunch"),
    ("route_tables", "RouteTables", "RouteTableId", "VpcId PropagatingVgws"),
    ("internet_gateways", "InternetGateways", "InternetGatewayId", "Attachments"),
    ("nat_gateways", "NatGateways", "NatGatewayId", "SubnetId VpcId ConnectivityType"),
    ("addresses", "Addresses", "AllocationId", "PublicIp Domain NetworkInterfaceId"),
    ("network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", "SubnetId InterfaceType"),
    ("security_groups", "SecurityGroups", "GroupId", "GroupName Description VpcId"),
    ("dhcp_options", "DhcpOptions", "DhcpOptionsId", "DhcpConfigurations"),
    ("transit_gateways", "TransitGateways", "TransitGatewayId", "Description Options"),
    (
        "transit_gateway_route_tables",
        "TransitGatewayRouteTables",
        "TransitGatewayRouteTableId",
        "TransitGatewayId",
    ),
    (
        "transit_gateway_vpc_attachments",
        "TransitGatewayVpcAttachments",
        "TransitGatewayAttachmentId",
        "TransitGatewayId VpcId SubnetIds Options",
    ),
    (
        "customer_gateways",
        "CustomerGateways",
        "CustomerGatewayId",
        "Type IpAddress BgpAsn BgpAsnExtended",
    ),
    ("vpn_gateways", "VpnGateways", "VpnGatewayId", "Type AmazonSideAsn VpcAttachments"),
    (
        "vpn_connections",
        "VpnConnections",
        "VpnConnectionId",
        "Type CustomerGatewayId VpnGatewayId TransitGatewayId",
    ),
    (
        "vpc_peering_connections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
        "RequesterVpcInfo AccepterVpcInfo Status",
    ),
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything of an account: of each kind, what bears which name."""

    things: Mapping[str, Mapping[str, Thing]]

    def of(self, kind: str) -> Mapping[str, Thing]:
        """Return the things of a kind by ID."""
        return self.things.get(kind, {})

    def alike(self) -> dict[str, list[Any]]:
        """Return what stays the same when everything is made again: no ID, nothing of chance.

        An ID is told by what it names, and by what that is connected with.
        """
        names = {name: kind for kind, one in self.things.items() for name in one}
        texts = {name: _text(self.things[kind][name]) for name, kind in names.items()}
        pattern = re.compile("|".join(re.escape(one) for one in sorted(names, key=len)[::-1]))
        labels = dict(names)
        for _ in range(ROUNDS):
            told = {name: _told(text, pattern, labels) for name, text in texts.items()}
            labels = {
                name: f"{names[name]}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
                for name, text in told.items()
            }
        return {
            kind: sorted((json.loads(_told(texts[name], pattern, names)) for name in of), key=str)
            for kind, of in self.things.items()
        } | {"connected": sorted(labels.values())}


def _text(thing: Any) -> str:
    return json.dumps(thing, sort_keys=True, default=str)


def _told(text: str, pattern: re.Pattern[str], labels: Mapping[str, str]) -> str:
    told = pattern.sub(lambda found: f"<{labels[found.group()]}>", text) if labels else text
    nameless = NAMELESS.sub(r"<\1>", SUFFIX.sub("-*", told))
    return _text(_in_order(json.loads(nameless)))


def _in_order(value: Any) -> Any:
    """Return a value with its lists sorted by what they tell: before, they were by IDs."""
    if isinstance(value, dict):
        return {name: _in_order(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted(map(_in_order, value), key=_text)
    return value


def taken(client: Client, regions: tuple[str, ...], associations: Mapping[str, Thing]) -> Snapshot:
    """Read an account; it must not change meanwhile."""
    things: dict[str, dict[str, Thing]] = {"directConnectAssociations": dict(associations)}
    for region in regions:
        for kind, name, thing in _of_region(client, region):
            things.setdefault(kind, {})[name] = {**thing, "region": region}
    for kind, name, thing in (*_zones(client), *_identities(client), *_buckets(client)):
        things.setdefault(kind, {})[name] = thing
    return Snapshot(things)


def _tags(listed: list[dict[str, str]] | None) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in listed or ()}


def _of_region(client: Client, region: str) -> Iterator[tuple[str, str, Thing]]:
    ec2 = client("ec2", region)
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        name = vpc["VpcId"]
        thing = {key: vpc[key] for key in ("DhcpOptionsId", "InstanceTenancy", "IsDefault")}
        thing["ranges"] = sorted(one["CidrBlock"] for one in vpc["CidrBlockAssociationSet"])
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            said = ec2.describe_vpc_attribute(VpcId=name, Attribute=attribute)
            thing[attribute] = said[attribute[0].upper() + attribute[1:]]["Value"]
        yield "vpcs", name, thing | {"tags": _tags(vpc.get("Tags"))}
    for call, plural, key, told in EC2:
        for one in getattr(ec2, f"describe_{call}")()[plural]:
            if one.get("State") == "deleted" or _is_deleted(one):
                continue
            thing = {name: one.get(name) for name in told.split()} | _more(call, one)
            if call == "addresses":
                yield "publicIps", one["PublicIp"], {}
            yield call, one[key], thing | {"tags": _tags(one.get("Tags"))}
    yield from _resolvers(client("route53resolver", region))
    yield from _stacks(client("cloudformation", region))


def _is_deleted(one: Thing) -> bool:
    status = one.get("Status")
    return isinstance(status, dict) and status.get("Code") == "deleted"


def _more(call: str, one: Thing) -> Thing:
    if call == "route_tables":
        associations = (
            f"{one.get('SubnetId')}:{one.get('Main')}" for one in one.get("Associations", ())
        )
        routes = sorted(({**route, "State": None} for route in one["Routes"]), key=str)
        return {"routes": routes, "associations": sorted(associations)}
    if call == "security_groups":
        return {"in": _rules(one["IpPermissions"]), "out": _rules(one["IpPermissionsEgress"])}
    if call == "nat_gateways":
        addresses = one.get("NatGatewayAddresses", ())
        return {"addresses": [each.get("AllocationId") for each in addresses]}
    if call == "network_interfaces":
        return {"groups": sorted(each["GroupId"] for each in one.get("Groups", ()))}
    return {}


def _rules(permissions: list[Thing]) -> list[str]:
    return sorted(
        _text({**about, "from": source})
        for one in permissions
        for about in [{key: one.get(key) for key in ("IpProtocol", "FromPort", "ToPort")}]
        for many in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs")
        for source in one.get(many, ())
    )


def _resolvers(client: Any) -> Iterator[tuple[str, str, Thing]]:
    for one in client.list_resolver_endpoints()["ResolverEndpoints"]:
        addresses = client.list_resolver_endpoint_ip_addresses(ResolverEndpointId=one["Id"])
        told = {key: one[key] for key in ("SecurityGroupIds", "Direction", "HostVPCId", "Name")}
        told["subnets"] = sorted(each["SubnetId"] for each in addresses["IpAddresses"])
        tags = client.list_tags_for_resource(ResourceArn=one["Arn"])["Tags"]
        yield "resolvers", one["Id"], told | {"tags": _tags(tags)}


def _stacks(client: Any) -> Iterator[tuple[str, str, Thing]]:
    for one in client.describe_stacks()["Stacks"]:
        name = one["StackName"]
        resources = client.list_stack_resources(StackName=name)["StackResourceSummaries"]
        yield (
            "stacks",
            one["StackId"],
            {
                "name": name,
                "status": one["StackStatus"],
                "template": client.get_template(StackName=name)["TemplateBody"],
                "parameters": sorted(one.get("Parameters", ()), key=str),
                "outputs": sorted(one.get("Outputs", ()), key=str),
                "tags": _tags(one.get("Tags")),
                "resources": sorted(
                    f"{each['LogicalResourceId']} {each['PhysicalResourceId']}"
                    for each in resources
                ),
            },
        )


def _zones(client: Client) -> Iterator[tuple[str, str, Thing]]:
    route53 = client("route53", "us-east-1")
    for one in route53.list_hosted_zones()["HostedZones"]:
        name = one["Id"].rpartition("/")[2]
        zone = route53.get_hosted_zone(Id=name)
        records = route53.list_resource_record_sets(HostedZoneId=name)["ResourceRecordSets"]
        tags = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=name)
        yield (
            "zones",
            name,
            {
                "name": one["Name"],
                "config": one["Config"],
                "vpcs": sorted(zone.get("VPCs", ()), key=str),
                "records": sorted(records, key=str),
                "tags": _tags(tags["ResourceTagSet"]["Tags"]),
            },
        )


def _identities(client: Client) -> Iterator[tuple[str, str, Thing]]:
    iam = client("iam", "us-east-1")
    for word, plural in (("role", "Roles"), ("user", "Users")):
        for one in getattr(iam, f"list_{word}s")()[plural]:
            title = word.title()
            who = {f"{title}Name": one[f"{title}Name"]}
            inline = getattr(iam, f"list_{word}_policies")(**who)["PolicyNames"]
            get = getattr(iam, f"get_{word}_policy")
            attached = getattr(iam, f"list_attached_{word}_policies")(**who)["AttachedPolicies"]
            thing = {
                "path": one["Path"],
                "trust": one.get("AssumeRolePolicyDocument"),
                "policies": {
                    name: get(**who, PolicyName=name)["PolicyDocument"] for name in sorted(inline)
                },
                "attached": sorted(each["PolicyArn"] for each in attached),
                "tags": _tags(getattr(iam, f"list_{word}_tags")(**who)["Tags"]),
            }
            if word == "user":
                thing["keys"] = len(iam.list_access_keys(**who)["AccessKeyMetadata"])
            yield f"{word}s", one["Arn"], thing | {"name": who}
    for one in iam.list_instance_profiles()["InstanceProfiles"]:
        roles = sorted(role["RoleName"] for role in one["Roles"])
        name = one["InstanceProfileName"]
        told = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        tags = _tags(told.get("Tags"))
        yield "profiles", one["Arn"], {"name": name, "roles": roles, "tags": tags}
    for one in iam.list_policies(Scope="Local")["Policies"]:
        words = {"PolicyArn": one["Arn"], "VersionId": one["DefaultVersionId"]}
        document = iam.get_policy_version(**words)["PolicyVersion"]["Document"]
        yield "policies", one["Arn"], {"name": one["PolicyName"], "document": document}
    for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        told = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"])
        clients = sorted(told["ClientIDList"])
        thing = {"url": told["Url"], "clients": clients, "tags": _tags(told.get("Tags"))}
        yield "issuers", one["Arn"], thing | {"thumbprints": told.get("ThumbprintList")}


def _buckets(client: Client) -> Iterator[tuple[str, str, Thing]]:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - heavy

    s3 = client("s3", "us-east-1")

    def told(call: str, key: str, name: str) -> Any:
        try:
            return getattr(s3, f"get_{call}")(Bucket=name).get(key)
        except ClientError as error:
            return error.response["Error"]["Code"]

    for one in s3.list_buckets()["Buckets"]:
        name = one["Name"]
        objects = s3.list_objects_v2(Bucket=name).get("Contents", ())
        yield (
            "buckets",
            name,
            {
                "objects": {each["Key"]: each["ETag"] for each in objects},
                "policy": told("bucket_policy", "Policy", name),
                "blocks": told("public_access_block", "PublicAccessBlockConfiguration", name),
                "owned": told("bucket_ownership_controls", "OwnershipControls", name),
                "encryption": told("bucket_encryption", "ServerSideEncryptionConfiguration", name),
                "versioning": told("bucket_versioning", "Status", name),
                "tags": _tags(t)
                if isinstance(t := told("bucket_tagging", "TagSet", name), list)
                else t,
            },
        )
