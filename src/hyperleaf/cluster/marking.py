"""Nodes that lack what they must bear are found on a cluster, and given it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperleaf.cluster.client import MANAGER
from hyperleaf.cluster.errors import AnswerError
from hyperleaf.cluster.marks import patch_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.cluster.client import Client, Resource
    from hyperleaf.cluster.marks import Marks

MERGE = "application/merge-patch+json"
# Nodes are written by their kubelets all the time: whoever is faster makes a patch of taints fail.
ATTEMPTS = 5
_GONE, _CONFLICT = 404, 409


@dataclass(frozen=True, slots=True)
class Lacking:
    """A node, and the merge patch that gives it what it lacks."""

    node: str
    patch: dict[str, Any] = field(repr=False)

    @property
    def what(self) -> tuple[str, ...]:
        """The labels that it lacks, and whether taints are among it, for people."""
        labels = self.patch.get("metadata", {}).get("labels", {})
        told = [f"{key}={value}" if value else key for key, value in labels.items()]
        return (*told, *(["taints"] if "spec" in self.patch else []))


def lacking(client: Client, marks: Sequence[Marks]) -> Iterator[Lacking]:
    """Yield the nodes that lack something, in the order of names; nothing is written."""
    nodes = client.resource("v1", "Node")
    if not marks or nodes is None:
        return
    for node in sorted(client.every(nodes), key=lambda one: str(one["metadata"]["name"])):
        patch = patch_of(node, marks)
        if patch is not None:
            yield Lacking(node["metadata"]["name"], patch)


def mark(client: Client, marks: Sequence[Marks]) -> Iterator[Lacking]:
    """Give nodes what they lack; yield each that was written.

    Nodes that join later get it from their pool, or the next time. Raises AnswerError.
    """
    nodes = client.resource("v1", "Node")
    if nodes is None:
        return
    for one in lacking(client, marks):
        done = _mark(client, nodes, marks, one)
        if done is not None:
            yield done


def _mark(
    client: Client, nodes: Resource, marks: Sequence[Marks], found: Lacking
) -> Lacking | None:
    """Write to one node; None where it went away, or somebody else gave it everything."""
    patch: dict[str, Any] | None = found.patch
    for attempt in range(ATTEMPTS):
        if patch is None:
            return None
        try:
            client.request(
                "PATCH", nodes.of("", found.node), {"fieldManager": MANAGER}, patch, MERGE
            )
        except AnswerError as error:
            if error.status == _GONE:
                return None
            if error.status != _CONFLICT or attempt == ATTEMPTS - 1:
                raise
            node = client.get(nodes, "", found.node)
            patch = None if node is None else patch_of(node, marks)
        else:
            return Lacking(found.node, patch)
    return None
