"""Compares what is rendered with what a person has read and kept.

With HYPERLEAF_UPDATE_GOLDEN=1 the kept files are written anew: read the difference before keeping.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def is_updating() -> bool:
    """Tell whether kept texts are to be written anew, for a person to read the difference."""
    return os.environ.get("HYPERLEAF_UPDATE_GOLDEN") == "1"


def compare(folder: Path, made: Mapping[str, str]) -> None:
    """Assert that `folder` holds exactly the files `made` (names and texts), an estate aside."""
    if is_updating():
        _keep(folder, made)
    kept = {path.name: path.read_text() for path in _kept(folder)}
    assert sorted(made) == sorted(kept)
    for name, text in made.items():
        assert text == kept[name], f"{name} differs"


def _kept(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*")) if path.name != "estate.yaml"]


def _keep(folder: Path, made: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in _kept(folder):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text)
