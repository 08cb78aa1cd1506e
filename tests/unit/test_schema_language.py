"""Models of the language: what is read, what is refused, and that nothing is ever raised."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperleaf.spec.documents import KINDS
from hyperleaf.spec.fields import Flag, Model, Text, field
from hyperleaf.spec.language import camel

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)


class Port(Model):
    """A port of a switch."""

    speed: int = field(least=1, most=800, description="In gigabits a second.")
    label: Text | None = None


class Switch(Model):
    """A switch."""

    serial_number: Text = field(pattern="^[A-Z]{2}[0-9]+$")
    ports: tuple[Port, ...] = field(least=1)
    pair: tuple[Text, Text] = ("a", "b")
    tags: dict[Text, Flag] = field(default={})
    is_spare: Flag = False


GOOD = {"serialNumber": "AB1", "ports": [{"speed": 100}]}


def complaints(value: Any) -> list[tuple[str, str]]:
    """Return the path and kind of each problem."""
    return [(".".join(map(str, one.path)), one.kind) for one in Switch.read(value)[1]]


def test_keys_are_camel_case_and_defaults_need_no_writing() -> None:
    switch, problems = Switch.read(GOOD)
    assert problems == ()
    assert (switch.serial_number, switch.is_spare, switch.pair) == ("AB1", False, ("a", "b"))
    assert switch.ports == (Port(speed=100),)
    assert camel("a_b_c") == "aBC"


def test_every_mistake_is_found_at_once() -> None:
    wrong = {
        "serialNumber": "x",
        "ports": [{"speed": 0, "labl": "a"}, {}],
        "pair": ["a"],
        "tags": {"a": 1},
        "isSpare": "yes",
    }
    assert complaints(wrong) == [
        ("serialNumber", "type"),
        ("ports.0.speed", "type"),
        ("ports.0.labl", "unknown"),
        ("ports.1.speed", "missing"),
        ("pair", "type"),
        ("tags.a", "type"),
        ("isSpare", "type"),
    ]


def test_a_problem_is_described_by_the_field_that_has_it() -> None:
    (problem,) = Switch.read({**GOOD, "ports": [{"speed": "fast"}]})[1]
    assert problem.description == "In gigabits a second."


def test_null_stands_for_what_is_absent_only_where_it_may_be() -> None:
    assert complaints({**GOOD, "ports": [{"speed": 1, "label": None}]}) == []
    assert complaints({**GOOD, "isSpare": None}) == [("isSpare", "type")]


@pytest.mark.parametrize("value", [None, 3, "text", [], True])
def test_what_is_no_mapping_is_no_model(value: object) -> None:
    assert complaints(value) == [("", "type")]


def test_true_is_no_number() -> None:
    assert complaints({**GOOD, "ports": [{"speed": True}]}) == [("ports.0.speed", "type")]


def test_a_model_does_not_change() -> None:
    with pytest.raises(AttributeError):
        Port(speed=1).speed = 2  # type: ignore[misc]


def test_models_of_the_same_values_are_the_same() -> None:
    assert Port(speed=1) == Port(speed=1, label=None)
    assert Port(speed=1) != Port(speed=2)


def test_a_type_that_the_language_does_not_know_is_a_mistake_of_its_author() -> None:
    class Odd(Model):
        """A model with a floating-point number."""

        weight: float = 1.0

    with pytest.raises(TypeError, match="no type of the language"):
        Odd.members()


@pytest.mark.parametrize("kind", KINDS)
@given(
    spec=st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=20,
    )
)
def test_nothing_that_yaml_can_hold_makes_reading_raise(kind: str, spec: Any) -> None:
    document = {"kind": kind, "metadata": {"name": "a"}, "spec": spec}
    assert KINDS[kind].read(document)[1]


FIELDS = {kind: KINDS[kind].members()["spec"].shape.schema()["properties"] for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_no_value_in_a_known_field_makes_reading_raise(kind: str, data: st.DataObject) -> None:
    values = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS)
    spec = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS[kind], values)))
    KINDS[kind].read({"kind": kind, "metadata": {"name": "a"}, "spec": spec})
