"""A border is cut off: the other one carries what left by the data centre, and its own hosts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hyperleaf.lab import estate, streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast, power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.outcome import Told

NAME = "border-lost"
# What BGP itself needs to pass a loss on, after it was noticed.
PASSED_ON_SECONDS = 2.0
AWAY_SECONDS = 5.0


def tell(lab: Lab) -> Iterator[Told]:
    """Pull the cables of the border that a guest's way out goes by, under streams, and plug in."""
    borders = [one.name for one in lab.around.borders]
    if len(borders) < 2:  # noqa: PLR2004 - one to lose, one to stay
        yield Skipped("the estate has no two borders")
        return
    outside = str(lab.around.outside[0].ip)
    leaving = next((one for one in cast.real(lab) if _egress(lab, one) == "border"), None)
    lost = _by(lab, leaving, outside) if leaving is not None else borders[0]
    ways = []
    if leaving is not None:
        ways.append(streams.Way(f"{leaving.place} to the outside by {lost}", leaving, outside))
    stays = [pair for pair in _behind(lab) if pair[1].place != lost]
    ways += [streams.Way(f"{one.place} to {two.place}", one, cast.ipv4(two)) for one, two in stays]
    if not ways:
        yield Skipped("no guest has a way to the data centre")
        return
    seconds, why = cast.detection(lab)
    sent = streams.start(lab.kernel, ways)
    time.sleep(1)
    power.pull(lab, lost)
    yield sent.happened(f"{lost} is cut off")
    time.sleep(seconds + AWAY_SECONDS)
    power.plug(lab, lost)
    yield sent.happened(f"{lost} is back")
    estate.converge(lab)
    lines = sent.end()
    yield from lines
    if leaving is not None:
        yield Figure(
            f"longest time without an answer from outside ({why} {seconds:g} s)",
            round(lines[0].gap_seconds, 2),
            "s",
            limit=seconds + PASSED_ON_SECONDS,
        )
    for line in lines[leaving is not None :]:
        yield Figure(f"packets lost, {line.title}", line.lost, "packets", limit=0)
    yield Checked("every session is up again", lab.missing, kind=NAME)


def _egress(lab: Lab, guest: Guest) -> str:
    name = cast.vrf(lab, guest)
    return str(lab.rendered.expected["domains"][name]["egress"]) if name else ""


def _behind(lab: Lab) -> Iterator[tuple[Guest, Guest]]:
    """Yield a guest of each segment that has hosts behind a border, and such a host."""
    for network in dict.fromkeys(one.network for one in cast.real(lab)):
        host = cast.data_centre(lab, network)
        if host is not None:
            yield next(one for one in cast.real(lab) if one.network == network), host


def _by(lab: Lab, guest: Guest, target: str) -> str:
    """Return the border that a guest's packets to a target go by: of several, chance decides."""
    device = lab.rendered.expected["domains"][cast.vrf(lab, guest)]["vni"]
    counters = f"cat /sys/class/net/wan{device}/statistics/tx_packets"
    names = [one.name for one in lab.around.borders]

    def sent() -> list[int]:
        return [int(lab.kernel.run(counters, node=one).out) for one in names]

    before = sent()
    words = f"ping -n -q -c 20 -i 0.01 -W 1 {target}"
    lab.kernel.run(words, node=guest.namespace, check=False)
    more = [now - then for now, then in zip(sent(), before, strict=True)]
    return names[more.index(max(more))]
