"""The examples that come with hyperleaf: in the package, or beside its sources in a checkout."""

from __future__ import annotations

from pathlib import Path

from hyperleaf.cli import ending

_PACKAGE = Path(__file__).parents[1]


def folder() -> Path:
    """Return where the examples lie."""
    for place in (_PACKAGE / "examples", _PACKAGE.parents[1] / "examples"):
        if place.is_dir():
            return place
    raise ending.CouldNotRunError("the examples are missing from this installation")


def names() -> list[str]:
    """Return the names of the examples."""
    return sorted(one.name for one in folder().iterdir() if one.is_dir())


def texts(name: str) -> dict[str, str]:
    """Return an example's files by their names."""
    return {
        one.name: one.read_text(encoding="utf-8")
        for one in sorted((folder() / name).glob("*.yaml"))
    }
