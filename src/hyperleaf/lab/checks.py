"""Expectations become probes: packets sent from every guest, and what is said of their fate."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.outcome import Checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel

ECHO_PORT = 7
# What a packet of Linux has left where no router was on the way.
HOPS = 64
PROBER = Path(__file__).with_name("prober.py")
SECONDS = 120
IPV4 = 4


@dataclass(frozen=True, slots=True)
class Probe:
    """One question asked with packets, from a guest or a namespace, and the right answer.

    An ICMP echo, or a TCP connection where there is a `port`; `size` is an IP packet's length in
    bytes, which may then not be fragmented; `told` the MTU that somebody on the way must answer it
    with. `mtu` is what the asker's NIC is given meanwhile. `seen` is the sender that the other end
    must see; `routed` whether routers must lie between, or none at all. `asks` is `echo`, `who`
    (whose MAC the target is, by ARP or ND) or `router` (who advertises itself), and `says` what
    must be answered, by nobody else in another way; the namespace of a guest stands for its MAC.
    `to` names the other end (a guest's namespace, a node) and `place` the node that it is on.
    """

    title: str
    source: Guest | str
    target: str
    reached: bool
    port: int = 0
    size: int = 0
    told: int = 0
    mtu: int = 0
    seen: str = ""
    routed: bool | None = None
    asks: str = "echo"
    says: str = ""
    kind: str = "pair"
    to: str = ""
    place: str = ""

    @property
    def asker(self) -> str:
        """Return the namespace that asks."""
        return self.source if isinstance(self.source, str) else self.source.namespace


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a probe: `outcome` is `answered`, `refused`, `told` (too big) or `silent`.

    `left` are the hops that an echo's answer had left.
    """

    probe: Probe
    outcome: str
    copies: int
    said: str
    left: int = 0

    @property
    def fault(self) -> str:
        """Return what is not as promised, or nothing."""
        if self.probe.told:
            word, _, who = self.said.partition(" by ")
            right = self.outcome == "told" and word == str(self.probe.told) and who
            return "" if right else f"{self.outcome}{f': {self.said}' if self.said else ''}"
        if not self.probe.reached:
            return "" if self.outcome == "silent" else f"{self.outcome}, and must not be"
        if self.outcome != "answered":
            return f"{self.outcome}: {self.said}" if self.said else self.outcome
        if self.copies > 1:
            return f"{self.copies} answers to one packet"
        return next(self._strange(), "")

    def _strange(self) -> Iterator[str]:
        probe, routers = self.probe, HOPS - self.left
        if probe.seen and self.said != probe.seen:
            yield f"seen as {self.said}, not as {probe.seen}"
        if probe.says and self.said != probe.says:
            yield f"is {self.said}, not {probe.says}"
        if probe.routed is False and self.left and routers:
            yield f"passes {routers} routers, and may pass none"
        if probe.routed and not routers:
            yield "passes no router, and must"


def checked(answer: Answer) -> Checked:
    """Return what an answer means for the promise behind its probe."""
    probe = answer.probe
    guest = None if isinstance(probe.source, str) else probe.source
    places = dict.fromkeys(one for one in (guest.place if guest else "", probe.place) if one)
    return Checked(
        probe.title,
        answer.fault,
        kind=probe.kind,
        ends=(probe.asker, probe.to or probe.target),
        places=tuple(places),
        subject=guest.network if guest else "",
        hoped=probe.reached,
    )


def ask(kernel: Kernel, probes: Sequence[Probe]) -> list[Answer]:
    """Ask all questions at once and return their answers in the same order."""
    if not probes:
        return []
    probes = _resolved(kernel, probes)
    words = ["python3", f"/lab/{PROBER.name}"]
    (kernel.scratch / PROBER.name).write_text(PROBER.read_text())
    groups = kernel.by_kernel([one.asker for one in probes])
    asked = [
        kernel.ask(
            words,
            beside=probes[group[0]].asker,
            stdin=json.dumps([_asked(probes[one]) for one in group]),
            seconds=SECONDS,
        )
        for group in groups
    ]
    answers: dict[int, Answer] = {}
    for group, future in zip(groups, asked, strict=True):
        for number, one in zip(group, json.loads(kernel.end(future, SECONDS).out), strict=True):
            answers[number] = Answer(
                probes[number], one["outcome"], one["copies"], one["said"], one["left"]
            )
    return [answers[number] for number in range(len(probes))]


def _resolved(kernel: Kernel, probes: Sequence[Probe]) -> list[Probe]:
    """Return the probes with the MACs of guests where their namespaces stand for them."""
    names = sorted({one.says for one in probes if one.asks == "who" and ":" not in one.says})
    script = 'for one; do echo "$one $(ip -n $one -o link show dev eth0)"; done'
    macs = {}
    for group in kernel.by_kernel(names):
        own = [names[one] for one in group]
        for line in kernel.run(["sh", "-c", script, "sh", *own], beside=own[0]).out.splitlines():
            words = line.split()
            macs[words[0]] = words[words.index("link/ether") + 1]
    return [replace(one, says=macs.get(one.says, one.says)) for one in probes]


def _asked(probe: Probe) -> dict[str, Any]:
    family = 6 if ":" in probe.target else IPV4
    namespace, device, source = "", "", ""
    if isinstance(probe.source, str):
        namespace = probe.source
    else:
        namespace, device = probe.source.namespace, probe.source.vrf
        # Behind a border its own address speaks; the anycast one would be answered elsewhere.
        if device or (probe.asks == "who" and family == IPV4):
            source = str(probe.source.addresses[family].ip)
    return {
        "namespace": namespace,
        "device": device,
        "source": source,
        "target": probe.target,
        "port": probe.port,
        "size": probe.size,
        "mtu": probe.mtu,
        "asks": probe.asks,
        "hoped": probe.reached or bool(probe.told),
    }
