"""Whole FRR configurations, as a reviewer sees what nodes and borders would get."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from golden.comparing import compare
from hyperleaf.api import load
from hyperleaf.plan.clusters import plan
from hyperleaf.render.borders import border_files
from hyperleaf.render.frr_daemons import NEIGHBOURS, crd_file, daemon_manifests
from hyperleaf.render.frr_objects import frr_manifests
from hyperleaf.render.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.plan.clusters import Plan

HERE = Path(__file__).parent / "frr"
EXAMPLES = Path(__file__).parents[2] / "examples"
ESTATES = {
    "01-aws-hosted": EXAMPLES / "01-aws-hosted",
    **{name: HERE / name / "estate.yaml" for name in ("foreign-borders", "leaks", "two-teams")},
}


def _made(whole: Plan) -> Iterator[tuple[str, str]]:
    for cluster in whole.clusters:
        objects = [manifest.value for manifest in frr_manifests(cluster)]
        if objects:
            yield f"{cluster.cluster.name}.yaml", documents(objects)
    for file in border_files(whole):
        if file.path.endswith(NEIGHBOURS):  # the same everywhere, and no text of ours to review
            continue
        yield file.path.removeprefix("borders/").replace("/", "."), file.text


@pytest.mark.parametrize("name", ESTATES)
def test_what_leaves_reflectors_and_borders_get_is_as_kept(name: str) -> None:
    loaded = load(ESTATES[name])
    assert loaded.findings == ()
    compare(HERE / name, dict(_made(plan(loaded.estate))))


def test_the_deployment_of_frr_is_as_kept() -> None:
    clusters = {
        one.cluster.name: one for one in plan(load(EXAMPLES / "01-aws-hosted").estate).clusters
    }
    hub, spoke = clusters["hub"], clusters["prod"]
    made = {
        "reflectors.yaml": documents(manifest.value for manifest in daemon_manifests(hub)),
        "leaves.yaml": documents(manifest.value for manifest in daemon_manifests(spoke)),
        "kustomization.yaml": next(crd_file(spoke)).text,
    }
    compare(HERE / "deployment", made)
