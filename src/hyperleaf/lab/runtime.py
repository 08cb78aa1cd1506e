"""Finds out how a lab can run on this machine, with time limits on everything it tries."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hyperleaf.process import ProcessError, run

if TYPE_CHECKING:
    from collections.abc import Iterator

Name = Literal["native", "uml"]
NAMES: dict[str, Name] = {"native": "native", "uml": "uml"}
PROBE_SECONDS = 10
# Every kind of device that a leaf has, made and gone again in a namespace of its own.
_DEVICES = """
ip link add vrf1 type vrf table 1
ip link add br1 type bridge
ip link add vx1 type vxlan id 1 dstport 4789 local 127.0.0.1
ip link add v1 type veth peer name v2
ip link add d1 type dummy
ip link add m1 link br1 type macvlan mode private
echo 'table inet t { chain c { type nat hook postrouting priority 100; masquerade; } }' | nft -f -
"""


class NoRuntimeError(Exception):
    """This machine can run no lab: says all that is missing, and how to get it."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """How a lab runs here: the host's kernel or User-Mode Linux, as root or by subordinate ids."""

    name: Name
    why: str
    enter: tuple[str, ...]


def find(forced: Name | None = None) -> Runtime:
    """Return the runtime for this machine, or the one that is asked for; NoRuntimeError if none."""
    enter = _namespaces()
    wrong = _native(enter)
    if forced == "native" and wrong:
        raise NoRuntimeError(f"the host's kernel cannot run a lab: {wrong}")
    if not wrong and forced != "uml":
        return Runtime("native", "the host's kernel has every device of a leaf", enter)
    return Runtime("uml", wrong or "asked for", enter)


def _native(enter: tuple[str, ...]) -> str:
    """Return why the host's kernel cannot run a lab, or nothing."""
    missing = [tool for tool in ("ip", "nft") if shutil.which(tool) is None]
    if missing:
        return f"there is no {' and no '.join(missing)}"
    try:
        run([*enter, "--net", "sh", "-euc", _DEVICES], timeout_seconds=PROBE_SECONDS)
    except ProcessError as error:
        said = error.finished.stderr.strip().splitlines() or [error.happened()]
        return said[-1]
    return ""


def _namespaces() -> tuple[str, ...]:
    """Return the command that opens namespaces in which we are root."""
    words = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
    lacking = list(_lacking())
    if lacking:
        raise NoRuntimeError("\n".join(lacking))
    if os.geteuid() == 0:
        return words
    start, count = _subordinate(Path("/etc/subuid"))
    group, groups = _subordinate(Path("/etc/subgid"))
    # One's own id onto 0 would not do: the root's files belong to the subordinate ids.
    mapped = (f"--map-users={start},0,{count}", f"--map-groups={group},0,{groups}")
    return (*words, "--user", *mapped, "--setuid", "0", "--setgid", "0")


def _lacking() -> Iterator[str]:
    if shutil.which("unshare") is None:
        yield "there is no unshare: apt install util-linux"
    if os.geteuid() == 0:
        return
    if shutil.which("newuidmap") is None:
        yield "there is no newuidmap: apt install uidmap"
    for path in (Path("/etc/subuid"), Path("/etc/subgid")):
        try:
            _subordinate(path)
        except LookupError as error:
            yield str(error)


def _subordinate(path: Path) -> tuple[int, int]:
    """Return the first range of ids that a file gives to whoever we are; LookupError if none."""
    names = {os.environ.get("USER"), str(os.getuid())}
    for line in path.read_text().splitlines() if path.exists() else ():
        name, start, count = line.split(":")
        if name in names:
            return int(start), int(count)
    raise LookupError(f"{path} gives you no range: usermod --add-subuids 100000-165535 you")
