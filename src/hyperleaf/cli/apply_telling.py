"""What an application did, or would do, becomes text by the estate's documents, or JSON."""

from __future__ import annotations

import difflib
import json
import sys
import time
from itertools import groupby
from typing import TYPE_CHECKING, Any, TextIO

from hyperleaf.cli.screen import say, styled, wrapped
from hyperleaf.cli.telling import as_data as finding_as_data
from hyperleaf.cli.telling import count, number, sentence, tell
from hyperleaf.cluster.comparing import What
from hyperleaf.cluster.difference import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.cli.apply import Story
    from hyperleaf.cluster.comparing import Compared
    from hyperleaf.cluster.difference import Difference
    from hyperleaf.findings import Finding

_LONGEST = 160
_SIGNS = {
    What.NEW: ("+", "green"),
    What.LATER: ("+", "green"),
    What.CHANGED: ("~", "yellow"),
    What.KEPT: ("=", "dim"),
    What.REFUSED: ("!", "red"),
}


def tell_all(story: Story) -> None:
    """Write what came of it: findings to standard error, the rest to standard output."""
    if story.how.dry_run:
        _tell_changes(story)
        tell_beforehand(story, sys.stdout)
    if story.findings:
        tell(story.findings, sys.stderr)
    say(_summary(story))


def _tell_changes(story: Story) -> None:
    shown = [one for one in story.compared if one.what is not What.SAME]
    by_document = sorted(shown, key=lambda one: (one.item.place, one.item.sources))
    for (place, sources), members in groupby(
        by_document, key=lambda one: (one.item.place, one.item.sources)
    ):
        named = styled(", ".join(sources) or "without a document", "bold")
        say(f"{named}  {styled(f'{place.file}:{place.line}', 'dim')}")
        for one in members:
            _tell_one(one)
        say()
    if story.lacking:
        say(styled("Nodes that were there before", "bold"))
        for node in story.lacking:
            say(styled(f"  ~ {node.title}", "yellow"))
            for each in node.told():
                say(f"      {each}")
        say()


def _tell_one(one: Compared) -> None:
    sign, colour = _SIGNS[one.what]
    notes = []
    if one.what is What.LATER:
        notes.append("its kind comes with an operator first")
    elif not one.is_tried:
        new = one.what is What.NEW
        notes.append("with its namespace" if new else "not tried: a webhook knows no trials")
    if one.is_forced:
        notes.append(f"taken over from {', '.join(sorted({c.manager for c in one.contested}))}")
    said = f"  ({'; '.join(notes)})" if notes else ""
    say(styled(f"  {sign} {one.item.title}{said}", colour))
    for each in one.differences:
        for line in _lines(each):
            say(wrapped(line, indent="        ", first="      ", stream=sys.stdout))
    if one.what is What.CHANGED and not one.differences:
        say("      the same values, which become ours to keep")


def _lines(one: Difference) -> Iterator[str]:
    """Yield a field's change: whole where it is short, else the lines that differ."""
    if _is_text(one.before) and _is_text(one.after):
        yield f"{one.path}:"
        lines = difflib.unified_diff(
            str(one.before).splitlines(), str(one.after).splitlines(), n=0, lineterm=""
        )
        yield from (f"  {line}" for line in list(lines)[2:] if not line.startswith("@@"))
        return
    yield f"{one.path}: {_value(one.before)} -> {_value(one.after)}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _value(value: object) -> str:
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def tell_beforehand(story: Story, stream: TextIO) -> None:
    """Write what nodes go through and what is deleted."""
    for said in story.rolls:
        line = wrapped(said, indent="  ", first="! ", stream=stream)
        say(styled(line, "yellow", stream=stream), stream=stream)
    stale = story.prunable.stale if story.prunable else ()
    if stale:
        verb = "would be" if story.how.dry_run else "will be"
        say(f"{number(len(stale), 'object')} of ours {verb} deleted:", stream=stream)
    for one in stale:
        warning = f": {one.warning}" if one.warning else ""
        line = f"  - {one.title}  (was {one.sources}){warning}"
        say(styled(line, "red", stream=stream), stream=stream)


def _summary(story: Story) -> str:
    counts = dict.fromkeys(What, 0)
    for one in story.compared:
        counts[one.what] += 1
    name = styled(story.target.cluster, "bold")
    if story.how.dry_run:
        new = counts[What.NEW] + counts[What.LATER]
        parts = [
            f"{new:,} new",
            f"{counts[What.CHANGED]:,} changed",
            f"{counts[What.SAME] + counts[What.KEPT]:,} as they should be",
        ]
        if counts[What.REFUSED]:
            parts.append(f"{counts[What.REFUSED]:,} refused")
        return f"{name}: {', '.join(parts)}. Nothing was written."
    total = number(len(story.compared), "object")
    written = len(story.written)
    gone = f", {number(len(story.deleted), 'object')} deleted" if story.deleted else ""
    if story.marked:
        gone += f", {number(len(story.marked), 'node')} labelled"
    took = f"{time.monotonic() - story.began:.1f} s"
    if story.is_done:
        return f"{name}: {total} as they should be, {written:,} written{gone} ({took})"
    if not written:
        return f"{name}: nothing was written."
    return f"{name}: stopped after {number(written, 'write')}{gone}; the same command goes on."


def broken(story: Story, finding: Finding) -> str:
    """Return the sentence of a cluster that cannot be spoken to, and how far it came."""
    said = sentence(finding)
    if story.written:
        said += f"\n  {number(len(story.written), 'object was', 'objects were')} written before"
    return said


def as_data(story: Story) -> dict[str, Any]:
    """Return it all as programs read it; a Secret's values are in none of it."""
    return {
        "cluster": story.target.cluster,
        "server": story.server,
        "dryRun": story.how.dry_run,
        "done": story.is_done,
        "objects": [_object(one, story) for one in story.compared],
        "rolls": list(story.rolls),
        "nodes": [
            {"name": one.name, "gets": list(one.told()), "written": one in story.marked}
            for one in story.lacking
        ],
        "prune": [
            {"object": one.title, "from": one.sources, "deleted": one in story.deleted}
            for one in (story.prunable.stale if story.prunable else ())
        ],
        "findings": [finding_as_data(one) for one in story.findings],
        **count(story.findings),
        "seconds": round(time.monotonic() - story.began, 3),
    }


def _object(one: Compared, story: Story) -> dict[str, Any]:
    item = one.item
    return {
        "step": item.step,
        "kind": item.kind,
        "namespace": item.namespace,
        "name": item.name,
        "what": one.what.value,
        "written": item.key in story.written,
        "document": ", ".join(item.sources),
        "file": item.place.file,
        "line": item.place.line,
        "takenOverFrom": sorted({each.manager for each in one.contested if one.is_forced}),
        "differences": [_difference(each) for each in one.differences],
    }


def _difference(one: Difference) -> dict[str, Any]:
    values = {"before": one.before, "after": one.after}
    return {"path": one.path} | {n: value for n, value in values.items() if value is not ABSENT}
