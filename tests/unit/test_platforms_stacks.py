"""Stacks are compared, ordered and told of without asking anybody."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from hyperleaf.platforms.aws.replacing import CREATE_ONLY, replaced
from hyperleaf.platforms.aws.session import scrubbed
from hyperleaf.platforms.aws.stack_calls import Event
from hyperleaf.platforms.aws.stack_events import failures, under_way
from hyperleaf.platforms.aws.stacks import removal_order
from hyperleaf.platforms.aws.tags import SET_BY_US, _missing
from hyperleaf.platforms.aws.wanted import LONGEST_BODY, Live, Wanted, all_tags, differences, wanted
from hyperleaf.platforms.build import Build
from hyperleaf.platforms.errors import BuildError
from hyperleaf.platforms.steps import NotYet
from hyperleaf.render import platforms as render

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
TEMPLATE = {"Parameters": {"Gateway": {"Type": "String"}}, "Resources": {"Vpc": VPC}}
OWNED = {"hyperleaf.dev/owner": "corp"}


def want(**parts: Any) -> Wanted:
    made = Wanted("corp-prod", "us-east-1", TEMPLATE, {"Gateway": "tgw-1"}, OWNED)
    return replace(made, **parts)


def live(**parts: Any) -> Live:
    made = Live(
        id="arn:1",
        name="corp-prod",
        status="CREATE_COMPLETE",
        reason="",
        parameters={"Gateway": "tgw-1"},
        tags=OWNED,
        outputs={},
        created="2026-01-01",
        updated="",
        template=TEMPLATE,
    )
    return replace(made, **parts)


def event(resource: str, status: str, reason: str = "", *, is_stack: bool = False) -> Event:
    return Event(resource + status, resource, "AWS::EC2::VPC", status, reason, is_stack)


BEGUN = event("corp-prod", "CREATE_IN_PROGRESS", "User Initiated", is_stack=True)


def test_a_stack_as_wanted_differs_in_nothing() -> None:
    assert differences(want(), live()) == ()


def test_what_changes_in_a_resource_is_told_by_its_path() -> None:
    other = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}
    before = {**TEMPLATE, "Resources": {"Vpc": other}}
    assert differences(want(), live(template=before)) == (
        '~ AWS::EC2::VPC Vpc\n    CidrBlock: "10.1.0.0/16" -> "10.0.0.0/16"',
    )


def test_what_cannot_be_changed_in_place_is_replaced_with_all_that_rests_on_it() -> None:
    subnet = {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}}}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [{"Ref": "Vpc"}]}}
    other = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}
    after = {"Resources": {"Vpc": VPC, "Subnet": subnet, "Bucket": bucket}}
    before = {"Resources": {"Vpc": other, "Subnet": subnet, "Bucket": bucket}}
    assert replaced(want(template=after), live(template=before)) == {"Vpc", "Subnet"}


def test_what_can_be_changed_in_place_is_not_replaced() -> None:
    tagged = {"Type": "AWS::EC2::VPC", "Properties": {**VPC["Properties"], "Tags": []}}  # type: ignore[dict-item]
    assert replaced(want(), live(template={**TEMPLATE, "Resources": {"Vpc": tagged}})) == set()


def attached(gateway: str | NotYet, before: str) -> frozenset[str]:
    kind = "AWS::EC2::TransitGatewayAttachment"
    stated = {"Type": kind, "Properties": {"TransitGatewayId": {"Ref": "Gateway"}}}
    template = {"Resources": {"Attachment": stated}}
    ours = want(template=template, parameters={"Gateway": gateway})
    return replaced(ours, live(template=template, parameters={"Gateway": before}))


def test_a_parameter_s_value_replaces_as_one_that_is_written_does() -> None:
    assert attached("tgw-2", "tgw-1") == {"Attachment"}
    assert attached("tgw-1", "tgw-1") == set()


def test_what_is_not_known_yet_replaces_nothing() -> None:
    assert attached(NotYet("shared", "Gateway"), "tgw-1") == set()


@pytest.mark.parametrize("kind", CREATE_ONLY)
def test_what_is_replaced_is_what_aws_own_schemas_say(kind: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    stated = {one.split("/")[2] for one in schema["createOnlyProperties"]}
    assert set(CREATE_ONLY[kind]) == stated


def test_every_type_in_our_templates_is_known_or_never_replaced() -> None:
    files = Path(render.__file__).parent.glob("*.py")
    named = {one for file in files for one in re.findall(r'"(?!Fn)(\w+::\w+)"', file.read_text())}
    used = {f"AWS::{one}" for one in named}
    assert "AWS::EC2::VPC" in used
    for kind in used - CREATE_ONLY.keys():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        assert "createOnlyProperties" not in schema


def test_what_is_not_ascii_is_told_by_aws_as_question_marks() -> None:
    stated = want(template={**TEMPLATE, "Description": "Zürich"})
    assert differences(stated, live(template={**TEMPLATE, "Description": "Z?rich"})) == ()


def test_resources_that_come_and_go_are_told() -> None:
    before = {**TEMPLATE, "Resources": {"Old": VPC}}
    told = differences(want(), live(template=before))
    assert told == ("+ AWS::EC2::VPC Vpc", "- AWS::EC2::VPC Old")


def test_a_parameter_that_is_not_known_yet_is_shown_so() -> None:
    open_ = want(parameters={"Gateway": NotYet("shared", "Gateway")})
    assert differences(open_, live()) == ("Gateway: tgw-1 -> <Gateway of shared>",)


def test_a_parameter_that_nobody_states_has_its_default() -> None:
    template = {**TEMPLATE, "Parameters": {"Mtu": {"Type": "Number", "Default": 8500}}}
    stated = want(template=template, parameters={})
    assert differences(stated, live(template=template, parameters={"Mtu": "8500"})) == ()


def test_tags_of_others_are_no_difference_and_stay() -> None:
    theirs = live(tags={**OWNED, "cost": "42", "aws:x": "y"})
    assert differences(want(), theirs) == ()
    assert all_tags(want(), theirs) == {**OWNED, "cost": "42"}


def test_a_tag_of_ours_that_is_no_longer_wanted_is_a_difference() -> None:
    before = live(tags={**OWNED, "hyperleaf.dev/cluster": "prod"})
    assert differences(want(), before) == ("tag hyperleaf.dev/cluster: prod -> nothing",)


def test_lists_are_parameters_with_commas_between() -> None:
    build = Build("corp", (), {}, {"t": json.dumps(TEMPLATE)})
    body = {"stack": "s", "region": "r", "template": "t", "parameters": {"Gateway": ["a", "b"]}}
    assert wanted(build, body).parameters == {"Gateway": "a,b"}


def test_a_template_that_aws_would_not_take_is_refused_before() -> None:
    long = {"Resources": {"Vpc": VPC}, "Description": "x" * LONGEST_BODY}
    build = Build("corp", (), {}, {"t": json.dumps(long)})
    with pytest.raises(BuildError, match="longer than the 51,200 bytes"):
        wanted(build, {"stack": "s", "region": "r", "template": "t"})


def test_what_another_stack_takes_from_goes_after_it() -> None:
    shared = live(name="shared", outputs={"Gateway": "tgw-1"}, created="2026-01-02", parameters={})
    prod = live(name="prod", created="2026-01-01")
    assert [one.name for one in removal_order([shared, prod])] == ["prod", "shared"]


def test_among_equals_the_youngest_goes_first() -> None:
    old, young = live(name="old"), live(name="young", created="2026-02-01")
    assert [one.name for one in removal_order([old, young])] == ["young", "old"]


def test_what_is_under_way_is_told_with_how_far_it_is() -> None:
    seen = [BEGUN, event("A", "CREATE_COMPLETE"), event("Vpc", "CREATE_IN_PROGRESS")]
    assert under_way(seen, 12) == "VPC Vpc: creating (1 of 12 done)"


def test_the_first_failure_is_told_and_what_it_cancelled_is_not() -> None:
    seen = [
        event("Old", "CREATE_FAILED", "of an attempt before"),
        BEGUN,
        event("Vpc", "CREATE_FAILED", "The maximum number of VPCs has been reached."),
        event("Zone", "CREATE_FAILED", "Resource creation cancelled"),
    ]
    assert [str(one) for one in failures(seen)] == [
        "Vpc (AWS::EC2::VPC): The maximum number of VPCs has been reached."
    ]


@pytest.mark.parametrize(
    "said",
    [
        "The key AKIAIOSFODNN7EXAMPLE is not known",
        "Encoded authorization failure message: aGVsbG8gd29ybGQ",
        "x-amz-security-token:FwoGZXIvYXdzEBc",
        "Failed to connect to proxy http://me:secret@proxy.example.com:3128",
    ],
)
def test_what_is_secret_is_cut_out_of_what_aws_says(said: str) -> None:
    hidden = ("AKIAIOSFODNN7EXAMPLE", "aGVsbG8gd29ybGQ", "FwoGZXIvYXdzEBc", "secret")
    assert not [one for one in hidden if one in scrubbed(said)]
    assert "(hidden)" in scrubbed(said)


def test_a_tag_that_somebody_set_is_left_as_it_is() -> None:
    assert _missing({"role": "1"}, {"role": ""}) == {}


def test_tags_that_we_set_are_noted_beside_them() -> None:
    assert _missing({"role": "1"}, {}) == {"role": "1", SET_BY_US: "role"}


def test_a_tag_of_ours_follows_the_estate() -> None:
    there = {"role": "1", SET_BY_US: "role"}
    assert _missing({"role": "2"}, there) == {"role": "2", SET_BY_US: "role"}
