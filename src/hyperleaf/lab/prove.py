"""Boots a rendered folder in its surroundings, asks every promise with packets, says what is so."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.lab import checks, estate, kernel, leases, reading, root, runtime, scratch, states
from hyperleaf.lab.agents.captures import CaptureError
from hyperleaf.lab.agents.policies import UnsupportedError
from hyperleaf.lab.checks import Checked
from hyperleaf.lab.kernel import CommandError
from hyperleaf.lab.promises import promises
from hyperleaf.lab.scenarios import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hyperleaf.lab.facts import Surroundings
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Rendered


@dataclass(frozen=True, slots=True)
class Proof:
    """What packets said, and how long each part took, in seconds."""

    checked: tuple[Checked, ...]
    seconds: dict[str, float]
    runtime: str

    @property
    def wrong(self) -> tuple[Checked, ...]:
        """Return what was not as promised."""
        return tuple(one for one in self.checked if one.fault)


def prove(
    rendered: Path,
    around: Surroundings,
    *,
    asked: Sequence[str] = (),
    say: Callable[[str], None] = lambda _line: None,
) -> Proof:
    """Prove a rendered folder in User-Mode Linux; `asked` are scenarios to go through at the end.

    What the objects do wrong is in the proof. Raises NoRuntimeError, RootError, ModulesError,
    RenderedError, KernelError where nothing can be proven.
    """
    began = time.monotonic()
    read = reading.read(rendered)
    found = runtime.find("uml")
    ready = root.ready(say)
    seconds = {"root": round(time.monotonic() - began, 2)}
    with scratch.folder(root.cache_folder() / "lab" / "runs") as place:
        say("boot")
        with kernel.boot(ready.folder, place, enter=found.enter) as booted:
            seconds["boot"] = round(booted.boot_seconds, 2)
            checked, parts = _ask(booted, read, around, place, say, asked)
    seconds |= {**parts, "all": round(time.monotonic() - began, 2)}
    return Proof(tuple(checked), seconds, found.name)


def _ask(  # noqa: PLR0913, PLR0917 - what a lab is made of
    booted: Kernel,
    read: Rendered,
    around: Surroundings,
    place: Path,
    say: Callable[[str], None],
    scenarios: Sequence[str],
) -> tuple[list[Checked], dict[str, float]]:
    """Build the lab and return what it says, and the seconds that its parts took."""
    carried_out = "the rendered objects can be carried out"
    try:
        lab = estate.build(booted, read, around, place, say)
    except (CommandError, CaptureError, UnsupportedError) as error:
        return [Checked(carried_out, str(error))], {}
    asked = list(promises(read.expected, lab.guests, around))
    say(f"{len(asked)} questions")
    began = time.monotonic()
    checked = [
        Checked(carried_out, ""),
        Checked("every session of the fabric is up", lab.missing),
        *(Checked(one.probe.title, one.fault) for one in checks.ask(booted, asked)),
        *leases.ask(booted, read, around),
        *states.advertised(booted, read.expected, lab.guests),
        *states.look(booted, read.expected, around),
    ]
    lab.seconds["checks"] = round(time.monotonic() - began, 2)
    for name in scenarios:
        with estate.part(lab, name, say):
            checked += ALL[name](lab)
    return checked, lab.seconds
