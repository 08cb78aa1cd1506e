"""Feels a lab's pulse: for how long its kernels stood still, because the machine had other work.

A kernel that stands still for longer than sessions wait loses them all at once; what is seen then
is the machine's doing, and no object's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.kernel import Ran

EVERY_SECONDS = 0.05
LIMIT_SECONDS = 900.0
_BEAT = f"""
import pathlib, sys, time
stop, last, worst = pathlib.Path(sys.argv[1]), time.monotonic(), 0.0
while not stop.exists():
    time.sleep({EVERY_SECONDS})
    now = time.monotonic()
    last, worst = now, max(worst, now - last - {EVERY_SECONDS})
print(worst)
"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """A pulse that is being felt, in each of a lab's kernels."""

    lab: Lab
    stop: str
    places: tuple[str, ...]
    beats: tuple[Future[Ran], ...]

    def end(self) -> float:
        """Return the longest time that a kernel stood still, in seconds."""
        for place in self.places:
            self.lab.kernel.run(["touch", self.stop], beside=place)
        return max(float(self.lab.kernel.end(one, LIMIT_SECONDS).out) for one in self.beats)


def feel(lab: Lab) -> Pulse:
    """Begin to feel a lab's pulse."""
    stop = f"/run/pulse-{time.monotonic_ns()}"
    names = [one.name for one in lab.around.nodes]
    places = tuple(names[group[0]] for group in lab.kernel.by_kernel(names))
    words = ["python3", "-c", _BEAT, stop]
    beats = tuple(lab.kernel.ask(words, beside=one, seconds=LIMIT_SECONDS) for one in places)
    return Pulse(lab, stop, places, beats)
