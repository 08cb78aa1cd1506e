"""Measures the lab: the parts of a proof, and leaves from power-on until their routes settle."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from estates import estate

from hyperleaf.api import load
from hyperleaf.lab import estate as standing
from hyperleaf.lab import kernel, reading, root, runtime, scratch
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.plan.clusters import Plan

# What is built before routes can settle.
BUILT = ("world", "objects", "daemons", "guests", "agents")
# Above this many leaves on two cores sessions watched every 300 ms cost more than there is.
RELAXED_FROM = 20
RELAXED = "  timers: {hold: 90s, keepalive: 30s}\n  bfd: {interval: 1s}\n"
RELAXED_SAID = "relaxed: hold 90 s, keepalive 30 s, BFD every second"
SEEN_EVERY_SECONDS = 0.5
# Three sites, where the estate that is only rendered has one range for all.
SITES = ("[10.0.0.0/12]", "[10.0.0.0/20, 10.1.0.0/16, 10.15.0.0/24]")


@dataclass(frozen=True, slots=True)
class Settled:
    """Leaves whose routes settled: seconds from power-on, MiB at most, kernels, what misses."""

    leaves: int
    seconds: Mapping[str, float]
    mib: float
    kernels: int
    timers: str
    missing: str


def made_from_nothing() -> float:
    """Return how many seconds the root takes, its kernel's modules among them."""
    with tempfile.TemporaryDirectory(prefix="hyperleaf-bench-", dir="/var/tmp") as folder:
        kept = os.environ.get("HYPERLEAF_CACHE")
        os.environ["HYPERLEAF_CACHE"] = folder
        began = time.monotonic()
        try:
            root.ready()
        finally:
            os.environ.pop("HYPERLEAF_CACHE")
            if kept is not None:
                os.environ["HYPERLEAF_CACHE"] = kept
        return time.monotonic() - began


def parts(example: Path) -> dict[str, float]:
    """Return the seconds of each part of an example's proof: root, boot, build, converge, checks.

    Raises RuntimeError where the proof fails: a figure of a failed proof would be none.
    """
    made = plan(load(example).estate)
    proof = prove([(one.path, one.text) for one in render(made)], surroundings(made))
    if proof.wrong:
        raise RuntimeError("\n".join(f"{one.title}: {one.fault}" for one in proof.wrong[:10]))
    seconds = dict(proof.seconds)
    built = sum(seconds.get(one, 0.0) for one in BUILT)
    named = {one: seconds[one] for one in ("root", "boot", "converge", "checks", "all")}
    return {**named, "build": round(built, 2)}


def settle(leaves: int, kernels: int = 0) -> Settled:
    """Boot a generated estate of one VRF and wait until its routes settle."""
    text = "".join(estate(leaves, 1)).replace(*SITES)
    relaxed = leaves >= RELAXED_FROM
    if relaxed:
        text = text.replace("  borders:\n", f"{RELAXED}  borders:\n", 1)
    with tempfile.TemporaryDirectory(prefix="hyperleaf-bench-") as name:
        file = Path(name) / "estate.yaml"
        file.write_text(text, encoding="utf-8")
        loaded = load(file)
        if loaded.findings:
            raise RuntimeError("\n".join(map(str, loaded.findings)))
        made = plan(loaded.estate)
        write(render(made), Path(name) / "out")
        return _settle(Path(name) / "out", made, leaves, kernels)


def _settle(rendered: Path, made: Plan, leaves: int, kernels: int) -> Settled:
    around = surroundings(made, leaves)
    ready = root.ready()
    found = runtime.find("uml", ready.folder)
    layout = standing.layout(around, kernels)
    read = reading.read(rendered)
    began = time.monotonic()
    with (
        scratch.folder(root.cache_folder() / "lab" / "runs") as place,
        kernel.boot(ready.folder, place, enter=found.enter, layout=layout) as booted,
        Memory([one.process.pid for one in booted.channels]) as memory,
    ):
        lab = standing.Lab(booted, read, around)
        standing.build(lab, place)
        seconds = {"boot": booted.boot_seconds, **lab.seconds, "all": time.monotonic() - began}
    timers = RELAXED_SAID if leaves >= RELAXED_FROM else "hold 9 s, keepalive 3 s, BFD every 300 ms"
    return Settled(leaves, seconds, memory.most, layout.kernels, timers, lab.missing)


@dataclass(slots=True)
class Memory:
    """The most memory of processes and of all that they have begun, in MiB (PSS)."""

    processes: list[int]
    most: float = 0.0
    _end: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to look."""
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._end.set()
        if self._watch is not None:
            self._watch.join()

    def _look(self) -> None:
        while not self._end.wait(SEEN_EVERY_SECONDS):
            self.most = max(self.most, sum(map(_mib, _family(self.processes))))


def _family(processes: list[int]) -> set[int]:
    """Return processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        children.setdefault(int(after[1]), []).append(int(status.parent.name))
    found, left = set(), list(processes)
    while left:
        one = left.pop()
        found.add(one)
        left += children.get(one, [])
    return found


def _mib(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(one.split()[1]) for one in lines if one.startswith("Pss:")) / 1024
