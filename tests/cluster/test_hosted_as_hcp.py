"""What a hub makes hosted clusters from is what HyperShift's own command line would create."""

from __future__ import annotations

import copy
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster import hosting

pytestmark = [pytest.mark.judge, pytest.mark.usefixtures("hcp_command")]
EXAMPLE = Path(__file__).parents[2] / "examples" / "05-hosted-on-virtualization"
# The two commands as the document prints them.
COMMANDS = {
    "lvm-hcp": r"""
hcp create cluster kubevirt --infra-availability-policy HighlyAvailable --cores 4 --memory 16Gi \
--root-volume-size 120 --auto-repair --control-plane-availability-policy HighlyAvailable \
--pull-secret ./pull-secret.txt --node-upgrade-type Replace --node-pool-replicas 3 \
--node-drain-timeout 60s --node-selector node-role.kubernetes.io/infra="" \
--vm-node-selector ocpvirt=host --etcd-storage-class gp3-csi --root-volume-storage-class lvms-vg1 \
--name lvm-hcp --release-image=quay.io/openshift-release-dev/ocp-release:4.16.18-x86_64 \
--infra-storage-class-mapping=lvms-vg1/lvms-vg1
""",
    "cephfs-hcp": r"""
hcp create cluster kubevirt --infra-availability-policy HighlyAvailable --cores 4 --memory 16Gi \
--root-volume-size 120 --auto-repair --control-plane-availability-policy HighlyAvailable \
--pull-secret ./pull-secret.txt --node-upgrade-type Replace --node-pool-replicas 3 \
--node-drain-timeout 60s --node-selector node-role.kubernetes.io/infra="" \
--vm-node-selector ocpvirt=host --etcd-storage-class gp3-csi \
--root-volume-storage-class ocs-storagecluster-cephfs \
--name cephfs-hcp --release-image=quay.io/openshift-release-dev/ocp-release:4.16.18-x86_64 \
--infra-storage-class-mapping=ocs-storagecluster-cephfs/cephfs
""",
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("kind", hosting.KINDS)
def test_a_command_of_the_document_makes_what_the_example_makes(kind: str, name: str) -> None:
    theirs = hosting.made_by_hcp(hosting.words_of(COMMANDS[name]))
    ours = hosting.made_by_us(EXAMPLE)
    assert hosting.differences(theirs[kind, name], ours[kind, name]) == []


@settings(max_examples=15, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_flags_make_what_an_estate_makes_that_says_the_same(chance: Random) -> None:
    assert hosting.compare(chance) == ""


@pytest.mark.parametrize("accepted", hosting.ACCEPTED, ids=lambda one: one.path)
def test_a_difference_that_is_accepted_is_there(
    accepted: hosting.Accepted, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tuple(one for one in hosting.ACCEPTED if one is not accepted)
    monkeypatch.setattr(hosting, "ACCEPTED", others)
    told = next(told for seed in range(60) if (told := hosting.compare(Random(seed))))
    assert told.startswith(f"{accepted.path}: hcp says ")


def test_the_page_lists_every_difference_that_is_accepted_and_no_other() -> None:
    page = (EXAMPLE.parents[1] / "docs" / "explanation" / "hosted-clusters.md").read_text()
    table = page.split("| Field | Difference |")[1].split("\n\n")[0]
    stated = [f"| `{one.path}` | {one.reason} |" for one in hosting.ACCEPTED]
    assert table.strip().splitlines()[1:] == stated


@pytest.mark.parametrize("path", ["spec.arch", "spec.replicas", "metadata.namespace"])
def test_any_other_difference_is_told(path: str) -> None:
    (ours,) = (
        one
        for (kind, name), one in hosting.made_by_us(EXAMPLE).items()
        if (kind, name) == ("NodePool", "lvm-hcp")
    )
    theirs = copy.deepcopy(ours)
    where, field = path.split(".")
    theirs[where][field] = "another"
    assert [one.split(":")[0] for one in hosting.differences(theirs, ours)] == [f"NodePool.{path}"]
