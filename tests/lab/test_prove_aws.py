"""The AWS example, booted from what was rendered, keeps every promise by packets."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from hyperleaf.api import load
from hyperleaf.lab.prove import Proof, prove
from hyperleaf.lab.root import RootError
from hyperleaf.lab.runtime import NoRuntimeError
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings

EXAMPLE = Path(__file__).parents[2] / "examples" / "01-aws-hosted"


def _proof(folder: Path, *changes: tuple[str, str, str]) -> Proof:
    """Prove what is rendered, with text replaced in the files that match."""
    made = plan(load(EXAMPLE).estate)
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
def test_every_promise_is_kept(tmp_path: Path) -> None:
    proof = _proof(tmp_path)
    assert [(one.title, one.fault) for one in proof.wrong] == []


MUTATIONS = yaml.safe_load(Path(__file__).with_name("mutations.yaml").read_text())


@pytest.mark.judge
@pytest.mark.parametrize("mistake", MUTATIONS)
def test_a_mistake_turns_the_proof_red(tmp_path: Path, mistake: str) -> None:
    changes = [(one["in"], one["old"], one["new"]) for one in MUTATIONS[mistake]]
    assert _proof(tmp_path, *changes).wrong
