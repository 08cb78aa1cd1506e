"""What a hub makes hosted clusters from is taken by a real API server, CEL rules and all."""

from __future__ import annotations

import copy
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cluster import hosting
from hyperleaf.api import check
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import manifests
from hyperleaf.render.manifest import Step
from unit.hosted_estates import AWS, FACTS, KUBEVIRT

if TYPE_CHECKING:
    from pathlib import Path

    from judges.apiserver import ApiServer

pytestmark = pytest.mark.judge
Document = dict[str, Any]


def made(folder: Path, estate: str, facts: str) -> list[Document]:
    """Return the objects of hosted clusters, in rendered order."""
    (folder / "estate.yaml").write_text(estate)
    (folder / "facts.yaml").write_text(facts)
    loaded = check(folder / "estate.yaml", facts=folder / "facts.yaml")
    assert loaded.is_sound, loaded.findings
    return [
        one.value
        for cluster in plan(loaded.estate).clusters
        for one in manifests(cluster)
        if one.step is Step.HOSTED
    ]


def refused(server: ApiServer, objects: list[Document], *, keep: bool = False) -> list[str]:
    """Return what the server says against objects, which are forgotten unless `keep`."""
    server.ensure_namespace("clusters")
    said = []
    for one in objects:
        status, answer = server.apply(one, dry_run=not keep)
        if status not in {200, 201}:
            said.append(f"{one['kind']} {one['metadata']['name']}: {answer.get('message')}")
    return said


def pool_of(objects: list[Document]) -> Document:
    """Return the first NodePool."""
    return next(one for one in objects if one["kind"] == "NodePool")


def test_a_hosted_cluster_of_three_pools_on_aws_is_taken(
    apiserver: ApiServer, tmp_path: Path
) -> None:
    objects = made(tmp_path, AWS, FACTS)
    assert len([one for one in objects if one["kind"] == "NodePool"]) == 3
    assert refused(apiserver, objects) == []


@pytest.mark.parametrize("seed", range(8))
def test_what_drawn_flags_make_is_taken(apiserver: ApiServer, tmp_path: Path, seed: int) -> None:
    # A name of its own: much of a hosted cluster cannot be changed, and other tests leave some.
    flags = hosting.draw(Random(seed)) | {"namespace": "clusters", "name": f"drawn-{seed}"}
    estate = yaml.safe_dump_all(hosting.as_estate(flags))
    facts = yaml.safe_dump({"clusters": hosting.as_facts(flags)})
    assert refused(apiserver, made(tmp_path, estate, facts)) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"arch": "arm64"}, "arm64 is only supported"),
        ({"autoScaling": {"min": 5, "max": 2}, "replicas": None}, "max must be equal or greater"),
        ({"config": [{"name": f"c{number}"} for number in range(11)]}, "must have at most 10"),
    ],
)
def test_what_a_rule_of_ours_refuses_the_server_refuses_too(
    apiserver: ApiServer, tmp_path: Path, change: Document, complaint: str
) -> None:
    pool = pool_of(made(tmp_path, KUBEVIRT, FACTS))
    pool["spec"] = {k: v for k, v in (pool["spec"] | change).items() if v is not None}
    (said,) = refused(apiserver, [pool])
    assert complaint in said


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("HostedCluster", "controllerAvailabilityPolicy", "SingleReplica"),
        ("HostedCluster", "fips", True),
        ("NodePool", "clusterName", "another"),
    ],
)
def test_what_can_never_change_is_refused(
    apiserver: ApiServer, tmp_path: Path, kind: str, field: str, value: object
) -> None:
    objects = made(tmp_path, KUBEVIRT, FACTS)
    assert refused(apiserver, objects, keep=True) == []
    changed = copy.deepcopy(next(one for one in objects if one["kind"] == kind))
    changed["spec"][field] = value
    (said,) = refused(apiserver, [changed])
    assert "immutable" in said
    for one in reversed(objects[1:]):
        apiserver.delete(one)


@pytest.mark.usefixtures("hcp_command")
@pytest.mark.parametrize("kind", hosting.KINDS)
def test_the_server_makes_one_object_of_what_hcp_says_and_of_ours(
    apiserver: ApiServer, tmp_path: Path, kind: str
) -> None:
    flags = {"name": "guest", "pull-secret": "pull-secret.txt", "infra-id": "guest-x"}
    flags |= {"release-image": f"{hosting.RELEASE}:4.16.18-x86_64"}
    ours = next(
        one
        for one in made(
            tmp_path,
            yaml.safe_dump_all(hosting.as_estate(dict(flags))),
            yaml.safe_dump({"clusters": hosting.as_facts(dict(flags))}),
        )
        if one["kind"] == kind
    )
    theirs = hosting.made_by_hcp(hosting.as_words(dict(flags)))[kind, "guest"]
    theirs.pop("status")
    apiserver.ensure_namespace("clusters")
    kept = []
    for one in (theirs, ours):
        status, answer = apiserver.apply(one, dry_run=True)
        assert status == 201, answer
        # A reference to nothing says nothing.
        empty: tuple[Document, ...] = ({}, {"name": ""})
        kept.append({name: value for name, value in answer["spec"].items() if value not in empty})
    assert kept[0] == kept[1]
