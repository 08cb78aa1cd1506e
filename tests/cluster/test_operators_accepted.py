"""Operators' objects in a real API server, beside what the operators themselves write to them."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, get_args

import pytest

from hyperleaf.model.operators import OperatorName
from hyperleaf.render.estate import manifests
from hyperleaf.values.readiness import COMPLETED, READY
from judges.apiserver import index
from properties.generating import document, planned
from unit.cli_running import ended

if TYPE_CHECKING:
    from judges.apiserver import ApiServer

Object = dict[str, Any]
pytestmark = pytest.mark.judge
NAMESPACES = ("openshift-ingress-operator", "local-cluster")
# Watched in an API server by these, so that a typing error in the table is found.
WELL_KNOWN = {("", "Namespace"), ("apps", "DaemonSet"), ("apps", "Deployment")}
CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
# What multicluster engine itself makes, and what tells whether HyperShift is there.
ENGINES_OWN = {("addon.open-cluster-management.io", "ManagedClusterAddOn")}


def hub(version: str = "4.16.18", **spec: Any) -> list[Object]:
    """Return the objects of a hub that hosts a cluster on its own guests."""
    own = document(
        "Cluster",
        "hub",
        role="hub",
        version=version,
        platform={"aws": {"region": "us-east-2"}},
        networks={"machine": ["10.0.0.0/16"]},
        **spec,
    )
    guests = document(
        "Cluster",
        "guests",
        role="hosted",
        hub="hub",
        version=version,
        platform={"kubevirt": {}},
        networks={"machine": ["10.128.0.0/14"]},
        credentials={"pullSecret": {"file": "pull-secret.txt"}},
        controlPlane={},
        nodePools=[{"name": "guests", "cpus": 4, "memory": "16Gi"}],
    )
    (plan,) = (one for one in planned([own, guests]).clusters if one.cluster.name == "hub")
    return [one.value for one in manifests(plan)]


def only(kind: str, objects: list[Object]) -> Object:
    (found,) = (one for one in objects if one["kind"] == kind)
    return found


EVERY: Object = {name: {} for name in get_args(OperatorName)}
LVM = {"name": "vg1", "default": True, "optionalPaths": ["/dev/nvme0n1"], "thinPool": {}}


@pytest.mark.parametrize("version", ["4.16.18", "4.18.3", "4.21.0"])
def test_every_operators_objects_are_taken_in_the_order_of_application(
    apiserver: ApiServer, version: str
) -> None:
    for name in NAMESPACES:
        apiserver.ensure_namespace(name)
    made = hub(
        version,
        operators=EVERY,
        storage={"dataFoundation": {}, "lvm": {"deviceClasses": [LVM]}},
        remediation=[{"name": "all"}, {"name": "some", "nodes": {"a": "b"}, "minHealthy": 2}],
        virtualization={
            "multiArchitecture": True,
            "hostDevices": [{"device": "10DE:1EB8", "resource": "nvidia.com/TU104GL"}],
        },
    )
    answers = [(one["kind"], apiserver.apply(one)) for one in made]
    refused = [(kind, said["message"]) for kind, (code, said) in answers if code not in {200, 201}]
    assert refused == []
    assert len({kind for kind, _ in answers}) == 17


def test_the_wildcard_policy_is_added_to_a_router_that_others_set_up(apiserver: ApiServer) -> None:
    apiserver.ensure_namespace("openshift-ingress-operator")
    ours = only("IngressController", hub())
    apiserver.delete(ours)
    theirs = {**ours, "metadata": {"name": "default", "namespace": "openshift-ingress-operator"}}
    theirs["spec"] = {"replicas": 2, "routeAdmission": {"namespaceOwnership": "Strict"}}
    assert apiserver.apply(theirs, manager="installer")[0] == 201
    status, answer = apiserver.apply(ours, force=False)
    assert status == 200, answer.get("message")
    assert answer["spec"]["replicas"] == 2
    assert answer["spec"]["routeAdmission"] == {
        "namespaceOwnership": "Strict",
        "wildcardPolicy": "WildcardsAllowed",
    }


def test_the_two_patches_of_virtualization_stand_beside_another_managers(
    apiserver: ApiServer,
) -> None:
    apiserver.ensure_namespace("openshift-cnv")
    pool = "02:10:00:00:00:00-02:10:00:ff:ff:ff"
    ours = only("HyperConverged", hub(virtualization={"multiArchitecture": True, "macPool": pool}))
    apiserver.delete(ours)
    theirs = copy.deepcopy(ours)
    theirs["metadata"] = {
        "name": "kubevirt-hyperconverged",
        "namespace": "openshift-cnv",
        "annotations": {"ssp.kubevirt.io/jsonpatch": "[]"},
    }
    assert apiserver.apply(theirs, manager="console")[0] == 201
    status, answer = apiserver.apply(ours, force=False)
    assert status == 200, answer.get("message")
    patches = {name for name in answer["metadata"]["annotations"] if name.endswith("jsonpatch")}
    assert patches == {
        "ssp.kubevirt.io/jsonpatch",
        "kubevirt.kubevirt.io/jsonpatch",
        "networkaddonsconfigs.kubevirt.io/jsonpatch",
    }


def test_components_that_the_engine_adds_would_be_a_conflict_without_its_own(
    apiserver: ApiServer,
) -> None:
    ours = only("MultiClusterEngine", hub(operators={"multiclusterEngine": {}}))
    apiserver.delete(ours)
    live = apiserver.apply(ours)[1]
    components = live["spec"]["overrides"]["components"]
    components.append({"name": "hive", "enabled": True})
    path = f"{apiserver.path_of(ours)}?fieldManager=backplane-operator"
    assert apiserver.request("PUT", path, live)[0] == 200
    assert apiserver.apply(ours, force=False)[0] == 409
    assert COMPLETED["multicluster.openshift.io", "MultiClusterEngine"] == (
        ("spec", "overrides", "components"),
        "name",
    )
    whole = copy.deepcopy(ours)
    whole["spec"]["overrides"]["components"] = components
    assert apiserver.apply(whole, force=False)[0] == 200


def test_status_prints_what_the_document_prints_of_an_lvm_cluster(
    apiserver: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    apiserver.ensure_namespace("openshift-storage")
    lvm = {"name": "test-lvmcluster", "deviceClasses": [LVM]}
    ours = only("LVMCluster", hub(storage={"lvm": lvm}))
    assert apiserver.apply(ours)[0] in {200, 201}
    nodes = [{"node": f"ip-10-0-{n}-1", "name": "vg1", "status": "Ready"} for n in (16, 41, 83)]
    said = {"state": "Ready", "deviceClassStatuses": [{"name": "vg1", "nodeStatus": nodes}]}
    path = f"{apiserver.path_of(ours)}/status"
    kind = "application/merge-patch+json"
    assert apiserver.request("PATCH", path, {"status": said}, kind)[0] == 200
    end = ended(capsys, "status", "--kubeconfig", str(apiserver.kubeconfig), "-o", "json")
    tables = {one["kind"]: one for one in json.loads(end.out)["tables"]}
    apiserver.delete(ours)
    shown = [row for row in tables["Volume groups"]["rows"] if row[0] == "test-lvmcluster"]
    assert shown == [["test-lvmcluster", "Ready", "vg1", one["node"]] for one in nodes]


def test_the_thin_pools_limits_are_the_definitions_own(apiserver: ApiServer) -> None:
    apiserver.ensure_namespace("openshift-storage")
    ours = only("LVMCluster", hub(storage={"lvm": {"deviceClasses": [LVM]}}))
    (pool,) = (one["thinPoolConfig"] for one in ours["spec"]["storage"]["deviceClasses"])
    for wrong in ({"sizePercent": 9}, {"sizePercent": 101}, {"overprovisionRatio": 0}):
        other = copy.deepcopy(ours)
        other["spec"]["storage"]["deviceClasses"][0]["thinPoolConfig"] = {**pool, **wrong}
        assert apiserver.apply(other, dry_run=True)[0] == 422
    assert apiserver.apply(ours, dry_run=True)[0] in {200, 201}


def test_every_kind_that_is_waited_for_is_one_that_a_judge_knows() -> None:
    known = {(one["group"], one["kind"]) for one in index()}
    assert set(READY) - known - WELL_KNOWN - {CRD} == ENGINES_OWN
