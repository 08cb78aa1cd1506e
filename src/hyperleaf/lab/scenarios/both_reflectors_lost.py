"""Every reflector is cut off: a leaf goes on by itself, the fabric stops, and comes back by itself.

Without reflectors no leaf knows whether another one is still there, and each gives up what it heard
once it notices. Its own guests it needs nobody for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hyperleaf.lab import daemons, estate, streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast, power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Told

NAME = "both-reflectors-lost"
# How long they stay away after everybody has noticed.
AWAY_SECONDS = 3.0
BACK_SECONDS = 40.0


def tell(lab: Lab) -> Iterator[Told]:
    """Pull the reflectors' cables under streams on a leaf and between two, then plug them in."""
    reflectors, pair = cast.reflectors(lab), cast.apart(lab)
    if not reflectors or pair is None:
        yield Skipped("no reflector, or no segment with guests on two leaves")
        return
    source, target = pair
    names = [one.name for one in reflectors]
    near = cast.together(lab, source.place) or cast.together(lab)
    ways = [streams.Way(f"{source.place} to {target.place}", source, cast.ipv4(target))]
    if near is not None:
        ways.append(streams.Way(f"on {near[0].place}", near[0], cast.ipv4(near[1])))
    before = daemons.vtysh(lab.kernel, source.place, "show running-config")
    seconds, why = cast.detection(lab)
    sent = streams.start(lab.kernel, ways)
    time.sleep(1)
    power.pull(lab, *names)
    lost = sent.happened(f"{' and '.join(names)} are cut off")
    yield lost
    time.sleep(seconds + AWAY_SECONDS)
    kept = daemons.vtysh(lab.kernel, source.place, "show running-config") == before
    power.plug(lab, *names)
    back = sent.happened(f"{' and '.join(names)} are back")
    yield back
    streams.reach(lab.kernel, source, cast.ipv4(target), BACK_SECONDS)
    time.sleep(1)
    lines = sent.end()
    yield from lines
    if near is not None:
        yield Figure(f"packets lost on {near[0].place}", lines[1].lost, "packets", limit=0)
    stopped = streams.until_silent(lines[0], lost.seconds)
    if stopped is not None and stopped < back.seconds - lost.seconds:
        title = f"until another leaf is no longer reached ({why} {seconds:g} s)"
        yield Figure(title, stopped, "s")
    took = streams.until_answered(lines[0], back.seconds)
    title = f"{source.place} reaches {target.place} again, by itself"
    yield Checked(title, "" if took is not None else "not at all", kind=NAME)
    if took is not None:
        title = "from their return until another leaf is reached"
        yield Figure(title, took, "s", limit=cast.hold(lab))
    fault = "" if kept else "it differs"
    yield Checked(f"{source.place}'s FRR keeps its configuration", fault, kind=NAME)
    estate.converge(lab)
    yield Checked("every session is up again", lab.missing, kind=NAME)
