"""What nodes must bear, as rendered, becomes patches of the nodes that are there and lack it.

Pools label and taint the nodes that they make, once. What a person added to a node stays; nothing
is ever taken away.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Written by the machine API: NAMESPACE/MACHINE, the machine called after its MachineSet.
MACHINE = "machine.openshift.io/machine"


@dataclass(frozen=True, slots=True)
class Marks:
    """Labels and taints of some nodes; which ones, the four fields before them say together.

    Nodes have all labels of `selector`. Where `names` or `machine_sets` are stated, they are called
    so or were made by one of these; and none of `other_than` made them.
    """

    pool: str
    selector: Mapping[str, str]
    names: frozenset[str]
    machine_sets: frozenset[str]
    other_than: frozenset[str]
    labels: Mapping[str, str]
    taints: tuple[Mapping[str, str], ...]

    def are_of(self, node: Mapping[str, Any]) -> bool:
        """Tell whether a node must bear them."""
        about = node["metadata"]
        labels, made_by = about.get("labels") or {}, machine_set_of(node)
        if any(labels.get(key) != value for key, value in self.selector.items()):
            return False
        if made_by is not None and made_by in self.other_than:
            return False
        is_anything = not self.names and not self.machine_sets
        return is_anything or about["name"] in self.names or made_by in self.machine_sets


def read_marks(text: str) -> tuple[Marks, ...]:
    """Return what a rendered list (`nodes/CLUSTER.json`) says."""
    return tuple(
        Marks(
            pool=one["pool"],
            selector=one["selector"],
            names=frozenset(one["names"]),
            machine_sets=frozenset(one["machineSets"]),
            other_than=frozenset(one["otherThan"]),
            labels=one["labels"],
            taints=tuple(one["taints"]),
        )
        for one in json.loads(text)
    )


def machine_set_of(node: Mapping[str, Any]) -> str | None:
    """Return the MachineSet that made a node: its machine's name without what makes it unique."""
    annotations = node["metadata"].get("annotations") or {}
    machine: str = annotations.get(MACHINE, "").rpartition("/")[2]
    return machine.rpartition("-")[0] or None


def patch_of(node: Mapping[str, Any], marks: Iterable[Marks]) -> dict[str, Any] | None:
    """Return a merge patch (RFC 7386) that gives a node what it lacks; None where it lacks nothing.

    A list of taints is replaced as a whole, so the patch holds them all, and the version of the
    node that they were read from: whoever was faster makes it fail, to be tried anew.
    """
    about, spec = node["metadata"], node.get("spec") or {}
    labels, taints = about.get("labels") or {}, list(spec.get("taints") or ())
    before = len(taints)
    lacking: dict[str, str] = {}
    for one in marks:
        if one.are_of(node):
            lacking |= {k: v for k, v in one.labels.items() if labels.get(k) != v}
            taints += [taint for taint in one.taints if not _is_among(taint, taints)]
    made: dict[str, Any] = {"metadata": {"labels": lacking}} if lacking else {}
    if len(taints) > before:
        made.setdefault("metadata", {})["resourceVersion"] = about.get("resourceVersion")
        made["spec"] = {"taints": taints}
    return made or None


def _is_among(taint: Mapping[str, str], others: Iterable[Mapping[str, str]]) -> bool:
    def of(one: Mapping[str, str]) -> tuple[str, str, str]:
        return one["key"], one.get("value", ""), one["effect"]

    return any(of(one) == of(taint) for one in others)
