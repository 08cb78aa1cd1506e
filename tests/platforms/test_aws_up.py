"""`up` and `down` against an account: made once, gone on with wherever they stopped, taken back."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from judges.aws import KEYS
from platforms import raising

if TYPE_CHECKING:
    from judges.aws import Aws
    from platforms.raising import Ended

SMALL = Path(__file__).parent / "rendered" / "small"


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    return tmp_path / "facts.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Offer a rendered folder that a test may change."""
    return shutil.copytree(SMALL, tmp_path / "rendered")


def ran(account: Aws, verb: str, *more: str, folder: Path = SMALL) -> Ended:
    return raising.ran(account, verb, "--rendered", str(folder), *more, estate=None)


def up(account: Aws, facts: Path, *more: str, folder: Path = SMALL) -> Ended:
    return ran(account, "up", "--facts", str(facts), "--yes", *more, folder=folder)


def down(account: Aws, *more: str) -> Ended:
    return ran(account, "down", "--yes", *more)


def change(folder: Path, name: str, value: Any, *path: str) -> None:
    """Set a value within a stack's template, as a changed estate would."""
    file = folder / "platforms" / "aws" / f"{name}.template.json"
    template = json.loads(file.read_text())
    inner = template
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    file.write_text(json.dumps(template))


def status_of(account: Aws, stack: str) -> str:
    found = account.client("cloudformation").describe_stacks(StackName=stack)
    return str(found["Stacks"][0]["StackStatus"])


# What is made, and what is not made again


def test_an_empty_account_gets_everything_and_the_facts_name_it(account: Aws, facts: Path) -> None:
    done = up(account, facts)
    assert done.status == 0, done.err
    vpcs = account.snapshot().of("vpcs")
    (ours,) = [name for name, one in vpcs.items() if one["tags"].get("Name") == "prod"]
    assert f"    vpc: {ours}\n" in facts.read_text()


def test_what_is_as_it_should_be_is_not_written_to(account: Aws, facts: Path) -> None:
    up(account, facts)
    before = len(account.writes())
    again = up(account, facts)
    assert (again.status, account.writes()[before:]) == (0, [])
    assert f"{facts}: as before" in again.out


def test_a_facts_file_that_is_gone_is_written_byte_for_byte(account: Aws, facts: Path) -> None:
    up(account, facts)
    first = facts.read_bytes()
    facts.unlink()
    up(account, facts)
    assert facts.read_bytes() == first


def test_a_facts_file_of_somebody_else_stops_it_before_anything(account: Aws, facts: Path) -> None:
    facts.write_text("clusters: {}\n")
    done = up(account, facts)
    assert (done.status, account.calls(), facts.read_text()) == (1, [], "clusters: {}\n")
    assert f"{facts}:1:1: error HL1417" in done.err


def test_a_dry_run_says_what_would_be_and_writes_nothing(account: Aws) -> None:
    done = ran(account, "up", "--dry-run")
    assert (done.status, account.writes()) == (1, [])
    assert "Gateway = <Gateway of shared>" in done.out


def test_a_dry_run_of_what_is_there_has_nothing_to_do(account: Aws, facts: Path) -> None:
    up(account, facts)
    assert ran(account, "up", "--dry-run").status == 0


def test_a_dry_run_without_credentials_shows_everything_as_to_be_made(account: Aws) -> None:
    without = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    words = ("up", "--rendered", str(SMALL), "--dry-run")
    done = raising.ran(account, *words, estate=None, **without)
    assert (done.status, account.calls()) == (1, [])
    assert "warning HL1402" in done.err
    assert "AWS::EC2::VPC Vpc" in done.out or "1 VPC" in done.out


def test_without_credentials_nothing_is_begun(account: Aws, facts: Path) -> None:
    without = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    words = ("up", "--rendered", str(SMALL), "--yes", "--facts", str(facts))
    done = raising.ran(account, *words, estate=None, **without)
    assert done.status == 3
    assert "HL1402" in done.err


def test_with_nobody_to_ask_nothing_is_made(account: Aws, facts: Path) -> None:
    done = ran(account, "up", "--facts", str(facts))
    assert (done.status, account.writes()) == (1, [])
    assert "HL1416" in done.err


def test_somebody_who_says_no_gets_nothing(account: Aws, facts: Path) -> None:
    words = ("--rendered", str(SMALL), "--facts", str(facts))
    done = raising.answered(account, "up", "n", *words)
    assert (done.status, account.writes()) == (1, [])
    assert "Nothing was made." in done.out


def test_somebody_who_says_yes_has_seen_what_is_made(account: Aws, facts: Path) -> None:
    words = ("--rendered", str(SMALL), "--facts", str(facts))
    done = raising.answered(account, "up", "y", *words)
    assert (done.status, facts.exists()) == (0, True)
    table, _, rest = done.out.partition("Go on?")
    assert "stack hyperleaf-corp-prod in us-east-1" in table
    assert "4 steps as they should be, 2 carried out" in rest


def test_one_step_alone_may_be_carried_out(account: Aws, facts: Path) -> None:
    done = up(account, facts, "--only", "shared")
    assert done.status == 0, done.err
    assert [one["name"] for one in account.snapshot().of("stacks").values()] == [
        "hyperleaf-corp-shared"
    ]


def test_a_step_whose_inputs_are_not_made_says_which(account: Aws, facts: Path) -> None:
    done = up(account, facts, "--only", "prod")
    assert (done.status, account.writes()) == (1, [])
    assert "prod needs what is not made yet: Gateway of shared" in done.err


def test_a_public_zone_that_is_there_is_found(account: Aws, facts: Path) -> None:
    client = account.client("route53")
    made = client.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]
    up(account, facts)
    found = yaml.safe_load(facts.read_text())["clusters"]["prod"]["aws"]["publicZone"]
    assert found == made["Id"].rpartition("/")[2]


# What changes


def test_a_change_of_the_estate_changes_the_stack(account: Aws, facts: Path, folder: Path) -> None:
    up(account, facts)
    change(folder, "prod", "changed", "Resources", "Vpc", "Properties", "Tags", 0, "Value")  # type: ignore[arg-type]
    done = up(account, facts, folder=folder)
    assert done.status == 0, done.err
    names = [one["tags"].get("Name") for one in account.snapshot().of("vpcs").values()]
    assert "changed" in names


def test_a_change_is_made_once(account: Aws, facts: Path, folder: Path) -> None:
    up(account, facts)
    change(folder, "prod", "changed", "Resources", "Vpc", "Properties", "Tags", 0, "Value")  # type: ignore[arg-type]
    up(account, facts, folder=folder)
    before = len(account.writes())
    assert up(account, facts, folder=folder).status == 0
    assert account.writes()[before:] == []


def test_what_would_be_replaced_stops_it(account: Aws, facts: Path, folder: Path) -> None:
    up(account, facts)
    before = len(account.writes())
    change(folder, "prod", "10.0.4.0/22", "Resources", "Subnet", "Properties", "CidrBlock")
    done = up(account, facts, folder=folder)
    assert (done.status, account.writes()[before:]) == (1, [])
    assert "HL1409" in done.err
    assert "AWS::EC2::Subnet Subnet" in done.err


def test_what_only_aws_knows_to_be_replaced_stops_it_as_well(
    account: Aws, facts: Path, folder: Path
) -> None:
    template = folder / "platforms" / "aws" / "prod.template.json"
    named = {"Fn::Sub": "leaves of prod at ${Gateway}"}
    change(folder, "prod", named, "Resources", "Group", "Properties", "GroupDescription")
    up(account, facts, folder=folder)
    before = account.snapshot()
    steps = folder / "platforms" / "build.json"
    stated = json.loads(steps.read_text())
    stated["steps"][-1]["with"]["parameters"]["Gateway"] = "tgw-0123456789abcdef0"
    steps.write_text(json.dumps(stated))
    change(folder, "prod", "as before", "Description")
    text = json.loads(template.read_text())
    del text["Resources"]["Attachment"]
    template.write_text(json.dumps(text))
    done = up(account, facts, folder=folder)
    assert done.status == 1
    assert "HL1409" in done.err
    assert "AWS::EC2::SecurityGroup Group" in done.err
    assert account.snapshot() == before


def test_what_is_meant_to_be_replaced_is(account: Aws, facts: Path, folder: Path) -> None:
    up(account, facts)
    change(folder, "prod", "10.0.4.0/22", "Resources", "Subnet", "Properties", "CidrBlock")
    done = up(account, facts, "--replace", folder=folder)
    assert done.status == 0, done.err
    ranges = {one["CidrBlock"] for one in account.snapshot().of("subnets").values()}
    assert "10.0.4.0/22" in ranges
    assert "10.0.0.0/22" not in ranges


# What fails


def test_a_resource_that_fails_is_told_with_its_reason(account: Aws, facts: Path) -> None:
    account.faults(
        {"kind": "fail", "resource": "Vpc", "reason": "The maximum number of VPCs is reached."}
    )
    done = up(account, facts)
    assert done.status == 1
    assert "HL1407" in done.err
    assert "Vpc (AWS::EC2::VPC): The maximum number of VPCs is reached." in done.err
    assert not facts.exists()


def test_after_a_failure_the_same_command_goes_on(account: Aws, facts: Path) -> None:
    account.faults({"kind": "fail", "resource": "Group", "reason": "not today"})
    up(account, facts)
    assert status_of(account, "hyperleaf-corp-prod") == "ROLLBACK_COMPLETE"
    account.faults()
    done = up(account, facts)
    assert done.status == 0, done.err
    assert status_of(account, "hyperleaf-corp-prod") == "CREATE_COMPLETE"


def test_why_the_last_attempt_failed_is_told_before_the_next(account: Aws, facts: Path) -> None:
    account.faults({"kind": "fail", "resource": "Group", "reason": "not today"})
    up(account, facts)
    account.faults()
    assert "the last attempt failed (ROLLBACK_COMPLETE)" in ran(account, "up", "--dry-run").out


def test_a_stack_that_somebody_else_made_is_left_alone(account: Aws, facts: Path) -> None:
    client = account.client("cloudformation")
    body = json.dumps({"Resources": {"Ours": {"Type": "AWS::S3::Bucket"}}})
    client.create_stack(StackName="hyperleaf-corp-shared", TemplateBody=body)
    done = up(account, facts)
    assert (done.status, account.writes()) == (1, [])
    assert "HL1415" in done.err


def test_a_zone_that_the_account_lacks_is_told_before_anything(
    account: Aws, facts: Path, folder: Path
) -> None:
    steps = folder / "platforms" / "build.json"
    steps.write_text(steps.read_text().replace("us-east-1a", "us-east-1z"))
    done = up(account, facts, folder=folder)
    assert (done.status, account.writes()) == (1, [])
    assert "HL1412" in done.err


def test_a_quota_that_does_not_suffice_is_told_before_anything(account: Aws, facts: Path) -> None:
    account.quotas(L_F678F1CE=1)
    done = up(account, facts)
    assert (done.status, account.writes()) == (1, [])
    assert "the quota is 1 VPCs; 1 are in use and 1 are needed" in done.err


def test_what_is_there_already_needs_no_room(account: Aws, facts: Path) -> None:
    up(account, facts)
    account.quotas(L_F678F1CE=2)
    assert up(account, facts).status == 0


# What AWS does on bad days


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "throttle", "every": 3},
        {"kind": "error", "status": 500, "every": 4},
        {"kind": "error", "status": 503, "every": 4},
        {"kind": "drop", "when": "before", "every": 5},
        {"kind": "drop", "when": "after", "every": 5},
        {"kind": "drop", "when": "after", "mutating": True, "first": 1},
        {"kind": "unseen", "reads": 3},
        {"kind": "slow", "reads": 3},
    ],
    ids=lambda fault: "-".join(str(one) for one in fault.values()),
)
def test_a_bad_day_of_aws_is_gone_through(account: Aws, facts: Path, fault: dict[str, Any]) -> None:
    account.faults(fault)
    done = up(account, facts)
    assert done.status == 0, done.err
    account.faults()
    names = sorted(one["name"] for one in account.snapshot().of("stacks").values())
    assert names == ["hyperleaf-corp-prod", "hyperleaf-corp-shared"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(1, 3))
def test_killed_at_a_write_the_next_one_ends_in_the_same_account(
    account: Aws, facts: Path, call: int, when: str
) -> None:
    up(account, facts)
    wanted = account.snapshot().alike()
    account.reset()
    words = ("--rendered", str(SMALL), "--facts", str(facts), "--yes")
    assert raising.killed(account, "up", call, when, *words, estate=None, mutating=True)
    done = up(account, facts)
    assert done.status == 0, done.err
    assert account.snapshot().alike() == wanted


def test_a_step_that_is_not_done_in_time_is_told_and_gone_on_with(
    account: Aws, facts: Path
) -> None:
    account.faults({"kind": "slow", "stack": ".*-shared", "reads": 9})
    done = up(account, facts, "--timeout", "1s")
    assert done.status == 1
    assert "HL1408" in done.err
    account.faults()
    assert up(account, facts).status == 0


def test_an_interrupt_says_that_the_same_command_goes_on(account: Aws, facts: Path) -> None:
    account.faults({"kind": "slow", "reads": 1000})
    words = ("--rendered", str(SMALL), "--facts", str(facts), "--yes")
    with raising.started(account, "up", *words, estate=None) as process:
        ends = time.monotonic() + raising.LIMIT_SECONDS
        while not account.writes() and time.monotonic() < ends:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the same command goes on from here" in said
    assert "Traceback" not in said


def test_an_account_that_is_away_ends_it_with_a_sentence(account: Aws, facts: Path) -> None:
    words = ("up", "--rendered", str(SMALL), "--yes", "--facts", str(facts))
    done = raising.ran(account, *words, estate=None, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert done.status == 3
    assert "HL1404" in done.err
    assert "Traceback" not in done.err


# Credentials


def test_credentials_that_have_run_out_end_it_with_a_sentence(account: Aws, facts: Path) -> None:
    said = "The security token included in the request is expired"
    account.faults({"kind": "refuse", "code": "ExpiredToken", "message": said})
    done = up(account, facts)
    assert (done.status, account.writes()) == (3, [])
    assert "HL1403" in done.err
    assert "aws sso login" in done.err


def test_a_right_that_is_missing_is_told_in_aws_own_words(account: Aws, facts: Path) -> None:
    said = "User is not authorized to perform: cloudformation:CreateStack"
    fault = {"kind": "refuse", "code": "AccessDenied", "message": said}
    account.faults({**fault, "action": "CreateStack"})
    done = up(account, facts)
    assert done.status == 1
    assert "HL1405" in done.err
    assert said in done.err


def test_quotas_that_may_not_be_asked_for_are_only_a_warning(account: Aws, facts: Path) -> None:
    fault = {"kind": "refuse", "code": "AccessDeniedException", "message": "not authorized"}
    account.faults({**fault, "action": "GetServiceQuota"})
    done = up(account, facts)
    assert done.status == 0, done.err
    assert "warning HL1411" in done.err


def test_without_the_library_it_says_what_brings_it(account: Aws, facts: Path) -> None:
    without = "import sys; sys.modules['boto3'] = None; from hyperleaf.__main__ import main; main()"
    words = ["up", "--rendered", str(SMALL), "--facts", str(facts), "--yes"]
    done = subprocess.run(
        [sys.executable, "-c", without, *words],
        capture_output=True,
        text=True,
        timeout=raising.LIMIT_SECONDS,
        check=False,
        env=raising.environment(account),
    )
    assert done.returncode == 3
    assert "HL1401" in done.stderr
    assert "pip install 'hyperleaf[aws]'" in done.stderr


def test_credentials_are_in_nothing_that_is_written(account: Aws, facts: Path) -> None:
    account.faults({"kind": "fail", "resource": "Group", "reason": "not today"})
    ended = [up(account, facts), up(account, facts, "-o", "json"), down(account)]
    written = "".join(one.out + one.err for one in ended) + facts.read_text()
    assert not [one for one in KEYS.values() if one in written]


# What is taken back


def test_down_leaves_the_account_as_it_was(account: Aws, facts: Path) -> None:
    account.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")
    before = account.snapshot()
    up(account, facts)
    done = down(account)
    assert done.status == 0, done.err
    assert account.snapshot() == before
    assert "nothing of ours is left" in done.out


def test_down_empties_the_buckets_that_it_deletes(account: Aws, facts: Path) -> None:
    up(account, facts)
    bucket = "hyperleaf-small-123456789012"
    client = account.client("s3")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        client.put_object(Bucket=bucket, Key="prod/openid-configuration", Body=body)
    assert f"2 objects in the bucket {bucket}" in ran(account, "down", "--dry-run").out
    done = down(account)
    assert done.status == 0, done.err
    assert account.snapshot().of("buckets") == {}


def test_down_without_a_word_of_agreement_removes_nothing(account: Aws, facts: Path) -> None:
    up(account, facts)
    before = len(account.writes())
    done = ran(account, "down")
    assert (done.status, account.writes()[before:]) == (1, [])
    assert "HL1416" in done.err


def test_down_wants_the_owner_s_name_and_nothing_else(account: Aws, facts: Path) -> None:
    up(account, facts)
    before = len(account.writes())
    done = raising.answered(account, "down", "yes", "--rendered", str(SMALL))
    assert (done.status, account.writes()[before:]) == (1, [])
    done = raising.answered(account, "down", "corp", "--rendered", str(SMALL))
    assert done.status == 0
    assert account.snapshot().of("stacks") == {}


def test_a_dry_run_of_down_shows_what_would_go(account: Aws, facts: Path) -> None:
    up(account, facts)
    before = len(account.writes())
    done = ran(account, "down", "--dry-run", "-o", "json")
    owned = [one["name"] for one in json.loads(done.out)["owned"]]
    assert owned == ["hyperleaf-corp-prod", "hyperleaf-corp-shared"]
    assert (done.status, account.writes()[before:]) == (1, [])


def test_what_bears_another_owner_s_mark_stays(account: Aws, facts: Path) -> None:
    client = account.client("cloudformation")
    body = json.dumps({"Resources": {"Theirs": {"Type": "AWS::S3::Bucket"}}})
    tags = [{"Key": "hyperleaf.dev/owner", "Value": "other"}]
    client.create_stack(StackName="hyperleaf-other-shared", TemplateBody=body, Tags=tags)
    up(account, facts)
    down(account)
    names = [one["name"] for one in account.snapshot().of("stacks").values()]
    assert names == ["hyperleaf-other-shared"]


def test_what_was_made_for_a_cluster_that_is_gone_from_the_estate_goes_too(
    account: Aws, facts: Path, folder: Path
) -> None:
    up(account, facts)
    steps = folder / "platforms" / "build.json"
    stated = json.loads(steps.read_text())
    stated["steps"] = [one for one in stated["steps"] if one["name"] != "prod"]
    steps.write_text(json.dumps(stated))
    assert ran(account, "down", "--yes", folder=folder).status == 0
    assert account.snapshot().of("stacks") == {}


def test_what_is_still_in_use_is_told_and_the_rest_stays(account: Aws, facts: Path) -> None:
    up(account, facts)
    account.faults(
        {
            "kind": "fail",
            "resource": "Subnet",
            "verb": "delete",
            "reason": "The subnet has dependencies and cannot be deleted.",
        }
    )
    done = down(account)
    assert done.status == 1
    assert "HL1418" in done.err
    assert "The subnet has dependencies and cannot be deleted." in done.err
    names = sorted(one["name"] for one in account.snapshot().of("stacks").values())
    assert names == ["hyperleaf-corp-prod", "hyperleaf-corp-shared"]


def test_a_removal_that_failed_is_gone_on_with(account: Aws, facts: Path) -> None:
    up(account, facts)
    account.faults({"kind": "fail", "resource": "Subnet", "verb": "delete", "reason": "in use"})
    down(account)
    account.faults()
    done = down(account)
    assert done.status == 0, done.err
    assert account.snapshot().of("stacks") == {}


# Tags on what is there already


def tagging(folder: Path, subnet: str) -> None:
    """Let the folder only tag a subnet."""
    steps = folder / "platforms" / "build.json"
    stated = json.loads(steps.read_text())
    tags = {"kubernetes.io/role/elb": "1", "kubernetes.io/cluster/prod-abcde": "shared"}
    stated["facts"] = {}
    stated["steps"] = [
        {
            "name": "tags",
            "kind": "aws.tags",
            "with": {"region": "us-east-1", "resources": {subnet: tags}},
            "from": ["Cluster/prod"],
        }
    ]
    steps.write_text(json.dumps(stated))


@pytest.fixture
def subnet(account: Aws) -> str:
    """Make a VPC's subnet, as somebody did long ago, with a tag of theirs."""
    client = account.client("ec2")
    vpc = client.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = client.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    client.create_tags(
        Resources=[made],
        Tags=[{"Key": "Name", "Value": "a"}, {"Key": "kubernetes.io/role/elb", "Value": ""}],
    )
    return str(made)


def test_a_subnet_that_is_there_gets_the_tags_that_it_lacks(
    account: Aws, facts: Path, folder: Path, subnet: str
) -> None:
    tagging(folder, subnet)
    assert up(account, facts, folder=folder).status == 0
    assert account.snapshot().of("subnets")[subnet]["tags"] == {
        "Name": "a",
        "kubernetes.io/role/elb": "",
        "kubernetes.io/cluster/prod-abcde": "shared",
        "hyperleaf.dev/owner": "corp",
        "hyperleaf.dev/tags": "hyperleaf.dev/owner kubernetes.io/cluster/prod-abcde",
    }
    before = len(account.writes())
    assert up(account, facts, folder=folder).status == 0
    assert account.writes()[before:] == []


def test_down_takes_its_tags_from_a_subnet_and_leaves_those_of_others(
    account: Aws, facts: Path, folder: Path, subnet: str
) -> None:
    before = account.snapshot()
    tagging(folder, subnet)
    up(account, facts, folder=folder)
    assert ran(account, "down", "--yes", folder=folder).status == 0
    assert account.snapshot() == before


def test_a_subnet_that_is_not_there_is_told(account: Aws, facts: Path, folder: Path) -> None:
    tagging(folder, "subnet-0123456789abcdef0")
    done = up(account, facts, folder=folder)
    assert (done.status, account.writes()) == (1, [])
    assert "HL1419" in done.err


# The example


def test_the_example_is_made_in_an_empty_account_once(account: Aws, facts: Path) -> None:
    done = raising.up(account, facts)
    assert done.status == 0, done.err
    before = len(account.writes())
    assert raising.up(account, facts).status == 0
    assert account.writes()[before:] == []


def test_processors_that_do_not_suffice_are_a_warning(account: Aws) -> None:
    account.quotas(L_1216C47A=100)
    done = raising.ran(account, "up", "--dry-run")
    assert "the quota is 100 processors of standard instances; 0 are in use" in done.err
    assert "warning HL1410" in done.err


def test_machines_of_others_take_processors(account: Aws) -> None:
    client = account.client("ec2")
    image = client.describe_images()["Images"][0]["ImageId"]
    client.run_instances(ImageId=image, InstanceType="m5.xlarge", MinCount=2, MaxCount=2)
    account.quotas(L_1216C47A=100)
    done = raising.ran(account, "up", "--dry-run")
    assert "8 are in use and the estate's machines need" in done.err


def test_the_example_is_taken_back_whole(account: Aws, facts: Path) -> None:
    before = account.snapshot()
    raising.up(account, facts)
    assert raising.ran(account, "down", "--yes").status == 0
    assert account.snapshot() == before
