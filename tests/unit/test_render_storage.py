"""Storage and watches over nodes, as their operators read them."""

from __future__ import annotations

from typing import Any

import yaml

from hyperleaf.render.storage import remediation_manifests, storage_manifests
from properties.generating import document, planned

# The manifest of the article about hosted control planes on virtualization, word for word.
DOCUMENTED = """
apiVersion: lvm.topolvm.io/v1alpha1
kind: LVMCluster
metadata:
  name: test-lvmcluster
  namespace: openshift-storage
spec:
  storage:
    deviceClasses:
    - deviceSelector:
        optionalPaths:
        - /dev/nvme1n1
        - /dev/nvme0n1
      fstype: xfs
      nodeSelector:
        nodeSelectorTerms:
        - matchExpressions:
          - values:
            - host
            key: ocpvirt
            operator: In
      thinPoolConfig:
        chunkSizeCalculationPolicy: Static
        sizePercent: 90
        name: thin-pool-1
        overprovisionRatio: 10
      name: vg1
      default: true
"""
VG1: dict[str, Any] = {
    "name": "vg1",
    "default": True,
    "optionalPaths": ["/dev/nvme1n1", "/dev/nvme0n1"],
    "nodes": {"ocpvirt": "host"},
    "thinPool": {},
}


def rendered(platform: dict[str, Any] | None = None, **spec: Any) -> dict[str, dict[str, Any]]:
    """Return a cluster's objects by kind."""
    cluster = document(
        "Cluster",
        "hub",
        role="hub",
        version="4.16.18",
        platform=platform or {"aws": {"region": "us-east-2"}},
        networks={"machine": ["10.0.0.0/16"]},
        **spec,
    )
    (plan,) = planned([cluster]).clusters
    return {one.kind: one.value for one in (*storage_manifests(plan), *remediation_manifests(plan))}


def device_class(**stated: Any) -> dict[str, Any]:
    made = rendered(storage={"lvm": {"deviceClasses": [{"name": "vg1", **stated}]}})
    (one,) = made["LVMCluster"]["spec"]["storage"]["deviceClasses"]
    only: dict[str, Any] = one
    return only


def test_the_documents_lvm_cluster_is_rendered_as_it_stands_there() -> None:
    made = rendered(storage={"lvm": {"name": "test-lvmcluster", "deviceClasses": [VG1]}})
    ours, theirs = made["LVMCluster"], yaml.safe_load(DOCUMENTED)
    assert ours["spec"] == theirs["spec"]
    assert {key: ours["metadata"][key] for key in ("name", "namespace")} == theirs["metadata"]
    assert (ours["apiVersion"], ours["kind"]) == (theirs["apiVersion"], theirs["kind"])


def test_a_class_without_a_thin_pool_gives_volumes_all_of_their_size() -> None:
    assert "thinPoolConfig" not in device_class(paths=["/dev/sdb"])


def test_a_class_for_every_worker_selects_no_node() -> None:
    assert "nodeSelector" not in device_class(paths=["/dev/sdb"])


def test_a_class_for_every_disk_selects_no_disk() -> None:
    assert "deviceSelector" not in device_class()


def test_data_foundation_takes_the_platforms_volumes() -> None:
    made = rendered(storage={"dataFoundation": {}})
    (disks,) = made["StorageCluster"]["spec"]["storageDeviceSets"]
    assert disks["dataPVCTemplate"]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "2Ti"}},
        "storageClassName": "gp3-csi",
        "volumeMode": "Block",
    }
    assert (disks["count"], disks["replica"], disks["portable"]) == (1, 3, True)


def test_on_bare_metal_its_disks_stay_where_they_are() -> None:
    made = rendered(platform={"baremetal": {}}, storage={"dataFoundation": {}})
    spec = made["StorageCluster"]["spec"]
    (disks,) = spec["storageDeviceSets"]
    assert disks["dataPVCTemplate"]["spec"]["storageClassName"] == "localblock"
    assert (disks["portable"], spec["monDataDirHostPath"]) == (False, "/var/lib/rook")


def test_the_system_of_the_console_stands_for_the_storage_cluster() -> None:
    made = rendered(storage={"dataFoundation": {}})
    assert made["StorageSystem"]["metadata"]["name"] == "ocs-storagecluster-storagesystem"
    assert made["StorageSystem"]["spec"] == {
        "kind": "storagecluster.ocs.openshift.io/v1",
        "name": made["StorageCluster"]["metadata"]["name"],
        "namespace": "openshift-storage",
    }


def test_a_watch_restarts_nodes_by_the_template_that_comes_before_it() -> None:
    made = rendered(remediation=[{"name": "hypervisors", "nodes": {"ocpvirt": "host"}}])
    template, watch = made["SelfNodeRemediationTemplate"], made["NodeHealthCheck"]["spec"]
    assert watch["remediationTemplate"] == {
        "apiVersion": template["apiVersion"],
        "kind": template["kind"],
        "name": template["metadata"]["name"],
        "namespace": template["metadata"]["namespace"],
    }
    assert (watch["selector"], watch["minHealthy"]) == ({"matchLabels": {"ocpvirt": "host"}}, "51%")


def test_a_silent_node_is_as_unhealthy_as_one_that_says_so() -> None:
    made = rendered(remediation=[{"name": "workers", "unhealthyAfter": "90s"}])
    conditions = made["NodeHealthCheck"]["spec"]["unhealthyConditions"]
    assert conditions == [
        {"type": "Ready", "status": status, "duration": "90s"} for status in ("False", "Unknown")
    ]


def test_a_watch_over_every_worker_selects_by_the_role() -> None:
    made = rendered(remediation=[{"name": "workers"}])
    assert made["NodeHealthCheck"]["spec"]["selector"] == {
        "matchExpressions": [{"key": "node-role.kubernetes.io/worker", "operator": "Exists"}]
    }
