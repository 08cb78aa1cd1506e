"""A leaf joins and no object changes; its guest must be reached soon after its daemons run."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from hyperleaf.lab import daemons, estate, streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast, newcomer, power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.outcome import Told

NAME = "node-joins"
JOIN_SECONDS, JOIN_LIMIT_SECONDS = 30.0, 5.0


def tell(lab: Lab) -> Iterator[Told]:
    """Let a leaf join, no object changed; its guest must be reached soon after its daemons run."""
    pair = cast.apart(lab)
    if pair is None:
        yield Skipped(cast.NOT_APART)
        return
    source, model = pair
    before = str(lab.rendered)
    new = newcomer.like(lab, model)
    newcomer.arrive(lab, new)
    try:
        ways = [
            streams.Way(f"{source.place} to {new.node.name}", source, cast.ipv4(new.guest)),
            streams.Way(f"{source.place} to {model.place}", source, cast.ipv4(model)),
        ]
        sent = streams.start(lab.kernel, ways)
        yield sent.happened(f"{new.node.name}'s daemons are started")
        newcomer.start_frr(lab, new)
        run = sent.happened(f"{new.node.name}'s daemons run")
        yield run
        streams.reach(lab.kernel, source, cast.ipv4(new.guest), JOIN_SECONDS)
        time.sleep(2)
        lines = sent.end()
        yield from lines
        took = streams.until_answered(lines[0], run.seconds)
        title = f"{source.namespace} reaches the guest of {new.node.name}"
        yield Checked(title, "" if took is not None else "not at all", kind=NAME)
        if took is not None:
            title = "from its daemons' start until its guest is reached"
            yield Figure(title, took, "s", limit=JOIN_LIMIT_SECONDS)
        yield Figure("packets lost between the leaves before it", lines[1].lost, "packets", limit=0)
        yield Checked("no object names it, none has changed", _named(lab, new, before), kind=NAME)
        title = f"its FRR runs what that of {model.place} runs"
        yield Checked(title, _differs(lab, new, model), kind=NAME)
    finally:
        power.remove(lab, new.guest)
        newcomer.leave(lab, new)
    estate.converge(lab)
    yield Checked("every session is up when it is gone", lab.missing, kind=NAME)


def _named(lab: Lab, new: newcomer.Newcomer, before: str) -> str:
    """Return which of the newcomer's names an object has, or that one has changed, or nothing."""
    now = str(lab.rendered)
    names = (new.node.name, *(str(one.ip) for one in new.node.addresses))
    found = [one for one in names if re.search(rf"(?<![\w.]){re.escape(one)}(?![\w.])", now)]
    if found:
        return f"an object names {', '.join(found)}"
    return "" if now == before else "an object has changed"


def _differs(lab: Lab, new: newcomer.Newcomer, model: Guest) -> str:
    """Return what FRR runs on the newcomer or on the leaf before it, and not on the other."""
    running = [
        {
            line
            for line in daemons.vtysh(lab.kernel, one, "show running-config").splitlines()
            if not line.startswith(("hostname", "Current", "Building"))
        }
        for one in (new.node.name, model.place)
    ]
    return ", ".join(sorted(running[0] ^ running[1]))
