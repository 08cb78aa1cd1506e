"""A guest's description becomes a QEMU in a pod of a lab, plugged in as KubeVirt does; it may move.

QEMU runs inside the lab's kernel, in the pod's namespace: the CNI plugin's `eth0` and QEMU's tap
are ports of a bridge between them, the guest has the MAC that the plugin was asked for, the pod's
own NIC another one (KubeVirt's bridge binding). A migration's stream leaves the source pod by a
socket and crosses between the nodes' handlers by TCP (see `vm_relay.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import guest_image
from hyperleaf.lab.guests import PLUGINS
from hyperleaf.lab.world import batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future

    from hyperleaf.lab.channel import Ran
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Attachment

TALK, RELAY = (Path(__file__).with_name(f"vm_{one}.py") for one in ("talk", "relay"))
MEMORY_MIB = 96
BOOT_SECONDS = 90
MOVE_SECONDS, RUNS_SECONDS = 120, 30
PORT = 49152  # KubeVirt's for a migration's main stream
# How long the guest may stand still at the end. QEMU's own 300 ms become 500 and more here, where
# its processor is emulated and the stream goes as slowly as that: with less it copies once more.
STANDSTILL_MILLISECONDS = 50
PLACE = "/run/vms"
# A guest's memory and devices, without firmware of cards nobody boots from; the same on both sides.
MACHINE = (
    *("-M", "pc,hpet=off,smm=off", "-accel", "tcg", "-m", str(MEMORY_MIB)),
    *("-nodefaults", "-no-user-config", "-display", "none"),
    *("-kernel", f"/lab/guest/{guest_image.KERNEL}", "-initrd", "/lab/guest/files"),
)
QUICK = (
    "quiet console=ttyS0 panic=-1 nokaslr mitigations=off no_timer_check tsc=reliable audit=0 "
    "cryptomgr.notests rcupdate.rcu_expedited=1"
)
# A guest that boots is less eager than the routers and probes that share a processor with it; one
# that arrives is not.
NICE = "5"


class VmError(Exception):
    """A guest that did not come up, did not answer, or did not arrive."""


@dataclass(frozen=True, slots=True)
class Vm:
    """A guest: its name, how it is plugged in, its MAC, and what it is told to do.

    `address` is one with its length, `dhcp`, or nothing; `ipv6` lets it listen to routers.
    """

    name: str
    attachment: Attachment
    mac: str
    address: str = "dhcp"
    gateway: str = ""
    ipv6: bool = False

    @property
    def mtu(self) -> int:
        """Return the MTU that the attachment gives its pods."""
        return int(self.attachment.config.get("mtu", 1500))


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that a guest's QEMU runs in, on a node: its namespace and its folder of sockets."""

    namespace: str
    node: str

    def file(self, name: str) -> str:
        """Return the path of a socket or file of this pod."""
        return f"{PLACE}/{self.namespace}.{name}"


@dataclass(frozen=True, slots=True)
class Handler:
    """Where a node's migrations leave and arrive: a namespace, and its address."""

    namespace: str
    address: str


@dataclass(frozen=True, slots=True)
class Route:
    """Between whom a migration's stream goes, and QEMU's limit for it in bytes a second, or 0."""

    source: Handler
    target: Handler
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """A migration that is over: its time and the guest's standstill in seconds, its bytes.

    `limit` is QEMU's own, read back from it; `peer` the address that the target's handler saw.
    """

    seconds: float
    standstill: float
    sent: int
    limit: int
    peer: str

    @property
    def rate(self) -> float:
        """Return how fast the stream went, in MiB a second."""
        return self.sent / self.seconds / 2**20


@dataclass(slots=True)
class Running:
    """A guest that runs, since when (monotonic), in which pod, and the pods it has had."""

    kernel: Kernel
    vm: Vm
    pod: Pod
    pods: list[Pod] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def node(self) -> str:
        """Return the node that it runs on."""
        return self.pod.node

    def told(self, event: str, seconds: float = BOOT_SECONDS) -> dict[str, Any]:
        """Wait until the guest has told of an event, and return the last it told of that kind.

        What it told before it moved here is not looked at.
        """
        log = shlex.quote(self.pod.file("log"))
        mark = shlex.quote(f'^{{"event":"{event}".*}}')  # whole: a serial line is slow
        words = f"until grep -qs {mark} {log}; do sleep 0.2; done; grep {mark} {log} | tail -n 1"
        ran = self.kernel.run(words, node=self.node, seconds=seconds, check=False)
        if ran.status:
            raise VmError(f"{self.vm.name} told of no {event} in {seconds:g} s\n{self._said()}")
        return dict(json.loads(ran.out))

    def run(self, words: str, seconds: float = 30) -> tuple[int, str]:
        """Let the guest's shell run a command; return its status and what it said."""
        said = _talk(self.kernel, self.pod, "ask", seconds, words=words)
        return int(said["status"]), str(said["out"])

    def _said(self) -> str:
        return self.kernel.run(
            f"tail -n 5 {self.pod.file('log')} {self.pod.file('qemu')}",
            node=self.pod.node,
            check=False,
        ).out


@contextlib.contextmanager
def running(kernel: Kernel, vm: Vm, node: str, *, image: Path, busybox: Path) -> Iterator[Running]:
    """Keep a guest running for the block, at first on `node`; then nothing of it is left."""
    _lay_down(kernel, image, busybox)
    guest = Running(kernel, vm, Pod(f"{vm.name}-1", node))
    try:
        _start(guest, guest.pod)
        yield guest
    finally:
        for pod in guest.pods:
            _remove(kernel, guest.vm, pod)


def _lay_down(kernel: Kernel, image: Path, busybox: Path) -> None:
    """Put into the lab's folder what guests boot, and the programs that talk to them."""
    place = kernel.scratch / "guest"
    if not place.is_dir():
        place.mkdir()
        with contextlib.suppress(OSError):
            os.link(image / guest_image.KERNEL, place / guest_image.KERNEL)
        if not (place / guest_image.KERNEL).exists():
            shutil.copy(image / guest_image.KERNEL, place / guest_image.KERNEL)
        (place / "files").write_bytes(guest_image.files(image, busybox))
        # Root inside is another user outside, where the lab has namespaces of its own.
        for one, mode in (
            (place, 0o755),
            (place / "files", 0o644),
            (place / guest_image.KERNEL, 0o644),
        ):
            one.chmod(mode)
    for program in (TALK, RELAY):
        (kernel.scratch / program.name).write_text(program.read_text())


def _start(guest: Running, pod: Pod, *, incoming: bool = False) -> None:
    """Make a pod and start QEMU in it, with a guest that boots or one that is to arrive."""
    guest.pods.append(pod)
    _plug_in(guest.kernel, guest.vm, pod)
    words = shlex.join([*qemu(guest.vm, pod), *(("-incoming", "defer") if incoming else ())])
    nice = "" if incoming else f"nice -n {NICE} "
    script = f"mkdir -p {PLACE} && exec {nice}{words} >{pod.file('qemu')} 2>&1 </dev/null"
    guest.kernel.run(script, node=pod.namespace)


def qemu(vm: Vm, pod: Pod) -> list[str]:
    """Return the words that start a guest's QEMU in its pod; it goes into the background."""
    told = f"hl_address={vm.address} hl_gateway={vm.gateway} hl_ipv6={int(vm.ipv6)}"
    nic = f"virtio-net-pci,netdev=n0,mac={vm.mac},host_mtu={vm.mtu},romfile="
    return [
        *("qemu-system-x86_64", "-name", vm.name, *MACHINE, "-append", f"{QUICK} {told}"),
        *("-chardev", f"file,id=log,path={pod.file('log')},append=on", "-serial", "chardev:log"),
        *("-chardev", f"socket,id=ask,path={pod.file('ask')},server=on,wait=off"),
        *("-serial", "chardev:ask", "-qmp", f"unix:{pod.file('qmp')},server=on,wait=off"),
        *("-netdev", "tap,id=n0,ifname=tap0,script=no,downscript=no,vhost=off", "-device", nic),
        *("-daemonize", "-pidfile", pod.file("pid")),
    ]


def _plug_in(kernel: Kernel, vm: Vm, pod: Pod) -> None:
    kernel.namespace(pod.namespace, beside=pod.node)
    # The pod itself has nothing to say on the guest's network.
    quiet = [f"net.ipv6.conf.{one}.disable_ipv6=1" for one in ("all", "default")]
    kernel.run(["sysctl", "-qw", *quiet], node=pod.namespace)
    cni(kernel, vm.attachment.config, "ADD", pod.namespace, pod.node, mac=vm.mac)
    batch(kernel, pod.namespace, binding(vm))


def binding(vm: Vm) -> list[str]:
    """Return what `ip` is told in a pod: a bridge between the plugin's NIC and QEMU's tap."""
    own = f"02:70{vm.mac[5:]}"  # KubeVirt takes one by chance
    return [
        "link set lo up",
        f"link set eth0 down address {own} name eth0-nic addrgenmode none",
        f"link add k6t-eth0 mtu {vm.mtu} type bridge stp_state 0 mcast_snooping 0",
        "link set k6t-eth0 addrgenmode none up",
        "tuntap add dev tap0 mode tap",
        f"link set tap0 mtu {vm.mtu} master k6t-eth0 addrgenmode none up",
        "link set eth0-nic master k6t-eth0",
        "link set eth0-nic type bridge_slave learning off",
        "link set eth0-nic up",
    ]


def cni(  # noqa: PLR0913 - what kubelet and Multus tell a plugin
    kernel: Kernel,
    config: Mapping[str, Any],
    command: str,
    namespace: str,
    node: str,
    *,
    mac: str = "",
    device: str = "eth0",
    check: bool = True,
) -> None:
    """Call a plugin as kubelet does, with the MAC that Multus hands on where one is asked for."""
    told = f"CNI_ARGS='IgnoreUnknown=true;MAC={mac}' " if mac else ""
    environment = (
        f"{told}CNI_COMMAND={command} CNI_CONTAINERID={namespace} CNI_PATH={PLUGINS} "
        f"CNI_NETNS=/run/netns/{namespace} CNI_IFNAME={device}"
    )
    words = f"{environment} {PLUGINS}/{config['type']}"
    kernel.run(words, node=node, stdin=json.dumps(config), check=check)


def _remove(kernel: Kernel, vm: Vm, pod: Pod) -> None:
    """End a pod's QEMU, and give back what it was plugged into."""
    stop = f"kill -9 $(cat {pod.file('pid')}) 2>/dev/null; rm -f {PLACE}/{pod.namespace}.*"
    kernel.run(stop, node=pod.node, check=False)
    config = vm.attachment.config
    cni(kernel, config, "DEL", pod.namespace, pod.node, mac=vm.mac, check=False)
    kernel.run(["ip", "netns", "del", pod.namespace], beside=pod.node, check=False)


@dataclass(slots=True)
class Move:
    """A migration that waits to begin: the pod that the guest will be in, and both relays."""

    guest: Running
    pod: Pod
    route: Route
    relays: tuple[Future[Ran], Future[Ran]]

    def go(self) -> Moved:
        """Let the guest move while it runs; VmError tells why it did not arrive."""
        guest, kernel, old, new = self.guest, self.guest.kernel, self.guest.pod, self.pod
        told = [*_limits(self.route.limit), _execute("migrate", uri=f"unix:{old.file('out')}")]
        until = {"ask": "query-migrate", "ends": ["completed", "failed", "cancelled"]}
        said = _talk(kernel, old, "qmp", MOVE_SECONDS, commands=told, until=until)
        if said["last"]["status"] != "completed":
            raise VmError(f"{guest.vm.name} did not move to {new.node}: {said['last']}")
        until = {"ask": "query-status", "ends": ["running"]}
        _talk(kernel, new, "qmp", RUNS_SECONDS, commands=[], until=until)
        guest.pod = new
        kernel.run(f"kill -9 $(cat {old.file('pid')})", node=old.node, check=False)
        target, source = (kernel.wait(one, RUNS_SECONDS) for one in self.relays)
        if target.status or source.status:
            raise VmError(f"the stream to {new.node}: {target}\n{source}")
        arrived, last = json.loads(target.out.splitlines()[-1]), said["last"]
        return Moved(
            seconds=last["total-time"] / 1000,
            standstill=last["downtime"] / 1000,
            sent=int(arrived["bytes"]),
            limit=int(said["answers"][1]["max-bandwidth"]),
            peer=str(arrived["peer"]),
        )


def prepare(guest: Running, node: str, route: Route) -> Move:
    """Make a pod on the node that a guest is to move to, and the way there."""
    kernel, old = guest.kernel, guest.pod
    new = Pod(f"{guest.vm.name}-{len(guest.pods) + 1}", node)
    _start(guest, new, incoming=True)
    arriving = _execute("migrate-incoming", uri=f"unix:{new.file('in')}")
    _talk(kernel, new, "qmp", RUNS_SECONDS, commands=[arriving])
    ends = (route.source.address, route.target.address, str(PORT))
    target = _relay(kernel, route.target, "in", new.file("in"), *ends[1:])
    source = _relay(kernel, route.source, "out", old.file("out"), *ends)
    return Move(guest, new, route, (target, source))


def _execute(command: str, **arguments: object) -> dict[str, Any]:
    return {"execute": command, "arguments": arguments} if arguments else {"execute": command}


def _limits(limit: int) -> list[dict[str, Any]]:
    """Return what QEMU is told of its limits; without one libvirt lifts that of the stream."""
    told = {"max-bandwidth": limit or 2**40, "downtime-limit": STANDSTILL_MILLISECONDS}
    return [
        _execute("migrate-set-parameters", **told),
        _execute("query-migrate-parameters"),
    ]


def _relay(kernel: Kernel, handler: Handler, *words: str) -> Future[Ran]:
    """Start one end of a stream's way in a handler, and wait till it listens."""
    socket = words[1]
    script = f"rm -f {socket}.ready; exec python3 /lab/{RELAY.name} {shlex.join(words)}"
    started = kernel.ask(script, node=handler.namespace, seconds=MOVE_SECONDS)
    listens = f"for i in $(seq 200); do [ -e {socket}.ready ] && exit; sleep 0.05; done; exit 1"
    kernel.run(listens, node=handler.namespace)
    return started


def _talk(kernel: Kernel, pod: Pod, socket: str, seconds: float, **asked: object) -> dict[str, Any]:
    """Let a program beside a pod's QEMU talk through one of its sockets; VmError if it cannot."""
    told = {"socket": pod.file(socket), "seconds": seconds, **asked}
    words = ["python3", f"/lab/{TALK.name}"]
    ran = kernel.run(words, node=pod.namespace, stdin=json.dumps(told), seconds=seconds + 30)
    said: dict[str, Any] = json.loads(ran.out)
    if "error" in said:
        raise VmError(f"{pod.namespace} on {pod.node}: {said['error']}")
    return said
