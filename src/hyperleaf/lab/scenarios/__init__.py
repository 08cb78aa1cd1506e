"""Things that happen to a running lab, and what packets say of them meanwhile.

A scenario is a function of the lab that yields what it has to tell (see `outcome.py`): checks,
figures, timelines, events, or why it cannot be gone through here. It leaves the lab as it found it:
every session up, every guest where it was. A new one is a file here and a line in `ALL`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.lab.kernel import CommandError
from hyperleaf.lab.outcome import Checked, Happened, Scenario
from hyperleaf.lab.scenarios import (
    border_lost,
    both_reflectors_lost,
    cast,
    drifted_node,
    duplicate_address,
    floating_vip,
    frr_crashes,
    guest_leases,
    guest_migrates,
    leaf_reboots,
    migration_network,
    node_joins,
    node_leaves,
    pulse,
    reflector_lost,
    silent_guest,
    silent_guest_moves,
    stranger,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Told

# How often one is gone through at most, on a machine that has no time for it.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario that can be asked for: what happens, in a sentence, and what goes through it."""

    title: str
    tell: Callable[[Lab], Iterator[Told]]


ALL: dict[str, Story] = {
    "reflector-lost": Story("The reflector whose paths are best is killed.", reflector_lost.tell),
    "both-reflectors-lost": Story(
        "Every reflector is cut off, and comes back.", both_reflectors_lost.tell
    ),
    "border-lost": Story("A border is cut off, and comes back.", border_lost.tell),
    "node-joins": Story("A leaf joins, and no object changes.", node_joins.tell),
    "node-leaves": Story("A leaf loses its power for good.", node_leaves.tell),
    "frr-crashes": Story("A leaf's FRR dies and is started again.", frr_crashes.tell),
    "leaf-reboots": Story("A leaf reboots, FRR after its datapath and before.", leaf_reboots.tell),
    "floating-vip": Story("An address moves between guests of two leaves.", floating_vip.tell),
    "silent-guest": Story("A guest that never said a word is looked for.", silent_guest.tell),
    "duplicate-address": Story("Two guests have one address.", duplicate_address.tell),
    "stranger": Story("Machines that are no part of the estate try to get in.", stranger.tell),
    "guest-leases": Story("A real guest boots and asks for a lease.", guest_leases.tell),
    "guest-migrates": Story("A real guest moves, sessions open.", guest_migrates.tell),
    "silent-guest-moves": Story(
        "A real guest that never spoke is found, and found again.", silent_guest_moves.tell
    ),
    "migration-network": Story(
        "Migrations go by their own network, no faster than they may.", migration_network.tell
    ),
    "drifted-node": Story("A node's bridge is not as on the others.", drifted_node.tell),
}


def play(lab: Lab, name: str) -> Scenario:
    """Go through a scenario and return what it told.

    Where it went wrong and the machine stood still meanwhile for longer than sessions wait, it is
    gone through again.
    """
    story = ALL[name]
    began = time.monotonic()
    again: list[Told] = []
    for left in reversed(range(TRIES)):
        felt = pulse.feel(lab)
        told = list(_told(lab, name))
        still = felt.end()
        seen = Scenario(name, story.title, (*again, *told), round(time.monotonic() - began, 2))
        if not left or still < cast.detection(lab)[0] / 2 or not any(map(_fault, seen.checked)):
            break
        again.append(Happened(0.0, f"the machine stood still for {still:.1f} s: once more"))
    return seen


def _told(lab: Lab, name: str) -> Iterator[Told]:
    """Yield what a scenario tells, and where it could not go on."""
    try:
        yield from ALL[name].tell(lab)
    except CommandError as error:
        yield Checked("it can be gone through to its end", str(error), kind=name)


def _fault(one: Checked) -> str:
    return one.fault
