"""What an installation and machines mean is compared in the estate's own words."""

from __future__ import annotations

import pytest

from hyperleaf.plan.clusters import plan
from hyperleaf.plan.meaning import meaning
from unit.test_install_config import ON_AWS, ON_METAL
from unit.writing_estates import estate_of

WORKERS = "    workers: {instanceType: m5.4xlarge, replicas: 3, roles: [infra, storage]}\n"
POOL = (
    "  nodePools: [{name: metal, replicas: 3, zones: [us-east-2a], instanceType: m5.metal, "
    "roles: [virtualization], taints: [{key: metal, effect: NoSchedule}], "
    "dataDisk: {size: 1000Gi, iops: 10000}, machines: {}}]\n"
)


def told(text: str) -> dict[str, object]:
    """Return what the estate's only cluster means."""
    (one,) = meaning(plan(estate_of(text)))["clusters"].values()
    return dict(one)


def test_it_says_what_is_installed() -> None:
    found = told(ON_AWS)
    assert found["installed workers"] == "3 x m5.4xlarge"
    assert found["installed workers' labels"] == [
        "node-role.kubernetes.io/infra=",
        "cluster.ocs.openshift.io/openshift-storage=",
    ]


def test_it_says_what_hosts_there_are() -> None:
    found = told(ON_METAL)
    assert found["host m0"] == "master, 52:54:00:00:00:01, 10.0.0.11/24"
    assert found["API addresses"] == ["10.0.0.5"]


def test_it_says_what_machines_are_made() -> None:
    found = told(ON_AWS + POOL)
    assert found["pool metal machines"] == "3"
    assert found["pool metal data disk"] == "/dev/xvdb, 1000Gi of gp3, 10000 operations a second"
    assert found["pool metal machines after"] == "the cluster's workers"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("replicas: 3, zones", "replicas: 4, zones"),
        ("us-east-2a", "us-east-2b"),
        ("1000Gi", "2000Gi"),
        ("10000", "12000"),
        ("NoSchedule", "NoExecute"),
        ("roles: [virtualization]", "roles: [storage]"),
        ("machines: {}", "machines: {base: other}"),
        ("m5.metal", "c5n.metal"),
        ("m5.xlarge", "m5.2xlarge"),
        ("[infra, storage]", "[infra]"),
    ],
)
def test_a_change_is_one_of_meaning(before: str, after: str) -> None:
    text = ON_AWS + POOL
    assert told(text) != told(text.replace(before, after))


def test_a_cluster_that_is_there_means_what_it_did() -> None:
    bare = ON_AWS.partition("  install:")[0]
    assert not [name for name in told(bare) if "install" in name or "machines" in name]
