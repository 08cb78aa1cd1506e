"""Findings become plain text for people: the place first, so that editors and terminals jump."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.findings import Finding


def describe(findings: Iterable[Finding]) -> str:
    """Return every finding in the order given: place, code and message; where; what to write."""
    return "".join(map(describe_one, findings))


def describe_one(finding: Finding) -> str:
    """Return one finding in up to three lines, each ended."""
    where = f"  in {finding.document}" + (f", {finding.path}" if finding.path else "")
    lines = [str(finding)]
    if finding.document:
        lines.append(where)
    if finding.hint:
        lines.append(f"  hint: {finding.hint}")
    return "\n".join(lines) + "\n"
