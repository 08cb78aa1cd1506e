"""Finds the judges that `make tools` built."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Found:
    """A judge's folder, or None and the reason in words; some machines cannot have every judge."""

    folder: Path | None
    reason: str
    is_possible: bool = True


def cache_folder() -> Path:
    """Return $HYPERLEAF_CACHE or ~/.cache/hyperleaf."""
    return Path(os.environ.get("HYPERLEAF_CACHE") or Path.home() / ".cache" / "hyperleaf")


def find(name: str) -> Found:
    """Look for a judge by name (apiserver, crds, frr-k8s, root, nmstate)."""
    link = cache_folder() / "judges" / name
    if (link / "recipe.json").is_file():
        return Found(link.resolve(), "built")
    note = cache_folder() / "judges" / f"{name}.missing"
    if note.is_file():
        why = json.loads(note.read_text())
        return Found(None, f"the judge {name!r} cannot be built here: {why}", is_possible=False)
    return Found(None, f"the judge {name!r} is not built, run `make tools`")


def folder(name: str) -> Path:
    """Return a judge's folder; FileNotFoundError says how to build it."""
    found = find(name)
    if found.folder is None:
        raise FileNotFoundError(found.reason)
    return found.folder
