"""A guest that never said a word is found: by its segment, by its VRF, by the data centre.

No leaf has a route to it, nor its MAC: whoever looks for it has to ask, and the answer makes both.
"""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import ip_interface
from typing import TYPE_CHECKING

from hyperleaf.lab import guests, streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast, power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.outcome import Told

NAME = "silent-guest"
# Linux asks three times, a second apart, before it gives up.
LIMIT_SECONDS = 3.0
LOOKED_FOR_SECONDS = 4.0
OFFSET = 40
# Its plugging in makes some noise of IPv6: the link goes down, and what was learnt with it.
_HUSH = """
ip link set eth0 down
sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
"""
_WAKE = """
set -e
ip link set eth0 up
ip addr add {address} dev eth0
ip route add default via {gateway}
"""


def tell(lab: Lab) -> Iterator[Told]:
    """Start a silent guest for each place that may look for it, and look."""
    pair = cast.apart(lab)
    if pair is None:
        yield Skipped(cast.NOT_APART)
        return
    model = pair[1]
    seekers = list(_seekers(lab, model))
    silent = [_silent(model, number) for number, _ in enumerate(seekers)]
    for one in silent:
        guests.plug_in(lab.kernel, replace(one, addresses={}, gateways={}))
        lab.kernel.run(_HUSH, node=one.namespace)
    time.sleep(1)
    for one in silent:
        words = _WAKE.format(address=one.addresses[cast.IPV4], gateway=one.gateways[cast.IPV4])
        lab.kernel.run(words, node=one.namespace)
    ways = [
        streams.Way(title, seeker, cast.ipv4(one))
        for (title, seeker), one in zip(seekers, silent, strict=True)
    ]
    known = [_known(lab, model.place, cast.ipv4(one)) for one in silent]
    sent = streams.start(lab.kernel, ways)
    yield sent.happened(f"{len(silent)} guests on {model.place} are looked for")
    time.sleep(LOOKED_FOR_SECONDS)
    lines = sent.end()
    yield from lines
    for line, before in zip(lines, known, strict=True):
        took = streams.until_answered(line, 0)
        fault = "not at all" if took is None else "it was no stranger" if before else ""
        yield Checked(f"a silent guest is found, {line.title}", fault, kind=NAME)
        if took is not None:
            yield Figure(f"from the first packet, {line.title}", took, "s", limit=LIMIT_SECONDS)
    for one in silent:
        power.remove(lab, one)


def _seekers(lab: Lab, model: Guest) -> Iterator[tuple[str, Guest]]:
    """Yield who looks for guests like `model`: their segment and VRF elsewhere, the data centre."""
    others = cast.elsewhere(lab, model.place)
    same = next((one for one in others if one.network == model.network), None)
    if same is not None:
        yield f"on its segment, from {same.place}", same
    name = cast.vrf(lab, model)
    routed = [one for one in others if one.network != model.network and cast.vrf(lab, one) == name]
    if routed and name is not None:
        yield f"from another segment, on {routed[0].place}", routed[0]
    host = cast.data_centre(lab, model.network)
    if host is not None:
        yield f"from the data centre, behind {host.place}", host


def _silent(model: Guest, number: int) -> Guest:
    own = model.addresses[cast.IPV4]
    address = ip_interface(f"{own.ip - OFFSET - number}/{own.network.prefixlen}")
    name = f"silent{number}"
    return replace(model, namespace=name, addresses={cast.IPV4: address}, mac="")


def _known(lab: Lab, place: str, address: str) -> bool:
    """Tell whether a guest's own leaf knows of it: then it is not silent."""
    return bool(lab.kernel.run(f"ip neigh show {address}", node=place).out.strip())
