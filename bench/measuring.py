"""A command run to its end becomes its time and its peak memory, as the system accounts them."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds on the clock and of CPU, and the peak of resident memory in MiB."""

    wall: float
    cpu: float
    peak: float


def measure(
    command: Sequence[str],
    times: int = 1,
    *,
    status: int = 0,
    environment: Mapping[str, str] | None = None,
) -> Measured:
    """Run `command` some times, its output thrown away, and return the medians.

    Raises RuntimeError where it ends otherwise than with `status`: a figure of a failed run would
    be none.
    """
    runs = [_once(command, status, environment) for _ in range(times)]
    return Measured(
        wall=statistics.median(run.wall for run in runs),
        cpu=statistics.median(run.cpu for run in runs),
        peak=max(run.peak for run in runs),
    )


def _once(command: Sequence[str], status: int, environment: Mapping[str, str] | None) -> Measured:
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=None if environment is None else os.environ | environment,
    )
    _, ended, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(ended)
    if process.returncode != status:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Measured(
        wall=time.perf_counter() - started,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss / 1024,
    )


def exponent(points: Iterable[tuple[float, float]]) -> float:
    """Return the exponent of growth: the slope of a line through the logarithms."""
    logs = [(math.log(size), math.log(cost)) for size, cost in points]
    mean_x = statistics.fmean(x for x, _ in logs)
    mean_y = statistics.fmean(y for _, y in logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum(
        (x - mean_x) ** 2 for x, _ in logs
    )
