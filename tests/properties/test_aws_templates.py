"""Templates and steps of any estate on AWS: sound to cfn-lint, small enough, and of one piece."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings

from hyperleaf.api import load
from hyperleaf.plan.clusters import Plan, plan
from hyperleaf.render.platforms.build import platform_files
from judges.aws_kinds import schema
from properties.aws_estates import FAR, NEAR, estates
from properties.generating import document, planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from properties.generating import Document

EXAMPLES = Path(__file__).parents[2] / "examples"
# What CloudFormation takes as text.
LONGEST = 51_200
# Rules that are not asked, each with its reason.
LEFT_OUT = {
    "W3010": "zones are what the estate states, or a default that `up` looks up before",
    "I3037": "an endpoint has two addresses, in one subnet where there is only one zone",
}


def files(documents: list[Document]) -> dict[str, str]:
    """Return what is rendered underneath, by path."""
    return texts(planned(documents))


def texts(made: Plan) -> dict[str, str]:
    """Return what is rendered of a plan's platforms, by path."""
    return {one.path: one.text for one in platform_files(made)}


def complaints(path: str, text: str) -> list[str]:
    """Return what cfn-lint finds in a template, by all its rules."""
    from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]  # noqa: PLC0415 - slow

    asked = ManualArgs(
        include_checks=["I", "W", "E"], ignore_checks=[*LEFT_OUT], regions=[NEAR, FAR]
    )
    return [f"{path}: {one}" for one in lint(text, config=asked)]


def templates(found: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the templates among files."""
    return ((path, text) for path, text in found.items() if path.endswith(".template.json"))


# A template takes a second: what is found is shown as it was drawn, not made smaller for minutes.
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(estates())
def test_cfn_lint_finds_nothing_in_the_templates_of_any_estate(drawn: list[Document]) -> None:
    found = files(drawn)
    assert [said for one in templates(found) for said in complaints(*one)] == []


@pytest.mark.parametrize("example", sorted(one.name for one in EXAMPLES.iterdir()))
def test_cfn_lint_finds_nothing_in_the_templates_of_an_example(example: str) -> None:
    found = texts(plan(load(EXAMPLES / example).estate))
    assert [said for one in templates(found) for said in complaints(*one)] == []


def test_cfn_lint_finds_what_is_wrong_with_a_template() -> None:
    found = files([hub({})])
    ((path, text),) = templates(found)
    assert complaints(path, text.replace('"CidrBlock"', '"CidrBlok"')) != []


@settings(max_examples=200, deadline=None)
@given(estates())
def test_a_step_is_told_every_parameter_of_its_template_and_refers_to_what_is_there(
    drawn: list[Document],
) -> None:
    found = files(drawn)
    outputs: dict[str, set[str]] = {}
    build = json.loads(found["platforms/build.json"])
    for step in build["steps"]:
        body = step["with"]
        for reference in references(body):
            assert reference["output"] in outputs[reference["of"]], step["name"]
        outputs[step["name"]] = OF_KINDS.get(step["kind"], set())
        if step["kind"] == "aws.stack":
            template = json.loads(found[body["template"]])
            assert body["parameters"].keys() == template.get("Parameters", {}).keys()
            outputs[step["name"]] = {*template.get("Outputs", ())}
    for reference in references(build["facts"]):
        assert reference["output"] in outputs[reference["of"]]


OF_KINDS = {"aws.account": {"Account"}, "aws.publicZone": {"Id"}, "aws.resolver": {"Addresses"}}


def references(value: Any) -> Iterator[dict[str, str]]:
    """Yield the references within a value."""
    if isinstance(value, dict):
        if value.keys() == {"of", "output"}:
            yield value
            return
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from references(one)


@settings(max_examples=200, deadline=None)
@given(estates())
def test_every_template_is_used_and_short_enough_to_be_sent_as_text(drawn: list[Document]) -> None:
    found = files(drawn)
    build = json.loads(found["platforms/build.json"])
    used = {one["with"]["template"] for one in build["steps"] if one["kind"] == "aws.stack"}
    assert used == {path for path, _ in templates(found)}
    for path, text in templates(found):
        assert len(compact(text)) < LONGEST, path


@settings(max_examples=100, deadline=None)
@given(estates())
def test_everything_that_can_bear_tags_bears_a_name(drawn: list[Document]) -> None:
    for _, text in templates(files(drawn)):
        for name, one in json.loads(text)["Resources"].items():
            known = schema(one["Type"])
            assert known is not None, one["Type"]
            if known.tags:
                tags = one["Properties"][known.tags]
                assert "Name" in {tag["Key"] for tag in tags}, name


def compact(text: str) -> str:
    """Return a template as it is sent."""
    return json.dumps(json.loads(text), separators=(",", ":"))


def hub(aws: dict[str, Any]) -> Document:
    """Return a hub on AWS that says as little as can be."""
    platform, networks = {"aws": {"region": NEAR} | aws}, {"machine": ["10.0.0.0/20"]}
    spec: dict[str, Any] = {"version": "4.16.8", "platform": platform, "networks": networks}
    return document("Cluster", "hub", role="hub", **spec)


def hosted(number: int, aws: dict[str, Any]) -> Document:
    """Return one of many hosted clusters with leaves."""
    return document(
        "Cluster",
        f"hosted-{number}",
        role="hosted",
        hub="hub",
        version="4.16.8",
        baseDomain="example.com",
        platform={"aws": {"region": NEAR} | aws},
        networks={"machine": [f"10.{number}.0.0/20"]},
        nodePools=[{"name": "metal", "instanceType": "m5.metal", "leaf": True}],
    )


@pytest.mark.parametrize("aws", [{}, {"onPrem": {"via": "transitGateway"}}])
def test_templates_of_sixty_hosted_clusters_are_short_enough_to_be_sent_as_text(
    aws: dict[str, Any],
) -> None:
    fabric = document(
        "Fabric",
        "corp",
        asn=65000,
        underlay={"cidrs": ["10.0.0.0/8", "172.16.0.0/20"], "mtu": 9001},
        bfd={},
        reflectors={"cluster": "hub", "addresses": ["10.0.0.11", "10.0.0.12"]},
        borders=[{"name": f"dc-{one}", "address": f"172.16.0.{one}"} for one in range(1, 5)],
    )
    found = files([fabric, hub(aws), *(hosted(number, aws) for number in range(1, 61))])
    assert max(len(compact(text)) for _, text in templates(found)) < LONGEST


@settings(max_examples=50, deadline=None)
@given(estates())
def test_what_is_rendered_is_the_same_each_time_and_whatever_the_order_of_documents(
    drawn: list[Document],
) -> None:
    assert files(drawn) == files(list(reversed(drawn)))
