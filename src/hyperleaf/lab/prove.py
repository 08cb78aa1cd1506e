"""Boots a rendered folder in its surroundings, asks every promise with packets, says what is so."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.lab import (
    checks,
    diagnosis,
    estate,
    leases,
    overlay,
    reading,
    root,
    runtime,
    scenarios,
    scratch,
    snapshot,
    states,
)
from hyperleaf.lab.agents import AgentError
from hyperleaf.lab.agents.captures import CaptureError
from hyperleaf.lab.agents.own import Own
from hyperleaf.lab.agents.policies import UnsupportedError
from hyperleaf.lab.estate import Lab
from hyperleaf.lab.kernel import CommandError, boot
from hyperleaf.lab.outcome import Checked, GuestSeen, Proof
from hyperleaf.lab.promises import promises
from hyperleaf.lab.report.drawing import drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hyperleaf.lab.agents import Agents
    from hyperleaf.lab.facts import Surroundings
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.outcome import Heard


def prove(  # noqa: PLR0913 - what is proven, and how
    rendered: Path | Iterable[tuple[str, str]],
    around: Surroundings,
    *,
    asked: Sequence[str] = (),
    on: runtime.Name | None = None,
    agents: Agents | None = None,
    say: Callable[[Heard], None] = lambda _heard: None,
    before: Callable[[Lab], None] = lambda _lab: None,
    afterwards: Callable[[Proof, Lab, Path], None] | None = None,
) -> Proof:
    """Prove what was rendered, a folder or files by their paths, in a lab of its own.

    `asked` are scenarios to go through at the end; `on` is the runtime, else found out by probing;
    `agents` carry the objects out, the lab's own where none are given.
    `before` gets the lab as it stands before anything is asked, `afterwards` the proof, the lab
    that still stands, and the lab's folder.
    What the objects do wrong is in the proof. Raises NoProofError where nothing can be proven.
    """
    began = time.monotonic()
    read = reading.read(rendered) if isinstance(rendered, Path) else None
    runtime.check()
    ready = root.ready(say)
    found = runtime.find(on, ready.folder)
    seconds = {"root": round(time.monotonic() - began, 2)}
    with scratch.folder(root.cache_folder() / "lab" / "runs") as place:
        if not isinstance(rendered, Path):
            read = reading.read(_written(rendered, place / "rendered"))
        assert read is not None  # noqa: S101 - one of the two it was
        say("boot")
        theirs: Agents = agents or Own()
        with boot(
            ready.folder,
            place,
            enter=found.enter,
            native=found.name == "native",
            layout=theirs.housed(estate.layout(around)),
            memory_mib=theirs.memory_mib,
        ) as booted:
            seconds["boot"] = round(booted.boot_seconds, 2)
            lab = Lab(booted, read, around, theirs)
            proof = _looked_at(lab, _ask(lab, place, say, asked, before), say)
            seconds |= {**lab.seconds, "all": round(time.monotonic() - began, 2)}
            proof = replace(proof, seconds=seconds, runtime=found.name)
            if afterwards is not None:
                afterwards(proof, lab, place)
    return proof


def _written(files: Iterable[tuple[str, str]], folder: Path) -> Path:
    for path, text in files:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def _ask(
    lab: Lab,
    place: Path,
    say: Callable[[Heard], None],
    stories: Sequence[str],
    before: Callable[[Lab], None],
) -> Proof:
    """Build the lab and return what it says, with the likely causes of what is wrong."""
    kernel, stated, around = lab.kernel, lab.rendered.expected, lab.around
    carried_out = "the rendered objects can be carried out"
    try:
        estate.build(lab, place, say)
    except (AgentError, CommandError, CaptureError, UnsupportedError) as error:
        failed = diagnosis.refused(lab, Checked(carried_out, str(error)), error)
        say((failed,))
        return Proof((failed,), {}, "", expected=stated)
    before(lab)
    asked = list(promises(stated, lab.guests, around))
    say(f"{len(asked)} questions")
    began = time.monotonic()
    with kernel.together(1) as meanwhile:
        leased = meanwhile.submit(list, leases.ask(kernel, lab.rendered, around))
        answers = checks.ask(kernel, asked)
    checked = (
        Checked(carried_out, ""),
        Checked("every session of the fabric is up", lab.missing, kind="session"),
        *map(checks.checked, answers),
        *leased.result(),
        *states.advertised(kernel, stated, lab.guests),
        *states.look(kernel, stated, around),
        *overlay.look(kernel, around, lab.guests),
    )
    lab.seconds["checks"] = round(time.monotonic() - began, 2)
    say(checked)
    with estate.part(lab, "causes", say):
        checked = diagnosis.explain(lab, checked)
    told = []
    for name in stories:
        say(name)
        told.append(diagnosis.of_scenario(lab, scenarios.play(lab, name)))
        lab.seconds[name] = told[-1].seconds
        say(told[-1])
    seen = tuple(_seen(one) for one in lab.guests)
    return Proof(checked, {}, "", tuple(told), seen, expected=stated)


def _looked_at(lab: Lab, proof: Proof, say: Callable[[Heard], None]) -> Proof:
    """Return a proof with what its machines said at the end."""
    with estate.part(lab, "snapshot", say):
        nodes, versions = snapshot.take(lab), snapshot.versions(lab.kernel)
    joined = (one.node for one in lab.nodes.values() if one.node not in lab.around.nodes)
    there = replace(lab.around, nodes=(*lab.around.nodes, *joined))
    drawn = drawing(lab.rendered, there)
    return replace(proof, nodes=nodes, versions=versions, drawing=drawn)


def _seen(guest: Guest) -> GuestSeen:
    addresses = tuple(str(one) for one in guest.addresses.values())
    return GuestSeen(guest.namespace, guest.expected, guest.network, guest.place, addresses)
