"""What an object says of itself: ready, failed, or waited for and why."""

from __future__ import annotations

from typing import Any

import pytest

from hyperleaf.cluster.waiting import State, verdict_of
from hyperleaf.values.readiness import READY, ready_of


def policy(generation: int = 1, **status: Any) -> dict[str, Any]:
    return {"metadata": {"generation": generation}, "status": status}


def state(kind: tuple[str, str], live: dict[str, Any]) -> tuple[State, str]:
    made = verdict_of(live, READY[kind])
    return made.state, made.why


POLICY = ("nmstate.io", "NodeNetworkConfigurationPolicy")
DAEMONS = ("apps", "DaemonSet")
VERSION = ("operators.coreos.com", "ClusterServiceVersion")


def said(kind: str, status: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": "Because", "message": "words", **more}


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [
        ([], State.WAITING),
        ([said("Available", "True")], State.READY),
        ([said("Available", "False")], State.WAITING),
        ([said("Available", "Unknown")], State.WAITING),
        ([said("Available", "False"), said("Degraded", "True")], State.FAILED),
        ([said("Available", "True"), said("Degraded", "False")], State.READY),
    ],
)
def test_a_policy_is_as_its_conditions_say(conditions: list[Any], wanted: State) -> None:
    assert state(POLICY, policy(conditions=conditions))[0] is wanted


def test_why_is_in_the_objects_own_words() -> None:
    live = policy(conditions=[said("Available", "False")])
    assert state(POLICY, live) == (State.WAITING, "Because: words")


def test_what_was_said_of_earlier_fields_counts_for_nothing() -> None:
    ready = [said("Available", "True")]
    assert state(POLICY, policy(2, conditions=ready, observedGeneration=1))[0] is State.WAITING
    old = [said("Available", "True", observedGeneration=1)]
    assert state(POLICY, policy(2, conditions=old))[0] is State.WAITING


def test_daemons_that_nobody_has_counted_are_not_ready() -> None:
    assert state(DAEMONS, policy()) == (State.WAITING, "0 of not known yet")
    assert state(DAEMONS, policy(desiredNumberScheduled=2, numberReady=1))[1] == "1 of 2"
    assert state(DAEMONS, policy(desiredNumberScheduled=0, numberReady=0))[0] is State.READY


def test_a_phase_is_ready_or_waited_for_as_operators_try_again() -> None:
    assert state(VERSION, policy(phase="Succeeded"))[0] is State.READY
    failed = policy(phase="Failed", message="no")
    assert state(VERSION, failed) == (State.WAITING, "phase is Failed: no")
    assert state(VERSION, policy(phase="Installing"))[1] == "phase is Installing"


def test_a_kind_that_nobody_waits_for_is_ready_when_it_is_applied() -> None:
    assert ready_of("v1", "ConfigMap") is None
