"""What a scenario told becomes lanes of ticks: one a packet, losses marked, events above them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from hyperleaf.lab.outcome import Happened, Timeline
from hyperleaf.lab.report.markup import Safe, joined, tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.lab.outcome import Told

# Beyond these a tick would be narrower than a pixel: answered ones are drawn as one bar.
MOST_TICKS = 800
_LEAST_SHARE = 0.004


@dataclass(slots=True)
class Strand:
    """Streams that ran at the same time, and what happened meanwhile."""

    events: list[Happened] = field(default_factory=list)
    lanes: list[Timeline] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Return how long the longest stream ran."""
        return max((len(one.answered) * one.every for one in self.lanes), default=0.0)


def strands(told: Iterable[Told]) -> list[Strand]:
    """Return streams by when they ran: an event after a timeline is the next ones'."""
    made = [Strand()]
    for one in told:
        if isinstance(one, Happened):
            if made[-1].lanes:
                made.append(Strand())
            made[-1].events.append(one)
        elif isinstance(one, Timeline):
            made[-1].lanes.append(one)
    return [one for one in made if one.lanes or one.events]


def drawn(strand: Strand) -> Safe:
    """Return a strand: its lanes over one axis, its events as numbers in them and in a list."""
    numbered = list(enumerate(strand.events, start=1))
    total = strand.seconds
    marks = joined(
        tag("i", str(number), class_="mark", style=f"left:{_share(one.seconds, total):.2f}%")
        for number, one in numbered
        if total
    )
    events = joined(
        tag("li", tag("b", f"{one.seconds:g} s"), f" {one.what}") for _, one in numbered
    )
    lanes = joined(_lane(one, strand) for one in strand.lanes)
    axis = tag("div", tag("span", "0 s"), tag("span", f"{total:g} s"), class_="axis")
    return tag(
        "div",
        tag("div", marks, class_="marks", aria_hidden="true") if numbered and total else "",
        lanes,
        axis if total else "",
        tag("ol", events, class_="events") if events else "",
        class_="strand",
    )


def _share(seconds: float, total: float) -> float:
    return min(100.0, max(0.0, 100 * seconds / total))


def _lane(one: Timeline, strand: Strand) -> Safe:
    count = len(one.answered)
    kept = f"{one.lost} of {count} lost" if one.lost else f"none of {count} lost"
    gap = f", longest gap {one.gap_seconds:.2f} s" if one.lost else ""
    width = strand.seconds / one.every if one.every else count
    when = "".join(f"M{event.seconds / one.every:g} 0v10" for event in strand.events)
    picture = tag(
        "svg",
        tag("path", class_="answered", d="".join(_answered(one))),
        *_lost(one, width),
        tag("path", class_="when", d=when) if when else "",
        viewBox=f"0 0 {width:g} 10",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"{one.title}: {kept}{gap}",
    )
    said = tag("span", kept + gap, class_="bad" if one.lost else "soft")
    return tag("div", tag("p", tag("span", one.title), said), picture, class_="lane")


def _answered(one: Timeline) -> Iterator[str]:
    place = 0
    for ok, run in groupby(one.answered):
        length = len(list(run))
        if ok and len(one.answered) > MOST_TICKS:
            yield f"M{place} 2.5h{length}v5h-{length}z"
        elif ok:
            yield from (f"M{place + n} 2.5h.6v5h-.6z" for n in range(length))
        place += length


def _lost(one: Timeline, width: float) -> Iterator[Safe]:
    place = 0
    for ok, run in groupby(one.answered):
        length = len(list(run))
        if not ok:
            shown = max(length, width * _LEAST_SHARE)
            seconds = f"{place * one.every:.2f} s: {length} lost"
            yield tag(
                "rect", tag("title", seconds), class_="lost", x=place, y=0, width=shown, height=10
            )
        place += length
