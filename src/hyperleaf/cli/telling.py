"""Findings become lines that a person reads, or plain data for programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from hyperleaf.cli.screen import has_colour, is_terminal, say, styled, wrapped
from hyperleaf.describing import describe
from hyperleaf.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}
_TAB = "    "


def as_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as programs read it."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "path": finding.path,
        "document": finding.document,
    }


def sentence(finding: Finding) -> str:
    """Return a finding about a cluster, which stands in no line: code, file, message and hint."""
    file = f"{finding.place.file}: " if finding.place.file else ""
    hint = f"\n  hint: {finding.hint}" if finding.hint else ""
    return f"{finding.code}: {file}{finding.message}{hint}"


def count(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many errors and warnings there are."""
    made = {"errors": 0, "warnings": 0}
    for finding in findings:
        made["errors" if finding.severity is Severity.ERROR else "warnings"] += 1
    return made


def number(amount: int, one: str, many: str | None = None) -> str:
    """Return an amount with its noun.

    >>> number(1, "error"), number(1200, "error"), number(2, "policy", "policies")
    ('1 error', '1,200 errors', '2 policies')
    """
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def summary(findings: Sequence[Finding]) -> str:
    """Return `2 errors and 1 warning`, leaving out what there is none of."""
    counts = count(findings)
    parts = [number(n, noun[:-1]) for noun, n in counts.items() if n]
    return " and ".join(parts) or "nothing found"


def tell(findings: Sequence[Finding], stream: TextIO | None = None) -> None:
    """Write findings, a line each for a pipe; on a terminal with their source line and a caret."""
    target = stream or sys.stdout
    if not is_terminal(target) and not has_colour(target):
        say(describe(findings).rstrip("\n"), stream=target)
        return
    sources = _Sources()
    for finding in findings:
        _tell_one(finding, target, sources)


def _tell_one(finding: Finding, stream: TextIO, sources: _Sources) -> None:
    place = styled(str(finding.place), "bold", stream=stream)
    weight = styled(
        f"{finding.severity} {finding.code}", _COLOURS[finding.severity], "bold", stream=stream
    )
    about = f" in {finding.document}" if finding.document else ""
    say(f"{weight} {place}{styled(about, 'dim', stream=stream)}", stream=stream)
    say(wrapped(finding.message, indent="  ", stream=stream), stream=stream)
    line = sources.line(finding.place.file, finding.place.line)
    if line is not None:
        _tell_source(line, finding, stream)
    if finding.hint:
        hint = wrapped(finding.hint, indent="        ", first="  hint: ", stream=stream)
        say(styled(hint, "cyan", stream=stream), stream=stream)
    say(stream=stream)


def _tell_source(line: str, finding: Finding, stream: TextIO) -> None:
    """Write the source line, cut around the column where it is longer than the screen."""
    from hyperleaf.cli.screen import width  # noqa: PLC0415 - terminals only

    gutter = f"{finding.place.line:>6} | "
    room = width(stream) - len(gutter)
    before = line[: finding.place.column - 1].replace("\t", _TAB)
    text = line.replace("\t", _TAB)
    column = _columns(before)
    start = max(0, min(column - room // 3, len(text) - room)) if len(text) > room else 0
    shown = text[start : start + room]
    say(f"{styled(gutter, 'dim', stream=stream)}{shown}", stream=stream)
    caret = " " * (len(gutter) + max(0, column - start)) + "^"
    say(styled(caret, _COLOURS[finding.severity], "bold", stream=stream), stream=stream)


def _columns(text: str) -> int:
    """Return the columns that a text takes on a terminal: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - seldom needed

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


class _Sources:
    """Lines of the files that findings stand in, each file read once."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def line(self, file: str, line: int) -> str | None:
        """Return a line, counted from one; None where the file has none of that number."""
        if file not in self._files:
            try:
                text = Path(file).read_text(encoding="utf-8-sig", errors="replace")
            except (OSError, ValueError):
                text = ""
            self._files[file] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        lines = self._files[file]
        text = lines[line - 1] if line <= len(lines) else ""
        printable = "".join(one if one.isprintable() or one == "\t" else "?" for one in text)
        return printable if printable.strip() else None
