"""A mutation and an estate become a proof of what was rendered, and spoilt by the mutation."""

from __future__ import annotations

import base64
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from ipaddress import ip_interface
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import yaml

from hyperleaf.api import load
from hyperleaf.lab import estate
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Proof

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
LITTLE = HERE / "estates" / "mutations.yaml"
# Many mistakes keep sessions down for good: there is nothing to wait for.
PATIENCE_SECONDS = 20
_ENCODED = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]+")


@dataclass(frozen=True, slots=True)
class Change:
    """Text that becomes another in every file that matches.

    `inside` says that it stands in a file that a MachineConfig carries.
    """

    where: str
    old: str
    new: str
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mistake: what a person did, where; the kind of check that fails, the object it names."""

    name: str
    did: str
    caught: str
    named: str
    changes: tuple[Change, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    estate: str = ""
    floating: dict[str, str] = field(default_factory=dict)


def read() -> dict[str, Mutation]:
    """Return every mutation by its name."""
    stated = yaml.safe_load((HERE / "mutations.yaml").read_text())
    return {name: _mutation(name, one) for name, one in stated.items()}


def _mutation(name: str, stated: dict[str, Any]) -> Mutation:
    return Mutation(
        name,
        stated["did"],
        stated["caught"],
        stated["named"],
        tuple(
            Change(one["in"], one["old"], one["new"], one.get("inside", False))
            for one in stated.get("change", ())
        ),
        tuple((one["node"], one["command"]) for one in stated.get("run", ())),
        stated.get("estate", ""),
        stated.get("floating", {}),
    )


def prove_spoilt(folder: Path, one: Mutation) -> Proof:
    """Render the estate, spoil what was rendered, prove it; what runs is spoilt once it stands."""
    made = plan(load(EXAMPLES / one.estate if one.estate else LITTLE).estate)
    write(render(made), folder)
    for change in one.changes:
        spoil(folder, change)
    around = surroundings(made)
    nodes = tuple(
        replace(node, floating=(ip_interface(one.floating[node.name]),))
        if node.name in one.floating
        else node
        for node in around.nodes
    )
    with patch.object(estate, "CONVERGED_SECONDS", PATIENCE_SECONDS):
        return prove(folder, replace(around, nodes=nodes), before=_doing(one.commands))


def spoil(folder: Path, change: Change) -> None:
    """Change files; AssertionError where nothing is to be changed."""
    found = 0
    for path in sorted(folder.glob(change.where)):
        text = path.read_text()
        spoilt = _within(text, change) if change.inside else text.replace(change.old, change.new)
        found += spoilt != text
        path.write_text(spoilt)
    assert found, f"{change.old!r} is in no {change.where}"


def _within(text: str, change: Change) -> str:
    """Return text with a change in what is base64 in it."""

    def changed(match: re.Match[str]) -> str:
        inner = base64.b64decode(match[0]).decode()
        return base64.b64encode(inner.replace(change.old, change.new).encode()).decode()

    return _ENCODED.sub(changed, text)


def _doing(commands: tuple[tuple[str, str], ...]) -> Callable[[Lab], None]:
    def do(lab: Lab) -> None:
        for node, command in commands:
            lab.kernel.run(command, node=node)

    return do


def missed(one: Mutation, proof: Proof) -> str:
    """Return what a proof did not see of a mutation, or nothing.

    The kind of check that is stated must fail, and of what the faults name first, the object of the
    mutation must come most often.
    """
    kinds = Counter(fault.kind for fault in proof.wrong)
    if one.caught not in kinds:
        return f"no {one.caught} failed: {dict(kinds) or 'all is green'}"
    first = Counter(fault.causes[0].object for fault in proof.wrong if fault.causes)
    if not any(fnmatch(name, one.named) for name, _ in first.most_common(1)):
        return f"{one.named} is not what is named: {dict(first) or 'nothing is'}"
    return ""
