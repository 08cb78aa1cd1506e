"""Runs whole proofs as commands of their own, ends them in every way, and looks for what is left.

Each has a cache of its own that borrows the root of the real one, and a folder of its own for
temporary files: whatever is found there afterwards, or still runs from there, is left behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.lab.root import cache_folder

if TYPE_CHECKING:
    import random

SMALL = Path(__file__).parent / "estates" / "small"
LIMIT_SECONDS = 400
GONE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """A cache and a folder for temporary files that nobody else uses."""

    folder: Path

    @property
    def cache(self) -> Path:
        """Return the cache, with the labs' folders in it."""
        return self.folder / "cache"

    @property
    def temporary(self) -> Path:
        """Return the folder for temporary files."""
        return self.folder / "tmp"


def place(folder: Path, root: Path) -> Place:
    """Make a place below a folder, with a root that is ready."""
    made = Place(folder)
    # A lab in namespaces of its own reads from here.
    for one in (folder, *folder.parents):
        if one.stat().st_uid == os.getuid() and one != Path("/"):
            one.chmod(one.stat().st_mode | 0o055)
    ready = root.parent
    (made.cache / "lab" / "runs").mkdir(parents=True)
    (made.cache / "lab" / ready.name).symlink_to(ready)
    for modules in (cache_folder() / "lab").glob("modules-*"):
        (made.cache / "lab" / modules.name).symlink_to(modules)
    made.temporary.mkdir()
    return made


def start(where: Place, *arguments: str, estate: Path = SMALL) -> subprocess.Popen[str]:
    """Start `hyperleaf prove` in a place; its output goes through one pipe."""
    environment = {
        **os.environ,
        "HYPERLEAF_CACHE": str(where.cache),
        "TMPDIR": str(where.temporary),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "hyperleaf", "prove", str(estate), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a command's end; return its status and all that it said."""
    try:
        said, _ = process.communicate(timeout=LIMIT_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, said


def left(where: Place) -> list[str]:
    """Return what is still there of the labs of a place: folders, files, processes.

    What ends by itself is given a few seconds: a kernel that nobody holds notices and goes.
    """
    deadline = time.monotonic() + GONE_SECONDS
    while True:
        found = [str(one) for one in where.temporary.iterdir()]
        found += [str(one) for one in (where.cache / "lab" / "runs").glob("lab-*")]
        found += processes(str(where.folder))
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def processes(word: str) -> list[str]:
    """Return the command lines of processes that name a word."""
    lines = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = one.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if word in line and int(one.parent.name) != os.getpid():
                lines.append(line)
    return lines


def run_once(where: Place) -> str:
    """Prove the small estate; return what went wrong, or what is left behind, or nothing."""
    status, said = finish(start(where))
    if status:
        return f"exit status {status}: {said}"
    return "\n".join(left(where))


def kill_once(where: Place, chance: random.Random, seconds: float = 25.0) -> str:
    """Kill a proof at some moment; what is left must go, and the next one must pass."""
    process = start(where)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=chance.uniform(0.2, seconds))
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=LIMIT_SECONDS)
    return run_once(where)
