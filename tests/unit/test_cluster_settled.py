"""What the server noted of us tells whether applying again would write."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hyperleaf.cluster.settled import is_settled

OURS: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Thing",
    "metadata": {"name": "a", "namespace": "b", "labels": {"x.y/z": "1"}},
    "spec": {
        "mtu": 1500,
        "whole": [1, 2],
        "ports": [{"name": "p", "port": 80}],
        "kinds": ["m", "n"],
        "none": {},
    },
}
NOTED: dict[str, Any] = {
    "f:metadata": {"f:labels": {"f:x.y/z": {}}},
    "f:spec": {
        "f:mtu": {},
        "f:whole": {},
        "f:ports": {'k:{"name":"p"}': {".": {}, "f:name": {}, "f:port": {}}},
        "f:kinds": {'v:"m"': {}, 'v:"n"': {}},
        "f:none": {},
    },
}


def living(**noted: Any) -> dict[str, Any]:
    live = deepcopy(OURS)
    entry = {"manager": "hyperleaf", "operation": "Apply", "apiVersion": "v1", "fieldsV1": NOTED}
    live["metadata"]["managedFields"] = [entry | noted]
    live["spec"]["theirs"] = True  # of another manager
    live["spec"]["ports"].insert(0, {"name": "q", "port": 81})
    return live


def changed(*path: str | int, value: Any = None) -> dict[str, Any]:
    ours = deepcopy(OURS)
    inner: Any = ours
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return ours


def test_what_lives_as_it_was_applied_is_settled() -> None:
    assert is_settled(living(), OURS)


@pytest.mark.parametrize(
    "ours",
    [
        changed("spec", "mtu", value=9000),
        changed("spec", "mtu", value="1500"),
        changed("spec", "mtu"),
        changed("spec", "more", value=1),
        changed("spec", "whole", value=[2, 1]),
        changed("spec", "ports", 0, "port", value=81),
        changed("spec", "ports", 0, "more", value=1),
        changed("spec", "ports", value=[]),
        changed("spec", "kinds", value=["m"]),
        changed("spec", "kinds", value=["n", "m"]),
        changed("spec", "kinds", value=["m", "o"]),
        changed("metadata", "labels", "x.y/z", value="2"),
        changed("metadata", "labels"),
    ],
)
def test_what_is_not_as_plain_is_for_the_server(ours: dict[str, Any]) -> None:
    assert not is_settled(living(), ours)


@pytest.mark.parametrize(
    "noted",
    [
        {"manager": "somebody"},
        {"operation": "Update"},
        {"apiVersion": "v2"},
        {"subresource": "status"},
        {"fieldsV1": {}},
    ],
)
def test_what_was_noted_otherwise_says_nothing(noted: dict[str, Any]) -> None:
    assert not is_settled(living(**noted), OURS)


def test_what_another_changed_of_ours_is_not_settled() -> None:
    live = living()
    live["spec"]["mtu"] = 1400
    assert not is_settled(live, OURS)
