"""Expectations become probes: packets sent from every guest, and what is said of their fate."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.outcome import Checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel

ECHO_PORT = 7
PROBER = Path(__file__).with_name("prober.py")
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Probe:
    """One question asked with packets, from a guest or a namespace, and the right answer.

    An ICMP echo, or a TCP connection where there is a `port`; `size` is an IP packet's length in
    bytes, which may then not be fragmented. `seen` is the sender that the other end must see.
    `to` names the other end (a guest's namespace, a node) and `place` the node that it is on.
    """

    title: str
    source: Guest | str
    target: str
    reached: bool
    port: int = 0
    size: int = 0
    seen: str = ""
    kind: str = "pair"
    to: str = ""
    place: str = ""

    @property
    def asker(self) -> str:
        """Return the namespace that asks."""
        return self.source if isinstance(self.source, str) else self.source.namespace


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a probe: `outcome` is `answered`, `refused` or `silent`."""

    probe: Probe
    outcome: str
    copies: int
    said: str

    @property
    def fault(self) -> str:
        """Return what is not as promised, or nothing."""
        if not self.probe.reached:
            return "" if self.outcome == "silent" else f"{self.outcome}, and must not be"
        if self.outcome != "answered":
            return f"{self.outcome}: {self.said}" if self.said else self.outcome
        if self.copies > 1:
            return f"{self.copies} answers to one packet"
        if self.probe.seen and self.said != self.probe.seen:
            return f"seen as {self.said}, not as {self.probe.seen}"
        return ""


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
            answers[number] = Answer(probes[number], one["outcome"], one["copies"], one["said"])
    return [answers[number] for number in range(len(probes))]


def _asked(probe: Probe) -> dict[str, Any]:
    family = 6 if ":" in probe.target else 4
    namespace, device, source = "", "", ""
    if isinstance(probe.source, str):
        namespace = probe.source
    else:
        namespace, device = probe.source.namespace, probe.source.vrf
        # Behind a border its own address speaks; the anycast one would be answered elsewhere.
        source = str(probe.source.addresses[family].ip) if device else ""
    return {
        "namespace": namespace,
        "device": device,
        "source": source,
        "target": probe.target,
        "port": probe.port,
        "size": probe.size,
        "reached": probe.reached,
    }
