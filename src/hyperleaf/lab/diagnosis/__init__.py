"""Faults that a proof has found become their likely causes, by looks at the lab that still stands.

Causes are found by questions, the most fundamental first: each looks at what machines have and at
what was rendered, against what is expected, and yields suspects (`suspects.py`). What is explained
by an earlier question is not asked again. A new question is a file here and a place in `QUESTIONS`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hyperleaf.lab import readings
from hyperleaf.lab.diagnosis import (
    devices,
    guards,
    guesses,
    hosts,
    refusals,
    routes,
    services,
    sessions,
    trunks,
)
from hyperleaf.lab.diagnosis.scene import LEAF, REFLECTOR, Scene
from hyperleaf.lab.diagnosis.suspects import Suspect, about, causes, merged
from hyperleaf.lab.outcome import Checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Scenario

QUESTIONS: tuple[Callable[[Scene, Sequence[Suspect]], Iterator[Suspect]], ...] = (
    guards.ask,
    sessions.ask,
    trunks.ask,
    devices.ask,
    hosts.ask,
    routes.ask,
    services.ask,
    guesses.ask,
)
# Many faults have few causes: beyond so many, and on more machines, nobody looks.
MOST_FAULTS, MOST_MACHINES = 2000, 24


def explain(lab: Lab, checked: Sequence[Checked]) -> tuple[Checked, ...]:
    """Return checks with the likely causes of those that failed; nothing is asked if none did."""
    wrong = [one for one in checked if one.fault]
    if not wrong or not lab.guests:
        return tuple(checked)
    scene = Scene(lab.rendered, lab.around, readings.take(lab.kernel, _machines(lab, wrong)))
    suspects = suspected(scene)
    networks = {one.namespace: one.network for one in lab.guests if one.namespace != one.place}
    segments = lab.rendered.expected["segments"]
    vrfs = {name: one["vrf"] for name, one in segments.items() if one["vrf"]}
    looked = {id(one) for one in wrong[:MOST_FAULTS]}
    return tuple(
        replace(one, causes=causes(one, about(one, networks, vrfs), suspects, lab.rendered))
        if id(one) in looked
        else one
        for one in checked
    )


def refused(lab: Lab, failed: Checked, error: Exception) -> Checked:
    """Return the check that the objects can be carried out with the object that was refused."""
    suspects = merged(refusals.ask(lab, error))
    return replace(failed, causes=causes(failed, frozenset(), suspects, lab.rendered))


def of_scenario(lab: Lab, scenario: Scenario) -> Scenario:
    """Return what a scenario told with the likely causes of its checks that failed."""
    checks = [one for one in scenario.told if isinstance(one, Checked)]
    explained = iter(explain(lab, checks))
    told = tuple(next(explained) if isinstance(one, Checked) else one for one in scenario.told)
    return replace(scenario, told=told)


def suspected(scene: Scene) -> list[Suspect]:
    """Ask every question and return the suspects, the most fundamental first."""
    known: list[Suspect] = []
    for ask in QUESTIONS:
        known.extend(list(ask(scene, tuple(known))))
    return merged(known)


def _machines(lab: Lab, wrong: Sequence[Checked]) -> list[str]:
    """Return reflectors, borders, the nodes that faults are about, then leaves: at most so many."""
    named = {place for one in wrong for place in one.places}
    speaking = [one.name for one in lab.around.nodes if REFLECTOR in one.labels]
    leaves = [one.name for one in lab.around.nodes if LEAF in one.labels]
    first = [one.name for one in lab.around.nodes if one.name in named]
    borders = [one.name for one in lab.around.borders]
    return list(dict.fromkeys([*speaking, *borders, *first, *leaves]))[:MOST_MACHINES]
