"""TCP sessions that a real guest holds become what is said of them: they go on, or they end."""

from __future__ import annotations

import contextlib
import json
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.vms import Running

ECHO = Path(__file__).with_name("vm_echo.py")
PORT = 7007
LIMIT_SECONDS = 300
# Longer than a TCP of a guest waits before it asks again after a migration.
GOES_ON_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class End:
    """The other end of a session: its name, where it listens, its address as the guest knows it."""

    name: str
    namespace: str
    address: str
    device: str = ""


@contextlib.contextmanager
def echoes(kernel: Kernel, ends: Sequence[End]) -> Iterator[None]:
    """Return what comes along sessions with these ends, for the block."""
    (kernel.scratch / ECHO.name).write_text(ECHO.read_text())
    stop = f"/run/echoes-{time.monotonic_ns()}"
    groups = kernel.by_kernel(one.namespace for one in ends)
    futures = []
    for group in groups:
        told = [
            {"namespace": one.namespace, "device": one.device, "port": PORT}
            for one in (ends[place] for place in group)
        ]
        words = ["python3", f"/lab/{ECHO.name}", stop, json.dumps(told)]
        beside = ends[group[0]].namespace
        futures.append((beside, kernel.ask(words, beside=beside, seconds=LIMIT_SECONDS)))
    until = f"for i in $(seq 200); do [ -e {stop}.began ] && exit; sleep 0.05; done; exit 1"
    for beside, _ in futures:
        kernel.run(until, beside=beside)
    try:
        yield
    finally:
        for beside, future in futures:
            kernel.run(["touch", stop], beside=beside)
            kernel.wait(future, LIMIT_SECONDS)


def open_all(guest: Running, ends: Sequence[End]) -> None:
    """Let a guest open a session with each end, which counts along it from now on."""
    words = [
        f"setsid session {shlex.quote(one.name)} {one.address} {PORT} >/dev/null 2>&1 &"
        for one in ends
    ]
    guest.run(" ".join(words))


def counted(guest: Running, ends: Sequence[End]) -> dict[str, int | None]:
    """Return the last answer on each session, or None for one that has ended or never began."""
    # Where a session has ended, or no answer has come yet, there is no number.
    words = [
        f"n=; s=/run/session-{one.name}; "
        "[ -e $s.ended ] || read -r n 2>/dev/null <$s; echo ${n:-none};"
        for one in ends
    ]
    said = guest.run(" ".join(words))[1].split()
    return {
        one.name: int(answer) if answer.isdecimal() else None
        for one, answer in zip(ends, said, strict=True)
    }


def go_on(guest: Running, ends: Sequence[End]) -> dict[str, bool]:
    """Tell of each session whether it goes on, within the time that TCP needs to notice."""
    first = counted(guest, ends)
    found = dict.fromkeys(first, False)
    deadline = time.monotonic() + GOES_ON_SECONDS
    while time.monotonic() < deadline and not all(found.values()):
        time.sleep(0.5)
        now = counted(guest, ends)
        for name, number in now.items():
            before = first[name]
            found[name] |= number is not None and (before is None or number > before)
        if all(found[name] or now[name] is None for name in found):
            break
    return found
