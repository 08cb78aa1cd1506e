"""A node's bridge is no longer as on the others: it is named before a migration finds out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hyperleaf.lab import drift
from hyperleaf.lab.outcome import Skipped
from hyperleaf.lab.scenarios import moving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Checked, Told

KIND = "drifted-node"
LESS = 100
BACK_SECONDS = 20


def tell(lab: Lab) -> Iterator[Told]:
    """Break the bridge that a guest would move to in two ways, and look at every node."""
    play = moving.stage(lab)
    if play is None:
        yield Skipped(moving.NO_STAGE)
        return
    bridge, node = play.attachment.config["bridge"], play.away.name
    links = json.loads(lab.kernel.run(["ip", "-j", "-d", "link"], node=node).out)
    by_name = {one["ifname"]: one for one in links}
    yield from drift.look(lab.kernel, lab.rendered, lab.around)
    port = next((one["ifname"] for one in drift.uplinks(links, bridge)), "")
    if not port:
        return
    mtu = by_name[bridge]["mtu"]
    breaks = {
        f"{bridge}'s MTU is {LESS} less": (
            f"ip link set {bridge} mtu {mtu - LESS}",
            f"ip link set {bridge} mtu {mtu}",
        ),
        f"{port} is down": (f"ip link set {port} down", f"ip link set {port} up"),
    }
    for what, (do, undo) in breaks.items():
        lab.kernel.run(do, node=node)
        found = list(drift.look(lab.kernel, lab.rendered, lab.around))
        lab.kernel.run(undo, node=node)
        yield play.checked(KIND, f"{node} is named: {what}", _named(found, node))
    fault = "" if _back(lab, play) else f"after {BACK_SECONDS} s not"
    yield play.checked(KIND, f"{node} is as it was", fault, play.other)


def _named(found: list[Checked], node: str) -> str:
    """Return what is wrong with who was named: that node must be, and nobody else."""
    named = {place for one in found if one.fault for place in one.places}
    if named == {node}:
        return ""
    return f"named were {', '.join(sorted(named))}" if named else "nobody was named"


def _back(lab: Lab, play: moving.Stage) -> bool:
    """Wait until packets reach the node again."""
    there = next(
        (
            one
            for one in lab.guests
            if one.network == play.network and one.place == play.away.name and one.attachment
        ),
        None,
    )
    if there is None:
        return True
    target = moving.ipv4(there)
    words = f"until ping -n -q -c 1 -W 0.5 {target} >/dev/null 2>&1; do :; done"
    place = play.model.namespace
    ran = lab.kernel.run(words, node=place, seconds=BACK_SECONDS, check=False)
    return ran.status == 0
