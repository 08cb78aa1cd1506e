"""Finds out how a lab can run on this machine, with time limits on everything it tries."""

from __future__ import annotations

import os
import pwd
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hyperleaf.lab.errors import NoProofError
from hyperleaf.process import ProcessError, run

if TYPE_CHECKING:
    from collections.abc import Iterator

Name = Literal["native", "uml"]
NAMES: dict[str, Name] = {"native": "native", "uml": "uml"}
PROBE_SECONDS = 10
SUBUID, SUBGID = Path("/etc/subuid"), Path("/etc/subgid")
IDS = 65536
# Every kind of device that a leaf has, made in a namespace of its own by the root's commands; the
# name of each that cannot be is said, with the kernel's word for it.
_PROBE = """
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t tmpfs tmp "$1/run"
mount -t proc proc "$1/proc"
exec chroot "$1" sh -c "$2"
"""
_DEVICES = """
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
try() {
  name=$1
  shift
  "$@" >/run/said 2>&1 && return
  echo "$name ($(head -n 1 /run/said | sed 's/.*|//; s/^Error: //; s/[.]$//'))"
}
try "VRF devices" ip link add vrf1 type vrf table 1
try "bridges" ip link add br1 type bridge
try "VXLANs" ip link add vx1 type vxlan id 1 dstport 4789 local 127.0.0.1
try "veth pairs" ip link add v1 type veth peer name v2
try "VLANs" ip link add link v1 name v1.5 type vlan id 5
try "dummy devices" ip link add d1 type dummy
try "macvlans" ip link add m1 link v2 type macvlan mode private
try "bonds" ip link add b1 type bond
try "commands in a VRF" ip vrf exec vrf1 true
try "Open vSwitch" ovs-dpctl add-dp hyperleaf
nat='chain c { type nat hook postrouting priority 100; masquerade; }'
try "translation by nftables" nft "table inet t { $nat; }"
drop='chain c { type filter hook prerouting priority 0; ip saddr 192.0.2.1 drop; }'
try "nftables on bridges" nft "table bridge t { $drop; }"
"""


class NoRuntimeError(NoProofError):
    """This machine can run no lab: says all that is missing, and how to get it."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """How a lab runs here: the host's kernel or User-Mode Linux, as root or by subordinate ids."""

    name: Name
    why: str
    enter: tuple[str, ...]


def check() -> None:
    """Raise NoRuntimeError where no lab can run here, whatever its kernel."""
    try:
        run([*namespaces(), "true"], timeout_seconds=PROBE_SECONDS)
    except ProcessError as error:
        said = error.finished.stderr.strip() or error.happened()
        raise NoRuntimeError(f"namespaces cannot be opened here: {said}") from error


def find(forced: Name | None = None, root: Path = Path("/")) -> Runtime:
    """Return the runtime for this machine, or the one that is asked for; NoRuntimeError if none.

    What the host's kernel can do is tried with the commands below `root`.
    """
    enter = namespaces()
    if forced == "uml":
        return Runtime("uml", "asked for", enter)
    lacks = _lacks(root, enter)
    if forced == "native" and lacks:
        raise NoRuntimeError(f"this machine's kernel cannot run a lab, it lacks {lacks}")
    if lacks:
        return Runtime("uml", f"this machine's kernel lacks {lacks}", enter)
    return Runtime("native", "this machine's kernel has every device of a leaf", enter)


def _lacks(root: Path, enter: tuple[str, ...]) -> str:
    """Return what the host's kernel lacks for a lab, or nothing."""
    words = [*enter, "--net", "sh", "-euc", _PROBE, "sh", str(root), _DEVICES]
    try:
        said = run(words, timeout_seconds=PROBE_SECONDS).stdout
    except ProcessError as error:
        lines = error.finished.stderr.strip().splitlines()
        return f"an answer: {lines[-1] if lines else error.happened()}"
    return ", ".join(said.splitlines())


def namespaces() -> tuple[str, ...]:
    """Return the command that opens namespaces in which we are root."""
    words = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
    lacking = list(_lacking())
    if lacking:
        raise NoRuntimeError("\n".join(lacking))
    if os.geteuid() == 0:
        return words
    start, count = _subordinate(SUBUID)
    group, groups = _subordinate(SUBGID)
    # One's own id onto 0 would not do: the root's files belong to the subordinate ids.
    mapped = (f"--map-users={start},0,{count}", f"--map-groups={group},0,{groups}")
    return (*words, "--user", *mapped, "--setuid", "0", "--setgid", "0")


def _lacking() -> Iterator[str]:
    for tool, package in (("unshare", "util-linux"), ("mount", "mount"), ("chroot", "coreutils")):
        if shutil.which(tool) is None:
            yield f"there is no {tool}: apt install {package}"
    if os.geteuid() == 0:
        return
    if shutil.which("newuidmap") is None:
        yield "there is no newuidmap: apt install uidmap"
    for path in (SUBUID, SUBGID):
        try:
            _subordinate(path)
        except LookupError as error:
            yield str(error)


def _subordinate(path: Path) -> tuple[int, int]:
    """Return the first range of ids that a file gives to whoever we are; LookupError if none."""
    user = _user()
    for line in path.read_text().splitlines() if path.exists() else ():
        name, start, count = line.split(":")
        if name in {user, str(os.getuid())} and int(count) >= IDS:
            return int(start), int(count)
    option = f"--add-{path.name}s 100000-{100000 + IDS - 1}"
    raise LookupError(f"{path} gives you no {IDS:,} ids: usermod {option} {user}")


def _user() -> str:
    with suppress(KeyError):
        return pwd.getpwuid(os.getuid()).pw_name
    return str(os.getuid())
