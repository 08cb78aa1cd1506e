"""The examples, booted from what was rendered, keep every promise by packets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.api import load
from hyperleaf.lab.prove import prove
from hyperleaf.lab.root import RootError
from hyperleaf.lab.runtime import NoRuntimeError
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings

if TYPE_CHECKING:
    from hyperleaf.lab.outcome import Proof

EXAMPLES = Path(__file__).parents[2] / "examples"
AWS = "01-aws-hosted"


def _proof(folder: Path, example: str) -> Proof:
    """Prove what is rendered."""
    made = plan(load(EXAMPLES / example).estate)
    for file in render(made):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
    try:
        return prove(folder, surroundings(made))
    except (NoRuntimeError, RootError) as error:
        pytest.skip(str(error))


@pytest.mark.judge
@pytest.mark.parametrize("example", [AWS, "02-vsphere-lab", "03-multi-network"])
def test_every_promise_is_kept(tmp_path: Path, example: str) -> None:
    proof = _proof(tmp_path, example)
    assert [(one.title, one.fault) for one in proof.wrong] == []
