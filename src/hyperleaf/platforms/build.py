"""Rendered files become the steps by which what lies underneath is made, in their order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperleaf.findings import Place
from hyperleaf.platforms.errors import BuildError, NothingError
from hyperleaf.platforms.steps import Step, references
from hyperleaf.values.rendered import BUILD, INDEX, PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_FORM = 1


@dataclass(frozen=True, slots=True)
class Build:
    """All that is to be made: `facts` holds references to outputs, `templates` texts by path.

    `owner` is the mark that everything bears.
    """

    owner: str
    steps: tuple[Step, ...]
    facts: Mapping[str, Any] = field(repr=False)
    templates: Mapping[str, str] = field(repr=False)


def read_folder(folder: Path) -> Build:
    """Read a folder that `render` wrote; BuildError where it is none, and as `read`."""
    try:
        files = json.loads((folder / INDEX).read_text(encoding="utf-8"))["files"]
        mine = [INDEX, *(one for one in files if one.startswith(f"{PLATFORMS}/"))]
        texts = [(one, (folder / one).read_text(encoding="utf-8")) for one in mine]
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = f": {error.strerror}" if isinstance(error, OSError) else ""
        raise BuildError(f"{folder} is no folder that render wrote{said}") from None
    return read(texts, str(folder))


def read(
    files: Iterable[tuple[str, str]], folder: str = "", lines: Mapping[str, str] | None = None
) -> Build:
    """Return the build of rendered files, each a path and its text.

    `lines` says where each document of the estate stands (`FILE:LINE`), if no index does.

    Raises NothingError where nothing is to be made, BuildError where this version cannot read it.
    """
    texts = {path: text for path, text in files if path == INDEX or path.startswith(PLATFORMS)}
    if BUILD not in texts:
        where = f" ({folder} has no {BUILD})" if folder else ""
        raise NothingError(f"nothing underneath the clusters is for hyperleaf to make{where}")
    try:
        lines = lines or json.loads(texts.get(INDEX, "{}")).get("sources", {})
        stated = json.loads(texts[BUILD])
        if stated["hyperleaf"] != _FORM:
            raise BuildError(f"{BUILD} is of another version of hyperleaf: render anew")
        steps = tuple(_step(one, lines) for one in stated["steps"])
        made = Build(
            owner=str(stated["owner"]),
            steps=steps,
            facts=stated.get("facts", {}),
            templates={p: t for p, t in texts.items() if p not in {INDEX, BUILD}},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BuildError(f"{BUILD} cannot be read ({error}): render anew") from None
    _order(made)
    return made


def _step(value: dict[str, Any], lines: Mapping[str, str]) -> Step:
    sources = tuple(value.get("from", ()))
    place = Place(BUILD, 1, 1)
    for source in sources:
        if source in lines:
            file, _, line = lines[source].rpartition(":")
            place = Place(file, int(line), 1)
            break
    return Step(str(value["name"]), str(value["kind"]), value["with"], sources, place)


def _order(build: Build) -> None:
    """Refuse steps that refer to what comes later, or to nothing."""
    known: set[str] = set()
    for step in build.steps:
        for reference in references(step.body):
            if reference.of not in known:
                raise BuildError(f"{BUILD}: {step.name} refers to {reference.of}, not before it")
        known.add(step.name)
