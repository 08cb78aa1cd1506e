"""Which resources a changed template or parameter replaces, by what AWS cannot change in place.

CloudFormation says so itself, of a change set, which is made only once somebody has agreed; this
is told before. What it does not see, the change set still stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hyperleaf.platforms.steps import NotYet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.platforms.aws.wanted import Live, Wanted

# The properties that AWS's own schemas call createOnlyProperties, of every type in our templates.
CREATE_ONLY: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::DirectConnect::DirectConnectGatewayAssociation": (
        "AcceptDirectConnectGatewayAssociationProposalRoleArn",
        "AssociatedGatewayId",
        "DirectConnectGatewayId",
    ),
    "AWS::EC2::CustomerGateway": (
        "BgpAsn",
        "BgpAsnExtended",
        "CertificateArn",
        "DeviceName",
        "IpAddress",
        "Type",
    ),
    "AWS::EC2::DHCPOptions": (
        "DomainName",
        "DomainNameServers",
        "Ipv6AddressPreferredLeaseTime",
        "NetbiosNameServers",
        "NetbiosNodeType",
        "NtpServers",
    ),
    "AWS::EC2::EIP": ("Address", "IpamPoolId", "NetworkBorderGroup", "TransferAddress"),
    "AWS::EC2::NatGateway": (
        "AllocationId",
        "AvailabilityMode",
        "ConnectivityType",
        "PrivateIpAddress",
        "SubnetId",
        "VpcId",
    ),
    "AWS::EC2::Route": (
        "DestinationCidrBlock",
        "DestinationIpv6CidrBlock",
        "DestinationPrefixListId",
        "RouteTableId",
    ),
    "AWS::EC2::RouteTable": ("VpcId",),
    "AWS::EC2::SecurityGroup": ("GroupDescription", "GroupName", "VpcId"),
    "AWS::EC2::SecurityGroupEgress": (
        "CidrIp",
        "CidrIpv6",
        "DestinationPrefixListId",
        "DestinationSecurityGroupId",
        "FromPort",
        "GroupId",
        "IpProtocol",
        "ToPort",
    ),
    "AWS::EC2::Subnet": (
        "AvailabilityZone",
        "AvailabilityZoneId",
        "CidrBlock",
        "Ipv4IpamPoolId",
        "Ipv4NetmaskLength",
        "Ipv6IpamPoolId",
        "Ipv6Native",
        "Ipv6NetmaskLength",
        "OutpostArn",
        "VpcId",
    ),
    "AWS::EC2::SubnetRouteTableAssociation": ("RouteTableId", "SubnetId"),
    "AWS::EC2::TransitGateway": ("AmazonSideAsn", "MulticastSupport"),
    "AWS::EC2::TransitGatewayAttachment": ("TransitGatewayId", "VpcId"),
    "AWS::EC2::TransitGatewayVpcAttachment": ("SubnetIds", "TransitGatewayId", "VpcId"),
    "AWS::EC2::VPC": ("CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength", "VpcEncryptionControl"),
    "AWS::EC2::VPCCidrBlock": (
        "AmazonProvidedIpv6CidrBlock",
        "CidrBlock",
        "Ipv4IpamPoolId",
        "Ipv4NetmaskLength",
        "Ipv6CidrBlock",
        "Ipv6CidrBlockNetworkBorderGroup",
        "Ipv6IpamPoolId",
        "Ipv6NetmaskLength",
        "Ipv6Pool",
        "VpcId",
    ),
    "AWS::EC2::VPCDHCPOptionsAssociation": ("DhcpOptionsId", "VpcId"),
    "AWS::EC2::VPCGatewayAttachment": ("VpcId",),
    "AWS::EC2::VPCPeeringConnection": ("PeerOwnerId", "PeerRegion", "PeerVpcId", "VpcId"),
    "AWS::EC2::VPNConnection": (
        "EnableAcceleration",
        "LocalIpv4NetworkCidr",
        "LocalIpv6NetworkCidr",
        "OutsideIpAddressType",
        "PreSharedKeyStorage",
        "RemoteIpv4NetworkCidr",
        "RemoteIpv6NetworkCidr",
        "StaticRoutesOnly",
        "TransportTransitGatewayAttachmentId",
        "TunnelInsideIpVersion",
        "Type",
        "VpnConcentratorId",
    ),
    "AWS::EC2::VPNGateway": ("AmazonSideAsn", "Type"),
    "AWS::IAM::InstanceProfile": ("InstanceProfileName", "Path"),
    "AWS::IAM::OIDCProvider": ("Url",),
    "AWS::IAM::Role": ("Path", "RoleName"),
    "AWS::IAM::User": ("UserName",),
    "AWS::Route53::HostedZone": ("DelegationSetId", "Name"),
    "AWS::Route53Resolver::ResolverEndpoint": (
        "Direction",
        "OutpostArn",
        "PreferredInstanceType",
        "SecurityGroupIds",
    ),
    "AWS::S3::Bucket": ("BucketName", "BucketNamePrefix", "BucketNamespace"),
    "AWS::S3::BucketPolicy": ("Bucket",),
}
_ABSENT: Final = object()


def replaced(want: Wanted, live: Live) -> frozenset[str]:
    """Return the logical IDs of resources that would be made anew, and what rests on them.

    A value that is not known yet replaces nothing.
    """
    ours = want.resources
    theirs: Mapping[str, Any] = (live.template or {}).get("Resources", {})
    both = [name for name in ours if name in theirs]
    parameters = dict(want.parameters)
    found = {
        name
        for name in both
        if ours[name].get("Type") != theirs[name].get("Type")
        or any(
            _differ(
                _settled(_property(ours[name], one), parameters),
                _settled(_property(theirs[name], one), live.parameters),
            )
            for one in _fixed(ours[name])
        )
    }
    while True:
        more = {name for name in both if name not in found and _rests_on(ours[name], found)}
        if not more:
            return frozenset(found)
        found |= more


def _fixed(resource: Mapping[str, Any]) -> tuple[str, ...]:
    return CREATE_ONLY.get(str(resource.get("Type")), ())


def _property(resource: Mapping[str, Any], name: str) -> Any:
    return resource.get("Properties", {}).get(name, _ABSENT)


def _differ(one: Any, other: Any) -> bool:
    return one != other and not _is_open(one)


def _is_open(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_open(one) for one in value.values())
    if isinstance(value, list):
        return any(_is_open(one) for one in value)
    return isinstance(value, NotYet)


def _settled(value: Any, parameters: Mapping[str, Any]) -> Any:
    """Return a value with the parameters that it names in their places."""
    if isinstance(value, dict):
        if value.keys() == {"Ref"} and value["Ref"] in parameters:
            return parameters[value["Ref"]]
        return {name: _settled(one, parameters) for name, one in value.items()}
    if isinstance(value, list):
        return [_settled(one, parameters) for one in value]
    return value


def _rests_on(resource: Mapping[str, Any], others: set[str]) -> bool:
    """Tell whether what cannot be changed in a resource names one of the others."""
    return any(
        name in others for one in _fixed(resource) for name in _named(_property(resource, one))
    )


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() == {"Ref"}:
            yield str(value["Ref"])
        elif value.keys() == {"Fn::GetAtt"}:
            stated = value["Fn::GetAtt"]
            yield stated[0] if isinstance(stated, list) else str(stated).partition(".")[0]
        else:
            for one in value.values():
                yield from _named(one)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)
