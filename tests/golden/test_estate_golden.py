"""Whole rendered examples, as a reviewer sees what each cluster would get, in order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golden.comparing import compare
from hyperleaf.api import load
from hyperleaf.plan.clusters import plan
from hyperleaf.plan.meaning import meaning
from hyperleaf.render.estate import render, stream

HERE = Path(__file__).parent / "estates"
EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


def test_there_are_examples() -> None:
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_rendered_example_is_what_was_read_and_kept(name: str) -> None:
    whole = plan(load(EXAMPLES / name).estate)
    clusters = [one.cluster.name for one in whole.clusters]
    made = {f"{cluster}.yaml": "".join(stream(whole, cluster)) for cluster in clusters}
    beside = [one for one in render(whole) if one.path.startswith("argocd/")]
    made["argocd.yaml"] = "".join(f"---\n{one.text}" for one in beside)
    made["meaning.json"] = json.dumps(meaning(whole), indent=1) + "\n"
    compare(HERE / name, made)
