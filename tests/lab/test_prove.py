"""The examples, booted from what was rendered, keep every promise by packets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

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


def _proof(folder: Path, example: str, *changes: tuple[str, str, str]) -> Proof:
    """Prove what is rendered, with text replaced in the files that match."""
    made = plan(load(EXAMPLES / example).estate)
    for file in render(made):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
    for where, old, new in changes:
        found = [path for path in folder.glob(where) if old in path.read_text()]
        assert found, f"{old!r} is in no {where}"
        for path in found:
            path.write_text(path.read_text().replace(old, new))
    try:
        return prove(folder, surroundings(made))
    except (NoRuntimeError, RootError) as error:
        pytest.skip(str(error))


@pytest.mark.judge
@pytest.mark.parametrize("example", [AWS, "02-vsphere-lab", "03-multi-network"])
def test_every_promise_is_kept(tmp_path: Path, example: str) -> None:
    proof = _proof(tmp_path, example)
    assert [(one.title, one.fault) for one in proof.wrong] == []


MUTATIONS = yaml.safe_load(Path(__file__).with_name("mutations.yaml").read_text())
# Each takes half a minute: a few of them here, all of them where time is given.
SAMPLE = 1 if os.environ.get("HYPERLEAF_SOAK") else 5


@pytest.mark.judge
@pytest.mark.parametrize("mistake", list(MUTATIONS)[::SAMPLE])
def test_a_mistake_turns_the_proof_red(tmp_path: Path, mistake: str) -> None:
    changes = [(one["in"], one["old"], one["new"]) for one in MUTATIONS[mistake]]
    assert _proof(tmp_path, AWS, *changes).wrong
