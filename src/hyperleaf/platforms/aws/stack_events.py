"""A stack's events become what is under way, how far it is, and what failed first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hyperleaf.platforms.aws.stack_calls import Event

_BEGINS: Final = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
_DOING: Final = {
    "CREATE_IN_PROGRESS": "creating",
    "CREATE_COMPLETE": "made",
    "UPDATE_IN_PROGRESS": "changing",
    "UPDATE_COMPLETE": "changed",
    "DELETE_IN_PROGRESS": "deleting",
    "DELETE_COMPLETE": "gone",
    "DELETE_SKIPPED": "kept",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A resource that could not be made, changed or deleted, and why."""

    resource: str
    type: str
    reason: str

    def __str__(self) -> str:
        return f"{self.resource} ({self.type}): {self.reason}"


def latest(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return the events of the last operation on the stack, its beginning included."""
    for number in range(len(events) - 1, -1, -1):
        if events[number].is_stack and events[number].status in _BEGINS:
            return tuple(events[number:])
    return tuple(events)


def under_way(events: Iterable[Event], count: int) -> str:
    """Return what goes on, as `NatGateway NatA: creating (12 of 40 done)`."""
    last: Event | None = None
    done: set[str] = set()
    for one in events:
        if one.is_stack:
            continue
        last = one
        (done.add if one.status.endswith("_COMPLETE") else done.discard)(one.resource)
    if last is None:
        return ""
    doing = _DOING.get(last.status, last.status.lower().replace("_", " "))
    kind = last.type.rpartition("::")[2]
    return f"{kind} {last.resource}: {doing} ({len(done)} of {max(count, len(done))} done)"


def failures(events: Sequence[Event]) -> tuple[Failure, ...]:
    """Return what failed in the last operation by itself, oldest first.

    What was only cancelled because another failed is left out.
    """
    found = [
        Failure(one.resource, one.type, one.reason or one.status)
        for one in latest(events)
        if not one.is_stack
        and one.status.endswith("_FAILED")
        and "cancelled" not in one.reason.lower()
    ]
    return tuple(dict.fromkeys(found))
