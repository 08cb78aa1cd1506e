"""What document 0 makes by hand in an account is made by the stacks, read back row by row."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.model.facts import ROLES
from judges.aws import Aws, aws
from platforms.building import Outputs, files_of, made
from unit.writing_estates import estate_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
HUB = """
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: hub}
spec:
  role: hub
  version: 4.16.8
  platform: {aws: {region: us-east-1, onPrem: {via: transitGateway, cidrs: [172.16.0.0/12]}}}
  networks: {machine: [10.0.0.0/20]}
  baseDomain: example.com
"""
FABRIC = """
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Fabric
metadata: {name: corp}
spec:
  asn: 65000
  underlay: {cidrs: [10.0.0.0/16, 172.16.0.0/20], mtu: 9001}
  reflectors: {cluster: hub, addresses: [10.0.0.11, 10.0.0.12]}
  borders: [{name: dc-1, address: 172.16.0.11}, {name: dc-2, address: 172.16.0.12}]
"""
PROD = """
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: prod}
spec:
  role: hosted
  hub: hub
  version: 4.16.8
  platform: {aws: {region: us-east-1, onPrem: {via: transitGateway, cidrs: [172.16.0.0/12]}}}
  networks: {machine: [10.0.16.0/20]}
  baseDomain: example.com
  nodePools: [{name: metal, instanceType: m5.metal, leaf: true}]
"""
INFRA = "prod-6hjfu"
CLUSTER_TAG = f"kubernetes.io/cluster/{INFRA}"
BUCKET = "hyperleaf-corp-oidc-123456789012"
ISSUER = f"{BUCKET}.s3.us-east-1.amazonaws.com/{INFRA}"
OURS = {"hyperleaf.dev/owner": "corp", "hyperleaf.dev/cluster": "prod"}


@dataclass(frozen=True)
class Made:
    """An account in which an estate was made."""

    account: Aws
    outputs: Outputs
    steps: list[dict[str, Any]]

    def ask(self, service: str, call: str, member: str, **words: Any) -> Any:
        """Return a member of what a call says."""
        return getattr(self.account.client(service), call)(**words)[member]

    def of_vpc(self, call: str, member: str, cluster: str = "prod") -> list[dict[str, Any]]:
        """Return what a call of EC2 lists within a cluster's VPC."""
        wanted = [{"Name": "vpc-id", "Values": [self.outputs[cluster]["Vpc"]]}]
        found: list[dict[str, Any]] = self.ask("ec2", call, member, Filters=wanted)
        return found

    def group(self, cluster: str, name: str) -> dict[str, Any]:
        """Return a security group by the output that names it."""
        wanted = [self.outputs[cluster][name]]
        (found,) = self.ask("ec2", "describe_security_groups", "SecurityGroups", GroupIds=wanted)
        return dict(found)


@pytest.fixture(scope="module")
def _accounts() -> Iterator[Callable[[], Aws]]:
    """Offer empty accounts: one for the document, one for what differs from it."""
    with aws() as first, aws() as second:
        yield iter((first, second)).__next__


@pytest.fixture(scope="module")
def document(_accounts: Callable[[], Aws]) -> Made:
    """Make what document 0 describes: a hub and a hosted cluster at a transit gateway."""
    return made_in(_accounts(), HUB, FABRIC, PROD)


@pytest.fixture(scope="module")
def _other(document: Made, _accounts: Callable[[], Aws]) -> Aws:
    del document  # it has the first
    return _accounts()


@pytest.fixture
def other(_other: Aws) -> Aws:
    """Offer an empty account."""
    _other.reset()
    return _other


def made_in(account: Aws, *texts: str) -> Made:
    """Make an estate."""
    files = files_of(estate_of(*texts))
    return Made(account, made(account, files), files["platforms/build.json"]["steps"])


def tags_of(one: dict[str, Any]) -> dict[str, str]:
    """Return tags as people write them."""
    return {tag["Key"]: tag["Value"] for tag in one["Tags"]}


def subnets(one: Made, kind: str, cluster: str = "prod") -> dict[str, dict[str, Any]]:
    """Return the private or public subnets of a cluster by zone."""
    ids = {
        value for name, value in one.outputs[cluster].items() if name.startswith(f"{kind}Subnet")
    }
    found = one.of_vpc("describe_subnets", "Subnets", cluster)
    return {item["AvailabilityZone"]: item for item in found if item["SubnetId"] in ids}


def test_rows_0_13_and_0_14_a_private_and_a_public_subnet_in_each_zone(document: Made) -> None:
    private = {zone: one["CidrBlock"] for zone, one in subnets(document, "Private").items()}
    public = {zone: one["CidrBlock"] for zone, one in subnets(document, "Public").items()}
    assert private == dict(
        zip(ZONES, ("10.0.16.0/22", "10.0.20.0/22", "10.0.24.0/22"), strict=True)
    )
    assert public == dict(zip(ZONES, ("10.0.28.0/24", "10.0.29.0/24", "10.0.30.0/24"), strict=True))


def routes(one: Made, kind: str, cluster: str = "prod") -> dict[str, dict[str, str]]:
    """Return the routes of each subnet's table, targets by destination, by zone."""
    by_subnet = {
        link["SubnetId"]: table
        for table in one.of_vpc("describe_route_tables", "RouteTables", cluster)
        for link in table["Associations"]
        if "SubnetId" in link
    }
    return {
        zone: dict(_target(route) for route in by_subnet[subnet["SubnetId"]]["Routes"])
        for zone, subnet in subnets(one, kind, cluster).items()
    }


def _target(route: dict[str, Any]) -> tuple[str, str]:
    words = (
        "GatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "VpcPeeringConnectionId",
    )
    return route["DestinationCidrBlock"], next(route[word] for word in words if route.get(word))


def test_row_0_15_each_subnet_has_a_route_table_that_is_its_alone(document: Made) -> None:
    tables = document.of_vpc("describe_route_tables", "RouteTables")
    ours = [
        [link["SubnetId"] for link in table["Associations"]]
        for table in tables
        if not any(link.get("Main") for link in table["Associations"])
    ]
    all_of = [one["SubnetId"] for one in document.of_vpc("describe_subnets", "Subnets")]
    assert sorted(ours) == sorted([one] for one in all_of)


def test_row_0_15_public_subnets_lead_to_the_internet_and_the_data_centre(document: Made) -> None:
    (internet,) = document.ask(
        "ec2",
        "describe_internet_gateways",
        "InternetGateways",
        Filters=[{"Name": "attachment.vpc-id", "Values": [document.outputs["prod"]["Vpc"]]}],
    )
    gateway = document.outputs["connection.us-east-1"]["TransitGateway"]
    wanted = {
        "10.0.16.0/20": "local",
        "0.0.0.0/0": internet["InternetGatewayId"],
        "10.0.0.0/16": gateway,
        "172.16.0.0/12": gateway,
    }
    assert routes(document, "Public") == dict.fromkeys(ZONES, wanted)


def test_rows_0_16_and_0_17_private_subnets_leave_by_nat_and_reach_the_data_centre(
    document: Made,
) -> None:
    (nat,) = _nats(document)
    gateway = document.outputs["connection.us-east-1"]["TransitGateway"]
    wanted = {
        "10.0.16.0/20": "local",
        "0.0.0.0/0": nat["NatGatewayId"],
        "10.0.0.0/16": gateway,
        "172.16.0.0/12": gateway,
    }
    assert routes(document, "Private") == dict.fromkeys(ZONES, wanted)


def _nats(one: Made, cluster: str = "prod") -> list[dict[str, Any]]:
    found = one.ask("ec2", "describe_nat_gateways", "NatGateways")
    return [item for item in found if item["VpcId"] == one.outputs[cluster]["Vpc"]]


def test_row_0_18_the_internet_gateway_is_attached(document: Made) -> None:
    found = document.ask("ec2", "describe_internet_gateways", "InternetGateways")
    attached = {link["VpcId"] for one in found for link in one["Attachments"]}
    assert attached == {document.outputs[name]["Vpc"] for name in ("hub", "prod")}


def test_row_0_19_the_nat_gateway_is_in_a_public_subnet_with_an_address_of_its_own(
    document: Made,
) -> None:
    (nat,) = _nats(document)
    addresses = document.ask("ec2", "describe_addresses", "Addresses")
    assert nat["SubnetId"] == subnets(document, "Public")[ZONES[0]]["SubnetId"]
    (mine,) = nat["NatGatewayAddresses"]
    assert mine["AllocationId"] in {one["AllocationId"] for one in addresses}


def test_row_0_19_a_nat_gateway_in_each_zone_where_that_is_asked_for(other: Aws) -> None:
    one = made_in(other, HUB, FABRIC, PROD.replace("us-east-1,", "us-east-1, nat: perZone,"))
    found = {nat["SubnetId"]: nat["NatGatewayId"] for nat in _nats(one)}
    for zone, subnet in subnets(one, "Public").items():
        assert routes(one, "Private")[zone]["0.0.0.0/0"] == found[subnet["SubnetId"]]


@pytest.mark.parametrize(
    ("output", "name"),
    [("PrivateZone", "prod.example.com."), ("LocalZone", "prod.hypershift.local.")],
)
def test_row_0_20_the_private_zone_is_associated_with_the_vpc(
    document: Made, output: str, name: str
) -> None:
    client = document.account.client("route53")
    found = client.get_hosted_zone(Id=document.outputs["prod"][output])
    vpc = {"VPCRegion": "us-east-1", "VPCId": document.outputs["prod"]["Vpc"]}
    assert (found["HostedZone"]["Name"], found["VPCs"]) == (name, [vpc])


def test_row_0_21_dhcp_options_are_associated_with_the_vpc(document: Made) -> None:
    (vpc,) = document.of_vpc("describe_vpcs", "Vpcs")
    (options,) = document.ask(
        "ec2", "describe_dhcp_options", "DhcpOptions", DhcpOptionsIds=[vpc["DhcpOptionsId"]]
    )
    said = {
        one["Key"]: [value["Value"] for value in one["Values"]]
        for one in options["DhcpConfigurations"]
    }
    assert said == {"domain-name": ["ec2.internal"], "domain-name-servers": ["AmazonProvidedDNS"]}


@pytest.mark.parametrize(("kind", "role"), [("Private", "internal-elb"), ("Public", "elb")])
def test_row_0_22_subnets_are_tagged_for_load_balancers_and_the_cluster(
    document: Made, kind: str, role: str
) -> None:
    for zone, one in subnets(document, kind).items():
        said = tags_of(one)
        assert (
            said.items()
            >= {
                "Name": f"prod-{kind.lower()}-{zone}",
                f"kubernetes.io/role/{role}": "1",
                CLUSTER_TAG: "owned",
            }.items()
        )
        assert sum(key.startswith("kubernetes.io/role/") for key in said) == 1


def test_row_0_22_the_vpc_answers_for_names_and_is_the_machine_range(document: Made) -> None:
    (vpc,) = document.of_vpc("describe_vpcs", "Vpcs")
    client = document.account.client("ec2")
    assert vpc["CidrBlock"] == "10.0.16.0/20"
    for word in ("EnableDnsSupport", "EnableDnsHostnames"):
        attribute = f"{word[0].lower()}{word[1:]}"
        said = client.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
        assert said[word]["Value"] is True


def test_row_0_23_the_resolver_has_an_address_in_each_private_subnet(document: Made) -> None:
    endpoint = document.outputs["prod"]["ResolverEndpoint"]
    found = document.ask(
        "route53resolver",
        "list_resolver_endpoint_ip_addresses",
        "IpAddresses",
        ResolverEndpointId=endpoint,
    )
    private = {one["SubnetId"]: one["CidrBlock"] for one in subnets(document, "Private").values()}
    assert {one["SubnetId"] for one in found} == private.keys()
    for one in found:
        assert ip_address(one["Ip"]) in ip_network(private[one["SubnetId"]])


def test_row_0_23_the_data_centre_may_ask_the_resolver_for_names(document: Made) -> None:
    group = document.group("prod", "ResolverGroup")
    assert let_in(group) == {("tcp", 53, 53, "172.16.0.0/12"), ("udp", 53, 53, "172.16.0.0/12")}
    endpoint = document.ask(
        "route53resolver",
        "get_resolver_endpoint",
        "ResolverEndpoint",
        ResolverEndpointId=document.outputs["prod"]["ResolverEndpoint"],
    )
    assert endpoint["Direction"] == "INBOUND"
    assert endpoint["SecurityGroupIds"] == [group["GroupId"]]


def test_row_0_24_the_bucket_of_oidc_documents_comes_before_what_needs_it(document: Made) -> None:
    names = [step["name"] for step in document.steps]
    assert names.index("oidc.us-east-1") < names.index("prod")
    assert document.outputs["oidc.us-east-1"]["Bucket"] == BUCKET


def test_row_0_24_everybody_reads_the_documents_in_the_bucket_and_nothing_else(
    document: Made,
) -> None:
    client = document.account.client("s3")
    (said,) = json.loads(client.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert (said["Effect"], said["Principal"], said["Action"]) == ("Allow", "*", ["s3:GetObject"])
    documents = (".well-known/openid-configuration", "openid/v1/jwks")
    assert said["Resource"] == [f"arn:aws:s3:::{BUCKET}/*/{one}" for one in documents]


def test_row_0_24_nobody_makes_objects_of_the_bucket_public_one_by_one(document: Made) -> None:
    client = document.account.client("s3")
    block = client.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert (block["BlockPublicAcls"], block["IgnorePublicAcls"]) == (True, True)
    (rule,) = client.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_row_0_24_the_cluster_s_issuer_is_known_by_the_documents_of_its_own(document: Made) -> None:
    client = document.account.client("iam")
    (one,) = client.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    said = client.get_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"])
    assert said["Url"].removeprefix("https://") == ISSUER
    assert said["ClientIDList"] == ["openshift", "sts.amazonaws.com"]
    assert document.outputs["prod"]["IssuerUrl"] == f"https://{ISSUER}"


def test_row_0_25_the_user_of_the_hypershift_operator_has_no_key(document: Made) -> None:
    client, user = document.account.client("iam"), "hyperleaf-corp-hypershift"
    assert client.list_access_keys(UserName=user)["AccessKeyMetadata"] == []
    assert client.list_user_policies(UserName=user)["PolicyNames"] == [
        "oidc-documents",
        "private-links",
    ]


def test_row_0_25_that_user_writes_to_the_bucket_and_to_no_other(document: Made) -> None:
    client, user = document.account.client("iam"), "hyperleaf-corp-hypershift"
    said = client.get_user_policy(UserName=user, PolicyName="oidc-documents")["PolicyDocument"]
    allowed = {(tuple(one["Action"]), one["Resource"]) for one in said["Statement"]}
    assert allowed == {
        (("s3:PutObject", "s3:DeleteObject"), f"arn:aws:s3:::{BUCKET}/*"),
        (("s3:ListBucket",), f"arn:aws:s3:::{BUCKET}"),
    }


SUBJECTS = {
    "openshift-ingress": ["openshift-ingress-operator:ingress-operator"],
    "openshift-image-registry": [
        "openshift-image-registry:cluster-image-registry-operator",
        "openshift-image-registry:registry",
    ],
    "aws-ebs-csi-driver-controller": [
        "openshift-cluster-csi-drivers:aws-ebs-csi-driver-controller-sa"
    ],
    "cloud-network-config-controller": [
        "openshift-cloud-network-config-controller:cloud-network-config-controller"
    ],
    "cloud-controller": ["kube-system:kube-controller-manager"],
    "node-pool": ["kube-system:capa-controller-manager"],
    "control-plane-operator": ["kube-system:control-plane-operator"],
}


@pytest.mark.parametrize("suffix", SUBJECTS)
def test_row_0_26_a_role_is_taken_by_its_service_accounts_of_this_cluster_alone(
    document: Made, suffix: str
) -> None:
    client = document.account.client("iam")
    role = client.get_role(RoleName=f"{INFRA}-{suffix}")["Role"]
    (said,) = role["AssumeRolePolicyDocument"]["Statement"]
    (provider,) = client.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    subjects = [f"system:serviceaccount:{one}" for one in SUBJECTS[suffix]]
    wanted = {f"{ISSUER}:sub": subjects, f"{ISSUER}:aud": "openshift"}
    assert said["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert said["Principal"] == {"Federated": provider["Arn"]}
    assert said["Condition"] == {"StringEquals": wanted}


def test_row_0_26_the_seven_roles_are_told_as_the_hosted_cluster_asks_for_them(
    document: Made,
) -> None:
    told = {
        role: document.outputs["prod"][f"{role[0].upper()}{role[1:]}Role"].rpartition("/")[2]
        for role in ROLES
    }
    assert told == {
        "ingress": f"{INFRA}-openshift-ingress",
        "imageRegistry": f"{INFRA}-openshift-image-registry",
        "storage": f"{INFRA}-aws-ebs-csi-driver-controller",
        "network": f"{INFRA}-cloud-network-config-controller",
        "kubeCloudController": f"{INFRA}-cloud-controller",
        "nodePoolManagement": f"{INFRA}-node-pool",
        "controlPlaneOperator": f"{INFRA}-control-plane-operator",
    }


def statements(document: Made, suffix: str) -> list[dict[str, Any]]:
    """Return what a role of the cluster may do."""
    client, name = document.account.client("iam"), f"{INFRA}-{suffix}"
    said = client.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]
    found: list[dict[str, Any]] = said["Statement"]
    return found


def test_row_0_26_ingress_writes_names_of_this_cluster_and_of_no_other(document: Made) -> None:
    (said,) = [
        one
        for one in statements(document, "openshift-ingress")
        if "route53:ChangeResourceRecordSets" in one["Action"]
    ]
    names = {"route53:ChangeResourceRecordSetsNormalizedRecordNames": ["*.prod.example.com"]}
    assert said["Condition"] == {"ForAllValues:StringLike": names}


def test_row_0_26_the_control_plane_writes_names_of_its_private_end_alone(document: Made) -> None:
    (said,) = [
        one
        for one in statements(document, "control-plane-operator")
        if "route53:ChangeResourceRecordSets" in one["Action"]
    ]
    zone = document.outputs["prod"]["LocalZone"]
    assert said["Resource"] == f"arn:aws:route53:::hostedzone/{zone}"


def test_row_0_26_node_pools_pass_the_workers_role_and_no_other(document: Made) -> None:
    (said,) = [
        one for one in statements(document, "node-pool") if one["Action"] == ["iam:PassRole"]
    ]
    assert said["Resource"] == f"arn:aws:iam::123456789012:role/{INFRA}-worker-role"


def test_row_0_26_nodes_have_an_instance_profile_with_the_workers_role(document: Made) -> None:
    client = document.account.client("iam")
    said = client.get_instance_profile(InstanceProfileName=f"{INFRA}-worker")["InstanceProfile"]
    assert [one["RoleName"] for one in said["Roles"]] == [f"{INFRA}-worker-role"]
    (trust,) = said["Roles"][0]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ec2.amazonaws.com"}


def let_in(group: dict[str, Any]) -> set[tuple[str, int, int, str]]:
    """Return what a group lets in: protocol, first and last port, source."""
    return {
        (rule["IpProtocol"], rule["FromPort"], rule["ToPort"], source["CidrIp"])
        for rule in group["IpPermissions"]
        for source in rule["IpRanges"]
    }


TOO_BIG = {("icmp", 3, 4, source) for source in ("10.0.0.0/16", "172.16.0.0/20", "172.16.0.0/12")}
BORDERS = ("172.16.0.11/32", "172.16.0.12/32")
REFLECTORS = ("10.0.0.11/32", "10.0.0.12/32")


def test_leaves_are_sent_vxlan_by_leaves_and_borders_and_bfd_by_whom_they_speak_to(
    document: Made,
) -> None:
    vxlan = {("udp", 4789, 4789, source) for source in ("10.0.16.0/20", *BORDERS)}
    bfd = {
        ("udp", port, port, source) for port in (3784, 4784) for source in (*REFLECTORS, *BORDERS)
    }
    assert let_in(document.group("prod", "LeavesGroup")) == vxlan | bfd | TOO_BIG


def test_reflectors_are_sent_bgp_and_bfd_by_leaves_each_other_and_borders(document: Made) -> None:
    speakers = ("10.0.16.0/20", *REFLECTORS, *BORDERS)
    wanted = {
        (protocol, port, port, source)
        for protocol, port in (("tcp", 179), ("udp", 3784), ("udp", 4784))
        for source in speakers
    }
    assert let_in(document.group("hub", "ReflectorsGroup")) == wanted | TOO_BIG


def test_a_hub_without_leaves_has_no_group_of_leaves_nor_a_spoke_one_of_reflectors(
    document: Made,
) -> None:
    assert "LeavesGroup" not in document.outputs["hub"]
    assert "ReflectorsGroup" not in document.outputs["prod"]


def test_a_group_says_which_documents_it_follows_from(document: Made) -> None:
    said = document.group("prod", "LeavesGroup")["Description"]
    assert said == "leaves of prod (Cluster/prod, Fabric/corp)"


@pytest.mark.parametrize(
    ("call", "member"),
    [
        ("describe_vpcs", "Vpcs"),
        ("describe_subnets", "Subnets"),
        ("describe_transit_gateway_attachments", "TransitGatewayAttachments"),
    ],
)
def test_everything_of_a_cluster_bears_a_name_and_our_marks(
    document: Made, call: str, member: str
) -> None:
    ours = [
        one
        for one in document.ask("ec2", call, member)
        if tags_of(one).get("Name", "").startswith("prod-")
    ]
    assert ours
    assert all(tags_of(one).items() >= OURS.items() for one in ours)


def test_row_0_10_vpcs_are_attached_to_the_transit_gateway_in_each_private_subnet(
    document: Made,
) -> None:
    found = document.of_vpc(
        "describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments"
    )
    (one,) = [item for item in found if item["VpcId"] == document.outputs["prod"]["Vpc"]]
    assert one["TransitGatewayId"] == document.outputs["connection.us-east-1"]["TransitGateway"]
    private = {item["SubnetId"] for item in subnets(document, "Private").values()}
    assert set(one["SubnetIds"]) == private


VPN = "onPrem: {via: vpn, cidrs: [172.16.0.0/12], peer: {address: 203.0.113.1, asn: 65100}}"
STATED = "onPrem: {via: transitGateway, cidrs: [172.16.0.0/12]}"


def test_row_0_10_by_vpn_both_ends_tell_each_other_routes_and_the_data_centre_s_are_stated(
    other: Aws,
) -> None:
    one = made_in(other, HUB.replace(STATED, VPN))
    client = other.client("ec2")
    (gateway,) = client.describe_vpn_gateways()["VpnGateways"]
    (peer,) = client.describe_customer_gateways()["CustomerGateways"]
    (vpn,) = client.describe_vpn_connections()["VpnConnections"]
    assert gateway["VpcAttachments"][0]["VpcId"] == one.outputs["hub"]["Vpc"]
    assert (peer["IpAddress"], peer["BgpAsn"]) == ("203.0.113.1", "65100")
    assert vpn["VpnGatewayId"] == gateway["VpnGatewayId"]
    assert vpn["CustomerGatewayId"] == peer["CustomerGatewayId"]
    for table in routes(one, "Private", "hub").values():
        assert table["172.16.0.0/12"] == gateway["VpnGatewayId"]
    for item in one.of_vpc("describe_route_tables", "RouteTables", "hub"):
        if not any(link.get("Main") for link in item["Associations"]):
            assert item["PropagatingVgws"] == [{"GatewayId": gateway["VpnGatewayId"]}]


def test_row_0_10_by_direct_connect_the_gateway_that_is_there_is_told_the_vpc_s_range(
    other: Aws,
) -> None:
    gateway = "9ed3b54a-1ad2-4f3c-8e43-0d2c1e8b4f3a"
    way = f"onPrem: {{via: directConnect, id: {gateway}, cidrs: [172.16.0.0/12]}}"
    one = made_in(other, HUB.replace(STATED, way))
    (private,) = other.client("ec2").describe_vpn_gateways()["VpnGateways"]
    for table in routes(one, "Private", "hub").values():
        assert table["172.16.0.0/12"] == private["VpnGatewayId"]
    (joined,) = other.snapshot().of("directConnectAssociations").values()
    assert joined["DirectConnectGatewayId"] == gateway
    assert joined["AssociatedGatewayId"] == private["VpnGatewayId"]
    assert joined["AllowedPrefixesToDirectConnectGateway"] == ["10.0.0.0/20"]


def test_row_0_10_without_a_transit_gateway_the_vpcs_of_a_fabric_are_peers(other: Aws) -> None:
    alone = "{aws: {region: us-east-1}}"
    texts = [
        text.replace(f"{{aws: {{region: us-east-1, {STATED}}}}}", alone) for text in (HUB, PROD)
    ]
    one = made_in(other, FABRIC, *texts)
    (peering,) = other.client("ec2").describe_vpc_peering_connections()["VpcPeeringConnections"]
    name = peering["VpcPeeringConnectionId"]
    assert peering["Status"]["Code"] == "active"
    for kind in ("Private", "Public"):
        assert {table["10.0.16.0/20"] for table in routes(one, kind, "hub").values()} == {name}
        assert {table["10.0.0.0/20"] for table in routes(one, kind, "prod").values()} == {name}


def test_a_vpc_that_is_there_is_used_and_none_is_made(other: Aws) -> None:
    client = other.client("ec2")
    vpc = client.create_vpc(CidrBlock="10.0.16.0/20")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.16.0/22")["Subnet"]["SubnetId"]
    there = f"vpc: {{id: {vpc}, privateSubnets: {{us-east-1a: {subnet}}}}}"
    before = len(client.describe_vpcs()["Vpcs"])
    one = made_in(other, FABRIC, HUB, PROD.replace(STATED, f"{STATED}, {there}"))
    assert len(client.describe_vpcs()["Vpcs"]) == before + 1  # the hub's
    assert one.outputs["prod"]["Vpc"] == vpc
    assert one.group("prod", "LeavesGroup")["VpcId"] == vpc
    tagged = next(step["with"] for step in one.steps if step["kind"] == "aws.tags")
    wanted = {CLUSTER_TAG: "shared", "kubernetes.io/role/internal-elb": "1"}
    assert tagged["resources"] == {subnet: wanted}


def test_row_0_9_the_account_is_asked_for_room_before_anything_is_made(document: Made) -> None:
    first = document.steps[0]
    assert first["kind"] == "aws.account"
    asked = first["with"]["regions"]["us-east-1"]
    assert asked["zones"] == list(ZONES)
    assert asked["instanceTypes"] == {"m5.metal": ["us-east-1a"]}
    assert asked["needs"] == {
        "elasticIps": 2,
        "internetGateways": 2,
        "rulesOfAGroup": asked["needs"]["rulesOfAGroup"],
        "transitGateways": 1,
        "vpcs": 2,
    }
