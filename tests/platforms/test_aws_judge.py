"""The judge of AWS makes what templates ask for, and errs as asked: it must not flatter us."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from judges.aws_types import KINDS, SUPPLIED
from platforms import stacks

if TYPE_CHECKING:
    from collections.abc import Callable

    from judges.aws import Aws

CLUSTER = stacks.TEMPLATES["cluster"]
GROUP = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "a group"}}


def refusal(call: Callable[..., object], **words: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**words)
    said = caught.value.response["Error"]
    return said["Code"], said["Message"]


def group(**properties: Any) -> stacks.Template:
    stated = {**GROUP["Properties"], **properties}  # type: ignore[dict-item]
    return {"Resources": {"Group": {**GROUP, "Properties": stated}}}


@pytest.fixture
def made(account: Aws) -> dict[str, str]:
    """Make a stack with every type of resource; return its outputs."""
    return stacks.make_all(account)


def test_every_type_that_is_listed_is_in_the_stacks_that_are_made_here() -> None:
    used = {
        one["Type"]
        for template in stacks.TEMPLATES.values()
        for one in template["Resources"].values()
    }
    assert used == set(KINDS)
    assert set(SUPPLIED) <= set(KINDS)


def test_everything_that_a_template_asks_for_is_there(account: Aws, made: dict[str, str]) -> None:
    assert stacks.failures(account, "cluster") == {}
    there = account.snapshot()
    counts = {kind: len(there.of(kind)) for kind in there.things}
    assert counts == {
        "addresses": 1,
        "buckets": 1,
        "customer_gateways": 1,
        "dhcp_options": 1,
        "directConnectAssociations": 1,
        "internet_gateways": 1,
        "issuers": 1,
        "nat_gateways": 1,
        "network_interfaces": 3,
        "policies": 1,
        "profiles": 1,
        "publicIps": 1,
        "resolvers": 1,
        "roles": 1,
        "route_tables": 4,
        "security_groups": 4,
        "stacks": 2,
        "subnets": 10,
        "transit_gateway_route_tables": 1,
        "transit_gateway_vpc_attachments": 2,
        "transit_gateways": 1,
        "users": 1,
        "vpc_peering_connections": 1,
        "vpcs": 3,
        "vpn_connections": 1,
        "vpn_gateways": 1,
        "zones": 1,
    }
    vpc = there.of("vpcs")[made["Vpc"]]
    assert (vpc["enableDnsHostnames"], vpc["ranges"]) == (True, ["10.0.0.0/20", "10.8.0.0/20"])
    assert vpc["DhcpOptionsId"] in there.of("dhcp_options")


def test_outputs_tell_attributes_of_what_was_made(account: Aws, made: dict[str, str]) -> None:
    there = account.snapshot()
    assert made["Az"] == "us-east-1a"
    assert made["Res"] in there.of("resolvers")
    assert made["Role"] in there.of("roles")
    assert made["Oidc"] in there.of("issuers")


def test_routes_lead_where_a_template_says(account: Aws, made: dict[str, str]) -> None:
    del made
    there = account.snapshot()
    table = next(one for one in there.of("route_tables").values() if one["PropagatingVgws"])
    ways = {route["DestinationCidrBlock"]: route for route in table["routes"]}
    assert ways["0.0.0.0/0"]["NatGatewayId"] in there.of("nat_gateways")
    assert ways["172.16.0.0/20"]["TransitGatewayId"] in there.of("transit_gateways")
    assert ways["10.9.0.0/20"]["VpcPeeringConnectionId"] in there.of("vpc_peering_connections")
    assert table["PropagatingVgws"][0]["GatewayId"] in there.of("vpn_gateways")


def test_tags_of_a_stack_are_on_what_it_made(account: Aws, made: dict[str, str]) -> None:
    del made
    there = account.snapshot()
    for kind in ("subnets", "nat_gateways", "addresses", "roles", "issuers", "resolvers", "zones"):
        ours = [
            one["tags"] for one in there.of(kind).values() if "hyperleaf.dev/owner" in one["tags"]
        ]
        assert ours, kind
    names = [one["tags"].get("aws:cloudformation:stack-name") for one in there.of("vpcs").values()]
    assert names.count("cluster") == 2


def test_a_deleted_stack_leaves_the_account_as_it_was(account: Aws) -> None:
    before = account.snapshot()
    stacks.make_all(account)
    assert account.snapshot() != before
    for name in ("cluster", "connection"):
        account.client("cloudformation").delete_stack(StackName=name)
    assert account.snapshot() == before


def test_two_accounts_that_were_made_alike_compare_equal(account: Aws) -> None:
    stacks.make_all(account)
    first = account.snapshot()
    account.reset()
    stacks.make_all(account)
    second = account.snapshot()
    assert first != second
    assert first.alike() == second.alike()


def test_accounts_that_differ_in_one_route_do_not_compare_equal(account: Aws) -> None:
    stacks.make_all(account)
    first = account.snapshot()
    other = copy.deepcopy(CLUSTER)
    del other["Resources"]["ToPeer"]
    account.reset()
    stacks.make(account, "cluster", other, **stacks.make(account, "connection", _connection()))
    assert first.alike() != account.snapshot().alike()


def _connection() -> stacks.Template:
    found: stacks.Template = stacks.TEMPLATES["connection"]
    return found


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("Eip", "Nat"), "has no Internet gateway attached"),
        (("ToTg",), "does not exist"),
        (("Prop",), "is not attached to"),
    ],
)
def test_what_a_template_forgot_to_wait_for_is_not_there(
    account: Aws, names: tuple[str, ...], reason: str
) -> None:
    other = copy.deepcopy(CLUSTER)
    for name in names:
        del other["Resources"][name]["DependsOn"]
    stacks.make(account, "cluster", other, **stacks.make(account, "connection", _connection()))
    assert reason in stacks.failures(account, "cluster")[names[-1]]


def test_a_public_policy_of_a_bucket_that_blocks_them_fails(account: Aws) -> None:
    other = {"Resources": {name: CLUSTER["Resources"][name] for name in ("Bucket", "Pol")}}
    other = copy.deepcopy(other)
    del other["Resources"]["Bucket"]["Properties"]["PublicAccessBlockConfiguration"]
    stacks.make(account, "bucket", other)
    assert "BlockPublicPolicy" in stacks.failures(account, "bucket")["Pol"]


def test_a_property_that_the_judge_would_forget_fails(account: Aws) -> None:
    stacks.make(account, "bucket", {"Resources": {"Bucket": _bucket(ObjectLockEnabled=True)}})
    assert "ObjectLockEnabled" in stacks.failures(account, "bucket")["Bucket"]


def _bucket(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "a-bucket", **properties}}


def test_a_resource_that_fails_rolls_its_stack_back(account: Aws) -> None:
    before = account.snapshot()
    account.faults({"kind": "fail", "resource": "AWS::EC2::NatGateway", "reason": "no more"})
    gateway = stacks.make(account, "connection", _connection())
    stacks.make(account, "cluster", CLUSTER, **gateway)
    told = stacks.stack(account, "cluster")
    assert told["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.failures(account, "cluster") == {"Nat": "no more"}
    client = account.client("cloudformation")
    assert refusal(client.update_stack, StackName="cluster", **stacks.body(CLUSTER))[0] == (
        "ValidationError"
    )
    for name in ("cluster", "connection"):
        client.delete_stack(StackName=name)
    assert account.snapshot() == before


def test_a_stack_with_what_cannot_be_deleted_stays_and_says_why(account: Aws) -> None:
    stacks.make(account, "bucket", {"Resources": {"Bucket": _bucket()}})
    account.client("s3").put_object(Bucket="a-bucket", Key="left", Body=b"behind")
    client = account.client("cloudformation")
    client.delete_stack(StackName="bucket")
    assert stacks.stack(account, "bucket")["StackStatus"] == "DELETE_FAILED"
    assert "BucketNotEmpty" in stacks.failures(account, "bucket")["Bucket"]
    account.client("s3").delete_object(Bucket="a-bucket", Key="left")
    client.delete_stack(StackName="bucket")
    assert "does not exist" in refusal(client.describe_stacks, StackName="bucket")[1]


def test_a_change_set_tells_what_would_be_replaced(account: Aws) -> None:
    stacks.make(account, "group", group())
    client = account.client("cloudformation")
    words = {"StackName": "group", "ChangeSetName": "next"}
    client.create_change_set(**words, **stacks.body(group(GroupDescription="another")))
    told = client.describe_change_set(**words)["Changes"][0]["ResourceChange"]
    assert (told["Action"], told["Replacement"]) == ("Modify", "True")
    assert told["Details"][0]["Target"]["RequiresRecreation"] == "Always"


def test_a_change_set_without_changes_fails_and_says_so(account: Aws) -> None:
    stacks.make(account, "group", group())
    client = account.client("cloudformation")
    words = {"StackName": "group", "ChangeSetName": "next"}
    client.create_change_set(**words, Tags=stacks.OURS, **stacks.body(group()))
    told = client.describe_change_set(**words)
    assert (told["Status"], "didn't contain changes" in told["StatusReason"]) == ("FAILED", True)
    assert refusal(
        client.update_stack, StackName="group", Tags=stacks.OURS, **stacks.body(group())
    ) == ("ValidationError", "No updates are to be performed.")


def test_a_group_is_changed_in_place(account: Aws) -> None:
    stacks.make(account, "group", group())
    rule = {"IpProtocol": "udp", "FromPort": 4789, "ToPort": 4789, "CidrIp": "10.0.0.0/20"}
    client = account.client("cloudformation")
    before = set(account.snapshot().of("security_groups"))
    changed = group(SecurityGroupIngress=[rule])
    client.create_change_set(StackName="group", ChangeSetName="next", **stacks.body(changed))
    client.execute_change_set(StackName="group", ChangeSetName="next")
    after = account.snapshot().of("security_groups")
    assert set(after) == before
    assert any("4789" in str(one["in"]) for one in after.values())


def test_an_update_that_fails_goes_back_to_what_was(account: Aws) -> None:
    stacks.make(account, "group", group())
    before = account.snapshot()
    account.faults({"kind": "fail", "resource": "Second", "reason": "no more"})
    two = group(GroupDescription="another")
    two["Resources"]["Second"] = {**GROUP, "DependsOn": "Group"}
    account.client("cloudformation").update_stack(StackName="group", **stacks.body(two))
    after = account.snapshot()
    assert stacks.stack(account, "group")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert after.of("security_groups") == before.of("security_groups")


@pytest.mark.parametrize(
    ("template", "words", "message"),
    [
        (group(Nonsense=1), {}, "unsupported property Nonsense"),
        ({"Resources": {"A": {"Type": "AWS::EC2::Nonsense"}}}, {}, "Unrecognized resource types"),
        (group(VpcId={"Ref": "Nowhere"}), {}, "Unresolved resource dependencies [Nowhere]"),
        ({**group(), "Description": "x" * 52_000}, {}, "less than or equal to 51200"),
        (
            {"Resources": {"Role": CLUSTER["Resources"]["Role"]}},
            {"Capabilities": []},
            "Requires capabilities : [CAPABILITY_NAMED_IAM]",
        ),
        ({**group(), "Parameters": {"A": {"Type": "String"}}}, {}, "[A] must have values"),
    ],
)
def test_a_template_that_cloudformation_refuses_is_refused(
    account: Aws, template: stacks.Template, words: dict[str, Any], message: str
) -> None:
    client = account.client("cloudformation")
    said = refusal(client.create_stack, StackName="x", **{**stacks.body(template), **words})
    assert message in said[1]


def test_a_name_is_taken_once(account: Aws) -> None:
    stacks.make(account, "group", group())
    client = account.client("cloudformation")
    said = refusal(client.create_stack, StackName="group", **stacks.body(group()))
    assert said[0] == "AlreadyExistsException"


def test_a_slow_stack_is_busy_for_as_long_as_is_asked(account: Aws) -> None:
    account.faults({"kind": "slow", "reads": 2})
    client = account.client("cloudformation")
    client.create_stack(StackName="group", **stacks.body(group()))
    assert refusal(client.update_stack, StackName="group", **stacks.body(group()))[0] == (
        "ValidationError"
    )
    seen = [stacks.stack(account, "group")["StackStatus"] for _ in range(3)]
    assert seen == ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    client.delete_stack(StackName="group")
    assert stacks.stack(account, "group")["StackStatus"] == "DELETE_IN_PROGRESS"


CALLS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "ec2": ("RequestLimitExceeded", lambda client: client.describe_vpcs()),
    "cloudformation": ("Throttling", lambda client: client.describe_stacks()),
    "iam": ("Throttling", lambda client: client.list_roles()),
    "sts": ("Throttling", lambda client: client.get_caller_identity()),
    "s3": ("SlowDown", lambda client: client.list_buckets()),
    "route53": ("Throttling", lambda client: client.list_hosted_zones()),
    "route53resolver": ("ThrottlingException", lambda client: client.list_resolver_endpoints()),
    "service-quotas": (
        "ThrottlingException",
        lambda client: client.list_service_quotas(ServiceCode="vpc"),
    ),
}


@pytest.mark.parametrize("service", CALLS)
def test_a_service_that_throttles_says_so_as_it_does(account: Aws, service: str) -> None:
    code, call = CALLS[service]
    account.faults({"kind": "throttle", "first": 1})
    client = account.client(service, is_counted=True)
    assert refusal(call, client=client)[0] == code
    call(client)
    assert [one.fault for one in account.calls()] == ["throttle", None]


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_broken_service_answers_with_its_status(account: Aws, service: str, status: int) -> None:
    account.faults({"kind": "error", "status": status, "at": 1})
    client = account.client(service, is_counted=True)
    with pytest.raises(Exception, match=str(status) + "|Internal|Unavailable|parse"):
        CALLS[service][1](client)
    CALLS[service][1](client)


def test_each_third_call_fails(account: Aws) -> None:
    account.faults({"kind": "throttle", "every": 3})
    client = account.client("ec2", is_counted=True)
    for number in range(1, 7):
        if number % 3 == 0:
            assert refusal(client.describe_vpcs)[0] == "RequestLimitExceeded"
        else:
            client.describe_vpcs()


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_is_dropped_before_or_after(
    account: Aws, when: str, count: int
) -> None:
    account.faults({"kind": "drop", "when": when, "action": "CreateUser"})
    client = account.client("iam", is_counted=True)
    with pytest.raises(ConnectionClosedError):
        client.create_user(UserName="somebody")
    assert len(client.list_users()["Users"]) == count


def test_what_was_just_made_is_unknown_for_a_while(account: Aws) -> None:
    account.faults({"kind": "unseen", "reads": 1})
    ec2, s3 = account.client("ec2", is_counted=True), account.client("s3", is_counted=True)
    cloud = account.client("cloudformation", is_counted=True)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/20")["Vpc"]["VpcId"]
    assert refusal(ec2.describe_vpcs, VpcIds=[vpc])[0] == "InvalidVpcID.NotFound"
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    s3.create_bucket(Bucket="a-bucket")
    assert refusal(s3.get_bucket_location, Bucket="a-bucket")[0] == "NoSuchBucket"
    assert s3.get_bucket_location(Bucket="a-bucket")
    cloud.create_stack(StackName="group", **stacks.body(group()))
    assert "does not exist" in refusal(cloud.describe_stacks, StackName="group")[1]
    assert cloud.describe_stacks(StackName="group")["Stacks"]


def test_what_an_unseen_stack_made_is_unknown_too(account: Aws) -> None:
    account.faults({"kind": "unseen", "reads": 1})
    cloud = account.client("cloudformation", is_counted=True)
    cloud.create_stack(StackName="group", **stacks.body(group()))
    groups = [
        name
        for name, one in account.snapshot().of("security_groups").items()
        if one["GroupName"] != "default"
    ]
    ec2 = account.client("ec2", is_counted=True)
    assert refusal(ec2.describe_security_groups, GroupIds=groups)[0] == "InvalidGroup.NotFound"
    assert ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_a_call_is_held_until_it_is_cut(account: Aws, when: str, count: int) -> None:
    account.faults({"kind": "hold", "when": when, "at": 2})
    client = account.client("iam", is_counted=True)
    client.list_users()
    ended: list[type[Exception]] = []

    def create() -> None:
        try:
            client.create_user(UserName="somebody")
        except Exception as error:  # noqa: BLE001 - its type is what is asked
            ended.append(type(error))

    thread = threading.Thread(target=create)
    thread.start()
    while not account.held():
        time.sleep(0.01)
    assert account.held() == 2
    assert len(account.client("iam").list_users()["Users"]) == count
    account.cut()
    thread.join(20)
    assert ended == [ConnectionClosedError]
    assert len(account.client("iam").list_users()["Users"]) == count


def test_calls_are_told_with_what_they_do(account: Aws) -> None:
    ec2, s3 = account.client("ec2", is_counted=True), account.client("s3", is_counted=True)
    route53 = account.client("route53", is_counted=True)
    ec2.describe_vpcs()
    ec2.create_vpc(CidrBlock="10.0.0.0/20")
    s3.create_bucket(Bucket="a-bucket")
    s3.put_bucket_policy(Bucket="a-bucket", Policy='{"Version": "2012-10-17", "Statement": []}')
    s3.put_object(Bucket="a-bucket", Key="a/b", Body=b"x")
    s3.list_objects_v2(Bucket="a-bucket")
    route53.list_hosted_zones_by_name(DNSName="example.com")
    account.client("route53resolver", is_counted=True).list_resolver_endpoints()
    assert [str(one) for one in account.calls()] == [
        "ec2:DescribeVpcs",
        "ec2:CreateVpc",
        "s3:CreateBucket",
        "s3:PutBucketPolicy",
        "s3:PutObject",
        "s3:ListObjectsV2",
        "route53:ListHostedZonesByName",
        "route53resolver:ListResolverEndpoints",
    ]
    assert account.writes() == [
        "ec2:CreateVpc",
        "s3:CreateBucket",
        "s3:PutBucketPolicy",
        "s3:PutObject",
    ]


def test_quotas_can_be_set(account: Aws) -> None:
    client = account.client("service-quotas")
    asked = {"ServiceCode": "ec2", "QuotaCode": "L-0263D0A3"}
    assert client.get_service_quota(**asked)["Quota"]["Value"] == 5.0
    account.quotas(L_0263D0A3=1)
    assert client.get_service_quota(**asked)["Quota"]["Value"] == 1.0


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    place = tmp_path / "port"
    code = (
        "import os, pathlib, sys\n"
        "from judges.aws import aws\n"
        "with aws() as made:\n"
        f"    pathlib.Path({str(place)!r}).write_text(made.log.parent.name)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], env=env, check=False, timeout=60)
    folder = place.read_text()
    ends = time.monotonic() + 30
    while _is_running(folder):
        assert time.monotonic() < ends
        time.sleep(0.05)


def _is_running(word: str) -> bool:
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in one.read_text(errors="replace"):
                return True
        except OSError:
            continue
    return False
