"""An estate that changes changes its stacks in place: nothing that runs is made anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from platforms.building import files_of, made, resolved
from platforms.test_aws_rows import FABRIC, HUB, PROD, STATED, VPN
from unit.writing_estates import estate_of

if TYPE_CHECKING:
    from judges.aws import Aws
    from platforms.building import Outputs

EDGE = PROD.replace("prod", "edge").replace("10.0.16.0/20", "10.9.0.0/20")
# The judge moves no resolver's addresses.
TWO = PROD.replace(
    "region: us-east-1,", "region: us-east-1, resolver: false, zones: [us-east-1a, us-east-1b],"
)
# What a person changes, as the texts of the estate before and after.
CHANGES = {
    "a border comes": ((FABRIC, HUB, PROD), ("dc-2,", "dc-3, address: 172.16.0.13}, {name: dc-2,")),
    "BFD goes": ((FABRIC, HUB, PROD), ("asn: 65000", "asn: 65000\n  bfd: {enabled: false}")),
    "a cluster comes": ((FABRIC, HUB, PROD), ("", EDGE)),
    "a NAT gateway in each zone": ((FABRIC, HUB, PROD), ("us-east-1,", "us-east-1, nat: perZone,")),
    "another range of the data centre": (
        (FABRIC, HUB, PROD),
        ("[172.16.0.0/12]", "[172.16.0.0/12, 192.168.0.0/16]"),
    ),
    "a zone comes": ((FABRIC, HUB, TWO), ("zones: [us-east-1a, us-east-1b],", "")),
    "no resolver any more": ((FABRIC, HUB, PROD), ("us-east-1,", "us-east-1, resolver: false,")),
    "another way to the data centre": ((FABRIC, HUB, PROD), (STATED, VPN)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_makes_nothing_anew(account: Aws, change: str) -> None:
    texts, (old, new) = CHANGES[change]
    files = files_of(estate_of(*texts))
    outputs = made(account, files)
    before = physical(account, files)
    later = files_of(estate_of(*changed(texts, old, new)))
    assert later != files
    update(account, later, outputs)
    after = physical(account, later)
    kept = before.keys() & after.keys()
    assert {one: after[one] for one in kept} == {one: before[one] for one in kept}


def changed(texts: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    """Return texts with a word changed in all of them, or one more."""
    return tuple(text.replace(old, new) for text in texts) if old else (*texts, new)


def physical(account: Aws, files: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return what each resource of each stack is in the account."""
    client = account.client("cloudformation")
    found = {}
    for step in files["platforms/build.json"]["steps"]:
        stack = step["with"].get("stack")
        for one in (
            client.list_stack_resources(StackName=stack)["StackResourceSummaries"] if stack else ()
        ):
            found[stack, one["LogicalResourceId"]] = one["PhysicalResourceId"]
    return found


def update(account: Aws, files: dict[str, Any], outputs: Outputs) -> None:
    """Bring every stack to what is rendered now, in the order of steps."""
    client = account.client("cloudformation")
    there = {one["StackName"] for one in client.describe_stacks()["Stacks"]}
    for step in files["platforms/build.json"]["steps"]:
        if step["kind"] != "aws.stack":
            continue
        if step["with"]["stack"] not in there:
            only = {**files, "platforms/build.json": {"steps": [step]}}
            only["platforms/build.json"]["steps"][0]["with"] = resolved(step["with"], outputs)
            outputs |= made(account, only)
            continue
        outputs[step["name"]] = _update(client, resolved(step["with"], outputs), files)


def _update(client: Any, body: dict[str, Any], files: dict[str, Any]) -> dict[str, str]:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - heavy

    name = body["stack"]
    parameters = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in body["parameters"].items()
    ]
    try:
        client.update_stack(
            StackName=name,
            TemplateBody=json.dumps(files[body["template"]]),
            Parameters=parameters,
            Tags=[{"Key": key, "Value": value} for key, value in body["tags"].items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
    except ClientError as error:
        assert "No updates are to be performed" in str(error)  # noqa: PT017 - CloudFormation's word
    else:
        waiter = client.get_waiter("stack_update_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}
