"""A stack is brought to be as wanted, or to be gone: one look, one deed, until it is so.

Whoever was killed in the middle begins again with a look, and so goes on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from hyperleaf.platforms.aws.stack_calls import GONE, REVIEWED, UNDER_WAY, ChangeSetError
from hyperleaf.platforms.aws.stack_events import failures, latest, under_way
from hyperleaf.platforms.aws.wanted import differences
from hyperleaf.platforms.errors import PlatformError, told
from hyperleaf.values.rendered import OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.aws.stack_calls import Event, StackCalls
    from hyperleaf.platforms.aws.wanted import Live, Wanted
    from hyperleaf.platforms.steps import Step, Tell

# Nothing can be changed in such a stack: it is deleted and made anew.
BROKEN: Final = frozenset(
    {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", REVIEWED}
)
STUCK: Final = "UPDATE_ROLLBACK_FAILED"
_GOES_ON: Final = "mend that, then run the same command again: it goes on from here"
_REPLACED: Final = frozenset({"True", "Conditional"})


def is_under_way(one: Live) -> bool:
    """Tell whether CloudFormation is at work on a stack."""
    return one.status.endswith(UNDER_WAY) and one.status != REVIEWED


@dataclass(slots=True)
class StackWork:
    """Works on one stack until it is as wanted, or gone, or the time is over."""

    calls: StackCalls
    owner: str
    tell: Tell
    deadline: float
    step: Step | None = None
    may_replace: bool = False
    _events: list[Event] = field(default_factory=list)

    def bring(self, want: Wanted) -> Mapping[str, str]:
        """Make the stack as it is wanted and return its outputs."""
        count, is_resumed = len(want.resources), False
        while True:
            one = self.calls.find(want.name)
            if one is not None:
                refuse_foreign(one, self.owner, self.calls.region, self.step)
                self._in_time(one, count)
            made: Live | None = None
            if one is None or one.status == GONE:
                made = self._create(want)
            elif is_under_way(one):
                self.settle(one, count)
            elif one.status in BROKEN:
                self.tell("deleting what the last attempt left")
                self.delete(one)
            elif one.status == STUCK:
                if is_resumed:
                    raise self._failed(one)
                self.calls.resume_rollback(one)
                is_resumed = True
                self.settle(one, count)
            else:
                made = self._change(want, one)
            if made is not None:
                return self._outputs(want, made)

    def _create(self, want: Wanted) -> Live | None:
        """Have it made; None where one of the name is there already, and is to be looked at."""
        self.tell("asking for it")
        made = self.calls.create(want)
        one = self.calls.await_that(made or want.name, lambda seen: seen is not None)
        if one is None:
            self._invisible(want)
        if made is None or one is None:
            return None
        one = self.settle(one, len(want.resources))
        if one.status != "CREATE_COMPLETE":
            raise self._failed(one)
        return one

    def _invisible(self, want: Wanted) -> None:
        message = f"{want.title} was made, and AWS does not show it"
        hint = "run the same command again: it goes on where it stopped"
        raise PlatformError(told("HL1408", message, hint, step=self.step))

    def _change(self, want: Wanted, one: Live) -> Live | None:
        """Change it where it differs; return it as it is then."""
        one = self.calls.with_template(one)
        if not differences(want, one):
            return one
        self.tell("asking what would change")
        try:
            change_set = self.calls.change_set(want, one)
        except ChangeSetError as error:
            message = f"{want.title} cannot be changed: {error}"
            raise PlatformError(told("HL1406", message, step=self.step)) from None
        if change_set is None:
            return one
        name = change_set["ChangeSetId"]
        anew = [
            each["LogicalResourceId"]
            for each in (one.get("ResourceChange", {}) for one in change_set.get("Changes", ()))
            if each.get("Action") == "Modify" and each.get("Replacement") in _REPLACED
        ]
        if anew and not self.may_replace:
            self.calls.drop(name)
            raise PlatformError(would_replace(want, sorted(anew), self.step))
        self._events = list(self.calls.events(one.id))
        self.calls.execute(name, one)
        begun = self._begun(want, one)
        one = self.settle(begun, len(want.resources))
        if one.status != "UPDATE_COMPLETE":
            raise self._failed(one)
        return one

    def _begun(self, want: Wanted, before: Live) -> Live:
        """Wait until what was asked for has begun: at first the stack may be shown as before."""

        def fits(seen: Live | None) -> bool:
            if seen is None:
                return False
            if is_under_way(seen) or seen.updated != before.updated:
                return True
            return not differences(want, self.calls.with_template(seen))

        return self.calls.await_that(before.id, fits, 20.0) or before

    def delete(self, one: Live) -> None:
        """Have it deleted, and wait until it is gone."""
        self._events = list(self.calls.events(one.id))
        count = len(self.calls.resources(one.id))
        self.calls.delete(one)

        def fits(seen: Live | None) -> bool:
            return seen is None or seen.status != one.status or is_under_way(seen)

        begun = self.calls.await_that(one.id, fits, 20.0)
        if begun is None:
            return
        after = self.settle(begun, count)
        if after.status != GONE:
            why = "; ".join(str(each) for each in failures(self._events)) or after.reason
            message = f"stack {one.name} in {self.calls.region} cannot be deleted: {why}"
            hint = f"destroy the cluster that runs in it first; {_GOES_ON}"
            raise PlatformError(told("HL1418", message, hint, step=self.step))

    def settle(self, one: Live, count: int) -> Live:
        """Wait while CloudFormation is at work on the stack, telling what it does."""
        for pause in self.calls.pauses(max(self.deadline - time.monotonic(), 1.0)):
            seen = self.calls.find(one.id)
            if seen is None and one.status.startswith("DELETE"):
                return replace(one, status=GONE)
            if seen is not None:
                one = seen
                self._look(one.id, count)
                if not is_under_way(one):
                    return one
            time.sleep(pause)
        raise self._late(one, count)

    def _in_time(self, one: Live, count: int) -> None:
        if time.monotonic() > self.deadline:
            raise self._late(one, count)

    def _late(self, one: Live, count: int) -> PlatformError:
        last = under_way(latest(self._events), count) or one.status
        message = f"stack {one.name} in {self.calls.region} is not done in time: {last}"
        hint = "AWS goes on with it; run the same command again, with a longer --timeout"
        return PlatformError(told("HL1408", message, hint, step=self.step))

    def _look(self, stack_id: str, count: int) -> None:
        until = self._events[-1].id if self._events else ""
        self._events.extend(self.calls.events(stack_id, until))
        said = under_way(latest(self._events), count)
        if said:
            self.tell(said)

    def _outputs(self, want: Wanted, one: Live) -> Mapping[str, str]:
        """Return the outputs, which may come into sight a moment after the stack is done."""

        def fits(seen: Live | None) -> bool:
            return seen is not None and want.outputs <= seen.outputs.keys()

        if fits(one):
            return one.outputs
        return (self.calls.await_that(one.id, fits, 10.0) or one).outputs

    def _failed(self, one: Live) -> PlatformError:
        why = "; ".join(str(each) for each in failures(self._events)) or one.reason
        message = f"stack {one.name} in {self.calls.region}: {one.status}: {why}"
        return PlatformError(told("HL1407", message, _GOES_ON, step=self.step))


def refuse_foreign(one: Live, owner: str, region: str, step: Step | None) -> None:
    """Raise PlatformError where a stack of the name does not bear our mark."""
    theirs = one.tags.get(OWNER)
    if theirs != owner:
        whose = f"is {theirs}'s" if theirs else "lacks our mark"
        message = f"stack {one.name} in {region} is there and {whose} (tag {OWNER})"
        hint = "rename the fabric or the cluster, or delete the stack if nobody needs it"
        raise PlatformError(told("HL1415", message, hint, step=step))


def would_replace(want: Wanted, names: Sequence[str], step: Step | None) -> Finding:
    """Return what stops a change that makes resources anew, where nobody has said so."""
    said = ", ".join(f"{want.resources.get(one, {}).get('Type', '')} {one}" for one in names)
    hint = "take the change back, or say that it is meant: --replace"
    return told("HL1409", f"{want.title}: this would be replaced: {said}", hint, step=step)
