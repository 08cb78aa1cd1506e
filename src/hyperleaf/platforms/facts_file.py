"""Outputs of steps become what a facts file says, which replaces an older one whole or not at all.

The same world gives the same bytes: nothing of a time, a run or an older file is in them.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.findings import Place
from hyperleaf.platforms.errors import PlatformError, told
from hyperleaf.platforms.steps import NotYet, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.platforms.build import Build

HEADER: Final = "# Written by `hyperleaf up` from what it made: run it again, edit nothing here.\n"
_EMPTY: Final[tuple[Any, ...]] = ({}, [], None)


def facts_of(build: Build, outputs: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
    """Return the facts that are known, names sorted; what is not known, or empty, is left out."""
    known = _known(resolve(dict(build.facts), outputs))
    return known if isinstance(known, dict) else {}


def _known(value: Any) -> Any:
    """Return a value without what is not known yet; None where nothing is left of it."""
    if isinstance(value, NotYet):
        return None
    if isinstance(value, dict):
        kept = {name: _known(value[name]) for name in sorted(value)}
        return {name: one for name, one in kept.items() if one not in _EMPTY} or None
    if isinstance(value, list):
        return [one for one in map(_known, value) if one not in _EMPTY] or None
    return value


def refuse_foreign(path: Path) -> None:
    """Raise PlatformError where a file of that name is there which `up` did not write."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.readline()
    except FileNotFoundError:
        return
    except OSError as error:
        first = f"{error.strerror}"
    if first != HEADER:
        message = f"{path} is there, and `up` did not write it"
        hint = "name another file, or move this one away"
        finding = told("HL1417", message, hint)
        raise PlatformError(replace(finding, place=Place(str(path), 1, 1)))


def write(path: Path, text: str) -> bool:
    """Put the header and `text` in the file's place; tell whether that changed anything.

    Raises OSError; the old file is then as it was.
    """
    content = HEADER + text
    if path.exists() and path.read_text(encoding="utf-8") == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}-", delete=False
    ) as file:
        scratch = Path(file.name)
        try:
            file.write(content)
            file.flush()
            scratch.chmod(0o644)
            scratch.rename(path)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise
    return True
