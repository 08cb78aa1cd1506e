"""MachineSets of a cluster come from a facts file: written in it, or in files that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from hyperleaf.api import read_facts
from unit.machine_sets import BASES

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [f"ocp-cluster-h5ffp-worker-us-east-2{zone}" for zone in "ab"]
A, B = (BASES[name] for name in NAMES)


def written(folder: Path, hub: object) -> str:
    """Write a facts file about the hub."""
    path = folder / "facts.yaml"
    path.write_text(yaml.safe_dump({"clusters": {"hub": hub}}), encoding="utf-8")
    return str(path)


def names(path: str) -> list[str]:
    """Return the names of the hub's MachineSets that a facts file tells, if nothing is wrong."""
    facts, findings = read_facts(path)
    assert findings == ()
    return [one.name for one in facts.of("hub").machine_sets]


def test_they_can_be_written_in_the_facts(tmp_path: Path) -> None:
    assert names(written(tmp_path, {"machineSet": A, "machineSets": [B]})) == NAMES


def test_they_can_be_a_list_as_the_cluster_prints_it(tmp_path: Path) -> None:
    printed = {"apiVersion": "v1", "kind": "List", "items": [A, B], "metadata": {}}
    (tmp_path / "workers.yaml").write_text(yaml.safe_dump(printed), encoding="utf-8")
    assert names(written(tmp_path, {"machineSetsFrom": ["workers.yaml"]})) == NAMES


def test_they_can_be_documents_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "workers.yaml").write_text(yaml.safe_dump_all([A, B]), encoding="utf-8")
    assert names(written(tmp_path, {"machineSetsFrom": ["workers.yaml"]})) == NAMES


def test_the_infrastructure_s_id_follows_from_them(tmp_path: Path) -> None:
    facts, _ = read_facts(written(tmp_path, {"machineSet": A}))
    assert facts.of("hub").infra_id == "ocp-cluster-h5ffp"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    _, findings = read_facts(written(tmp_path, {"machineSetsFrom": ["none.yaml"]}))
    assert "none.yaml" in str(findings[0])


def test_another_object_is_told(tmp_path: Path) -> None:
    _, findings = read_facts(written(tmp_path, {"machineSet": {**A, "kind": "Machine"}}))
    assert [one.code for one in findings] == ["HL0058"]


def test_what_is_needed_and_missing_is_told(tmp_path: Path) -> None:
    template: dict[str, object] = {"spec": {"template": {"metadata": {}, "spec": {}}}}
    _, findings = read_facts(written(tmp_path, {"machineSet": {**A, **template}}))
    assert [one.code for one in findings] == ["HL0054", "HL0054"]


def test_two_documents_say_different_things_of_one_cluster(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text(
        "clusters: {hub: {aws: {vpc: vpc-0a}}}\n---\nclusters: {hub: {infraID: hub-7vxwj}}\n"
    )
    facts, _ = read_facts(path)
    assert (facts.of("hub").infra_id, facts.of("hub").aws.vpc) == ("hub-7vxwj", "vpc-0a")


def test_two_files_say_different_things_of_one_cluster(tmp_path: Path) -> None:
    made, found = tmp_path / "made.yaml", tmp_path / "found.yaml"
    made.write_text("clusters: {lab: {vsphere: {template: lab-7vxwj-rhcos-cnv}}}\n")
    found.write_text("clusters: {lab: {infraID: lab-7vxwj}}\n")
    facts, _ = read_facts(made, found)
    assert (facts.of("lab").infra_id, facts.of("lab").template) == (
        "lab-7vxwj",
        "lab-7vxwj-rhcos-cnv",
    )
