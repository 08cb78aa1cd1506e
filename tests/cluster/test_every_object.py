"""Every object of every example goes into a real API server, in rendered order, none refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hyperleaf.api import load
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from judges.apiserver import index

if TYPE_CHECKING:
    from judges.apiserver import ApiServer

ROOT = Path(__file__).parents[2]
# The examples, and the estate that states every option once.
EXAMPLES = [*sorted((ROOT / "examples").iterdir()), ROOT / "tests" / "unit" / "full.yaml"]
# Kinds whose definition is made of the OpenAPI that a cluster of the operator's published, because
# its module is not to be had: structural, but no CRD file of upstream's.
PUBLISHED = {
    "HyperConverged",
    "NodeHealthCheck",
    "SelfNodeRemediationTemplate",
    "StorageCluster",
    "StorageSystem",
}
# What exists in a cluster before us: an operator's namespace.
STANDING = (
    "clusters",
    "openshift-cnv",
    "openshift-gitops",
    "openshift-ingress-operator",
    "openshift-machine-api",
    "openshift-sriov-network-operator",
)


def objects(example: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Return cluster, path and object, in the order in which they are rendered."""
    made: list[tuple[str, str, dict[str, Any]]] = []
    for file in render(plan(load(example).estate)):
        if file.path.startswith(("clusters/", "argocd/")) and "kustomization" not in file.path:
            cluster = file.path.split("/")[1].removesuffix(".yaml")
            made.extend((cluster, file.path, value) for value in yaml.safe_load_all(file.text))
    return made


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_object_of_an_example_is_taken_in_rendered_order(
    example: Path, apiserver: ApiServer
) -> None:
    for namespace in STANDING:
        apiserver.ensure_namespace(namespace)
    made = objects(example)
    assert made
    refused = []
    for _, path, value in made:
        status, answer = apiserver.apply(value)
        if status not in {200, 201}:
            refused.append(f"{path}: {status} {answer.get('message')}")
    assert refused == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_paths_are_in_the_order_of_application(example: Path) -> None:
    for cluster in {cluster for cluster, *_ in objects(example)}:
        paths = [path for c, path, _ in objects(example) if c == cluster and "clusters/" in path]
        assert paths == sorted(paths)


def test_few_kinds_are_judged_by_what_a_cluster_published() -> None:
    kinds = {value["kind"] for example in EXAMPLES for *_, value in objects(example)}
    origins = {entry["kind"]: entry["origin"] for entry in index()}
    assert {kind for kind in kinds if origins.get(kind, "").startswith("published")} == PUBLISHED
    assert len(kinds) == 34
