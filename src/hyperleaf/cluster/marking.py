"""Nodes that are there get the labels and taints that they lack, by patches of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperleaf.cluster.errors import AnswerError
from hyperleaf.cluster.marks import patch_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.cluster.client import Client
    from hyperleaf.cluster.marks import Marks
    from hyperleaf.findings import Finding

_CONFLICT = 409
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Lacking:
    """A node and what it lacks: labels as they will be, taints as people write them."""

    name: str
    labels: dict[str, str]
    taints: tuple[str, ...]
    patch: dict[str, Any] = field(repr=False)

    @property
    def title(self) -> str:
        """The node as people call it."""
        return f"Node {self.name}"

    def told(self) -> Iterator[str]:
        """Yield what it gets."""
        yield from (f"label {key}={value}" for key, value in self.labels.items())
        yield from (f"taint {one}" for one in self.taints)


def lacking(client: Client, marks: Sequence[Marks]) -> tuple[Lacking, ...]:
    """Return the nodes that lack something, by name; nothing is written. Raises AnswerError."""
    resource = client.resource("v1", "Node")
    if not marks or resource is None:
        return ()
    found = (_lacking(node, marks) for node in client.every(resource))
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.name))


def mark(
    client: Client, nodes: Sequence[Lacking], marks: Sequence[Marks]
) -> Iterator[Lacking | Finding]:
    """Patch nodes one after the other; yield each, or what is wrong with it."""
    resource = client.resource("v1", "Node")
    if resource is None:
        return
    for one in nodes:
        patch: dict[str, Any] | None = one.patch
        for attempt in range(_ATTEMPTS):
            try:
                if patch is not None:
                    client.merge(resource, "", one.name, patch)
                yield one
            except AnswerError as error:
                if error.status != _CONFLICT or attempt == _ATTEMPTS - 1:
                    yield error.finding
                    break
                node = client.get(resource, "", one.name)  # its taints changed meanwhile
                patch = patch_of(node, marks) if node is not None else None
            else:
                break


def _lacking(node: dict[str, Any], marks: Sequence[Marks]) -> Lacking | None:
    patch = patch_of(node, marks)
    if patch is None:
        return None
    had = node.get("spec", {}).get("taints") or []
    new = [one for one in patch.get("spec", {}).get("taints", ()) if one not in had]
    taints = tuple(
        f"{one['key']}={one.get('value', '')}:{one['effect']}".replace("=:", ":") for one in new
    )
    labels = patch.get("metadata", {}).get("labels", {})
    return Lacking(node["metadata"]["name"], dict(labels), taints, patch)
