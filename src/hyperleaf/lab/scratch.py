"""Gives a lab a folder of its own, and removes what labs that were killed have left behind.

Everything else of a lab lives inside its kernel, and a kernel ends when nobody holds its channel.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = "lab-"
LOCK = ".lock"


@contextlib.contextmanager
def folder(runs: Path) -> Iterator[Path]:
    """Hold a new folder below `runs` for the block; folders that nobody holds are removed first."""
    with for_all_to_read():
        runs.mkdir(parents=True, exist_ok=True)
        with _alone(runs):
            _remove_abandoned(runs)
            made = _free(runs)
            lock = (made / LOCK).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with lock:
                yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def for_all_to_read() -> Iterator[None]:
    """Let others read what is written in the block: in a lab even its root may be one of them."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _free(runs: Path) -> Path:
    """Make the folder of the lowest number that no lab has."""
    number = 1
    while True:
        with contextlib.suppress(FileExistsError):
            made = runs / f"{PREFIX}{number}"
            made.mkdir()
            return made
        number += 1


@contextlib.contextmanager
def _alone(runs: Path) -> Iterator[None]:
    """Hold the folder of labs: a folder that is made just now has no lock yet."""
    with (runs / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_abandoned(runs: Path) -> list[Path]:
    """Remove the folders below `runs` whose owner is gone, and return them."""
    with _alone(runs):
        return _remove_abandoned(runs)


def _remove_abandoned(runs: Path) -> list[Path]:
    gone = []
    for place in sorted(runs.glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError), (place / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(place, ignore_errors=True)
            gone.append(place)
    return gone
