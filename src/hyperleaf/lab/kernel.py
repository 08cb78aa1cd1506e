"""Turns a Debian root into a running User-Mode Linux kernel that carries out commands.

A request is a file, as a terminal's line loses what is not read at once; its number goes down the
kernel's first serial line, the answer comes back there as a line of JSON (see `inside.py`). The
console goes to a log.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hyperleaf.process import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from subprocess import Popen

BOOT_SECONDS = 30
ENTER = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
INSIDE = Path(__file__).with_name("inside.py")
# What a node's packets need; the list is that of the kernel's package.
MODULES = (
    *("veth", "dummy", "bridge", "vrf", "vxlan", "8021q", "macvlan", "bonding"),
    *("nf_tables", "nft_masq", "nft_chain_nat", "nft_ct", "nft_reject_inet", "nf_conntrack"),
)
# The root is never written to: whatever a lab changes lies in memory and goes with its kernel.
INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc; mount -t sysfs sys /sys
for place in run tmp var/log var/lib var/tmp etc/frr etc/netns; do
  mount -t tmpfs -o mode=0755 tmp /$place
done
chmod 1777 /tmp /var/tmp
mkdir -p /run/netns /run/lock /run/frr /var/log/frr /var/lib/frr /var/lib/kea /run/kea
chown frr:frr /etc/frr /run/frr /var/log/frr /var/lib/frr
ln -sfn /proc/self/fd /dev/fd 2>/dev/null
hostname lab
modprobe -a MODULES
# As OpenShift's tuned profile sets them; one table serves every namespace of a kernel.
for family in ipv4 ipv6; do
  echo 8192 > /proc/sys/net/$family/neigh/default/gc_thresh1
  echo 32768 > /proc/sys/net/$family/neigh/default/gc_thresh2
  echo 65536 > /proc/sys/net/$family/neigh/default/gc_thresh3
done
ip link set lo up
python3 /lab/inside.py /dev/ttyS0
echo o > /proc/sysrq-trigger
sleep 5
"""
_ENTER = """
mount --make-rprivate /
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmp "$1/tmp"
mount --bind "$2" "$1/lab"
root=$1
shift 2
unset TMPDIR  # there is none of that name inside
exec chroot "$root" "$@"
"""


class KernelError(Exception):
    """A kernel that did not boot or no longer answers."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended inside a kernel; 124 is one whose time was over."""

    command: str
    node: str
    status: int
    out: str
    err: str
    seconds: float

    def __str__(self) -> str:
        said = (self.out + self.err).strip()
        where = f" on {self.node}" if self.node else ""
        return f"{self.command}{where}: exit status {self.status}\n{said}"


class CommandError(Exception):
    """A command that failed inside a kernel where it must not."""

    def __init__(self, ran: Ran) -> None:
        super().__init__(str(ran))
        self.ran = ran


@dataclass(slots=True)
class Kernel:
    """A running kernel: `ask` starts a command, `run` waits for its end."""

    process: Popen[bytes]
    scratch: Path
    log: Path
    boot_seconds: float = 0.0
    _asked: dict[int, tuple[Future[Ran], str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: int = 1
    _ready: threading.Event = field(default_factory=threading.Event)

    def ask(
        self, command: Sequence[str] | str, *, node: str = "", stdin: str = "", seconds: float = 30
    ) -> Future[Ran]:
        """Start a command, text by a shell, in a node's namespaces; it ends by itself in time."""
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        told = command if isinstance(command, str) else shlex.join(command)
        future: Future[Ran] = Future()
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._asked[number] = (future, told, node)
            request = {"command": words, "node": node, "stdin": stdin, "seconds": seconds}
            (self.scratch / f"request-{number}").write_text(json.dumps(request))
            assert self.process.stdin is not None  # noqa: S101 - serving() opened it
            try:
                self.process.stdin.write(f"{number}\n".encode())
                self.process.stdin.flush()
            except OSError as error:
                raise KernelError(f"the lab's kernel has ended; see {self.log}") from error
        return future

    def run(
        self,
        command: Sequence[str] | str,
        *,
        node: str = "",
        stdin: str = "",
        seconds: float = 30,
        check: bool = True,
    ) -> Ran:
        """Run a command to its end; CommandError when it fails and `check` is not off."""
        future = self.ask(command, node=node, stdin=stdin, seconds=seconds)
        ran = self.wait(future, seconds)
        if check and ran.status:
            raise CommandError(ran)
        return ran

    def wait(self, future: Future[Ran], seconds: float) -> Ran:
        """Return what a command said; KernelError when the kernel itself is silent."""
        try:
            return future.result(seconds + 30)
        except TimeoutError as error:
            raise KernelError(f"the lab's kernel does not answer; see {self.log}") from error

    def write(self, path: str, text: str, *, mode: str = "0644") -> None:
        """Write a file inside, its folders as well."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && chmod "$2" "$1"'
        self.run(["sh", "-c", script, "sh", path, mode], stdin=text)

    def start_listening(self) -> Self:
        """Read answers until the kernel ends, in a thread."""
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def ready(self, seconds: float) -> bool:
        """Wait until the kernel answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._ready.wait(0.05):
                return True
        return False

    def _listen(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - serving() opened it
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self._answered(json.loads(line))
        with self._lock:
            for future, *_ in self._asked.values():
                if not future.done():
                    future.set_exception(KernelError(f"the lab's kernel ended; see {self.log}"))
            self._asked.clear()

    def _answered(self, answer: dict[str, Any]) -> None:
        if answer["id"] == 0:
            self._ready.set()
            return
        with self._lock:
            future, told, node = self._asked.pop(answer["id"])
        (self.scratch / f"request-{answer['id']}").unlink(missing_ok=True)
        future.set_result(
            Ran(told, node, answer["status"], answer["out"], answer["err"], answer["seconds"])
        )


@contextlib.contextmanager
def boot(
    root: Path, scratch: Path, *, enter: Sequence[str] = ENTER, memory_mib: int = 2048
) -> Iterator[Kernel]:
    """Boot a kernel over `root` for the block; `scratch` gets its log and start files.

    `enter` opens the namespaces in which we are root (see runtime.py).
    """
    scratch.chmod(0o755)
    (scratch / "init").write_text(INIT.replace("MODULES", " ".join(MODULES)))
    (scratch / "init").chmod(0o755)
    (scratch / "inside.py").write_text(INSIDE.read_text())
    log = scratch / "console.log"
    began = time.monotonic()
    with serving(_command(root, scratch, enter, memory_mib), log=log) as process:
        kernel = Kernel(process, scratch, log).start_listening()
        if not kernel.ready(BOOT_SECONDS):
            told = log.read_text(errors="replace").splitlines()[-15:]
            raise KernelError("\n".join(["the lab's kernel did not come up:", *told]))
        kernel.boot_seconds = time.monotonic() - began
        yield kernel


def _command(root: Path, scratch: Path, enter: Sequence[str], memory_mib: int) -> list[str]:
    linux = (
        *("/usr/bin/linux.uml", f"mem={memory_mib}M", "root=/dev/root", "rootfstype=hostfs"),
        *("rootflags=/", "ro", "init=/lab/init", "seccomp=on", "quiet"),
        *("con=null", "con0=null,fd:2", "ssl=null", "ssl0=fd:0,fd:1", "uml_dir=/tmp/"),
    )
    return [*enter, "sh", "-euc", _ENTER, "sh", str(root), str(scratch), *linux]
