"""Boots a rendered folder in its surroundings, asks every promise with packets, says what is so."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.lab import checks, estate, kernel, reading, root, runtime
from hyperleaf.lab.promises import promises

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperleaf.lab.checks import Answer
    from hyperleaf.lab.facts import Surroundings


@dataclass(frozen=True, slots=True)
class Proof:
    """What packets said, and how long each part took, in seconds."""

    answers: tuple[Answer, ...]
    seconds: dict[str, float]
    runtime: str

    @property
    def wrong(self) -> tuple[Answer, ...]:
        """Return what was not as promised."""
        return tuple(one for one in self.answers if one.fault)


def prove(
    rendered: Path, around: Surroundings, *, say: Callable[[str], None] = lambda _line: None
) -> Proof:
    """Prove a rendered folder in User-Mode Linux.

    Raises NoRuntimeError, RootError, RenderedError, KernelError, CommandError, NotConvergedError.
    """
    began = time.monotonic()
    read = reading.read(rendered)
    found = runtime.find("uml")
    ready = root.ready(say)
    seconds = {"root": round(time.monotonic() - began, 2)}
    with tempfile.TemporaryDirectory(prefix="hyperleaf-lab-") as folder:
        scratch = Path(folder)
        say("boot")
        with kernel.boot(ready.folder, scratch, enter=found.enter) as booted:
            seconds["boot"] = round(booted.boot_seconds, 2)
            lab = estate.build(booted, read, around, scratch, say)
            asked = list(promises(read.expected, lab.guests, around))
            say(f"{len(asked)} questions")
            asking = time.monotonic()
            answers = checks.ask(booted, asked)
            seconds |= {**lab.seconds, "checks": round(time.monotonic() - asking, 2)}
    seconds["all"] = round(time.monotonic() - began, 2)
    return Proof(tuple(answers), seconds, found.name)
