"""A leaf's FRR dies and is started again: the kernel goes on meanwhile with what it was told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hyperleaf.lab import estate, nodes, streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Told

NAME = "frr-crashes"
# How long kubelet may take to start it again.
AWAY_SECONDS = 3.0
BACK_SECONDS = 30.0
# As long as a new leaf may take (node-joins).
BACK_LIMIT_SECONDS = 5.0


def tell(lab: Lab) -> Iterator[Told]:
    """Kill a leaf's FRR under streams on it and towards it, start it some seconds later."""
    pair = cast.apart(lab)
    if pair is None:
        yield Skipped(cast.NOT_APART)
        return
    source, target = pair
    leaf = cast.node(lab, target.place)
    ways = [streams.Way(f"{source.place} to {leaf.name}", source, cast.ipv4(target))]
    near = cast.together(lab, leaf.name)
    if near is not None:
        ways.append(streams.Way(f"on {leaf.name}", near[0], cast.ipv4(near[1])))
    sent = streams.start(lab.kernel, ways)
    time.sleep(1)
    nodes.kill_frr(lab.kernel, leaf)
    yield sent.happened(f"{leaf.name}'s FRR is killed")
    time.sleep(AWAY_SECONDS)
    lab.agents.start_frr(lab.kernel, lab.rendered.clusters[leaf.cluster], leaf)
    run = sent.happened(f"{leaf.name}'s FRR runs again")
    yield run
    streams.reach(lab.kernel, source, cast.ipv4(target), BACK_SECONDS)
    time.sleep(2)
    lines = sent.end()
    yield from lines
    if near is not None:
        yield Figure(f"packets lost on {leaf.name}", lines[1].lost, "packets", limit=0)
    gap = round(lines[0].gap_seconds, 2)
    yield Figure(f"longest time without an answer, {AWAY_SECONDS:g} s without FRR", gap, "s")
    took = streams.until_answered(lines[0], run.seconds)
    title = f"{source.place} reaches {leaf.name} again"
    yield Checked(title, "" if took is not None else "not at all", kind=NAME)
    if took is not None:
        title = "from its daemons' start until its guest is reached"
        yield Figure(title, took, "s", limit=BACK_LIMIT_SECONDS)
    estate.converge(lab)
    yield Checked("every session is up again", lab.missing, kind=NAME)
