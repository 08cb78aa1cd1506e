"""What a proof finds, as plain data: checks, figures, timelines, and what it all was seen on.

Whoever shows a proof (a terminal, JSON, JUnit, a page) reads these and nothing of a running lab.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.lab.report.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is not as promised, as far as the lab can tell.

    `object` is a rendered object (`FRRConfiguration/hyperleaf-vrf-red`) or a file of a border,
    `file` where it lies in the rendered folder, `origin` the estate's document it follows from
    (`Network/red`), `line` that document's place (`estate.yaml:12`). `evidence` is what the lab
    said, under the command that was asked.
    """

    object: str
    file: str
    why: str
    origin: str = ""
    line: str = ""
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """Something that was promised, and what is not so, or nothing.

    `kind` is its chapter: pair, gateway, outside, node, service, mtu, lease, router, state,
    session, or whatever a scenario calls it. `ends` are the guests (by namespace), nodes or
    addresses it is about, the asker first; `places` the nodes whose state decides it; `subject`
    the segment or VRF.
    """

    title: str
    fault: str
    kind: str = "state"
    ends: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    subject: str = ""
    hoped: bool = True
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was measured, and the limit it must not pass, where there is one."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def fault(self) -> str:
        """Return by how much the limit is passed, or nothing."""
        if self.limit is None or self.value <= self.limit:
            return ""
        return f"{self.value:g} {self.unit}, at most {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A stream of packets: one each `every` seconds, and whether each was answered."""

    title: str
    every: float
    answered: tuple[bool, ...]

    @property
    def lost(self) -> int:
        """Return how many packets had no answer."""
        return self.answered.count(False)

    @property
    def gap_seconds(self) -> float:
        """Return the longest time without an answer."""
        runs = [len(list(run)) for ok, run in groupby(self.answered) if not ok]
        return max(runs, default=0) * self.every

    def between(self, begin: float, end: float) -> Timeline:
        """Return the part from `begin` to `end`, in seconds."""
        first, last = round(begin / self.every), round(end / self.every)
        return Timeline(self.title, self.every, self.answered[first:last])


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a scenario, in seconds after its streams began."""

    seconds: float
    what: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why a scenario could not be gone through in this lab; it is never counted as passed."""

    why: str


Told: TypeAlias = Checked | Figure | Timeline | Happened | Skipped


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a scenario has told, in its order, and how long it took."""

    name: str
    title: str
    told: tuple[Told, ...]
    seconds: float

    @property
    def skipped(self) -> str:
        """Return why it was not gone through, or nothing."""
        return next((one.why for one in self.told if isinstance(one, Skipped)), "")

    @property
    def checked(self) -> tuple[Checked, ...]:
        """Return its checks; a figure beyond its limit is one that failed."""
        return tuple(
            one if isinstance(one, Checked) else Checked(one.name, one.fault, kind=self.name)
            for one in self.told
            if isinstance(one, Checked) or (isinstance(one, Figure) and one.limit is not None)
        )


# What a proof says while it goes on: a part that begins, what was asked, a scenario that ended.
Heard: TypeAlias = "str | tuple[Checked, ...] | Scenario"


@dataclass(frozen=True, slots=True)
class GuestSeen:
    """A guest of the lab: the expected one that it stands for, where it was, what it had."""

    name: str
    expected: str
    network: str
    place: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A BGP session for EVPN as one end sees it: its peer, the state, the prefixes heard."""

    peer: str
    state: str
    heard: int
    hostname: str = ""


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A machine of the lab, and what it said when it was looked at: title to text.

    `role` is leaf, reflector, border or node; `links` are `ip -j -d addr`'s.
    """

    name: str
    role: str
    site: str
    address: str
    said: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Mapping[str, Any], ...] = ()
    sessions: tuple[Session, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What packets said, and how long each part took, in seconds.

    `versions` are those of the kernel and of FRR in the lab, `drawing` is what the objects make of
    the estate, `estate` and `began` (ISO 8601) what whoever asked calls it and when that was.
    """

    checked: tuple[Checked, ...]
    seconds: Mapping[str, float]
    runtime: str
    scenarios: tuple[Scenario, ...] = ()
    guests: tuple[GuestSeen, ...] = ()
    nodes: tuple[NodeSeen, ...] = ()
    expected: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    drawing: Drawing | None = None
    estate: str = ""
    began: str = ""

    @property
    def all(self) -> tuple[Checked, ...]:
        """Return every check, those of scenarios at the end."""
        return (*self.checked, *(each for one in self.scenarios for each in one.checked))

    @property
    def wrong(self) -> tuple[Checked, ...]:
        """Return what was not as promised."""
        return tuple(one for one in self.all if one.fault)
