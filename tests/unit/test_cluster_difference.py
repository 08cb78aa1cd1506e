"""Two states of an object: which fields differ, and whether a server would write."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from hyperleaf.cluster.difference import ABSENT, contested, differences, value_at, would_write

Object = dict[str, Any]
LEAVES = some.one_of(some.integers(0, 9), some.text("ab", max_size=3), some.booleans())
OBJECTS = some.recursive(
    LEAVES,
    lambda inner: some.one_of(
        some.lists(inner, max_size=3), some.dictionaries(some.text("xyz", min_size=1), inner)
    ),
    max_leaves=8,
)


def paths(before: Object, after: Object) -> list[str]:
    return [one.path for one in differences({"spec": before}, {"spec": after})]


def test_elements_with_names_are_compared_by_name() -> None:
    before = {"ports": [{"name": "a", "mtu": 1}, {"name": "b", "mtu": 2}]}
    after = {"ports": [{"name": "b", "mtu": 3}, {"name": "a", "mtu": 1}]}
    assert paths(before, after) == ["spec.ports[name=b].mtu"]


def test_a_field_that_comes_or_goes_is_absent_on_the_other_side() -> None:
    (one,) = differences({"spec": {"a": None}}, {"spec": {}})
    assert (one.path, one.before, one.after is ABSENT) == ("spec.a", None, True)


def test_what_the_server_alone_writes_is_no_difference() -> None:
    before = {"metadata": {"resourceVersion": "1", "generation": 1}, "status": {"a": 1}}
    after = {"metadata": {"resourceVersion": "2", "generation": 2}, "status": {"a": 2}}
    assert differences(before, after) == ()


@given(OBJECTS)
def test_an_object_does_not_differ_from_itself(value: Any) -> None:
    assert differences({"spec": value}, {"spec": value}) == ()


@given(some.dictionaries(some.sampled_from("xyz"), LEAVES), some.data())
def test_each_field_that_is_set_otherwise_is_told_once(one: Object, data: some.DataObject) -> None:
    other = {name: data.draw(LEAVES) for name in one}
    assert paths(one, other) == [f"spec.{name}" for name in one if one[name] != other[name]]


def managed(manager: str, time: str) -> Object:
    entry = {"manager": manager, "operation": "Apply", "time": time}
    return {"metadata": {"resourceVersion": time, "managedFields": [entry]}, "data": {}}


def test_a_server_that_only_notes_the_time_writes_nothing() -> None:
    assert not would_write(managed("hyperleaf", "1"), managed("hyperleaf", "2"))


def test_whose_a_field_is_is_written() -> None:
    assert would_write(managed("somebody", "1"), managed("hyperleaf", "1"))


def test_a_conflict_has_the_manager_and_both_values() -> None:
    cause = {
        "reason": "FieldManagerConflict",
        "message": 'conflict with "kubectl-edit" using apps/v1',
        "field": '.spec.containers[name="a"].image',
    }
    live = {"spec": {"containers": [{"name": "a", "image": "old"}]}}
    ours = {"spec": {"containers": [{"name": "a", "image": "new"}]}}
    (one,) = contested((cause,), live, ours)
    assert (one.manager, one.theirs, one.ours) == ("kubectl-edit", "old", "new")


def test_a_path_that_leads_nowhere_is_absent() -> None:
    assert value_at({"spec": {"a": [1]}}, "spec.a[4].b") is ABSENT
    assert value_at({"spec": 1}, "spec.a.b") is ABSENT
