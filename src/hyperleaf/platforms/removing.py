"""What bears our mark is found on every platform of a build and removed, dependents first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperleaf.platforms.carriers import CARRIERS
from hyperleaf.platforms.errors import AccessError, PlatformError, placed
from hyperleaf.platforms.side_by_side import Heard, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.build import Build
    from hyperleaf.platforms.steps import Carrier, Owned, Step


@dataclass(frozen=True, slots=True)
class Removing:
    """A thing is being removed."""

    owned: Owned


@dataclass(frozen=True, slots=True)
class Under:
    """What is under way while a thing is removed."""

    owned: Owned
    what: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A thing is gone, or `finding` says what keeps it."""

    owned: Owned
    finding: Finding | None = None


@dataclass(slots=True)
class Gone:
    """What came of a removal: what is gone, and why the rest is not."""

    removed: list[Owned] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def kinds_of_removal(build: Build) -> tuple[str, ...]:
    """Return every kind of the build's platforms, the ones that others rest on last.

    Also kinds that no step has any more: what they made bears our mark all the same.
    """
    platforms = {step.kind.partition(".")[0] for step in build.steps}
    return tuple(kind for kind in reversed(tuple(CARRIERS)) if kind.partition(".")[0] in platforms)


def owned(carriers: Mapping[str, Carrier]) -> tuple[Owned, ...]:
    """Return everything that bears our mark, in the order of its removal; changes nothing."""
    return tuple(one for carrier in carriers.values() for one in carrier.owned())


def remove(
    things: tuple[Owned, ...],
    build: Build,
    carriers: Mapping[str, Carrier],
    hear: Callable[[object], object],
) -> Gone:
    """Remove things, each when all that rests on it is gone, and side by side where nothing does.

    What cannot be removed keeps only what it rests on. Raises AccessError.
    """
    work = _Work(build, carriers, Heard(hear))
    try:
        side_by_side(things, work.may_begin, work.remove, work.take)
    finally:
        work.hear.is_over = True
    if work.away is not None:
        raise work.away
    order = {id(one): place for place, one in enumerate(things)}
    work.gone.removed.sort(key=lambda one: order[id(one)])
    return work.gone


@dataclass(slots=True)
class _Work:
    """What things that are removed have in common: which could not be, and whether one can ask."""

    build: Build
    carriers: Mapping[str, Carrier]
    hear: Heard
    gone: Gone = field(default_factory=Gone)
    kept: list[Owned] = field(default_factory=list)
    away: AccessError | None = None

    def may_begin(self, one: Owned, before: Sequence[Owned]) -> bool:
        """Tell whether nothing that rests on a thing is left."""
        left = (*before, *self.kept)
        if self.away is not None:
            return False
        if one.after is None:
            return not left
        return not one.after & {each.key for each in left}

    def remove(self, one: Owned) -> None:
        """Remove one thing."""
        self.hear(Removing(one))
        self.carriers[one.kind].remove(one, lambda what: self.hear(Under(one, what)))

    def take(self, one: Owned, came: BaseException | None) -> None:
        """Take up how a removal ended."""
        if came is None:
            self.gone.removed.append(one)
            self.hear(Removed(one))
        elif isinstance(came, PlatformError):
            error = placed(came, _step_of(one, self.build))
            self.kept.append(one)
            self.hear(Removed(one, error.finding))
            if isinstance(error, AccessError):
                self.away = error
            else:
                self.gone.findings.append(error.finding)
        else:
            raise came


def _step_of(one: Owned, build: Build) -> Step:
    """Return the step that makes a thing, or the first one: something must say where to look."""
    made = (step for step in build.steps if one.name in step.body.values())
    return next(made, build.steps[0])
