"""A leaf reboots: NetworkManager restores its tunnels before FRR runs, or after; either must do.

bgpd once fell over an L2VNI that was there before it was told of any (FRRouting/frr#22851).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hyperleaf.lab import estate, streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast, power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.outcome import Told

NAME = "leaf-reboots"
BACK_SECONDS = 30.0
# As long as a new leaf may take (node-joins).
BACK_LIMIT_SECONDS = 5.0
DATAPATH_FIRST, FRR_FIRST = "FRR after the datapath", "FRR before the datapath"


def tell(lab: Lab) -> Iterator[Told]:
    """Reboot a leaf under a stream towards it, in both orders."""
    pair = cast.apart(lab)
    if pair is None:
        yield Skipped(cast.NOT_APART)
        return
    source, target = pair
    leaf = cast.node(lab, target.place)
    for order in (DATAPATH_FIRST, FRR_FIRST):
        way = streams.Way(f"{source.place} to {leaf.name}, {order}", source, cast.ipv4(target))
        sent = streams.start(lab.kernel, [way])
        time.sleep(0.5)
        power.pull(lab, leaf.name)
        yield sent.happened(f"{leaf.name} goes down; then {order}")
        on_it = [one for one in lab.guests if one.place == leaf.name]
        gone = power.stop_guests(lab, *on_it)
        power.cut(lab, leaf)
        running = power.come_back(lab, leaf)
        objects = lab.rendered.clusters[leaf.cluster]
        if order == FRR_FIRST:
            lab.agents.start_frr(lab.kernel, objects, leaf)
        lab.agents.apply_policies(lab.kernel, objects, running)
        if order == DATAPATH_FIRST:
            lab.agents.start_frr(lab.kernel, objects, leaf)
        run = sent.happened(f"{leaf.name} is up, its guests are started")
        yield run
        power.start_guests(lab, *gone)
        streams.reach(lab.kernel, source, cast.ipv4(target), BACK_SECONDS)
        time.sleep(0.5)
        (line,) = sent.end()
        yield line
        took = streams.until_answered(line, run.seconds)
        title = f"{source.place} reaches {leaf.name}, {order}"
        yield Checked(title, "" if took is not None else "not at all", kind=NAME)
        if took is not None:
            title = f"from its guests' start until one is reached, {order}"
            yield Figure(title, took, "s", limit=BACK_LIMIT_SECONDS)
        estate.converge(lab)
        yield Checked(f"every session is up again, {order}", lab.missing, kind=NAME)
        yield Checked(f"{leaf.name}'s daemons live, {order}", _dead(lab, leaf), kind=NAME)


def _dead(lab: Lab, leaf: Node) -> str:
    """Return the daemons that have started and do not run any more."""
    words = f"for one in /run/frr/{leaf.name}/*.pid; do kill -0 $(cat $one) || echo $one; done"
    return " ".join(lab.kernel.run(words, beside=leaf.name, check=False).out.split())
