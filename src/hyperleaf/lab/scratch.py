"""Gives a lab a folder of its own, and removes what labs that were killed have left behind.

Everything else of a lab lives inside its kernel, and a kernel ends when nobody holds its channel.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "lab-"
LOCK = ".lock"


@contextlib.contextmanager
def folder(runs: Path) -> Iterator[Path]:
    """Hold a new folder below `runs` for the block; folders that nobody holds are removed first."""
    runs.mkdir(parents=True, exist_ok=True)
    remove_abandoned(runs)
    made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=runs))
    try:
        with (made / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def remove_abandoned(runs: Path) -> list[Path]:
    """Remove the folders below `runs` whose owner is gone, and return them."""
    gone = []
    for place in sorted(runs.glob(f"{PREFIX}*")):
        # One without a lock is being made just now.
        with contextlib.suppress(OSError), (place / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(place, ignore_errors=True)
            gone.append(place)
    return gone
