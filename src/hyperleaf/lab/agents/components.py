"""Finds the programs that real agents are, as `make tools` left them in the cache."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.errors import NoProofError
from hyperleaf.lab.root import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# The folder of each below the cache's `judges`, and what of it runs inside.
PROGRAMS = {
    "apiserver": ("kube-apiserver",),
    "frr-k8s": ("frr-k8s-controller", "frr-reloader.sh"),
    "nmstate": ("nmstatectl",),
    "nmstate-handler": ("handler",),
}
CRDS = "crds"


class NoAgentsError(NoProofError):
    """Programs that real agents need are not in the cache; says how they come there."""


def check() -> None:
    """Raise NoAgentsError where a program is missing."""
    missing = [name for name in (*PROGRAMS, CRDS) if not _is_there(name)]
    if missing:
        raise NoAgentsError(
            f"real agents need {', '.join(missing)} in {_judges()}: run `make tools`"
        )


def lay_out(folder: Path) -> None:
    """Give a lab's folder the programs, as links where the file system has them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, programs in PROGRAMS.items():
        for program in programs:
            source = (_judges() / name).resolve() / program
            try:
                os.link(source, folder / program)
            except OSError:
                shutil.copy2(source, folder / program)


def crds(kinds: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the definitions of kinds, (group, kind) each; those that are no CRD are left out."""
    wanted = set(kinds)
    folder = _judges() / CRDS
    found = []
    for entry in json.loads((folder / "index.json").read_text()):
        if (entry["group"], entry["kind"]) in wanted:
            crd = json.loads((folder / f"{entry['name']}.json").read_text())
            crd.setdefault("metadata", {}).pop("creationTimestamp", None)
            crd.pop("status", None)
            found.append(crd)
    return found


def _judges() -> Path:
    return cache_folder() / "judges"


def _is_there(name: str) -> bool:
    folder = _judges() / name
    programs = PROGRAMS.get(name, ("index.json",))
    return (folder / "recipe.json").is_file() and all((folder / one).exists() for one in programs)
