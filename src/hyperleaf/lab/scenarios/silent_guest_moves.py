"""A real guest that has never said a word is found, and found again after it has moved."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hyperleaf.lab import vms
from hyperleaf.lab.outcome import Figure, Skipped
from hyperleaf.lab.scenarios import moving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.outcome import Told

KIND = "silent-guest-moves"
FOUND_SECONDS = 5.0


def tell(lab: Lab) -> Iterator[Told]:
    """Boot a guest that asks for nothing, let others look for it, before and after it moves."""
    play = moving.stage(lab)
    if play is None:
        yield Skipped(moving.NO_STAGE)
        return
    lookers = [one for one in (play.other, play.beyond) if one is not None]
    if not lookers:
        yield Skipped("nobody else is on the segment to look for the guest")
        return
    yield from moving.carefully(KIND, _tell(lab, play, lookers))


def _tell(lab: Lab, play: moving.Stage, lookers: list[Guest]) -> Iterator[Told]:
    vm = play.vm("silent", 3, leased=False)
    address = vm.address.partition("/")[0]
    with moving.roads(lab, play) as roads, moving.on_stage(lab, play, vm) as guest:
        guest.told("up")
        for one in lookers:
            yield from _found(lab, play, one, address, "that never spoke")
        move = vms.prepare(guest, play.away.name, roads.between(play.home.name, play.away.name))
        move.go()
        for one in lookers:
            yield from _found(lab, play, one, address, "after it has moved")


def _found(lab: Lab, play: moving.Stage, looker: Guest, address: str, when: str) -> Iterator[Told]:
    """Tell how long it takes until a guest is answered from somewhere."""
    device = f"-I {looker.vrf} " if looker.vrf else ""
    # Behind a border its own address speaks; the anycast one would be answered elsewhere.
    source = f"-I {moving.ipv4(looker)} " if looker.vrf else ""
    words = f"until ping -n -q -c 1 -W 0.5 {device}{source}{address} >/dev/null 2>&1; do :; done"
    began = time.monotonic()
    ran = lab.kernel.run(words, node=looker.namespace, seconds=FOUND_SECONDS, check=False)
    took = round(time.monotonic() - began, 2)
    title = f"a guest {when} is found from {looker.place}"
    yield play.checked(KIND, title, "not at all" if ran.status else "", looker)
    if not ran.status:
        yield Figure(title, took, "s")
