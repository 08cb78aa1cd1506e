"""The library: load an estate, check it, render it; what the command does, without the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.findings import Finding, has_errors
from hyperleaf.model.resolve import resolve
from hyperleaf.spec.documents import validate
from hyperleaf.spec.yaml import read_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.model.estate import Estate


@dataclass(frozen=True, slots=True)
class Loaded:
    """An estate as resolved, and everything found on the way, in the order of places."""

    estate: Estate
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing worse than a warning was found."""
        return not has_errors(self.findings)


def load(*paths: str | Path) -> Loaded:
    """Read and resolve the files and folders `paths`; what cannot be read is a finding.

    Rules are not asked yet: `check` does that.
    """
    documents, unread = read_files([Path(path) for path in paths])
    texts, invalid = validate(documents)
    estate, unresolved = resolve(texts)
    return Loaded(estate, in_order((*unread, *invalid, *unresolved)))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as a reader meets them, each once."""
    return tuple(sorted(set(findings)))
