"""Starts processes that end with the test, killed with their parent; watches those there are."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Eyes(threading.Thread):
    """Reads the command lines of all processes, again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[str] = set()
        self.is_over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        while not self.is_over.is_set():
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(place.read_text(errors="replace"))
                except OSError:
                    continue
            time.sleep(0.01)


@contextmanager
def running(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    stdin: int | IO[str] = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[str]]:
    """Run a command with its output in a log until the block ends, then end its whole group."""
    with log.open("w") as output:
        started = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *(str(word) for word in command)],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(env or {}),
            start_new_session=True,
            text=True,
        )
    try:
        yield started
    finally:
        end(started)


def end(started: subprocess.Popen[str], patience_seconds: float = 5) -> None:
    """Ask a process group to end, then kill it."""
    for number, patience in ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, 10.0)):
        try:
            os.killpg(started.pid, number)
            started.wait(patience)
        except ProcessLookupError:
            started.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log, for the message of a failure."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
