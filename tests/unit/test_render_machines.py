"""MachineSets are made after a cluster's own: exactly as documented, and nothing else changes."""

from __future__ import annotations

from typing import Any

import yaml

from hyperleaf.model.facts import AwsFacts, ClusterFacts
from hyperleaf.model.machines import base_of
from hyperleaf.plan.clusters import plan
from hyperleaf.render.machines import mark_files
from unit.machine_sets import BASES, estate_of_pool, made
from unit.writing_estates import HUB, estate_of

LABEL = "machine.openshift.io/cluster-api-machineset"
A, B, C = (BASES[f"ocp-cluster-h5ffp-worker-us-east-2{zone}"] for zone in "abc")
METAL = (
    "name: metal, instanceType: m5.metal, roles: [virtualization], machines: {}, "
    "dataDisk: {device: /dev/xvdb, size: 1000Gi, type: gp3, iops: 10000}"
)
# The MachineSet of bare-metal nodes in the article on hosted control planes on virtualization.
DOCUMENTED = """
replicas: 1
selector:
  matchLabels:
    machine.openshift.io/cluster-api-cluster: ocp-cluster-h5ffp
    machine.openshift.io/cluster-api-machineset: ocp-cluster-h5ffp-metal-us-east-2a
template:
  metadata:
    labels:
      machine.openshift.io/cluster-api-cluster: ocp-cluster-h5ffp
      machine.openshift.io/cluster-api-machine-role: worker
      machine.openshift.io/cluster-api-machine-type: worker
      machine.openshift.io/cluster-api-machineset: ocp-cluster-h5ffp-metal-us-east-2a
  spec:
    lifecycleHooks: {}
    metadata:
      labels:
        ocpvirt: host
    providerSpec:
      value:
        ami:
          id: ami-08bb6907b96d2a024
        apiVersion: machine.openshift.io/v1beta1
        blockDevices:
        - ebs:
            encrypted: true
            iops: 0
            kmsKey:
              arn: ""
            volumeSize: 120
            volumeType: gp3
        - deviceName: /dev/xvdb
          ebs:
            encrypted: true
            iops: 10000
            volumeSize: 1000
            volumeType: gp3
        credentialsSecret:
          name: aws-cloud-credentials
        deviceIndex: 0
        iamInstanceProfile:
          id: ocp-cluster-h5ffp-worker-profile
        instanceType: m5.metal
        kind: AWSMachineProviderConfig
        metadata:
          creationTimestamp: null
        metadataServiceOptions: {}
        placement:
          availabilityZone: us-east-2a
          region: us-east-2
        securityGroups:
        - filters:
          - name: tag:Name
            values:
            - ocp-cluster-h5ffp-node
        - filters:
          - name: tag:Name
            values:
            - ocp-cluster-h5ffp-lb
        subnet:
          filters:
          - name: tag:Name
            values:
            - ocp-cluster-h5ffp-subnet-private-us-east-2a
        tags:
        - name: kubernetes.io/cluster/ocp-cluster-h5ffp
          value: owned
        userDataSecret:
          name: worker-user-data
"""
# And that of hypervisors within vSphere in the article on a nested lab.
VSPHERE = """
replicas: 1
selector:
  matchLabels:
    machine.openshift.io/cluster-api-cluster: hub-7vxwj
    machine.openshift.io/cluster-api-machineset: hub-7vxwj-cnv
template:
  metadata:
    labels:
      machine.openshift.io/cluster-api-cluster: hub-7vxwj
      machine.openshift.io/cluster-api-machine-role: worker
      machine.openshift.io/cluster-api-machine-type: worker
      machine.openshift.io/cluster-api-machineset: hub-7vxwj-cnv
  spec:
    lifecycleHooks: {}
    metadata:
      labels:
        machine.openshift.io/cluster-api-machineset: hub-7vxwj-cnv
    providerSpec:
      value:
        apiVersion: vsphereprovider.openshift.io/v1beta1
        credentialsSecret:
          name: vsphere-cloud-credentials
        diskGiB: 90
        kind: VSphereMachineProviderSpec
        memoryMiB: 16384
        metadata:
          creationTimestamp: null
        network:
          devices:
          - networkName: lab-192-168-4-0-b24
          - networkName: Trunk
        numCPUs: 6
        numCoresPerSocket: 1
        snapshot: ""
        template: hub-7vxwj-rhcos-cnv
        userDataSecret:
          name: worker-user-data
        workspace:
          datacenter: Garden
          datastore: VMData-HD
          folder: /Garden/vm/hub-7vxwj
          resourcePool: /Garden/host/Goat/Resources
          server: vcenter.lab.example.net
"""
CNV = (
    "name: cnv, replicas: 1, cpus: 6, memory: 16384Mi, disk: 90Gi, "
    "machines: {template: hub-7vxwj-rhcos-cnv}, uplinks: {trunk: {nic: ens224, portGroup: Trunk}}"
)
BY_MACHINE_SET = f"  compatibility: {{policy: p, nodeSelector: {{{LABEL}: hub-7vxwj-cnv}}}}\n"


def value(one: dict[str, Any]) -> dict[str, Any]:
    """Return what a MachineSet tells the cloud."""
    found: dict[str, Any] = one["spec"]["template"]["spec"]["providerSpec"]["value"]
    return found


def everything(one: Any) -> list[str]:
    """Return every text in an object."""
    if isinstance(one, dict):
        return [text for key in one for text in (*everything(key), *everything(one[key]))]
    if isinstance(one, list):
        return [text for each in one for text in everything(each)]
    return [one] if isinstance(one, str) else []


def test_metal_nodes_are_as_the_article_writes_them() -> None:
    (one,) = made(METAL + ", replicas: 1, zones: [us-east-2a]", A)
    assert one["spec"] == yaml.safe_load(DOCUMENTED)
    assert one["metadata"]["name"] == "ocp-cluster-h5ffp-metal-us-east-2a"
    assert one["metadata"]["namespace"] == "openshift-machine-api"


def test_without_zones_all_machines_are_in_the_base_s() -> None:
    (one,) = made(METAL + ", replicas: 3", A)
    assert (one["metadata"]["name"], one["spec"]["replicas"]) == (
        "ocp-cluster-h5ffp-metal-us-east-2a",
        3,
    )


def test_each_zone_has_a_machine_set_and_its_part_of_the_replicas() -> None:
    sets = made(METAL + ", replicas: 4, zones: [us-east-2a, us-east-2b, us-east-2c]", A)
    assert [(one["metadata"]["name"][-10:], one["spec"]["replicas"]) for one in sets] == [
        ("us-east-2a", 2),
        ("us-east-2b", 1),
        ("us-east-2c", 1),
    ]


def test_copies_for_other_zones_are_of_the_metal_machine_set_not_of_the_worker_s() -> None:
    """The article's loop copies the file of the workers: `ocp-cluster-h5ffp-worker-us-east-2a`."""
    for one in made(METAL + ", replicas: 3, zones: [us-east-2a, us-east-2b, us-east-2c]", A):
        assert value(one)["instanceType"] == "m5.metal"
        assert value(one)["blockDevices"][1]["deviceName"] == "/dev/xvdb"
        assert one["spec"]["template"]["spec"]["metadata"]["labels"] == {"ocpvirt": "host"}
        assert not [text for text in everything(one) if text.endswith("worker-us-east-2a")]


def test_a_copy_is_what_the_zone_s_own_worker_machine_set_gives() -> None:
    assert made(METAL + ", zones: [us-east-2b]", A) == made(METAL + ", zones: [us-east-2b]", B)


def test_nothing_of_the_old_zone_stays() -> None:
    (one,) = made(METAL + ", zones: [us-east-2c]", A)
    assert not [text for text in everything(one) if "us-east-2a" in text]


def test_letters_of_a_zone_elsewhere_stay() -> None:
    """The article's `sed s/-2a/-2b/` would rename this cluster's ID and its image."""
    base = BASES["room-2a-x7k2p-worker-ap-southeast-2a"]
    (one,) = made("name: metal, zones: [ap-southeast-2b], machines: {}", base)
    assert one["metadata"]["name"] == "room-2a-x7k2p-metal-ap-southeast-2b"
    assert value(one)["ami"] == value(base)["ami"]
    assert value(one)["tags"] == value(base)["tags"]
    assert value(one)["subnet"]["filters"][0]["values"] == [
        "room-2a-x7k2p-subnet-private-ap-southeast-2b"
    ]


def test_a_zone_s_own_machine_set_is_preferred() -> None:
    (one,) = made("name: metal, zones: [us-east-2b], machines: {}", A, B, C)
    assert value(one) == value(B)


def test_a_named_base_is_taken() -> None:
    name = C["metadata"]["name"]
    (one,) = made(f"name: metal, machines: {{base: {name}}}", A, B, C)
    assert value(one) == value(C)


def test_what_only_the_cluster_writes_is_left_out() -> None:
    (one,) = made("name: more, machines: {}", BASES["lab-f8w5t-worker-us-west-2b"])
    assert sorted(one) == ["apiVersion", "kind", "metadata", "spec"]
    assert sorted(one["metadata"]) == ["annotations", "labels", "name", "namespace"]
    assert "machine.openshift.io/vCPU" in one["metadata"]["annotations"]
    assert not [key for key in one["metadata"]["annotations"] if "autoscaler-node-group" in key]


def test_the_size_of_another_machine_is_forgotten() -> None:
    base = BASES["lab-f8w5t-worker-us-west-2b"]
    (one,) = made("name: metal, instanceType: m5.metal, machines: {}", base)
    assert list(one["metadata"]["annotations"]) == ["hyperleaf.dev/from"]


def test_a_data_disk_is_encrypted_by_the_root_volume_s_key() -> None:
    base = BASES["pay-prod-tz7mn-worker-eu-central-1b"]
    (one,) = made("name: metal, machines: {}, dataDisk: {size: 100Gi}", base)
    assert value(one)["blockDevices"][1]["ebs"] == {
        "encrypted": True,
        "kmsKey": value(base)["blockDevices"][0]["ebs"]["kmsKey"],
        "volumeSize": 100,
        "volumeType": "gp3",
    }


def test_a_data_disk_takes_the_place_of_one_on_the_same_device() -> None:
    base = BASES["spot-1z2x3-worker-ca-central-1d"]
    (one,) = made("name: metal, machines: {}, dataDisk: {size: 1000Gi, iops: 10000}", base)
    sizes = [each["ebs"]["volumeSize"] for each in value(one)["blockDevices"]]
    assert sizes == [120, 1000]


def test_taints_are_added_to_the_base_s() -> None:
    base = BASES["spot-1z2x3-worker-ca-central-1d"]
    taints = "taints: [{key: metal, effect: NoSchedule}]"
    (one,) = made(f"name: metal, machines: {{}}, {taints}", base)
    assert one["spec"]["template"]["spec"]["taints"] == [
        {"effect": "PreferNoSchedule", "key": "spot", "value": "true"},
        {"key": "metal", "effect": "NoSchedule"},
    ]


def test_hypervisors_within_vsphere_are_as_the_article_writes_them() -> None:
    (one,) = made(CNV, BASES["hub-7vxwj-worker"], more=BY_MACHINE_SET)
    assert one["spec"] == yaml.safe_load(VSPHERE)
    annotations = one["metadata"]["annotations"]
    assert annotations["machine.openshift.io/memoryMb"] == "16384"
    assert annotations["machine.openshift.io/vCPU"] == "6"


def test_hypervisors_are_cloned_from_the_template_with_a_trunk_once_it_is_known() -> None:
    pool = CNV.replace("machines: {template: hub-7vxwj-rhcos-cnv}", "machines: {}")
    base, found = BASES["hub-7vxwj-worker"], ClusterFacts(template="hub-7vxwj-rhcos-cnv")
    (before,) = made(pool, base)
    (after,) = made(pool, base, found=found)
    assert (value(before)["template"], value(after)["template"]) == (
        "hub-7vxwj-rhcos",
        "hub-7vxwj-rhcos-cnv",
    )


def test_leaves_get_the_group_that_lets_the_fabric_in_beside_their_own() -> None:
    found = ClusterFacts(aws=AwsFacts(leaf_group="sg-0a1b2c"))
    (leaf,) = made(METAL + ", leaf: true", A, found=found)
    (other,) = made(METAL, A, found=found)
    own = value(other)["securityGroups"]
    assert value(leaf)["securityGroups"] == [*own, {"id": "sg-0a1b2c"}]


def test_a_port_group_that_is_there_is_not_added_again() -> None:
    (one,) = made(CNV, BASES["twonics-c8r5l-worker"])
    assert value(one)["network"]["devices"] == [{"networkName": "mgmt"}, {"networkName": "Trunk"}]


def test_kubevirt_s_machines_have_the_pool_s_size() -> None:
    pool = "name: big, cpus: 16, memory: 64Gi, disk: 200Gi, storageClass: fast, machines: {}"
    base = BASES["infra-q2w3e-worker-0"]
    (one,) = made(pool, base)
    assert value(one) == value(base) | {
        "requestedCPU": 16,
        "requestedMemory": "64Gi",
        "requestedStorage": "200Gi",
        "storageClassName": "fast",
    }


def test_machine_sets_of_ours_are_no_bases() -> None:
    (ours,) = made(METAL + ", zones: [us-east-2a]", A)
    assert made("name: more, machines: {}", ours) == []


FIRST_WORKERS = "install: {workers: {replicas: 3, roles: [infra, storage]}},"


def test_the_first_workers_are_those_that_no_machine_set_of_ours_made() -> None:
    more = "  install: {workers: {replicas: 3, roles: [infra, storage]}}\n"
    estate = estate_of_pool(METAL + ", zones: [us-east-2a]", base_of(A), more=more)
    first, metal = plan(estate).clusters[0].marks
    assert (dict(first.selector), first.other_than, dict(first.labels)) == (
        {"node-role.kubernetes.io/worker": ""},
        ("ocp-cluster-h5ffp-metal-us-east-2a",),
        {
            "node-role.kubernetes.io/infra": "",
            "cluster.ocs.openshift.io/openshift-storage": "",
        },
    )
    assert (metal.machine_sets, dict(metal.labels)) == (
        ("ocp-cluster-h5ffp-metal-us-east-2a",),
        {"ocpvirt": "host"},
    )


def test_nothing_is_said_of_the_first_workers_while_others_cannot_be_told_from_them() -> None:
    pool = "nodePools: [{name: metal, replicas: 2, machines: {}}],"
    assert (
        list(
            mark_files(
                plan(estate_of(HUB.replace("role: hub,", f"role: hub, {FIRST_WORKERS} {pool}")))
            )
        )
        == []
    )


def test_what_nodes_must_bear_is_listed_in_a_file() -> None:
    estate = estate_of(HUB.replace("role: hub,", f"role: hub, {FIRST_WORKERS}"))
    (file,) = mark_files(plan(estate))
    assert (file.path, yaml.safe_load(file.text)[0]["labels"]) == (
        "nodes/hub.json",
        {
            "node-role.kubernetes.io/infra": "",
            "cluster.ocs.openshift.io/openshift-storage": "",
        },
    )


def test_a_cluster_that_is_there_already_has_no_such_file() -> None:
    assert list(mark_files(plan(estate_of(HUB)))) == []
