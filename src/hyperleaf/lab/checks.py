"""Expectations become probes: packets sent from every guest, and what is said of their fate."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel

ECHO_PORT = 7


@dataclass(frozen=True, slots=True)
class Probe:
    """One question asked with packets, from a guest or a namespace, and the right answer.

    `kind` is `ping`, or `tcp` with a port; `size` is an IP packet's length, which may then not be
    fragmented. `seen` is the sender that the other end must see.
    """

    title: str
    source: Guest | str
    target: str
    reached: bool
    kind: str = "ping"
    port: int = 0
    size: int = 0
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a probe."""

    probe: Probe
    reached: bool
    said: str

    @property
    def right(self) -> bool:
        """Tell whether the answer is what was promised."""
        if self.reached and self.probe.seen:
            return self.probe.reached and self.said.strip() == self.probe.seen
        return self.reached == self.probe.reached


def command(probe: Probe) -> str:
    """Return the shell's words that ask a probe's question; their status is the answer."""
    target = shlex.quote(probe.target)
    vrf = "" if isinstance(probe.source, str) else probe.source.vrf
    if probe.kind == "tcp":
        words = f"exec 3<>/dev/tcp/{probe.target}/{probe.port} && timeout 1 head -n 1 <&3"
        way = f"ip vrf exec {vrf} " if vrf else ""
        return f"{way}timeout 2 bash -c {shlex.quote(words)}"
    options = "-n -q -W 1"
    if probe.size:
        header = 48 if ":" in probe.target else 28
        options += f" -M do -s {probe.size - header}"
    if not isinstance(probe.source, str) and vrf:
        mine = probe.source.addresses[6 if ":" in probe.target else 4]
        options += f" -I {vrf} -I {mine.ip}"
    tries = 4 if probe.reached else 2
    once = f"ping {options} -c 1 {target}"
    return " || ".join(f"{{ {once}; }}" for _ in range(tries))


def ask(kernel: Kernel, probes: Sequence[Probe]) -> list[Answer]:
    """Ask all questions, those of one source by one shell, and wait for every answer."""
    by_place: dict[str, list[int]] = {}
    for number, probe in enumerate(probes):
        by_place.setdefault(_namespace(probe), []).append(number)
    asked = [
        (numbers, kernel.ask(_script([probes[one] for one in numbers]), node=place, seconds=120))
        for place, numbers in by_place.items()
    ]
    answers: dict[int, Answer] = {}
    for numbers, future in asked:
        said = kernel.wait(future, 120).out.split("\x1e")
        for text in said:
            index, _, rest = text.partition(" ")
            status, _, words = rest.partition("\n")
            if index.strip().isdigit():
                number = numbers[int(index)]
                answers[number] = Answer(probes[number], status.strip() == "0", words.strip())
    return [
        answers.get(number, Answer(probe, reached=False, said="no answer was heard"))
        for number, probe in enumerate(probes)
    ]


def _namespace(probe: Probe) -> str:
    return probe.source if isinstance(probe.source, str) else probe.source.namespace


def _script(probes: Iterable[Probe]) -> str:
    """Return one script that asks at once and says each answer in one piece."""
    lines = ["cd /tmp"]
    for number, probe in enumerate(probes):
        lines.append(
            f"( said=$( {{ {command(probe)}; }} 2>&1 ); "
            f"printf '\\036%s %s\\n%s\\n' {number} $? \"$said\" ) &"
        )
        if number % 12 == 11:  # noqa: PLR2004 - a single processor, and a queue of echoes
            lines.append("wait")
    return "\n".join([*lines, "wait"])
