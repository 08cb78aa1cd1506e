"""Running kernels become one thing that carries out commands in the namespaces of a lab.

Nodes beyond one kernel's strength are spread over several; the first holds the world around them,
and wires (`wires.py`) join the others to it. Callers name namespaces and never kernels.
"""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf import process
from hyperleaf.lab import wires
from hyperleaf.lab.channel import Channel, KernelError, Ran
from hyperleaf.lab.wires import End, Patch
from hyperleaf.process import ProcessError, serving

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from subprocess import Popen

    from hyperleaf.lab.wires import Nic

__all__ = ["CommandError", "End", "Kernel", "KernelError", "Layout", "Ran", "boot"]

BOOT_SECONDS = 30
END_SECONDS = 3
# How long after its own time a command may take to be answered, on a busy machine.
PATIENCE_SECONDS = 30
ENTER = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
# What the host's kernel needs in addition, where it is the lab's own.
NATIVE = ("--net", "--uts", "--ipc")
INSIDE = Path(__file__).with_name("inside.py")
# What a node's packets need; the list is that of the kernel's package.
MODULES = (
    *("veth", "dummy", "bridge", "vrf", "vxlan", "8021q", "macvlan", "bonding"),
    *("openvswitch", "geneve", "tun"),
    *("nf_tables", "nft_masq", "nft_chain_nat", "nft_ct", "nft_reject_inet", "nf_conntrack"),
    "nf_conntrack_bridge",
)
# The root is never written to: whatever a lab changes lies in memory and goes with its kernel.
_INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
BEFORE
for place in run tmp var/log var/lib var/tmp etc/frr etc/netns; do
  mount -t tmpfs -o mode=0755 tmp /$place
done
chmod 1777 /tmp /var/tmp
mkdir -p /run/netns /run/lock /run/frr /var/log/frr /var/lib/frr /var/lib/kea /run/kea
chown frr:frr /etc/frr /run/frr /var/log/frr /var/lib/frr
hostname lab
ip link set lo up
AFTER
"""
_UML = (
    """mount -t proc proc /proc; mount -t sysfs sys /sys
ln -sfn /proc/self/fd /dev/fd 2>/dev/null
modprobe -a MODULES
# As OpenShift's tuned profile sets them; one table serves every namespace of a kernel.
for family in ipv4 ipv6; do
  echo 8192 > /proc/sys/net/$family/neigh/default/gc_thresh1
  echo 32768 > /proc/sys/net/$family/neigh/default/gc_thresh2
  echo 65536 > /proc/sys/net/$family/neigh/default/gc_thresh3
done""",
    """python3 /lab/inside.py /dev/ttyS0 $REQUESTS
echo o > /proc/sysrq-trigger
sleep 5""",
)
_NATIVE = (
    "mount -o remount,bind,ro /\nmount -t sysfs sys /sys",
    """python3 /lab/inside.py - $REQUESTS
# What commands in a VRF have left outside of every namespace of ours.
kill -9 -1
find /run/cgroup2 -depth -type d -path '*/vrf*' -exec rmdir {} + 2>/dev/null""",
)
_ENTER = """
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmp "$1/tmp"
mount --bind "$2" "$1/lab"
root=$1
shift 2
unset TMPDIR  # there is none of that name inside
cd "$root"
exec chroot "$root" "$@"
"""


class CommandError(Exception):
    """A command that failed inside a kernel where it must not."""

    def __init__(self, ran: Ran) -> None:
        super().__init__(str(ran))
        self.ran = ran


@dataclass(frozen=True, slots=True)
class Layout:
    """How many kernels a lab has, and which namespaces the later ones hold."""

    kernels: int = 1
    places: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Kernel:
    """The kernels of a lab as one: `ask` starts a command, `run` waits for its end.

    `node` is the namespace that a command runs in; `beside` one in whose kernel it runs outside of
    every namespace. Without either it runs in the first kernel, where the world around is.
    """

    channels: tuple[Channel, ...]
    scratch: Path
    patch: Patch = field(default_factory=Patch)
    places: dict[str, int] = field(default_factory=dict)
    boot_seconds: float = 0.0

    def ask(
        self,
        command: Sequence[str] | str,
        *,
        node: str = "",
        beside: str = "",
        stdin: str = "",
        seconds: float = 30,
    ) -> Future[Ran]:
        """Start a command, text by a shell, in a node's namespaces; it ends by itself in time."""
        channel = self.channels[self.place(node or beside)]
        return channel.ask(command, node=node, stdin=stdin, seconds=seconds)

    def run(  # noqa: PLR0913 - what a command needs
        self,
        command: Sequence[str] | str,
        *,
        node: str = "",
        beside: str = "",
        stdin: str = "",
        seconds: float = 30,
        check: bool = True,
    ) -> Ran:
        """Run a command to its end; CommandError when it fails and `check` is not off."""
        future = self.ask(command, node=node, beside=beside, stdin=stdin, seconds=seconds)
        return self.end(future, seconds) if check else self.wait(future, seconds)

    @contextlib.contextmanager
    def together(self, count: int) -> Iterator[ThreadPoolExecutor]:
        """Yield threads that ask side by side.

        An interrupt ends the kernels first: else it would wait for what the threads have asked.
        """
        with ThreadPoolExecutor(count) as pool:
            try:
                yield pool
            except Exception:
                raise
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for one in self.channels:
                    process.end(one.process, 0)
                raise

    def end(self, future: Future[Ran], seconds: float) -> Ran:
        """Return what a command said; CommandError when it failed."""
        ran = self.wait(future, seconds)
        if ran.status:
            raise CommandError(ran)
        return ran

    def wait(self, future: Future[Ran], seconds: float) -> Ran:
        """Return what a command said; KernelError when the kernel itself is silent."""
        try:
            return future.result(seconds + PATIENCE_SECONDS)
        except TimeoutError as error:
            logs = f"{self.scratch}/console-*.log"
            raise KernelError(f"the lab's kernel does not answer; see {logs}") from error

    def write(self, path: str, text: str, *, mode: str = "0644", node: str = "") -> None:
        """Write a file inside, its folders as well: in the node's kernel, or in every one.

        What lies below /etc/netns, /etc/frr or /run/frr is of the node that the path names.
        """
        parts = Path(path).parts
        owner = parts[3] if parts[1:3] in _OWNED and len(parts) > 3 else ""  # noqa: PLR2004
        one = node or (owner if owner in self.places else "")
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && chmod "$2" "$1"'
        words = ["sh", "-c", script, "sh", path, mode]
        for place in [self.place(one)] if one else range(len(self.channels)):
            self.end(self.channels[place].ask(words, stdin=text), 30)

    def place(self, namespace: str) -> int:
        """Return the number of the kernel that holds a namespace."""
        return self.places.get(namespace, 0)

    def by_kernel(self, namespaces: Iterable[str]) -> list[list[int]]:
        """Return the positions of namespaces, those of one kernel together: a process serves them.

        Every kernel that has any of them has a list.
        """
        found: dict[int, list[int]] = {}
        for position, namespace in enumerate(namespaces):
            found.setdefault(self.place(namespace), []).append(position)
        return list(found.values())

    def namespace(self, name: str, *, beside: str = "") -> None:
        """Make a namespace: in the kernel planned for it, or in that of another."""
        if beside:
            self.places[name] = self.place(beside)
        self.run(["ip", "netns", "add", name], beside=name)

    def link(self, one: End, other: End, mtu: int) -> None:
        """Join two namespaces by a device in each, down as yet: a veth pair, or a wire.

        Between kernels one of the two must be in the first. Who comes back has the same wire.
        """
        kernels = (self.place(one.namespace), self.place(other.namespace))
        if kernels[0] == kernels[1]:
            words = f"link add {one.device} mtu {mtu} type veth "
            words += f"peer name {other.device} mtu {mtu} netns {other.namespace}"
            self.run(["ip", "-n", one.namespace, *words.split()], beside=one.namespace)
            return
        if kernels[0]:
            one, other, kernels = other, one, (kernels[1], kernels[0])
        if kernels[0]:
            raise ValueError(f"{one.namespace} and {other.namespace} are joined by the world alone")
        number = self.patch.wire((one, other))
        self.run(wires.near(number, kernels[1], one, mtu), beside=one.namespace)
        self.run(wires.far(number, other, mtu), beside=other.namespace)


_OWNED = {("etc", "netns"), ("etc", "frr"), ("run", "frr")}


@contextlib.contextmanager
def boot(  # noqa: PLR0913 - what a lab stands on
    root: Path,
    scratch: Path,
    *,
    enter: Sequence[str] = ENTER,
    native: bool = False,
    layout: Layout | None = None,
    memory_mib: int = 2048,
) -> Iterator[Kernel]:
    """Boot a lab's kernels over `root` for the block; `scratch` gets their logs and start files.

    `enter` opens the namespaces in which we are root (see runtime.py). Where `native` is asked for
    the host's kernel is the only one. Raises KernelError where one does not come up.
    """
    plan = layout if layout is not None and not native else Layout()
    began = time.monotonic()
    with contextlib.ExitStack() as ends:
        patch = _patch(plan)
        ends.callback(patch.let_go)
        try:
            _prepare(scratch, plan, native=native)
            channels = tuple(
                ends.enter_context(
                    _started(number, root, scratch, enter, patch, native, memory_mib)
                )
                for number in range(plan.kernels)
            )
        except (OSError, ProcessError) as error:
            raise KernelError(f"the lab's kernel cannot be started: {error}") from error
        patch.let_go()
        for one in channels:
            if not one.ready(began + BOOT_SECONDS):
                said = one.last_words()
                raise KernelError("\n".join(["the lab's kernel did not come up:", *said]))
        kernel = Kernel(channels, scratch, patch, dict(plan.places))
        _start_nics(kernel)
        kernel.boot_seconds = time.monotonic() - began
        yield kernel


def _patch(layout: Layout) -> Patch:
    patch = Patch()
    for kernel in range(1, layout.kernels):
        patch.join(kernel)
    return patch


def _prepare(scratch: Path, layout: Layout, *, native: bool) -> None:
    scratch.chmod(0o755)
    before, after = _NATIVE if native else _UML
    text = _INIT.replace("BEFORE", before).replace("AFTER", after)
    (scratch / "init").write_text(text.replace("MODULES", " ".join(MODULES)))
    (scratch / "init").chmod(0o755)
    (scratch / INSIDE.name).write_text(INSIDE.read_text())
    for number in range(layout.kernels):
        (scratch / f"k{number}").mkdir(exist_ok=True)


@contextlib.contextmanager
def _started(  # noqa: PLR0913, PLR0917 - what a kernel stands on
    number: int,
    root: Path,
    scratch: Path,
    enter: Sequence[str],
    patch: Patch,
    native: bool,  # noqa: FBT001 - one of two kinds
    memory_mib: int,
) -> Iterator[Channel]:
    nics = patch.nics.get(number, [])
    requests = f"REQUESTS=/lab/k{number}"
    if native:
        enter = (*enter, *NATIVE)
        words = ["env", requests, "/lab/init"]
    else:
        words = [*_linux(nics, memory_mib), requests]
    command = [*enter, "sh", "-euc", _ENTER, "sh", str(root), str(scratch), *words]
    log = scratch / f"console-{number}.log"
    descriptors = [each for one in nics for each in (one.descriptor, one.other)]
    # A kernel of its own has nothing to put away: its files are the lab's, which go with it.
    grace = END_SECONDS if native else 0
    with serving(command, log=log, descriptors=descriptors, grace_seconds=grace) as process:
        yield Channel(process, scratch / f"k{number}", log).start_listening()
        if native:
            _let_end(process)


def _let_end(process: Popen[bytes]) -> None:
    """Let the lab in the host's kernel end by itself, as its input does."""
    assert process.stdin is not None  # noqa: S101 - serving() opened it
    with contextlib.suppress(OSError):
        process.stdin.close()
    deadline = time.monotonic() + END_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def _linux(nics: Sequence[Nic], memory_mib: int) -> list[str]:
    return [
        *("/usr/bin/linux.uml", f"mem={memory_mib}M", "root=/dev/root", "rootfstype=hostfs"),
        *("rootflags=/", "ro", "init=/lab/init", "seccomp=on", "quiet"),
        *("con=null", "con0=null,fd:2", "ssl=null", "ssl0=fd:0,fd:1", "uml_dir=/tmp/"),
        *(one.parameter(place) for place, one in enumerate(nics)),
    ]


def _start_nics(kernel: Kernel) -> None:
    for number, nics in kernel.patch.nics.items():
        text = "".join(f"{line}\n" for line in wires.start(nics))
        kernel.end(kernel.channels[number].ask(["ip", "-batch", "-"], stdin=text), 30)
