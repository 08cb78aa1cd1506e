"""The library: load an estate, check it, render it; what the command does, without the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.findings import Finding, Severity, has_errors
from hyperleaf.model.facts import NONE, resolve_facts
from hyperleaf.model.resolve import resolve
from hyperleaf.spec.documents import findings_of, validate
from hyperleaf.spec.facts import WrittenFacts, with_machine_sets
from hyperleaf.spec.yaml import read_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.model.estate import Estate
    from hyperleaf.model.facts import Facts
    from hyperleaf.render.files import RenderedFile


class UnsoundError(Exception):
    """An estate with errors was to be rendered; `findings` says which."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings)
        self.findings = findings

    def __str__(self) -> str:
        wrong = [str(one) for one in self.findings if one.severity is Severity.ERROR]
        return f"the estate has {len(wrong)} errors, the first: {wrong[0]}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """An estate as resolved, and everything found on the way, in the order of places."""

    estate: Estate
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing worse than a warning was found."""
        return not has_errors(self.findings)


def load(*paths: str | Path, facts: str | Path | Iterable[str | Path] | None = None) -> Loaded:
    """Read and resolve the files and folders `paths`; what cannot be read is a finding.

    `facts` are files, or one, of what the estate leaves to be found. Rules are not asked: `check`
    does that.
    """
    documents, unread = read_files([Path(path) for path in paths])
    texts, invalid = validate(documents)
    stated = [facts] if isinstance(facts, str | Path) else facts or ()
    found, wrong = read_facts(*stated)
    left_out = frozenset(one.document for one in (*unread, *invalid) if one.document)
    estate, unresolved = resolve(texts, found, left_out)
    return Loaded(estate, in_order((*unread, *invalid, *wrong, *unresolved)))


def check(*paths: str | Path, facts: str | Path | Iterable[str | Path] | None = None) -> Loaded:
    """Load an estate and ask every rule."""
    from hyperleaf.rules.registry import check as ask  # noqa: PLC0415 - half of what loading costs

    loaded = load(*paths, facts=facts)
    return Loaded(loaded.estate, in_order((*loaded.findings, *ask(loaded.estate))))


def render(loaded: Loaded) -> Iterator[RenderedFile]:
    """Yield every file that follows from an estate, the index last; nothing is written.

    Raises UnsoundError where an error was found: what is wrong is never rendered.
    """
    from hyperleaf.plan.clusters import plan  # noqa: PLC0415 - loading needs neither of them
    from hyperleaf.render.estate import render as rendered  # noqa: PLC0415

    if not loaded.is_sound:
        raise UnsoundError(loaded.findings)
    yield from rendered(plan(loaded.estate))


def read_facts(*paths: str | Path) -> tuple[Facts, tuple[Finding, ...]]:
    """Read facts files: what was found, and what is wrong with the files."""
    documents, unread = read_files([Path(path) for path in paths])
    findings = list(unread)
    found = NONE
    for document in documents:
        value, more = with_machine_sets(document.value, Path(document.origin.file).parent)
        findings.extend(more)
        written, problems = WrittenFacts.read(value)
        findings.extend(findings_of(problems, document.origin))
        if not problems:
            found = resolve_facts(found, written, document.origin)
    return (found if not findings else NONE), tuple(findings)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as a reader meets them, each once."""
    return tuple(sorted(set(findings)))
