"""Kills `up` at a vCenter at changes of chance, as a power cut would; the next ends the same."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judges.vcenter import vcenter
from platforms.vsphere_lab import environment, estate, ran, snapshot, words

if TYPE_CHECKING:
    import random

    from judges.vcenter import Vcenter

# More than a first run sends: some are not killed at all.
MOST = 8


def whole() -> dict[str, Any]:
    """Return what one undisturbed `up` makes."""
    with tempfile.TemporaryDirectory() as place, vcenter(Path(place)) as center:
        _up(center, Path(place))
        return snapshot(center)


def killed(chance: random.Random, wanted: dict[str, Any]) -> str:
    """Kill `up` once to three times, then let it end; return what is wrong then."""
    with tempfile.TemporaryDirectory() as place, vcenter(Path(place)) as center:
        moments = []
        for _ in range(chance.randint(1, 3)):
            when, number = chance.choice(("hold", "holdAfter")), chance.randint(1, MOST)
            moments.append(f"{when} {number}")
            _kill(center, Path(place), when, number)
        problem = _up(center, Path(place))
        if problem:
            return f"killed at {moments}, the next up failed: {problem}"
        if snapshot(center) != wanted:
            return f"killed at {moments}, the vCenter ended up otherwise"
        before = len(center.changes())
        problem = _up(center, Path(place))
        if problem or len(center.changes()) != before:
            return f"killed at {moments}, one more up changed something: {problem}"
        ran(center, "down", Path(place) / "estate", "--yes")
        left = [name for name in snapshot(center)["machines"] if name.endswith("-cnv")]
        return f"killed at {moments}, down left {left}" if left else ""


def _up(center: Vcenter, place: Path) -> str:
    folder = estate(center, place / "estate")
    done = ran(center, "up", folder, "--facts", str(place / "facts.yaml"), "--yes")
    return done.err if done.status else ""


def _kill(center: Vcenter, place: Path, when: str, number: int) -> None:
    folder = estate(center, place / "estate")
    center.misbehave({"kind": when, "mutating": True, "nth": number})
    before = sum(one.held for one in center.log())
    process = subprocess.Popen(
        words("up", folder, "--facts", str(place / "facts.yaml"), "--yes"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(center),
    )
    try:
        while process.poll() is None and sum(one.held for one in center.log()) == before:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait(30)
        center.misbehave()
