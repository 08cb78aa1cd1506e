"""Steady streams of packets between guests, while something happens, become timelines."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.outcome import Happened, Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel, Ran

STREAMER = Path(__file__).with_name("streamer.py")
EVERY_SECONDS = 0.05
WAIT_SECONDS = 1.0
LIMIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Way:
    """Where a stream goes: from a guest, or a namespace, to an address."""

    title: str
    source: Guest | str
    target: str


@dataclass(frozen=True, slots=True)
class Share:
    """The streams that begin in one kernel: their numbers, a namespace there, their process."""

    ways: tuple[int, ...]
    place: str
    future: Future[Ran]


@dataclass(frozen=True, slots=True)
class Streams:
    """Streams on their way, begun at `began` on this machine's clock."""

    kernel: Kernel
    ways: tuple[Way, ...]
    every: float
    stop: str
    began: float
    shares: tuple[Share, ...]

    def happened(self, what: str) -> Happened:
        """Return that something happens now, in the streams' time."""
        return Happened(round(time.monotonic() - self.began, 2), what)

    def seconds(self) -> float:
        """Return how long the streams have been on their way."""
        return time.monotonic() - self.began

    def end(self) -> list[Timeline]:
        """Stop the streams, wait for the last answers, return what became of each."""
        for share in self.shares:
            self.kernel.run(["touch", self.stop], beside=share.place)
        answered: dict[int, list[bool]] = {}
        for share in self.shares:
            ran = self.kernel.end(share.future, LIMIT_SECONDS)
            answered |= dict(zip(share.ways, json.loads(ran.out), strict=True))
        return [
            Timeline(way.title, self.every, tuple(answered[number]))
            for number, way in enumerate(self.ways)
        ]


def start(
    kernel: Kernel,
    ways: Sequence[Way],
    *,
    seconds: float = LIMIT_SECONDS,
    every: float = EVERY_SECONDS,
) -> Streams:
    """Start a stream along each way, all in step; they end by themselves after `seconds`."""
    (kernel.scratch / STREAMER.name).write_text(STREAMER.read_text())
    stop = f"/run/streams-{time.monotonic_ns()}"
    words = ["python3", f"/lab/{STREAMER.name}", stop]
    shares = []
    for group in kernel.by_kernel(_asked(one)["namespace"] for one in ways):
        asked = {
            "seconds": seconds,
            "every": every,
            "wait": WAIT_SECONDS,
            "streams": [_asked(ways[one]) for one in group],
        }
        place = _asked(ways[group[0]])["namespace"]
        future = kernel.ask(words, beside=place, stdin=json.dumps(asked), seconds=seconds + 30)
        shares.append(Share(tuple(group), place, future))
    until = f"for i in $(seq 200); do [ -e {stop}.began ] && exit; sleep 0.05; done; exit 1"
    for share in shares:
        kernel.run(until, beside=share.place)
    return Streams(kernel, tuple(ways), every, stop, time.monotonic(), tuple(shares))


def until_answered(line: Timeline, since: float) -> float | None:
    """Return how many seconds after `since` a stream has its first answer, or None."""
    first = round(since / line.every)
    found = next((i for i, one in enumerate(line.answered[first:]) if one), None)
    return None if found is None else round(found * line.every, 2)


def until_silent(line: Timeline, since: float) -> float | None:
    """Return how many seconds after `since` a stream's first packet is lost, or None."""
    first = round(since / line.every)
    found = next((i for i, one in enumerate(line.answered[first:]) if not one), None)
    return None if found is None else round(found * line.every, 2)


def reach(kernel: Kernel, source: Guest, target: str, seconds: float) -> bool:
    """Ask until a guest is answered; tell whether it was, within `seconds`."""
    words = f"until ping -n -q -c 1 -W 0.2 {target} >/dev/null; do :; done"
    return kernel.run(words, node=source.namespace, seconds=seconds, check=False).status == 0


def _asked(way: Way) -> dict[str, Any]:
    if isinstance(way.source, str):
        return {"namespace": way.source, "device": "", "source": "", "target": way.target}
    guest = way.source
    family = 6 if ":" in way.target else 4
    # Behind a border its own address speaks; the anycast one would be answered elsewhere.
    source = str(guest.addresses[family].ip) if guest.vrf else ""
    return {
        "namespace": guest.namespace,
        "device": guest.vrf,
        "source": source,
        "target": way.target,
    }
