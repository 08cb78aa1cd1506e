"""Nodes that are there get the labels and taints that they lack, and others get none."""

from __future__ import annotations

from typing import Any

from hyperleaf.cluster.marks import machine_set_of, patch_of, read_marks
from hyperleaf.model.machines import base_of
from hyperleaf.plan.clusters import plan
from hyperleaf.render.machines import mark_files
from unit.machine_sets import BASES, estate_of_pool
from unit.test_render_machines import METAL, A

FIRST = (
    "  install: {workers: {replicas: 3, roles: [infra, storage], "
    "taints: [{key: infra, value: only, effect: NoSchedule}]}}\n"
)
(FILE,) = mark_files(plan(estate_of_pool(METAL + ", zones: [us-east-2a]", base_of(A), more=FIRST)))
MARKS = read_marks(FILE.text)
INFRA = {"node-role.kubernetes.io/infra": "", "cluster.ocs.openshift.io/openshift-storage": ""}
INFRA_TAINT = {"key": "infra", "value": "only", "effect": "NoSchedule"}


def node(machine: str | None, role: str = "worker", **more: Any) -> dict[str, Any]:
    """Return a node that a machine became."""
    about: dict[str, Any] = {
        "name": "ip-10-0-1-2",
        "resourceVersion": "7",
        "labels": {f"node-role.kubernetes.io/{role}": "", **more.pop("labels", {})},
    }
    if machine is not None:
        about["annotations"] = {"machine.openshift.io/machine": f"openshift-machine-api/{machine}"}
    return {"metadata": about, "spec": more}


def test_the_installer_s_workers_get_both_labels_and_the_taint() -> None:
    assert patch_of(node("ocp-cluster-h5ffp-worker-us-east-2a-x7k2p"), MARKS) == {
        "metadata": {"labels": INFRA, "resourceVersion": "7"},
        "spec": {"taints": [INFRA_TAINT]},
    }


def test_metal_nodes_are_not_taken_for_them() -> None:
    metal = node("ocp-cluster-h5ffp-metal-us-east-2a-q9w8e")
    assert patch_of(metal, MARKS) == {"metadata": {"labels": {"ocpvirt": "host"}}}


def test_control_plane_nodes_get_nothing() -> None:
    assert patch_of(node("ocp-cluster-h5ffp-master-0", "master"), MARKS) is None


def test_a_node_that_has_all_is_left_alone() -> None:
    done = node("ocp-cluster-h5ffp-worker-us-east-2a-x7k2p", labels=INFRA, taints=[INFRA_TAINT])
    assert patch_of(done, MARKS) is None


def test_taints_of_others_stay() -> None:
    theirs = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
    patch = patch_of(node("ocp-cluster-h5ffp-worker-us-east-2a-x7k2p", taints=[theirs]), MARKS)
    assert patch is not None
    assert patch["spec"]["taints"] == [theirs, INFRA_TAINT]


def test_a_label_of_another_value_is_set_right() -> None:
    metal = node("ocp-cluster-h5ffp-metal-us-east-2a-q9w8e", labels={"ocpvirt": "guest"})
    assert patch_of(metal, MARKS) == {"metadata": {"labels": {"ocpvirt": "host"}}}


def test_a_node_without_a_machine_is_nobody_s_but_the_installer_s() -> None:
    assert machine_set_of(node(None)) is None
    patch = patch_of(node(None), MARKS)
    assert patch is not None
    assert patch["metadata"]["labels"] == INFRA


def test_every_machine_set_is_known_by_its_machines() -> None:
    assert [machine_set_of(node(f"{name}-ab1cd")) for name in BASES] == list(BASES)
