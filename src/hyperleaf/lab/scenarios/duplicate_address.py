"""Two guests on two leaves have one address: FRR counts how it goes to and fro, and says so.

Each guest speaks for the address now and then, as guests do; every leaf sees it move. After five
moves within three minutes (FRR's own limits) a leaf calls it a duplicate. It warns, and goes on:
an address that were frozen would cut off the rightful holder as well.
"""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import ip_interface
from typing import TYPE_CHECKING

from hyperleaf.lab import daemons, guests
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import arp, cast, power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Told

NAME = "duplicate-address"
OFFSET = 50
ROUNDS, PAUSE_SECONDS = 12, 0.5
LIMIT_SECONDS = 15.0
SHOW = "show evpn arp-cache vni all duplicate"


def tell(lab: Lab) -> Iterator[Told]:
    """Start two guests with one address on two leaves; FRR must name it, and where it is."""
    pair = cast.apart(lab)
    if pair is None:
        yield Skipped(cast.NOT_APART)
        return
    own = pair[0].addresses[cast.IPV4]
    address = ip_interface(f"{own.ip - OFFSET}/{own.network.prefixlen}")
    twins = [
        replace(one, namespace=f"twin{number}", addresses={cast.IPV4: address}, mac="")
        for number, one in enumerate(pair)
    ]
    for one in twins:
        guests.plug_in(lab.kernel, one)
    macs = {one.place: arp.mac(lab.kernel, one) for one in twins}
    began = time.monotonic()
    took, reported = None, {}
    for _ in range(ROUNDS):
        for one in twins:
            arp.announce(lab.kernel, one, str(address.ip))
            time.sleep(PAUSE_SECONDS)
        reported = _reported(lab, list(macs), str(address.ip))
        if reported:
            took = time.monotonic() - began
            break
    where = ", ".join(f"{mac} on {place}" for place, mac in macs.items())
    title = f"{address.ip} is twice ({where}): reported"
    yield Checked(title, "" if reported else "by no leaf", kind=NAME, places=tuple(macs))
    for place, told in reported.items():
        yield Checked(f"{place} says so: {told}", "", kind=NAME, places=(place,))
    if took is not None:
        title = "from two guests with one address until it is reported"
        yield Figure(title, round(took, 1), "s", limit=LIMIT_SECONDS)
    for one in twins:
        power.remove(lab, one)
    for place in macs:
        daemons.vtysh(lab.kernel, place, "clear evpn dup-addr vni all")


def _reported(lab: Lab, places: list[str], address: str) -> dict[str, str]:
    """Return what leaves say of an address that they call a duplicate, by leaf."""
    asked = {one: daemons.vtysh(lab.kernel, one, SHOW) for one in places}
    found = {}
    for place, said in asked.items():
        lines = [" ".join(line.split()) for line in said.splitlines() if address in line.split()]
        if lines:
            found[place] = lines[0]
    return found
