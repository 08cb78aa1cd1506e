"""A Kubernetes object to be, with its place in the order of application and where it came from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from hyperleaf.values.rendered import MANAGED_BY, MANAGER, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Step(Enum):
    """The folders of a cluster in the order of application; Argo CD's sync wave is the number.

    Filters come before routes, routes before attachments, so that no guest is ever half-guarded.
    What operators are asked for comes after them: its kinds are served once they are installed.
    """

    OPERATORS = 2, "operators"
    OPERANDS = 5, "operands"
    SETTINGS = 10, "settings"
    MACHINES = 15, "machines"
    MACHINE_CONFIGS = 20, "machine-configs"
    FRR = 30, "frr"
    POLICIES = 40, "policies"
    BGP = 50, "bgp"
    ATTACHMENTS = 60, "attachments"
    STORAGE = 65, "storage"
    VIRTUALIZATION = 70, "virtualization"
    REMEDIATION = 75, "remediation"
    HOSTED = 80, "hosted-clusters"

    @property
    def wave(self) -> int:
        """The number that orders the steps."""
        return self.value[0]

    @property
    def folder(self) -> str:
        """The folder's name, which sorts in the order of application."""
        return f"{self.value[0]:02d}-{self.value[1]}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object: `value` is plain data in the order it is written in.

    `order` sorts objects within a step (a namespace before what lies in it).
    """

    step: Step
    value: dict[str, Any]
    order: int = 50

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.value["kind"])

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.value["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """The object's namespace, empty where it has none."""
        return str(self.value["metadata"].get("namespace", ""))

    @property
    def file(self) -> str:
        """The file's name within the step's folder, unique for kind, namespace and name."""
        parts = (self.kind.lower(), self.namespace, self.name)
        return f"{self.order:02d}-" + "_".join(p for p in parts if p).replace(":", "-") + ".yaml"


@dataclass(frozen=True, slots=True)
class TextFile:
    """A whole file that is no Kubernetes object: `path` lies within the rendered folder."""

    path: str
    text: str


def listed(path: str, entries: Iterable[dict[str, Any]]) -> TextFile:
    """Return a file that lists what is no object of a cluster: JSON that people read, too."""
    return TextFile(path, json.dumps(list(entries), indent=1, ensure_ascii=False) + "\n")


def metadata(  # a Kubernetes object's own fields
    name: str,
    *sources: str,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return an object's metadata: our mark, and the documents of the estate it follows from."""
    made: dict[str, Any] = {"name": name}
    if namespace is not None:
        made["namespace"] = namespace
    made["labels"] = {MANAGED_BY: MANAGER, **(labels or {})}
    made["annotations"] = {SOURCE: ", ".join(sources), **(annotations or {})}
    return made
