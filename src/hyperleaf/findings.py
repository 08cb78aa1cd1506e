"""Findings: what is wrong with an input, where it stands, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Severity(StrEnum):
    """How much a finding weighs: an error stops a render, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Place(NamedTuple):
    """A position in a file; line and column count from one."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


_NONE: Mapping[str | int, Marks] = MappingProxyType({})


class Marks:
    """The positions of a YAML node and of everything below it.

    `line` and `column` (from one) are where a value stands, or, for a member of a mapping, its key.
    """

    __slots__ = ("children", "column", "line")

    def __init__(
        self, line: int, column: int, children: Mapping[str | int, Marks] | None = None
    ) -> None:
        self.line = line
        self.column = column
        self.children: Mapping[str | int, Marks] = _NONE if children is None else children


@dataclass(frozen=True, slots=True)
class Origin:
    """The document that something follows from: its file, kind, name and the marks within it."""

    file: str
    kind: str
    name: str
    marks: Marks = field(compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}" if self.name else self.kind

    def place(self, *path: str | int) -> Place:
        """Return where `path` stands, or the nearest enclosing node that was written."""
        node = self.marks
        for step in path:
            child = node.children.get(step)
            if child is None:
                break
            node = child
        return Place(self.file, node.line, node.column)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing wrong: `place` first, so that findings sort as a reader meets them."""

    place: Place
    code: str
    message: str
    hint: str = ""
    path: str = ""
    document: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.place}: {self.severity} {self.code}: {self.message}"


def at(
    origin: Origin,
    *path: str | int,
    code: str,
    message: str,
    hint: str = "",
    severity: Severity = Severity.ERROR,
) -> Finding:
    """Return a finding about `path` of the document `origin`."""
    return Finding(
        place=origin.place(*path),
        code=code,
        message=message,
        hint=hint,
        path=".".join(str(step) for step in path),
        document=str(origin),
        severity=severity,
    )


def has_errors(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


class FoundError(Exception):
    """Something that ends the work; `finding` says what, in words that hold no credential."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding
