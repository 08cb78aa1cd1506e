"""What an applied object says of itself becomes ready, failed, or what it is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hyperleaf.values.readiness import ready_of

if TYPE_CHECKING:
    from hyperleaf.cluster.client import Client
    from hyperleaf.values.readiness import Ready

Object = dict[str, Any]
POLICY = "NodeNetworkConfigurationPolicy"
_ENACTMENT = "NodeNetworkConfigurationEnactment"


class State(StrEnum):
    """How far an object is."""

    READY = "ready"
    FAILED = "failed"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far an object is, and why, in its own words."""

    state: State
    why: str = ""


READY = Verdict(State.READY)


def judge(client: Client, live: Object | None) -> Verdict:
    """Return how far an object is; others that it names are asked for."""
    if live is None:
        return Verdict(State.WAITING, "it is not there yet")
    stated = ready_of(live["apiVersion"], live["kind"])
    if stated is None:
        return READY
    if stated.other is not None:
        return _through(client, live, stated, stated.other)
    verdict = verdict_of(live, stated)
    if verdict.state is not State.WAITING and live["kind"] == POLICY:
        behind = _nodes_behind(client, live)
        if behind:
            return Verdict(State.WAITING, f"nodes that have not taken it up: {behind}")
    return verdict


def verdict_of(live: Object, stated: Ready) -> Verdict:
    """Return how far an object is by what it says itself; what it said of earlier fields is old."""
    status = live.get("status") or {}
    generation = live["metadata"].get("generation", 0)
    seen = status.get("observedGeneration")
    if isinstance(seen, int) and seen < generation:
        return Verdict(State.WAITING, "its controller has not seen the change")
    if stated.counts is not None:
        wanted, there = (_at(live, path) for path in stated.counts)
        if wanted is None or there != wanted:
            return Verdict(State.WAITING, f"{there or 0} of {_known(wanted)}")
        return READY
    if stated.condition is not None:
        return _by_conditions(status.get("conditions") or (), stated, generation)
    value = _at(live, stated.field)
    if value in stated.values:
        return READY
    said = str(_at(live, stated.message) or "") if stated.message else ""
    why = f"{stated.field[-1]} is {_known(value)}" + (f": {said}" if said else "")
    return Verdict(State.FAILED if value in stated.failed else State.WAITING, why)


def _by_conditions(conditions: Any, stated: Ready, generation: int) -> Verdict:
    known = {one.get("type"): one for one in conditions if isinstance(one, dict)}
    for name in sorted(stated.failed):
        if known.get(name, {}).get("status") == "True":
            return Verdict(State.FAILED, _said(known[name]))
    one = known.get(stated.condition)
    if one is None:
        return Verdict(State.WAITING, f"no condition {stated.condition} yet")
    seen = one.get("observedGeneration")
    if isinstance(seen, int) and seen < generation:
        return Verdict(State.WAITING, "its controller has not seen the change")
    return READY if one.get("status") == "True" else Verdict(State.WAITING, _said(one))


def _said(condition: Object) -> str:
    words = (condition.get("reason"), condition.get("message"))
    said = ": ".join(str(one) for one in words if one)
    return said or f"{condition.get('type')} is {condition.get('status')}"


def _through(client: Client, live: Object, stated: Ready, other: tuple[str, str]) -> Verdict:
    """Judge by another object of the same namespace, which this one names."""
    name = _at(live, stated.names)
    if not name:
        return Verdict(State.WAITING, _unnamed(live, stated))
    resource = client.resource(*other, anew=True)
    if resource is None:
        return Verdict(State.WAITING, f"there is no kind {other[1]} yet")
    named = client.get(resource, live["metadata"].get("namespace", ""), str(name))
    if named is None:
        return Verdict(State.WAITING, f"{other[1]} {name} is not there yet")
    return judge(client, {**named, "apiVersion": other[0], "kind": other[1]})


def _unnamed(live: Object, stated: Ready) -> str:
    """Return why an object does not name the other yet: a plan, say, that nobody has approved."""
    status = live.get("status") or {}
    plan = (status.get("installPlanRef") or {}).get("name")
    manual = live.get("spec", {}).get("installPlanApproval") == "Manual"
    if manual and plan:
        return f"its InstallPlan {plan} waits for somebody's approval"
    holding = [
        _said(one)
        for one in status.get("conditions") or ()
        if one.get("status") == "True" and one.get("type") != "CatalogSourcesUnhealthy"
    ]
    said = _at(live, stated.message) if stated.message else None
    return "; ".join(holding) or str(said or f"{stated.names[-1]} is not stated yet")


def _nodes_behind(client: Client, policy: Object) -> int:
    """Return how many nodes' enactments are of an earlier state of a policy.

    A policy's own conditions are of before for a moment after it changes, and name no generation.
    """
    resource = client.resource("nmstate.io/v1beta1", _ENACTMENT)
    if resource is None:
        return 0
    about = policy["metadata"]
    label = f"nmstate.io/policy={about['name']}"
    generations = [
        (one.get("status") or {}).get("policyGeneration", 0)
        for one in client.every(resource, labels=label)
    ]
    return sum(one < about.get("generation", 0) for one in generations)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _known(value: Any) -> str:
    return "not known yet" if value is None else str(value)
