"""Compared objects are applied step by step, each step waited for: a stream of what happens.

Nothing is remembered: whoever is interrupted compares again, and goes on with what is missing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from hyperleaf.cluster.client import side_by_side
from hyperleaf.cluster.comparing import MANY, What, about, finding_of, no_kind
from hyperleaf.cluster.errors import AnswerError
from hyperleaf.cluster.waiting import State, Verdict, judge
from hyperleaf.values.readiness import MINUTE, ready_of
from hyperleaf.values.rendered import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hyperleaf.cluster.client import Client
    from hyperleaf.cluster.comparing import Coming, Compared
    from hyperleaf.cluster.reading import Item
    from hyperleaf.findings import Finding

Object = dict[str, Any]
_FORBIDDEN, _NOT_FOUND, _CONFLICT, _INTERNAL = 403, 404, 409, 500


@dataclass(frozen=True, slots=True)
class Pace:
    """How long is waited, in seconds: `limit` for a step (None: as its kinds usually take)."""

    limit: float | None = None
    first_pause: float = 0.5
    longest_pause: float = 5.0

    def of(self, item: Item) -> float:
        """Return how long an object may take."""
        if self.limit is not None:
            return self.limit
        stated = ready_of(item.api_version, item.kind)
        return float(stated.seconds if stated is not None else 10 * MINUTE)


@dataclass(frozen=True, slots=True)
class Begun:
    """A step begins, with so many objects."""

    step: str
    count: int


@dataclass(frozen=True, slots=True)
class Applied:
    """An object is as it should be; `is_written` where that took a write."""

    item: Item
    is_written: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a step is waited for, and why."""

    step: str
    pending: tuple[tuple[Item, Verdict], ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A step is ready, or `findings` say what keeps it from that: then nothing follows."""

    step: str
    findings: tuple[Finding, ...] = ()


Event = Begun | Applied | Waiting | Ended


@dataclass(slots=True)
class _Step:
    """One step under way."""

    client: Client
    name: str
    pace: Pace
    coming: Coming
    waited: list[Item] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def carry_out(self, members: Iterable[Compared]) -> Iterator[Event]:
        """Apply the step's objects, those of the same order side by side, and wait for all."""
        for _, batch in groupby(members, key=lambda one: one.item.order):
            objects = list(batch)
            yield from self._served([one.item for one in objects])
            if not self.findings:
                yield from self._applied(objects)
            if self.findings:
                break
        if not self.findings:
            yield from self._ready()
        yield Ended(self.name, tuple(self.findings))

    def _served(self, items: Sequence[Item]) -> Iterator[Event]:
        """Wait until the kinds of objects are served: what brings them must be ready before."""
        missing = {
            (one.api_version, one.kind): one
            for one in items
            if self.client.resource(one.api_version, one.kind, anew=True) is None
        }
        if missing:
            yield from self._ready()
        deadlines = {name: time.monotonic() + self.pace.of(one) for name, one in missing.items()}
        pause = self.pace.first_pause
        while missing and not self.findings:
            missing = {
                name: one
                for name, one in missing.items()
                if self.client.resource(*name, anew=True) is None
            }
            late = [one for name, one in missing.items() if time.monotonic() > deadlines[name]]
            self.findings.extend(no_kind(one, self.coming) for one in late)
            if missing:
                why = Verdict(State.WAITING, "the cluster does not serve its kind yet")
                yield Waiting(self.name, tuple((one, why) for one in missing.values()))
                time.sleep(pause)
                pause = min(pause * 1.5, self.pace.longest_pause)

    def _applied(self, objects: Sequence[Compared]) -> Iterator[Event]:
        for one, finding in zip(objects, side_by_side(self._one, objects), strict=True):
            if finding is not None:
                self.findings.append(finding)
                continue
            if one.what is not What.KEPT:
                self.waited.append(one.item)
            yield Applied(one.item, one.is_written)

    def _one(self, compared: Compared) -> Finding | None:
        """Apply one object where that changes it; return what is wrong."""
        item = compared.item
        resource = self.client.resource(item.api_version, item.kind)
        if not compared.is_written or resource is None:
            return None
        write = partial(
            self.client.apply,
            resource,
            item.value,
            namespace=item.namespace,
            is_forced=compared.is_forced,
        )
        ends = time.monotonic() + min(self.pace.of(item), 2 * MINUTE)
        if (compared.live or {}).get("metadata", {}).get("deletionTimestamp"):
            gone = partial(self.client.get, resource, item.namespace, item.name)
            while gone() is not None and time.monotonic() < ends:
                time.sleep(self.pace.first_pause)
        while True:
            try:
                write()
            except AnswerError as error:
                if not _passes(error) or time.monotonic() > ends:
                    return about(item, error.finding)
                time.sleep(self.pace.first_pause)
            else:
                return None

    def _ready(self) -> Iterator[Event]:
        """Wait until everything applied so far in this step is ready."""
        began, pause = time.monotonic(), self.pace.first_pause
        pending = [one for one in self.waited if ready_of(one.api_version, one.kind)]
        while pending and self.pace.limit != 0:
            verdicts = _verdicts(self.client, pending)
            self.findings.extend(self._wrong(verdicts, time.monotonic() - began))
            unready = [(one, v) for one, v in verdicts if v.state is not State.READY]
            pending = [one for one, _ in unready]
            if not pending or self.findings:
                break
            yield Waiting(self.name, tuple(unready))
            time.sleep(pause)
            pause = min(pause * 1.5, self.pace.longest_pause)
        self.waited.clear()

    def _wrong(self, verdicts: Sequence[tuple[Item, Verdict]], waited: float) -> Iterator[Finding]:
        for item, verdict in verdicts:
            if verdict.state is State.FAILED:
                yield finding_of(
                    item,
                    "HL1209",
                    f"{item.title} says that it failed: {verdict.why}",
                    "mend what it says, then run this again: it goes on from here",
                )
            elif verdict.state is State.WAITING and waited >= self.pace.of(item):
                yield finding_of(
                    item,
                    "HL1208",
                    f"{item.title} is not ready after {waited:.0f} s: {verdict.why}",
                    "run this again to go on waiting, with another --timeout where it needs longer",
                )


def carry_out(
    client: Client, compared: Sequence[Compared], coming: Coming, pace: Pace
) -> Iterator[Event]:
    """Yield what happens while objects are applied in order; it ends with a step that has findings.

    Raises AccessError where the server goes away for longer than the client is patient.
    """
    for name, members in groupby(compared, key=lambda one: one.item.step):
        objects = list(members)
        yield Begun(name, len(objects))
        for event in _Step(client, name, pace, coming).carry_out(objects):
            yield event
            if isinstance(event, Ended) and event.findings:
                return


def _verdicts(client: Client, items: Sequence[Item]) -> list[tuple[Item, Verdict]]:
    made: list[tuple[Item, Verdict]] = []
    for (version, kind, namespace), same in groupby(
        sorted(items, key=lambda one: (one.api_version, one.kind, one.namespace)),
        key=lambda one: (one.api_version, one.kind, one.namespace),
    ):
        members = list(same)
        resource = client.resource(version, kind)
        if resource is None:
            made.extend((one, Verdict(State.WAITING, "its kind is gone")) for one in members)
            continue
        if len(members) > MANY:
            listed = client.every(resource, namespace, f"{MANAGED_BY}={MANAGER}")
            there = {one["metadata"]["name"]: one for one in listed}
        else:
            found = [client.get(resource, namespace, one.name) for one in members]
            there = {one["metadata"]["name"]: one for one in found if one is not None}
        for one in members:
            live = there.get(one.name)
            named = {**live, "apiVersion": version, "kind": kind} if live is not None else None
            made.append((one, judge(client, named)))
    return made


def _passes(error: AnswerError) -> bool:
    """Tell whether what a server says passes by itself while operators and namespaces come up."""
    said = str(error)
    if error.status >= _INTERNAL:
        # A webhook whose operator has only just begun.
        return "webhook" in said or error.status != _INTERNAL
    if error.status == _FORBIDDEN:
        return "being terminated" in said
    if error.status == _NOT_FOUND:
        return "namespaces" in said
    return error.status == _CONFLICT and not error.causes
