"""What bears our mark and follows from no estate any more becomes what may be deleted, or stays.

Our mark is three things at once: the label, the annotation that names the documents, and our field
manager. What an owner made of our object goes with that object.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.cluster.comparing import is_ours
from hyperleaf.cluster.errors import AnswerError, told
from hyperleaf.cluster.waiting import POLICY, State, judge
from hyperleaf.findings import Finding, Place, Severity
from hyperleaf.values.rendered import MANAGED_BY, MANAGER, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.cluster.client import Client, Resource
    from hyperleaf.cluster.reading import Target

Object = dict[str, Any]
_WAVE: Final = "argocd.argoproj.io/sync-wave"
_FORBIDDEN: Final = 403
UNDONE_SECONDS: Final = 600.0
_PAUSE_SECONDS: Final = 0.5
# Devices that exist because a policy says so.
_MADE: Final = frozenset({"bond", "dummy", "linux-bridge", "vlan", "vrf", "vxlan"})
# Deleting one deletes what is not ours: what others put into it, or all objects of a kind.
_HOLDS_OTHERS: Final = {
    "Namespace": "what others put into it would go with it",
    "CustomResourceDefinition": "every object of its kind would go with it",
}
# They are the cluster's own, there before us and needed after us: our fields are let go of instead.
_OF_THE_CLUSTER: Final = frozenset({"Network", "IngressController", "HyperConverged"})
# Deleting one takes machines away.
_DESTROYS: Final = {
    "HostedCluster": "the hosted cluster with all its nodes and guests is destroyed",
    "NodePool": "its nodes and the guests on them are destroyed",
    "MachineSet": "its machines and the guests on them are destroyed",
    "MachineConfig": "the nodes of its pool restart one after another",
}


@dataclass(frozen=True, slots=True)
class Stale:
    """An object of ours that follows from nothing any more; `warning` says what its end does.

    One that `is_let_go` stays, without the fields that are ours alone. `undoing` is what a node
    policy says first: that its devices are absent.
    """

    resource: Resource = field(repr=False)
    namespace: str
    name: str
    uid: str
    sources: str
    wave: int
    warning: str = ""
    is_let_go: bool = False
    undoing: Object | None = field(default=None, repr=False)

    @property
    def title(self) -> str:
        """The object as people call it."""
        return f"{self.resource.kind} {self.namespace}/{self.name}".replace(" /", " ")


@dataclass(frozen=True, slots=True)
class Prunable:
    """What may be deleted, last step first, and findings about what stays."""

    stale: tuple[Stale, ...]
    findings: tuple[Finding, ...]


def prunable(client: Client, target: Target) -> Prunable:
    """Return what of ours in the cluster follows from nothing in the target; nothing is deleted."""
    wanted = {(one.kind, one.namespace, one.name) for one in target.items}
    stale: dict[str, Stale] = {}
    findings: list[Finding] = []
    unseen: list[str] = []
    for resource in _listable(client.resources()):
        try:
            for head in client.every(resource, labels=f"{MANAGED_BY}={MANAGER}", heads_only=True):
                one = _stale(resource, head, wanted)
                if one is not None and one.uid not in stale:
                    one = _with_undoing(client, one)
                    why = _stays(client, one, head)
                    if why is None:
                        stale[one.uid] = one
                    else:
                        findings.append(_stayed(one, *why, target.place))
        except AnswerError as error:
            if error.status == _FORBIDDEN:
                unseen.append(f"{resource.plural}.{resource.group}".rstrip("."))
    if unseen:
        findings.append(_unseen(unseen, target.place))
    order = sorted(stale.values(), key=lambda one: (-one.wave, one.title))
    return Prunable(tuple(order), tuple(dict.fromkeys(findings)))


def prune(
    client: Client, stale: Iterable[Stale], place: Place, seconds: float = UNDONE_SECONDS
) -> Iterator[Stale | Finding]:
    """Delete objects one after the other; yield each, or what kept it there.

    A node policy is deleted once the nodes have undone it, which may take so many seconds.
    """
    for one in stale:
        try:
            why = _undo(client, one, seconds) if one.undoing is not None else ""
            if why:
                yield _stayed(one, why, "prune again once the nodes have undone it", place)
                continue
            _end(client, one)
        except AnswerError as error:
            yield error.finding
        else:
            yield one


def _undo(client: Client, one: Stale, seconds: float) -> str:
    """Have nodes make a policy's devices absent; return why they have not, empty where they did."""
    client.apply(one.resource, one.undoing or {}, namespace="")
    ends = time.monotonic() + seconds
    while True:
        verdict = judge(client, client.get(one.resource, "", one.name))
        if verdict.state is State.READY:
            return ""
        if verdict.state is State.FAILED or time.monotonic() > ends:
            return f"the nodes have not made its devices absent: {verdict.why}"
        time.sleep(_PAUSE_SECONDS)


def _end(client: Client, one: Stale) -> None:
    if not one.is_let_go:
        client.delete(one.resource, one.namespace, one.name, one.uid)
        return
    # Applying nothing takes away what only we had applied, our mark with it.
    about = {"name": one.name, "uid": one.uid}
    value = {"apiVersion": one.resource.api_version, "kind": one.resource.kind, "metadata": about}
    client.apply(one.resource, value, namespace=one.namespace)


def _listable(resources: Iterable[Resource]) -> Iterator[Resource]:
    for one in resources:
        if {"list", "delete"} <= one.verbs and one.kind != "Event":
            yield one


def _stale(resource: Resource, head: Object, wanted: set[tuple[str, str, str]]) -> Stale | None:
    about = head["metadata"]
    name, namespace = about["name"], about.get("namespace", "")
    annotations = about.get("annotations") or {}
    if (resource.kind, namespace, name) in wanted or about.get("deletionTimestamp"):
        return None
    if SOURCE not in annotations or not is_ours(head) or about.get("ownerReferences"):
        return None
    wave = annotations.get(_WAVE, "0")
    is_let_go = resource.kind in _OF_THE_CLUSTER
    return Stale(
        resource,
        namespace,
        name,
        about["uid"],
        annotations[SOURCE],
        int(wave) if wave.lstrip("-").isdigit() else 0,
        "it stays, without what is ours" if is_let_go else _DESTROYS.get(resource.kind, ""),
        is_let_go,
    )


def _stays(client: Client, one: Stale, head: Object) -> tuple[str, str] | None:
    """Return why an object stays and what to do about it, None where it may go."""
    kind = one.resource.kind
    by_hand = f"delete it by hand: kubectl delete {kind} {one.name}"
    if kind in _HOLDS_OTHERS:
        return _HOLDS_OTHERS[kind], by_hand
    if kind == POLICY and one.undoing is None and not _is_undone(client, one):
        return "a policy that is deleted undoes nothing on the nodes", (
            "have it say `state: absent` for each of its interfaces (kubectl edit nncp "
            f"{one.name}), wait until it is Available, then prune again"
        )
    others = ", ".join(sorted(_others(head)))
    if others and not one.is_let_go and kind != POLICY:
        return f"{others} set fields of it, too", by_hand
    return None


def _others(head: Object) -> Iterator[str]:
    """Yield who else manages what an object says, status, size and metadata left aside."""
    for entry in head["metadata"].get("managedFields", ()):
        fields = entry.get("fieldsV1", {}).keys() - {"f:metadata", "f:status"}
        is_own = entry.get("manager") == MANAGER
        if fields and not is_own and not entry.get("subresource"):
            yield entry.get("manager", "")


def _with_undoing(client: Client, one: Stale) -> Stale:
    """Return a node policy with what undoes it, where it makes devices; others as they are."""
    live = client.get(one.resource, "", one.name) if one.resource.kind == POLICY else None
    devices = made_by(live) if live is not None else []
    if live is None or not devices:
        return one
    about = {name: live["metadata"][name] for name in ("name", "labels", "annotations")}
    absent = [{"name": name, "type": kind, "state": "absent"} for name, kind in devices]
    spec = {"desiredState": {"interfaces": absent}}
    if "nodeSelector" in live["spec"]:
        spec["nodeSelector"] = live["spec"]["nodeSelector"]
    value = {"apiVersion": one.resource.api_version, "kind": POLICY, "metadata": about}
    names = ", ".join(name for name, _ in devices)
    warning = f"the nodes make {names} absent first"
    return replace(one, undoing={**value, "spec": spec}, warning=warning)


def made_by(policy: Object) -> list[tuple[str, str]]:
    """Return the devices that a policy makes, name and type; NICs and what OVN owns are no such."""
    state = policy.get("spec", {}).get("desiredState") or {}
    return [
        (one["name"], one["type"])
        for one in state.get("interfaces") or ()
        if one.get("type") in _MADE and one.get("state") == "up" and "{{" not in one["name"]
    ]


def _is_undone(client: Client, one: Stale) -> bool:
    """Tell whether a node policy makes all its interfaces absent, and the nodes have done so."""
    live = client.get(one.resource, "", one.name)
    if live is None:
        return True
    state = live.get("spec", {}).get("desiredState") or {}
    parts = [*(state.get("interfaces") or ()), *((state.get("routes") or {}).get("config") or ())]
    absent = all(part.get("state") == "absent" for part in parts)
    return absent and judge(client, live).state is State.READY


def _stayed(one: Stale, why: str, hint: str, place: Place) -> Finding:
    message = f"{one.title} follows from nothing any more, but stays: {why}"
    return _warned("HL1212", message, hint, place, one.sources)


def _unseen(names: list[str], place: Place) -> Finding:
    return _warned(
        "HL1213",
        f"whether something of ours is left among {', '.join(sorted(set(names)))} cannot be told: "
        "you may not list them",
        "prune as somebody who may, or delete what is left by hand",
        place,
    )


def _warned(code: str, message: str, hint: str, place: Place, document: str = "") -> Finding:
    made = told(code, message, hint, document=document, severity=Severity.WARNING)
    return replace(made, place=place)
