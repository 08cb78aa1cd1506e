"""A leaf loses its power: others notice nothing, its routes go, its guest lives on elsewhere."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from hyperleaf.lab import estate, streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast, newcomer, power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Told

NAME = "node-leaves"
JOIN_SECONDS, ANSWER_SECONDS = 30.0, 20.0
# What BGP itself needs to pass a loss on, after it was noticed.
PASSED_ON_SECONDS = 2.0
# As long as a new leaf may take (node-joins).
AGAIN_LIMIT_SECONDS = 5.0


def tell(lab: Lab) -> Iterator[Told]:
    """Take a leaf's power; its guest starts on another leaf, which no object changes for."""
    pair = cast.apart(lab)
    if pair is None:
        yield Skipped(cast.NOT_APART)
        return
    source, model = pair
    new = newcomer.like(lab, model)
    newcomer.arrive(lab, new)
    newcomer.start_frr(lab, new)
    streams.reach(lab.kernel, source, cast.ipv4(new.guest), JOIN_SECONDS)
    ways = [
        streams.Way(f"{source.place} to {new.node.name}", source, cast.ipv4(new.guest)),
        *(
            streams.Way(f"{one.place} to {other.place}", one, cast.ipv4(other))
            for one, other in ((source, model), (model, source))
        ),
    ]
    sent = streams.start(lab.kernel, ways)
    time.sleep(1)
    power.pull(lab, new.node.name)
    cut = sent.happened(f"{new.node.name} loses its power")
    yield cut
    seconds, why = cast.detection(lab)
    gone = _withdrawn(lab, str(new.node.address), source.place, seconds + ANSWER_SECONDS)
    withdrawn = sent.happened(f"{source.place} has no route of it any more")
    yield withdrawn
    (guest,) = power.stop_guests(lab, new.guest)
    newcomer.leave(lab, new)
    again = replace(guest, place=model.place)
    started = sent.happened(f"its guest is started on {again.place}")
    yield started
    power.start_guests(lab, again)
    streams.reach(lab.kernel, source, cast.ipv4(again), ANSWER_SECONDS)
    time.sleep(1)
    lines = sent.end()
    yield from lines
    yield Checked(f"{source.place} gives up its routes", "" if gone else "not at all", kind=NAME)
    yield Figure(
        f"from its loss until its routes are gone ({why} {seconds:g} s)",
        round(withdrawn.seconds - cut.seconds, 2),
        "s",
        limit=seconds + PASSED_ON_SECONDS,
    )
    took = streams.until_answered(lines[0], started.seconds)
    title = f"its guest is reached on {again.place}"
    yield Checked(title, "" if took is not None else "not at all", kind=NAME)
    if took is not None:
        title = "from its guest's start on another leaf until it is reached"
        yield Figure(title, took, "s", limit=AGAIN_LIMIT_SECONDS)
    for line in lines[1:]:
        yield Figure(f"packets lost, {line.title}", line.lost, "packets", limit=0)
    power.remove(lab, again)
    estate.converge(lab)
    yield Checked("every other session is up", lab.missing, kind=NAME)


def _withdrawn(lab: Lab, address: str, where: str, seconds: float) -> bool:
    """Wait until a leaf has no route of another one's; tell whether it came to that."""
    words = "until ! vtysh -N {0} -c 'show bgp l2vpn evpn' | grep -qw {1}; do sleep 0.1; done"
    script = words.format(where, address.replace(".", "[.]"))
    return lab.kernel.run(script, node=where, seconds=seconds, check=False).status == 0
