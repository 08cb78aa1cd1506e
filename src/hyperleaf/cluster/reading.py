"""Rendered files become the objects of one cluster, step by step, with the estate's lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml

from hyperleaf.cluster.marks import read_marks
from hyperleaf.findings import Place
from hyperleaf.values.rendered import CLUSTERS, INDEX, MANAGED_BY, MANAGER, NODES, SECRETS, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hyperleaf.cluster.marks import Marks

# A Secret stands after its namespace (10) and before what names it. Where an operator makes the
# namespace, after the operators' own step.
_SECRET_ORDER = 15
_SECRETS_STEP = "06-secrets"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RenderedError(Exception):
    """A rendered folder is none, or holds nothing for the cluster."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A Secret's keys by where each comes from: `file`, `env`, `text`, or drawn (`bytes`)."""

    keys: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Item:
    """An object to be applied: `place` is the estate's line, `sources` its documents there.

    `step` is the folder's name and `order` the place within it. `sought` is set for a Secret whose
    data is made when it is applied.
    """

    step: str
    order: int
    file: str
    value: dict[str, Any] = field(repr=False)
    place: Place
    sources: tuple[str, ...] = ()
    sought: Sought | None = None

    @property
    def api_version(self) -> str:
        """The object's API version."""
        return str(self.value["apiVersion"])

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
    def title(self) -> str:
        """The object as people call it."""
        return f"{self.kind} {self.namespace}/{self.name}".replace(" /", " ")

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from every other object of the cluster, whatever the API's version."""
        group = self.api_version.rpartition("/")[0]
        return group, self.kind, self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster by its name in the estate, and all that belongs on it in order of application.

    `kustomizations` bring what upstream keeps; `place` is the estate's line of the cluster,
    `marks` are what nodes that are there must bear.
    """

    cluster: str
    items: tuple[Item, ...]
    kustomizations: tuple[str, ...]
    place: Place
    marks: tuple[Marks, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that hold something, in order."""
        return tuple(dict.fromkeys(one.step for one in self.items))


def read_folder(folder: Path, cluster: str) -> Target:
    """Read a folder that `render` wrote; RenderedError where it is none."""
    index = folder / INDEX
    try:
        files = json.loads(index.read_text(encoding="utf-8"))["files"]
        mine = [one for one in files if one.startswith((*_beginnings(cluster), INDEX))]
        texts = [(one, (folder / one).read_text(encoding="utf-8")) for one in mine]
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = f": {error.strerror}" if isinstance(error, OSError) else ""
        raise RenderedError(f"{folder} is no folder that render wrote{said}") from None
    return read(texts, cluster, str(folder))


def read(files: Iterable[tuple[str, str]], cluster: str, folder: str = "") -> Target:
    """Return a cluster's objects from rendered files, each a path and its text.

    Raises RenderedError where there is none for the cluster.
    """
    beginning, secrets, marks = _beginnings(cluster)
    texts, lines, names = [], {}, set()
    for path, text in files:
        if path == INDEX:
            index = json.loads(text)
            lines = index["sources"]
            names = {one["cluster"] for one in index["objects"]}
        elif path.startswith((beginning, secrets, marks)):
            texts.append((path, text))
    places = _Places(lines, folder)
    items: list[Item] = []
    kustomizations = []
    known: tuple[Marks, ...] = ()
    for path, text in sorted(texts):
        step, _, name = path.removeprefix(beginning).rpartition("/")
        if path == secrets:
            items.extend(_secrets(path, text, places))
        elif path == marks:
            known = read_marks(text)
        elif name == "kustomization.yaml":
            kustomizations.append(path)
        elif name.endswith(".yaml") and "/" not in step and step:
            items.extend(_items(path, step, name, text, places))
    if not items and not known:
        there = ", ".join(sorted(names)) or "none"
        raise RenderedError(f"nothing is rendered for the cluster {cluster!r}; there is {there}")
    ordered = sorted(_in_steps(items), key=lambda one: (one.step, one.order, one.file))
    place = places.of((f"Cluster/{cluster}",), INDEX)
    return Target(cluster, tuple(ordered), tuple(kustomizations), place, known)


def _beginnings(cluster: str) -> tuple[str, str, str]:
    return f"{CLUSTERS}/{cluster}/", f"{SECRETS}/{cluster}.json", f"{NODES}/{cluster}.json"


def _in_steps(items: list[Item]) -> Iterable[Item]:
    """Return items, each Secret in the step of its namespace."""
    steps = {one.name: one.step for one in items if one.kind == "Namespace"}
    for one in items:
        known = steps.get(one.namespace, _SECRETS_STEP)
        yield one if one.sought is None else replace(one, step=known)


@dataclass(frozen=True, slots=True)
class _Places:
    lines: Mapping[str, str]
    folder: str

    def of(self, sources: tuple[str, ...], file: str) -> Place:
        """Return the estate's line of the first document, or the rendered file."""
        for source in sources:
            if source in self.lines:
                path, _, line = self.lines[source].rpartition(":")
                return Place(path, int(line), 1)
        return Place(f"{self.folder}/{file}" if self.folder else file, 1, 1)


def _items(path: str, step: str, name: str, text: str, places: _Places) -> Iterable[Item]:
    digits = name.partition("-")[0]
    order = int(digits) if digits.isdigit() else 50
    for value in yaml.load_all(text, Loader=_LOADER):
        if isinstance(value, dict) and "kind" in value:
            stated = value["metadata"].get("annotations", {}).get(SOURCE, "")
            sources = tuple(one for one in stated.split(", ") if one)
            yield Item(step, order, path, value, places.of(sources, path), sources)


def _secrets(path: str, text: str, places: _Places) -> Iterable[Item]:
    for one in json.loads(text):
        sources = tuple(str(one.get("from", "")).split(", "))
        about = {
            "name": one["name"],
            "namespace": one["namespace"],
            "labels": {MANAGED_BY: MANAGER, **one.get("labels", {})},
            "annotations": {SOURCE: ", ".join(sources)},
        }
        stated = one.get("type", "Opaque")
        value = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "type": stated}
        place, sought = places.of(sources, path), Sought(one["keys"])
        yield Item(_SECRETS_STEP, _SECRET_ORDER, path, value, place, sources, sought)
