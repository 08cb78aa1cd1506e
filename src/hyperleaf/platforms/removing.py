"""What bears our mark is found on every platform of a build and removed, dependents first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperleaf.platforms.carriers import CARRIERS
from hyperleaf.platforms.errors import PlatformError, placed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    """Remove things in their order, and stop at the first that cannot be: others may rest on it."""
    gone = Gone()
    for one in things:
        hear(Removing(one))

        def tell(what: str, one: Owned = one) -> None:
            hear(Under(one, what))

        try:
            carriers[one.kind].remove(one, tell)
        except PlatformError as error:
            finding = placed(error, _step_of(one, build)).finding
            hear(Removed(one, finding))
            gone.findings.append(finding)
            break
        gone.removed.append(one)
        hear(Removed(one))
    return gone


def _step_of(one: Owned, build: Build) -> Step:
    """Return the step that makes a thing, or the first one: something must say where to look."""
    made = (step for step in build.steps if one.name in step.body.values())
    return next(made, build.steps[0])
