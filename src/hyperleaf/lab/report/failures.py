"""What failed is put together by its cause: one mistake of an object breaks many promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.lab.outcome import Cause, Checked


@dataclass(frozen=True, slots=True)
class Failure:
    """A likely cause, or none that was found, and the checks that it explains."""

    cause: Cause | None
    checks: tuple[Checked, ...]


def failures(wrong: Iterable[Checked]) -> tuple[Failure, ...]:
    """Return what is wrong by its first cause: what explains most first, what nothing does last."""
    groups: dict[tuple[str, str, str], list[Checked]] = {}
    for one in wrong:
        groups.setdefault(_key(one), []).append(one)
    ordered = sorted(groups.values(), key=lambda group: (not group[0].causes, -len(group)))
    return tuple(Failure(_fullest(group), tuple(group)) for group in ordered)


def _key(one: Checked) -> tuple[str, str, str]:
    if not one.causes:
        return ("", "", one.kind)
    first = one.causes[0]
    return (first.object, first.file, first.why)


def _fullest(group: list[Checked]) -> Cause | None:
    """Return the first cause of a group that has most evidence: others only name the object."""
    causes = [one.causes[0] for one in group if one.causes]
    return max(causes, key=lambda one: len(one.evidence), default=None)
