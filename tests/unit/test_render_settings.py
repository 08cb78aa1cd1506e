"""What operators are told about forwarding, live migration and MAC addresses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hyperleaf.render.manifest import Step
from hyperleaf.render.settings import setting_manifests
from properties.generating import document, head, planned

MIGRATION = document(
    "Network",
    "moves",
    role="migration",
    transport="vlan",
    vlan=20,
    uplink="trunk",
    subnets=["10.10.20.0/24"],
    attach=[{"cluster": "room"}],
)


def cluster(version: str = "4.18.1", **virtualization: Any) -> dict[str, Any]:
    return document(
        "Cluster",
        "room",
        role="standalone",
        version=version,
        platform={"baremetal": {}},
        networks={"machine": ["10.10.0.0/24"]},
        nodePools=[{"name": "all", "replicas": 1, "uplinks": {"trunk": {"nic": "ens1"}}}],
        virtualization=virtualization,
    )


def settings(*documents: dict[str, Any], of: str = "room") -> dict[str, dict[str, Any]]:
    """Return the objects of one cluster, by kind."""
    (plan,) = (one for one in planned([*documents]).clusters if one.cluster.name == of)
    return {one.kind: one.value for one in setting_manifests(plan)}


def test_leaves_may_forward_what_is_not_the_clusters_own() -> None:
    network = settings(*head(), of="prod")["Network"]
    assert network["metadata"]["name"] == "cluster"
    assert network["spec"] == {
        "defaultNetwork": {"ovnKubernetesConfig": {"gatewayConfig": {"ipForwarding": "Global"}}}
    }


def test_a_cluster_without_leaves_keeps_its_forwarding() -> None:
    assert settings(*head(), of="hub") == {}


def test_what_is_not_stated_is_left_to_the_product() -> None:
    made = settings(cluster(migration={"parallelPerNode": 2}))
    assert made["HyperConverged"]["spec"] == {
        "liveMigrationConfig": {"parallelOutboundMigrationsPerNode": 2}
    }


def test_limits_of_migration_keep_their_units() -> None:
    limits = {
        "parallelPerCluster": 5,
        "bandwidth": "64Mi",
        "completionTimeoutPerGiB": "2m30s",
        "progressTimeout": "1500ms",
    }
    live = settings(cluster(migration=limits))["HyperConverged"]["spec"]["liveMigrationConfig"]
    assert live == {
        "parallelMigrationsPerCluster": 5,
        "bandwidthPerMigration": "64Mi",
        "completionTimeoutPerGiB": 150,
        "progressTimeout": 2,
    }


def test_migration_runs_over_its_own_network() -> None:
    made = settings(cluster(), MIGRATION)["HyperConverged"]
    assert made["metadata"]["namespace"] == "openshift-cnv"
    assert made["spec"] == {"liveMigrationConfig": {"network": "moves"}}


def test_nothing_is_said_to_virtualization_that_nobody_stated() -> None:
    assert settings(cluster()) == {}


def test_the_mac_range_is_a_field_from_4_21_on() -> None:
    pool = "02:10:00:00:00:00-02:10:00:ff:ff:ff"
    made = settings(cluster("4.21.0", macPool=pool))["HyperConverged"]
    assert made["spec"]["kubeMacPoolConfiguration"] == {
        "rangeStart": "02:10:00:00:00:00",
        "rangeEnd": "02:10:00:ff:ff:ff",
    }
    assert list(made["metadata"]["annotations"]) == ["hyperleaf.dev/from"]


def test_before_that_the_mac_range_is_a_patch_of_the_add_ons() -> None:
    pool = "02:10:00:00:00:00-02:10:00:ff:ff:ff"
    made = settings(cluster("4.20.9", macPool=pool))["HyperConverged"]
    assert "spec" not in made
    patch = made["metadata"]["annotations"]["networkaddonsconfigs.kubevirt.io/jsonpatch"]
    assert json.loads(patch) == [
        {
            "op": "add",
            "path": "/spec/kubeMacPool",
            "value": {"rangeStart": "02:10:00:00:00:00", "rangeEnd": "02:10:00:ff:ff:ff"},
        }
    ]


def test_a_policy_picks_guests_by_their_labels_and_their_namespaces() -> None:
    match = {"vm": {"tier": "db"}, "namespace": {"env": "prod"}}
    policy = {"name": "databases", "match": match, "bandwidth": "4Gi", "allowPostCopy": False}
    made = settings(cluster(policies=[policy]))["MigrationPolicy"]
    assert made["metadata"]["name"] == "databases"
    assert made["spec"] == {
        "selectors": {
            "namespaceSelector": {"env": "prod"},
            "virtualMachineInstanceSelector": {"tier": "db"},
        },
        "bandwidthPerMigration": "4Gi",
        "allowPostCopy": False,
    }


@pytest.mark.parametrize(("written", "seconds"), [("1s", 1), ("1ms", 1), ("90s", 90)])
def test_a_timeout_is_never_shorter_than_stated(written: str, seconds: int) -> None:
    policy = {"name": "p", "match": {"vm": {"a": "b"}}, "completionTimeoutPerGiB": written}
    made = settings(cluster(policies=[policy]))["MigrationPolicy"]
    assert made["spec"]["completionTimeoutPerGiB"] == seconds


def test_virtualization_is_told_of_its_network_after_the_attachment_is_there() -> None:
    (plan,) = planned([cluster(), MIGRATION]).clusters
    (only,) = setting_manifests(plan)
    assert only.step is Step.VIRTUALIZATION
    assert only.step.wave > Step.ATTACHMENTS.wave
