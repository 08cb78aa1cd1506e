"""What a change does to a hosted cluster's nodes is told with the change, before it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hyperleaf.api import load
from hyperleaf.plan.clusters import plan
from hyperleaf.plan.difference import Change, differences
from hyperleaf.plan.meaning import Meaning, meaning
from unit.hosted_estates import AWS, FACTS, KUBEVIRT

if TYPE_CHECKING:
    from pathlib import Path

REPLACED = "the nodes of pool workers are replaced, one after another"


def meant(folder: Path, estate: str) -> Meaning:
    """Return what an estate means."""
    (folder / "estate.yaml").write_text(estate)
    (folder / "facts.yaml").write_text(FACTS)
    return meaning(plan(load(folder / "estate.yaml", facts=folder / "facts.yaml").estate))


def changed(folder: Path, estate: str, old: str, new: str) -> tuple[Change, ...]:
    """Return what changes when `new` is written in place of `old`."""
    assert estate.count(old) == 1
    return differences(meant(folder, estate), meant(folder, estate.replace(old, new)))


@pytest.mark.parametrize(
    "new",
    [
        *("replicas: 2, cpus: 8", "replicas: 2, memory: 64Gi", "replicas: 2, disk: 200Gi"),
        *("replicas: 2, storageClass: fast", "replicas: 2, placement: {a: b}"),
        *("replicas: 2, nodeConfig: [chrony]", "replicas: 2, additionalNetworks: [a/b]"),
        "replicas: 2, hostDevices: [{resource: nvidia.com/A100, count: 2}]",
    ],
)
def test_another_machine_replaces_a_pools_nodes(tmp_path: Path, new: str) -> None:
    told = changed(tmp_path, KUBEVIRT, "replicas: 2", new)
    assert {one.consequence for one in told} == {REPLACED}
    assert all(one.sentence.endswith(REPLACED) for one in told)


@pytest.mark.parametrize(
    "new",
    ["replicas: 4", "replicas: 2, autoRepair: false", "replicas: 2, drainTimeout: 5m"],
)
def test_a_pools_size_and_care_replace_nothing(tmp_path: Path, new: str) -> None:
    told = changed(tmp_path, KUBEVIRT, "replicas: 2", new)
    assert told
    assert {one.consequence for one in told} == {""}


def test_another_type_of_instance_replaces_a_pools_nodes(tmp_path: Path) -> None:
    (told,) = changed(tmp_path, AWS, "m5.2xlarge", "m5.4xlarge")
    assert told.consequence == REPLACED


def test_nodes_that_are_changed_where_they_are_restart(tmp_path: Path) -> None:
    estate = KUBEVIRT.replace("replicas: 2", "replicas: 2, upgrade: InPlace")
    (told,) = changed(tmp_path, estate, "replicas: 2", "replicas: 2, cpus: 8")
    assert told.consequence == (
        "the nodes of pool workers are changed where they are, and restarted, one after another"
    )


def test_another_release_replaces_every_pools_nodes(tmp_path: Path) -> None:
    release = "controlPlane: {release: quay.io/a:4.16.18-x86_64}"
    told = changed(tmp_path, KUBEVIRT, "controlPlane: {}", release)
    assert [(one.field, one.consequence) for one in told] == [("release", REPLACED)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("controlPlane: {}", "controlPlane: {imageSources: [{source: a, mirrors: [b]}]}"),
        ("controlPlane: {}", "controlPlane: {}\n  credentials: {sshKey: {secret: keys}}"),
        ("controlPlane: {}", "controlPlane: {}\n  credentials: {pullSecret: {secret: mine}}"),
    ],
)
def test_what_is_read_into_every_node_replaces_it(tmp_path: Path, old: str, new: str) -> None:
    (told,) = changed(tmp_path, KUBEVIRT, old, new)
    assert told.consequence == REPLACED


@pytest.mark.parametrize("stated", ["trustBundle: ours", "defaultSources: false"])
def test_what_the_cluster_alone_reads_replaces_nothing(tmp_path: Path, stated: str) -> None:
    (told,) = changed(tmp_path, KUBEVIRT, "controlPlane: {}", f"controlPlane: {{{stated}}}")
    assert told.consequence == ""


def test_tags_of_the_cloud_replace_machines(tmp_path: Path) -> None:
    (told,) = changed(tmp_path, AWS, "resourceTags: {team: one}", "resourceTags: {team: two}")
    pools = ("workers", "metal-x86", "metal-arm")
    said = (f"the nodes of pool {pool} are replaced, one after another" for pool in pools)
    assert told.consequence == "; ".join(said)


def test_another_range_of_the_nodes_replaces_leaves_alone(tmp_path: Path) -> None:
    told = changed(
        tmp_path,
        AWS,
        "networks: {machine: [10.0.16.0/20]}",
        "networks: {machine: [10.0.16.0/20], transit: [100.89.0.0/16]}",
    )
    said = {one.consequence for one in told} - {""}
    assert said == {
        f"the nodes of pool {pool} are replaced, one after another"
        for pool in ("metal-x86", "metal-arm")
    }


def test_a_new_network_replaces_no_node(tmp_path: Path) -> None:
    network = """\
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Network
metadata: {name: red}
spec: {vlan: 100, subnets: [172.20.100.0/24], attach: [{cluster: prod, namespaces: [red]}]}
"""
    told = differences(meant(tmp_path, AWS), meant(tmp_path, AWS + network))
    assert told
    assert {one.consequence for one in told} == {""}


def test_a_cluster_that_becomes_hosted_here_has_no_nodes_to_lose(tmp_path: Path) -> None:
    before = KUBEVIRT.replace("  controlPlane: {}\n", "")
    told = differences(meant(tmp_path, before), meant(tmp_path, KUBEVIRT))
    assert told
    assert {one.consequence for one in told} == {""}
