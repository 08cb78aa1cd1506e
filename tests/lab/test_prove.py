"""The examples, booted from what was rendered, keep every promise by packets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.api import load
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from hyperleaf.lab.outcome import Proof

EXAMPLES = Path(__file__).parents[2] / "examples"
AWS = "01-aws-hosted"


def _proof(folder: Path, example: str) -> Proof:
    """Prove what is rendered."""
    made = plan(load(EXAMPLES / example).estate)
    write(render(made), folder)
    return prove(folder, surroundings(made))


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
@pytest.mark.parametrize("example", [AWS, "02-vsphere-lab", "03-multi-network"])
def test_every_promise_is_kept(tmp_path: Path, example: str) -> None:
    proof = _proof(tmp_path, example)
    assert [(one.title, one.fault) for one in proof.wrong] == []
