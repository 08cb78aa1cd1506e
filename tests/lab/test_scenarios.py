"""What happens to the AWS example's lab, one thing after another, is lived through by packets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from hyperleaf.api import load
from hyperleaf.lab.outcome import Timeline
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperleaf.lab.outcome import Proof, Scenario

AWS = Path(__file__).parents[2] / "examples" / "01-aws-hosted"
# Those of the control plane and the datapath; real guests have tests of their own.
NAMES = (
    "reflector-lost",
    "both-reflectors-lost",
    "border-lost",
    "node-joins",
    "node-leaves",
    "frr-crashes",
    "leaf-reboots",
    "floating-vip",
    "silent-guest",
    "duplicate-address",
)
pytestmark = [pytest.mark.judge, pytest.mark.usefixtures("lab_root")]


def _proof(asked: Sequence[str], *, without: str = "") -> Proof:
    """Prove what is rendered, without a container of leaves' FRR; then let things happen."""
    made = plan(load(AWS).estate)
    files = [(one.path, one.text) for one in render(made)]
    if without:
        files = [(path, _without(without, text)) for path, text in files]
    return prove(files, surroundings(made), asked=asked)


def _without(program: str, text: str) -> str:
    """Return an object without a file of its ConfigMap."""
    if f"  {program}: |" not in text:
        return text
    value = yaml.safe_load(text)
    del value["data"][program]
    return yaml.safe_dump(value)


@pytest.fixture(scope="module")
def happened() -> dict[str, Scenario]:
    proof = _proof(NAMES)
    return {one.name: one for one in proof.scenarios}


@pytest.mark.parametrize("name", NAMES)
def test_the_aws_example_lives_through_it(happened: dict[str, Scenario], name: str) -> None:
    told = happened[name]
    assert not told.skipped
    assert [(one.title, one.fault) for one in told.checked if one.fault] == [], _lost(told)


def _lost(told: Scenario) -> dict[str, list[float]]:
    """Return when streams had no answer, in seconds after they began."""
    return {
        one.title: [round(i * one.every, 2) for i, ok in enumerate(one.answered) if not ok]
        for one in told.told
        if isinstance(one, Timeline)
    }


def test_an_address_does_not_move_where_nobody_takes_it_over() -> None:
    proof = _proof(["floating-vip"], without="neighbours.py")
    (told,) = proof.scenarios
    assert [one.title for one in told.checked if one.fault]
