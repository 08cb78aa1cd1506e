"""Keeps a lab up after its proof: commands reach it by a socket in its folder, until it is let go.

A lab's folder below the cache's `lab/runs` holds `about.json` (what it is) and `socket`. A request
is a line of JSON, `{"node": ..., "command": [...], "seconds": ...}`, its answer a line as well; the
request `"down"` ends the lab. A lab that nobody ends goes by itself after `KEPT_SECONDS`.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.kernel import KernelError
from hyperleaf.lab.root import cache_folder
from hyperleaf.lab.scratch import PREFIX, remove_abandoned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hyperleaf.lab.estate import Lab

KEPT_SECONDS = 8 * 3600
ABOUT, SOCKET = "about.json", "socket"
DOWN = "down"
ANSWER_SECONDS = 30
_SIGHT_SECONDS = 0.2  # between looks whether the lab shall end
_LONGEST_NAME = 100  # of a Unix socket, with some room: the system's limit is 108 bytes


class NoLabError(Exception):
    """No lab is kept up, or none of this name, or not one alone."""


@dataclass(frozen=True, slots=True)
class About:
    """A lab that is up: its name, the estate it shows, its machines, and until when it stays."""

    name: str
    estate: str
    nodes: tuple[str, ...]
    began: float
    until: float


@dataclass(frozen=True, slots=True)
class Said:
    """What a command in a kept lab said, and its status."""

    status: int
    out: str
    err: str


def runs() -> Path:
    """Return the folder that every lab has its own folder in."""
    return cache_folder() / "lab" / "runs"


def keep(lab: Lab, place: Path, estate: str, ready: Callable[[], None]) -> None:
    """Serve a lab until it is told to go, or until its time is over; `ready` once it is served."""
    machines = (*lab.nodes, *(one.name for one in lab.around.borders))
    guests = tuple(one.namespace for one in lab.guests if one.attachment is not None)
    now = time.time()
    about = About(name(place), estate, (*machines, *guests), now, now + KEPT_SECONDS)
    ended = threading.Event()
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(_address(place))
        opened.listen()
        opened.settimeout(_SIGHT_SECONDS)
        (place / ABOUT).write_text(json.dumps(asdict(about)))
        ready()
        while not ended.is_set() and time.time() < about.until:
            with suppress(TimeoutError):
                caller, _ = opened.accept()
                threading.Thread(target=_answer, args=(lab, caller, ended), daemon=True).start()


def _answer(lab: Lab, caller: socket.socket, ended: threading.Event) -> None:
    """Carry out a caller's request."""
    with caller, suppress(OSError), caller.makefile("rw") as lines:
        caller.settimeout(ANSWER_SECONDS)
        try:
            asked = json.loads(lines.readline())
        except ValueError:
            return
        if asked == DOWN:
            lines.write("{}\n")
            ended.set()
            return
        try:
            ran = lab.kernel.run(
                asked["command"], node=asked["node"], seconds=asked["seconds"], check=False
            )
            said = Said(ran.status, ran.out, ran.err)
        except KernelError as error:
            said = Said(1, "", str(error))
        lines.write(json.dumps(asdict(said)) + "\n")


def kept() -> list[About]:
    """Return the labs that are up, the newest first; what dead ones left is removed."""
    if not runs().is_dir():
        return []
    remove_abandoned(runs())
    found = [_read(one) for one in runs().glob(f"{PREFIX}*/{ABOUT}")]
    return sorted((one for one in found if one is not None), key=lambda one: -one.began)


def _read(file: Path) -> About | None:
    try:
        stated = json.loads(file.read_text())
    except (OSError, ValueError):  # it goes just now
        return None
    return About(**{**stated, "nodes": tuple(stated["nodes"])})


def choose(name: str = "") -> About:
    """Return the lab of a name, or the only one there is; NoLabError says what there is."""
    labs = kept()
    meant = [one for one in labs if name in {"", one.name}]
    if len(meant) == 1:
        return meant[0]
    names = ", ".join(one.name for one in labs)
    if not labs:
        raise NoLabError("no lab is up: hyperleaf prove ESTATE --keep leaves one")
    if not meant:
        raise NoLabError(f"no lab {name} is up; there is {names}")
    raise NoLabError(f"several labs are up, say which by --lab: {names}")


def execute(about: About, node: str, command: Sequence[str], seconds: float) -> Said:
    """Run a command on a machine of a kept lab; NoLabError where there is no such machine."""
    if node not in about.nodes:
        raise NoLabError(f"{about.name} has no {node}; there is {', '.join(about.nodes)}")
    words = [*command]
    if words[0] == "vtysh":  # one kernel holds many nodes: each has its FRR under its name
        words[1:1] = ["-N", node]
    answer = _request(about, {"node": node, "command": words, "seconds": seconds}, seconds)
    return Said(**answer)


def down(about: About) -> None:
    """End a kept lab and wait until nothing is left of it."""
    _request(about, DOWN, ANSWER_SECONDS)
    deadline = time.monotonic() + ANSWER_SECONDS
    place = runs() / f"{PREFIX}{about.name}"
    while place.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def _request(about: About, asked: Any, seconds: float) -> dict[str, Any]:
    place = runs() / f"{PREFIX}{about.name}"
    try:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.settimeout(seconds + ANSWER_SECONDS)
            opened.connect(_address(place))
            with opened.makefile("rw") as lines:
                lines.write(json.dumps(asked) + "\n")
                lines.flush()
                answer: dict[str, Any] = json.loads(lines.readline() or "{}")
                return answer
    except OSError as error:
        raise NoLabError(f"{about.name} does not answer: {error}") from error


def name(place: Path) -> str:
    """Return the name of the lab in a folder."""
    return place.name.removeprefix(PREFIX)


def _address(place: Path) -> str:
    """Return a socket's address, by way of the folder's descriptor where the path is too long."""
    path = str(place / SOCKET)
    if len(path) < _LONGEST_NAME:
        return path
    # Kept open: it lasts as long as the process that asks.
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    return f"/proc/self/fd/{folder}/{SOCKET}"
