"""What is wrong in a lab becomes causes of the faults seen in it, the most fundamental first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hyperleaf.lab.leaf import ISOLATION, REACH
from hyperleaf.lab.outcome import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hyperleaf.lab.outcome import Checked
    from hyperleaf.lab.reading import Rendered, Source

# How fundamental: without sessions no routes are known, without devices none are of use.
DAEMONS, SESSIONS, DEVICES, ATTACHMENTS, SETTINGS, ROUTES, SERVICES, GUESS = range(10, 90, 10)
# Kinds of checks that tell what was said, or that a packet too long must be answered in a way of
# its own; in all others a packet was sent, which shows reach or isolation.
BY_WORDS = frozenset({"state", "session", "lease", "router", "mtu"})
MOST_CAUSES, MOST_EVIDENCE, MOST_CHARACTERS, MOST_NODES = 3, 3, 400, 4


@dataclass(frozen=True, slots=True)
class Suspect:
    """Something wrong that the lab shows, and the rendered object that makes it so.

    `nodes` are the machines on which it is wrong and `subjects` the networks and VRFs it is about:
    none means all. `wide` is what is felt elsewhere too. It `breaks` reach, isolation or either;
    `kinds` are the chapters of checks that it can explain, none means every one.
    """

    source: Source
    what: str
    rank: int
    nodes: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    wide: bool = False
    breaks: str = ""
    kinds: frozenset[str] = frozenset()
    evidence: tuple[tuple[str, str], ...] = ()

    @property
    def object(self) -> str:
        """Return the object's name, as a cause has it."""
        return str(self.source)

    def sick(self, node: str, subjects: Iterable[str]) -> bool:
        """Tell whether what is asked of a node next is explained by this already."""
        here = not self.nodes or node in self.nodes
        return here and (not self.subjects or bool(self.subjects & set(subjects)))

    def explains(self, fault: Checked, subjects: frozenset[str]) -> bool:
        """Tell whether this can be behind a fault about some networks and VRFs."""
        if self.kinds and fault.kind not in self.kinds:
            return False
        if self.breaks and fault.kind not in BY_WORDS:
            # Twice answered or wrongly translated is reached, and yet wrong.
            shown = REACH if fault.hoped else ISOLATION
            if self.breaks != shown:
                return False
        if self.nodes and not self.wide and fault.places and not self.nodes & set(fault.places):
            return False
        return not self.subjects or not subjects or bool(self.subjects & subjects)


def well(known: Sequence[Suspect], node: str, *subjects: str) -> bool:
    """Tell whether nothing known yet explains what may be wrong with subjects on a node."""
    return not any(one.sick(node, subjects) for one in known)


def merged(suspects: Iterable[Suspect]) -> list[Suspect]:
    """Return one suspect for what is the same on several nodes, in the order of rank."""
    found: dict[tuple[str, str, int], Suspect] = {}
    for one in suspects:
        key = (one.object, one.what, one.rank)
        other = found.get(key)
        if other is None:
            found[key] = one
            continue
        everywhere = not (one.nodes and other.nodes)
        whole = not (one.subjects and other.subjects)
        found[key] = replace(
            other,
            nodes=frozenset() if everywhere else one.nodes | other.nodes,
            subjects=frozenset() if whole else one.subjects | other.subjects,
            wide=one.wide or other.wide,
            evidence=(other.evidence + one.evidence)[:MOST_EVIDENCE],
        )
    return sorted(found.values(), key=lambda one: one.rank)


def cause(one: Suspect, rendered: Rendered, subjects: frozenset[str]) -> Cause:
    """Return a suspect as the cause of a fault about some networks and VRFs."""
    nodes = sorted(one.nodes)
    shown = ", ".join(nodes[:MOST_NODES]) + (" and others" if len(nodes) > MOST_NODES else "")
    origin = _origin(one.source.origin, one.subjects | subjects)
    return Cause(
        object=one.object,
        file=one.source.file,
        why=f"{one.what}, on {shown}" if shown else one.what,
        origin=origin,
        line=rendered.line(origin),
        evidence=tuple((asked, _short(said)) for asked, said in one.evidence[:MOST_EVIDENCE]),
    )


def _origin(stated: str, subjects: frozenset[str]) -> str:
    """Return the document that an object follows from; of several the one that a fault is about."""
    documents = [one.strip() for one in stated.split(",")]
    about = (one for one in documents if one.partition("/")[2] in subjects)
    return next(about, documents[0])


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} ..."


def causes(
    fault: Checked,
    subjects: frozenset[str],
    suspects: Sequence[Suspect],
    rendered: Rendered,
) -> tuple[Cause, ...]:
    """Return what may be behind a fault, one cause an object, at most so many."""
    found: dict[str, Cause] = {}
    first: int | None = None
    for one in suspects:
        if not one.explains(fault, subjects):
            continue
        # A guess is for a fault that nothing else explains.
        if first is not None and one.rank >= GUESS > first:
            break
        first = one.rank if first is None else first
        if one.object not in found:
            found[one.object] = cause(one, rendered, subjects)
        if len(found) == MOST_CAUSES:
            break
    return tuple(found.values())


def about(fault: Checked, networks: Mapping[str, str], vrfs: Mapping[str, str]) -> frozenset[str]:
    """Return the networks and VRFs that a fault is about.

    `networks` are those of guests by namespace, `vrfs` those of networks.
    """
    named = {networks[one] for one in fault.ends if one in networks}
    named |= {fault.subject} if fault.subject else set()
    return frozenset(named | {vrfs[one] for one in named if vrfs.get(one)})
