"""Steps are examined in their order, and those that differ are carried out, each told as it goes.

Nothing is remembered: whoever is interrupted examines again, and goes on with what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.findings import Severity, has_errors
from hyperleaf.platforms.errors import AccessError, PlatformError, placed, told
from hyperleaf.platforms.side_by_side import Heard, side_by_side
from hyperleaf.platforms.steps import NotYet, Seen, references, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.build import Build
    from hyperleaf.platforms.steps import Carrier, Step

    Outputs = dict[str, Mapping[str, Any] | None]


# Steps of these kinds rest on nothing but what they refer to; others on all that come before.
_BESIDE_OTHERS: Final = frozenset({"aws.stack", "aws.resolver", "aws.tags"})


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
    """Carry out the steps that differ; none begins any more once one has failed.

    `only` names the steps that may change something; empty: all. A step begins when what it refers
    to is done; one that refers to nothing of each other goes on beside it (an account's stacks take
    minutes each), where its platform allows that. A step whose inputs have become known, or are
    others now, is examined once more before. What comes of it is taken up by `carried`, so that it
    is known, too, where somebody interrupts. Raises AccessError.
    """
    listed = tuple(examined)
    order = [one.step.name for one in listed]
    work = _Carrying(carriers, only, Heard(hear), carried)
    try:
        side_by_side(listed, work.may_begin, work.carry, work.take)
    finally:
        work.hear.is_over = True
        carried.changed.sort(key=order.index)
    if isinstance(work.stop, AccessError):
        raise work.stop


@dataclass(slots=True)
class _Carrying:
    """What steps that are carried out have in common; `stop` is what keeps more from beginning."""

    carriers: Mapping[str, Carrier]
    only: frozenset[str]
    hear: Heard
    carried: Carried
    stop: PlatformError | None = None

    def may_begin(self, one: Examined, before: Sequence[Examined]) -> bool:
        """Tell whether nothing that a step rests on is still to be done."""
        if self.stop is not None:
            return False
        if one.step.kind not in _BESIDE_OTHERS:
            return not before
        needed = {each.of for each in references(one.step.body)}
        return not needed & {each.step.name for each in before}

    def carry(self, one: Examined) -> _Done:
        """Bring a step to be as it should."""
        step = one.step
        may = not self.only or step.name in self.only
        missing = _missing(step, self.carried.outputs) if may else None
        inputs = resolve(step.body, self.carried.outputs)
        return _carry_one(one, inputs, missing, self.carriers[step.kind], self.hear)

    def take(self, one: Examined, done: _Done | BaseException) -> None:
        """Take up how a step ended."""
        step = one.step
        if isinstance(done, PlatformError):
            error = placed(done, step)
            if self.stop is None or isinstance(error, AccessError):
                self.stop = error
            done = _Done(Seen(findings=(error.finding,)))
        elif isinstance(done, BaseException):
            raise done
        seen = done.seen
        self.carried.outputs[step.name] = seen.outputs
        if done.is_changed:
            self.carried.changed.append(step.name)
        wrong = tuple(found for found in seen.findings if found.severity is Severity.ERROR)
        if not isinstance(self.stop, AccessError):
            self.carried.findings.extend(seen.findings)
        if wrong and self.stop is None:
            self.stop = PlatformError(wrong[0])
        self.hear(Ended(step, wrong))


@dataclass(frozen=True, slots=True)
class _Done:
    """What is known of a step that was brought to be as it should, and whether that took a deed."""

    seen: Seen
    is_changed: bool = False


def _carry_one(
    one: Examined,
    inputs: Mapping[str, Any],
    missing: list[NotYet] | None,
    carrier: Carrier,
    hear: Callable[[object], object],
) -> _Done:
    """Bring one step to be as it should; `missing` is None where nothing of it may be changed."""
    step, seen = one.step, replace(one.seen, findings=())
    if inputs != one.inputs:
        hear(Begun(step, is_making=False))
        seen = carrier.examine(step, inputs)
    if not seen.changes or missing is None or has_errors(seen.findings):
        return _Done(seen)
    if missing:
        names = ", ".join(f"{each.output} of {each.of}" for each in missing)
        needs = f"{step.name} needs what is not made yet: {names}"
        hint = f"name the steps before it as well: --only {missing[0].of}"
        return _Done(Seen(findings=(told("HL1419", needs, hint, step=step),)))
    hear(Begun(step, is_making=True))

    def tell(what: str) -> None:
        hear(Going(step, what))

    outputs = carrier.carry_out(step, inputs, tell)
    return _Done(Seen(outputs=outputs, findings=seen.findings), is_changed=True)


def _missing(step: Step, outputs: Outputs) -> list[NotYet]:
    return [
        NotYet(one.of, one.output)
        for one in references(step.body)
        if one.output not in (outputs.get(one.of) or {})
    ]
