"""The reflector whose paths are best is killed; packets between leaves must not notice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hyperleaf.lab import estate, nodes, streams
from hyperleaf.lab.outcome import Checked, Figure, Skipped
from hyperleaf.lab.scenarios import cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Told

NAME = "reflector-lost"
# Twenty a second, for longer than a session's hold time.
PACKETS = 300


def tell(lab: Lab) -> Iterator[Told]:
    """Kill the best-path reflector under a stream between two leaves, then start it again."""
    reflectors, pair = cast.reflectors(lab), cast.apart(lab)
    if len(reflectors) < 2:  # noqa: PLR2004 - one to lose, one to stay
        yield Skipped("the estate has no two reflectors")
        return
    if pair is None:
        yield Skipped(cast.NOT_APART)
        return
    first, (source, target) = reflectors[0], pair
    title = f"{source.place} to {target.place}"
    way = streams.Way(title, source, cast.ipv4(target))
    sent = streams.start(lab.kernel, [way])
    time.sleep(2)
    yield sent.happened(f"{first.name} is killed")
    nodes.kill_frr(lab.kernel, first)
    time.sleep(max(0.0, PACKETS * sent.every - sent.seconds()))
    (line,) = sent.end()
    yield line
    yield Figure(f"packets lost of {PACKETS}", line.lost, "packets", limit=0)
    lab.agents.start_frr(lab.kernel, lab.rendered.clusters[first.cluster], first)
    estate.converge(lab)
    yield Checked("every session is up again", lab.missing, kind=NAME)
