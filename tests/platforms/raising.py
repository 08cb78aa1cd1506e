"""Runs `up` and `down` as a user does, in a process of their own, against an account for tests."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judges.aws import Aws

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "01-aws-hosted"
LIMIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


def environment(account: Aws, **more: str) -> dict[str, str]:
    """Return the variables by which a command finds the account and nothing else of AWS's."""
    kept = {name: one for name, one in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **account.env, **more}


def words(verb: str, *more: str, estate: Path | None = EXAMPLE) -> list[str]:
    """Return the command; without an estate where `more` names a rendered folder."""
    about = [str(estate)] if estate is not None else []
    return [sys.executable, "-m", "hyperleaf", verb, *about, *more]


def ran(
    account: Aws, verb: str, *more: str, estate: Path | None = EXAMPLE, **variables: str
) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(
        words(verb, *more, estate=estate),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment(account, **variables),
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def up(account: Aws, facts: Path, *more: str, estate: Path | None = EXAMPLE) -> Ended:
    """Run `up` without questions."""
    return ran(account, "up", "--facts", str(facts), "--yes", *more, estate=estate)


@contextmanager
def started(account: Aws, verb: str, *more: str, estate: Path | None = EXAMPLE) -> Iterator[Any]:
    """Start a command, which is killed where it still runs at the end of the block."""
    process = subprocess.Popen(
        words(verb, *more, estate=estate),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(account),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def answered(account: Aws, verb: str, answer: str, *more: str) -> Ended:
    """Run a command on a terminal, a rendered folder among `more`, and answer its one question."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, 100))
    process = subprocess.Popen(
        words(verb, *more, estate=None),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(account, TERM="xterm"),
        start_new_session=True,
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())  # it waits in the terminal until it is asked for
    shown, ends = b"", time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < ends:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # all who had the terminal are gone
            break
        shown += piece
    os.close(ours)
    process.kill()
    return Ended(process.wait(30), shown.decode(errors="replace"), "")


def killed(
    account: Aws,
    verb: str,
    call: int,
    when: str,
    *more: str,
    estate: Path | None = EXAMPLE,
    **about: Any,
) -> bool:
    """Kill a command at its n-th call, `when` "before" or "after" it; tell if it came so far.

    `about` says which calls are counted, as for every fault: each, unless said.
    """
    account.faults({"kind": "hold", "at": call, "when": when, **about})
    ends = time.monotonic() + LIMIT_SECONDS
    with started(account, verb, *more, estate=estate) as process:
        while process.poll() is None and time.monotonic() < ends:
            if account.held():
                process.kill()
                account.cut()
                break
            time.sleep(0.01)
        came_so_far = bool(process.wait(30) < 0)
    account.idle()
    account.faults()
    return came_so_far
