"""Steps are examined in their order, and those that differ are carried out, each told as it goes.

Nothing is remembered: whoever is interrupted examines again, and goes on with what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hyperleaf.findings import Severity, has_errors
from hyperleaf.platforms.errors import AccessError, PlatformError, placed, told
from hyperleaf.platforms.steps import NotYet, Seen, references, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.build import Build
    from hyperleaf.platforms.steps import Carrier, Step

    Outputs = dict[str, Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Begun:
    """A step is looked at, or carried out where it `is_making`."""

    step: Step
    is_making: bool


@dataclass(frozen=True, slots=True)
class Going:
    """What is under way in a step, in a few words."""

    step: Step
    what: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A step is as it should be, or `findings` say what keeps it from that."""

    step: Step
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """A step with its body resolved as far as outputs were known, and what was found."""

    step: Step
    inputs: Mapping[str, Any] = field(repr=False)
    seen: Seen


def examine(
    build: Build,
    carriers: Mapping[str, Carrier],
    hear: Callable[[object], object],
    *,
    without_access: bool = False,
) -> tuple[Examined, ...]:
    """Compare every step with the world, in order; nothing is changed.

    `without_access`: a platform that cannot be spoken to is told of by a warning, and its steps
    are shown as if nothing were there. Else that is an AccessError. Other failures are findings of
    their step.
    """
    outputs: Outputs = {}
    made: list[Examined] = []
    away: set[str] = set()
    for step in build.steps:
        hear(Begun(step, is_making=False))
        inputs = resolve(step.body, outputs)
        carrier, platform = carriers[step.kind], step.kind.partition(".")[0]
        try:
            seen = (carrier.from_nothing if platform in away else carrier.examine)(step, inputs)
        except AccessError as error:
            if not without_access:
                raise placed(error, step) from None
            away.add(platform)
            seen = carrier.from_nothing(step, inputs)
            seen = replace(seen, findings=(*seen.findings, _lighter(placed(error, step).finding)))
        except PlatformError as error:
            seen = Seen(findings=(placed(error, step).finding,))
        outputs[step.name] = seen.outputs
        made.append(Examined(step, inputs, seen))
        hear(Ended(step, tuple(one for one in seen.findings if one.severity is Severity.ERROR)))
    return tuple(made)


def _lighter(finding: Finding) -> Finding:
    hint = f"{finding.hint}; what follows is shown as if nothing were there".removeprefix("; ")
    return replace(finding, severity=Severity.WARNING, hint=hint)


@dataclass(slots=True)
class Carried:
    """What came of carrying out: outputs by step, which steps changed something, what failed."""

    outputs: Outputs = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def carry_out(
    examined: Iterable[Examined],
    carriers: Mapping[str, Carrier],
    only: frozenset[str],
    hear: Callable[[object], object],
    carried: Carried,
) -> None:
    """Carry out the steps that differ, in order, and stop at the first that fails.

    `only` names the steps that may change something; empty: all. A step whose inputs have become
    known, or are others now, is examined once more before. What comes of it is taken up by
    `carried`, so that it is known, too, where somebody interrupts. Raises AccessError.
    """
    for one in examined:
        step, may = one.step, not only or one.step.name in only
        try:
            seen = _carry_one(one, carriers[step.kind], carried, hear, may=may)
        except AccessError as error:
            hear(Ended(step, (error.finding,)))
            raise placed(error, step) from None
        except PlatformError as error:
            seen = Seen(findings=(placed(error, step).finding,))
        carried.outputs[step.name] = seen.outputs
        wrong = tuple(found for found in seen.findings if found.severity is Severity.ERROR)
        carried.findings.extend(seen.findings)
        hear(Ended(step, wrong))
        if wrong:
            break


def _carry_one(
    one: Examined,
    carrier: Carrier,
    carried: Carried,
    hear: Callable[[object], object],
    *,
    may: bool,
) -> Seen:
    """Bring one step to be as it should; return what is known of it then."""
    step, inputs = one.step, resolve(one.step.body, carried.outputs)
    seen = replace(one.seen, findings=())
    if inputs != one.inputs:
        hear(Begun(step, is_making=False))
        seen = carrier.examine(step, inputs)
    if not seen.changes or not may or has_errors(seen.findings):
        return seen
    missing = _missing(step, carried.outputs)
    if missing:
        names = ", ".join(f"{one.output} of {one.of}" for one in missing)
        needs = f"{step.name} needs what is not made yet: {names}"
        hint = f"name the steps before it as well: --only {missing[0].of}"
        return Seen(findings=(told("HL1419", needs, hint, step=step),))
    hear(Begun(step, is_making=True))

    def tell(what: str) -> None:
        hear(Going(step, what))

    outputs = carrier.carry_out(step, inputs, tell)
    carried.changed.append(step.name)
    return Seen(outputs=outputs, findings=seen.findings)


def _missing(step: Step, outputs: Outputs) -> list[NotYet]:
    return [
        NotYet(one.of, one.output)
        for one in references(step.body)
        if one.output not in (outputs.get(one.of) or {})
    ]
