"""Runs the command as a user does: in this process, in one of its own, or on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.cli.command import run

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
AWS = str(ROOT / "examples" / "01-aws-hosted")
LAB = str(ROOT / "examples" / "02-vsphere-lab")
LIMIT_SECONDS = 60
_LOADED = "import sys; from hyperleaf.cli.command import run; run({words!r}); print(*sys.modules)"
WRONG = """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Network
metadata: {name: red}
spec:
  vlan: 100
  subnets: [172.20.100.0/24]
  gateways: [172.20.101.1]
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


def ended(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run the command in this process, its output no terminal."""
    status = run(arguments)
    written = capsys.readouterr()
    return Ended(status, written.out, written.err)


def on_terminal(*arguments: str, columns: int = 80, **environment: str) -> str:
    """Run the command in a process of its own on a terminal; return all that is shown."""
    import fcntl  # noqa: PLC0415
    import pty  # noqa: PLC0415
    import struct  # noqa: PLC0415
    import termios  # noqa: PLC0415

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "TERM"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "hyperleaf", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**kept, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the last one who held the terminal has closed it
            break
        if not piece:
            break
        shown += piece
    process.wait(LIMIT_SECONDS)
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def loaded_by(words: list[str]) -> set[str]:
    """Run a command in a process of its own; return the modules that it has loaded by its end."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED.format(words=words)],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())
