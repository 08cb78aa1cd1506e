"""`hyperleaf diff`: what changes between two estates, or between an estate and a render."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import Asked, form, found, sound_plan, strictness
from hyperleaf.cli.screen import say, say_json, styled, wrapped
from hyperleaf.values.rendered import EXPECTED, INDEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hyperleaf.plan.clusters import Plan
    from hyperleaf.plan.difference import Change, Reasons, What
    from hyperleaf.plan.meaning import Meaning

# What follows from the rest and lists everything.
_SUMMARIES = frozenset({INDEX, EXPECTED})
_SIGNS: dict[What, tuple[str, str]] = {
    "added": ("+", "green"),
    "removed": ("-", "red"),
    "changed": ("~", "yellow"),
}


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two: what it means, and its files, made or read only when asked for."""

    meaning: Meaning
    reasons: Reasons
    files: Callable[[], dict[str, str]]
    is_rendered: bool


@click.command("diff", short_help="Tell what changes between two estates, or since a render.")
@click.argument("old", metavar="A", type=click.Path())
@click.argument("new", metavar="B", type=click.Path())
@click.option("--objects", is_flag=True, help="Name the objects that change for two estates, too.")
@found
@form
@strictness
def command(  # noqa: PLR0913 - click names each
    *,
    old: str,
    new: str,
    objects: bool,
    facts: tuple[str, ...],
    output: str,
    warnings_as_errors: bool,
) -> int:
    """Tell what changes from A to B: in the estate's own words first, then object by object.

    A and B are each an estate (a file, or a folder of them) or a folder that `render` wrote.

    \b
    Examples:
      hyperleaf diff before/ after/
      hyperleaf diff out lab              # what the next render changes
      hyperleaf diff out lab -o json | jq .objects.changed

    Exit status 1 where anything differs.
    """  # noqa: D301 - click's mark for a block that is not wrapped
    from hyperleaf.plan.difference import differences  # noqa: PLC0415 - after a usage error

    sides = [
        _side(Asked((path,), facts, output, warnings_as_errors=warnings_as_errors))
        for path in (old, new)
    ]
    before, after = sides
    changes = differences(before.meaning, after.meaning, after.reasons)
    compared = objects or before.is_rendered or after.is_rendered
    named = _compare(before.files(), after.files()) if compared else None
    if output == "json":
        say_json(_as_data(changes, named))
    else:
        _tell(changes, named)
    return ending.FOUND if changes or (named and any(named.values())) else ending.FINE


def _side(asked: Asked) -> _Side:
    (path,) = asked.estate
    index = Path(path, INDEX)
    if index.is_file():
        return _rendered(index)
    plan = sound_plan(asked)
    from hyperleaf.plan.difference import reasons_of  # noqa: PLC0415 - findings first
    from hyperleaf.plan.meaning import meaning  # noqa: PLC0415

    return _Side(meaning(plan), reasons_of(plan), lambda: _made(plan), is_rendered=False)


def _rendered(index: Path) -> _Side:
    try:
        value = json.loads(index.read_text(encoding="utf-8"))
        meant, files = value["estate"], list(value["files"])
    except (ValueError, KeyError, TypeError):
        raise ending.CouldNotRunError(f"{index} is no index that render wrote") from None
    return _Side(meant, {}, lambda: _read(index.parent, files), is_rendered=True)


def _made(plan: Plan) -> dict[str, str]:
    from hyperleaf.render.estate import render  # noqa: PLC0415 - only where objects are compared

    return {file.path: file.text for file in render(plan)}


def _read(folder: Path, files: Iterable[str]) -> dict[str, str]:
    return {
        path: (folder / path).read_text(encoding="utf-8")
        for path in files
        if (folder / path).is_file()
    }


def _compare(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """Return the paths of what is added, changed and removed."""
    kept = (before.keys() & after.keys()) - _SUMMARIES
    return {
        "added": sorted(after.keys() - before.keys() - _SUMMARIES),
        "changed": sorted(path for path in kept if before[path] != after[path]),
        "removed": sorted(before.keys() - after.keys() - _SUMMARIES),
    }


def _as_data(changes: Iterable[Change], named: dict[str, list[str]] | None) -> dict[str, Any]:
    told = [
        {
            "kind": one.kind,
            "name": one.name,
            "what": one.what,
            "field": one.field,
            "before": one.before,
            "after": one.after,
            "because": one.because,
            "consequence": one.consequence or None,
            "sentence": one.sentence,
        }
        for one in changes
    ]
    same = not told and not (named and any(named.values()))
    return {"same": same, "changes": told, "objects": named}


def _tell(changes: tuple[Change, ...], named: dict[str, list[str]] | None) -> None:
    for one in changes:
        sign, colour = _SIGNS[one.what]
        line = wrapped(one.sentence, indent="  ", first=f"{sign} ", stream=sys.stdout)
        say(styled(line, colour))
    if not changes:
        say("The same in meaning.")
    if named is None:
        return
    total = sum(map(len, named.values()))
    say()
    say(f"{total:,} rendered files differ:" if total else "Every rendered file is the same.")
    for what, (sign, colour) in _SIGNS.items():
        for path in named[what]:
            say(styled(f"{sign} {path}", colour))
