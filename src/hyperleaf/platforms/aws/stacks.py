"""Steps of the kind aws.stack: a CloudFormation stack for each, found by its name and our mark."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hyperleaf.platforms.aws import buckets
from hyperleaf.platforms.aws.regions import regions_of
from hyperleaf.platforms.aws.replacing import replaced
from hyperleaf.platforms.aws.session import session_of
from hyperleaf.platforms.aws.stack_calls import StackCalls
from hyperleaf.platforms.aws.stack_events import failures
from hyperleaf.platforms.aws.stack_work import (
    BROKEN,
    StackWork,
    is_under_way,
    refuse_foreign,
    would_replace,
)
from hyperleaf.platforms.aws.wanted import differences, of_nothing, wanted
from hyperleaf.platforms.steps import Change, Owned, Seen, Verb
from hyperleaf.values.rendered import OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperleaf.platforms.aws.wanted import Live, Wanted
    from hyperleaf.platforms.steps import Step, Tell, World

KIND = "aws.stack"
_BUCKET = "AWS::S3::Bucket"


class Stacks:
    """Carries stacks out, in every region."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session = session_of(world)

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Compare a stack's template, parameters and tags with those of the step."""
        want = wanted(self._world.build, inputs)
        calls = self._calls(want.region)
        one = calls.find(want.name)
        if one is None:
            return self.from_nothing(step, inputs)
        refuse_foreign(one, self._world.build.owner, want.region, step)
        if is_under_way(one):
            what = Change(Verb.WAIT, want.title, (f"AWS is at work on it: {one.status}",))
            return Seen((what,), about=one.status)
        if one.status in BROKEN:
            return _anew(want, one, [str(each) for each in failures(calls.events(one.id))])
        one = calls.with_template(one)
        anew = replaced(want, one)
        different = differences(want, one, anew)
        if not different:
            return Seen((), one.outputs, about=one.status)
        change = Change(Verb.REPLACE if anew else Verb.CHANGE, want.title, different)
        stops = anew and not self._world.may_replace
        findings = (would_replace(want, sorted(anew), step),) if stops else ()
        return Seen((change,), one.outputs, findings, about=one.status)

    def from_nothing(self, step: Step, inputs: Mapping[str, Any]) -> Seen:  # noqa: ARG002
        """Return what the stack would make."""
        want = wanted(self._world.build, inputs)
        return Seen((Change(Verb.CREATE, want.title, of_nothing(want)),))

    def carry_out(self, step: Step, inputs: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
        """Create the stack, or change it by a change set; return its outputs."""
        want = wanted(self._world.build, inputs)
        return self._work(want.region, tell, step).bring(want)

    def owned(self) -> tuple[Owned, ...]:
        """Return the stacks that bear our mark, dependents first."""
        made = []
        for region in regions_of(self._world):
            calls = self._calls(region)
            ours = [one for one in calls.every() if self._is_ours(one)]
            for one in removal_order(ours):
                resources = calls.resources(one.id)
                contents = tuple(f"{kind} {name} {actual}" for kind, name, actual in resources)
                takes = self._takes(region, resources)
                after = frozenset(each.id for each in ours if _takes_from(each, one))
                made.append(Owned(KIND, region, one.name, contents, takes, one.id, after))
        return tuple(made)

    def remove(self, owned: Owned, tell: Tell) -> None:
        """Empty the stack's buckets and delete it, with all that it made."""
        calls = self._calls(owned.where)
        work = self._work(owned.where, tell)
        one = calls.find(owned.key)
        if one is not None and is_under_way(one):
            one = work.settle(one, len(owned.contents))
        if one is None or not self._is_ours(one):
            return
        for kind, _, actual in calls.resources(one.id):
            if kind == _BUCKET and actual:
                tell(f"emptying the bucket {actual}")
                buckets.empty(self._session.client("s3", owned.where), actual)
        work.delete(one)

    def _is_ours(self, one: Live) -> bool:
        return one.tags.get(OWNER) == self._world.build.owner

    def _takes(self, region: str, resources: Sequence[tuple[str, str, str]]) -> str:
        said = []
        for kind, _, actual in resources:
            if kind == _BUCKET and actual:
                number = buckets.count(self._session.client("s3", region), actual)
                said += [f"{number} in the bucket {actual}"] if number else []
        return "; ".join(said)

    def _calls(self, region: str) -> StackCalls:
        client = self._session.client("cloudformation", region)
        return StackCalls(client, region, self._world.longest_pause)

    def _work(self, region: str, tell: Tell, step: Step | None = None) -> StackWork:
        return StackWork(
            calls=self._calls(region),
            owner=self._world.build.owner,
            tell=tell,
            deadline=time.monotonic() + self._world.timeout,
            step=step,
            may_replace=self._world.may_replace,
        )


def _anew(want: Wanted, one: Live, why: list[str]) -> Seen:
    """Return what is done about a stack that the last attempt left in pieces."""
    reasons = why or [one.reason or "no reason is told"]
    first = f"the last attempt failed ({one.status}): {'; '.join(reasons)}"
    details = (first, "it is deleted and made anew", *of_nothing(want))
    return Seen((Change(Verb.CREATE, want.title, details),), about=one.status)


def removal_order(stacks: Sequence[Live]) -> tuple[Live, ...]:
    """Return stacks so that one comes before all whose outputs are among its parameters.

    Among those that may go, the youngest first: what was made later may rest on what was there.
    """
    left = sorted(stacks, key=lambda one: (one.created, one.name), reverse=True)
    made: list[Live] = []
    while left:
        free = next((one for one in left if not _is_needed(one, left)), left[0])
        left.remove(free)
        made.append(free)
    return tuple(made)


def _is_needed(one: Live, others: Sequence[Live]) -> bool:
    return any(_takes_from(other, one) for other in others)


def _takes_from(one: Live, other: Live) -> bool:
    """Tell whether a stack has an output of another one among its parameters."""
    if one is other:
        return False
    taken = {part for value in one.parameters.values() for part in value.split(",") if part}
    return bool(taken & set(other.outputs.values()))
