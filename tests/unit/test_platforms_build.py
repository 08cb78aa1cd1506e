"""Rendered steps are read in their order, and their references resolved as far as is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hyperleaf.platforms.build import read, read_folder
from hyperleaf.platforms.carriers import carriers_of
from hyperleaf.platforms.errors import BuildError, NothingError
from hyperleaf.platforms.facts_file import facts_of, refuse_foreign, write
from hyperleaf.platforms.steps import NotYet, Reference, World, references, resolve

SMALL = Path(__file__).parents[1] / "platforms" / "rendered" / "small"
VPC = {"of": "prod", "output": "Vpc"}


def build_of(*steps: dict[str, Any], facts: dict[str, Any] | None = None) -> Any:
    stated = {"hyperleaf": 1, "owner": "corp", "steps": list(steps), "facts": facts or {}}
    return read([("platforms/build.json", json.dumps(stated))])


def step(name: str, **body: Any) -> dict[str, Any]:
    return {"name": name, "kind": "aws.stack", "with": body, "from": [f"Cluster/{name}"]}


def test_steps_keep_their_order_and_know_their_lines() -> None:
    build = read_folder(SMALL)
    assert [(one.name, str(one.place)) for one in build.steps] == [
        ("account", "estate.yaml:10:1"),
        ("zone", "estate.yaml:20:1"),
        ("shared", "estate.yaml:10:1"),
        ("prod", "estate.yaml:20:1"),
    ]
    assert build.owner == "corp"


def test_templates_are_found_by_their_paths() -> None:
    assert sorted(read_folder(SMALL).templates) == [
        "platforms/aws/prod.template.json",
        "platforms/aws/shared.template.json",
    ]


def test_a_folder_without_steps_says_that_there_is_nothing() -> None:
    with pytest.raises(NothingError, match="nothing underneath the clusters"):
        read([("index.json", "{}")])


def test_a_folder_that_nobody_rendered_is_none(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no folder that render wrote: No such file"):
        read_folder(tmp_path)


def test_steps_of_another_form_are_not_guessed_at() -> None:
    with pytest.raises(BuildError, match="render anew"):
        read([("platforms/build.json", '{"hyperleaf": 2, "owner": "corp", "steps": []}')])


def test_a_file_that_is_no_json_is_told_by_its_name() -> None:
    with pytest.raises(BuildError, match=r"platforms/build\.json cannot be read"):
        read([("platforms/build.json", "{")])


def test_a_step_may_refer_only_to_what_comes_before_it() -> None:
    with pytest.raises(BuildError, match="first refers to prod"):
        build_of(step("first", vpc=VPC), step("prod"))


def test_references_are_found_however_deep() -> None:
    assert list(references({"a": [{"b": VPC}], "c": "of"})) == [Reference("prod", "Vpc")]


def test_a_reference_becomes_the_output() -> None:
    assert resolve({"a": [VPC]}, {"prod": {"Vpc": "vpc-1"}}) == {"a": ["vpc-1"]}


def test_a_reference_to_what_is_not_made_stays_open() -> None:
    assert resolve([VPC], {"prod": None}) == [NotYet("prod", "Vpc")]


def test_a_kind_that_nobody_knows_is_told() -> None:
    build = build_of(step("prod"))
    with pytest.raises(BuildError, match=r"makes no gcp\.stack"):
        carriers_of(["gcp.stack"], World(build))


def test_facts_are_what_is_known_with_names_in_order() -> None:
    facts = {"clusters": {"prod": {"b": VPC, "a": {"c": {"of": "prod", "output": "No"}}}}}
    build = build_of(step("prod"), facts=facts)
    assert json.dumps(facts_of(build, {"prod": {"Vpc": "vpc-1"}})) == (
        '{"clusters": {"prod": {"b": "vpc-1"}}}'
    )


def test_facts_of_nothing_are_nothing() -> None:
    build = build_of(step("prod"), facts={"clusters": {"prod": {"vpc": VPC}}})
    assert facts_of(build, {}) == {}


def test_a_facts_file_that_stays_as_it_is_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    assert [write(path, "a: 1\n"), write(path, "a: 1\n"), write(path, "a: 2\n")] == [
        True,
        False,
        True,
    ]
    assert path.read_text().splitlines()[1:] == ["a: 2"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_ours_may_be_written_again(tmp_path: Path) -> None:
    write(tmp_path / "facts.yaml", "a: 1\n")
    refuse_foreign(tmp_path / "facts.yaml")
    refuse_foreign(tmp_path / "none.yaml")
