"""Nodes on a real API server get what they lack, once, and keep what is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.cluster.client import Client
from hyperleaf.cluster.kubeconfig import read_access
from hyperleaf.cluster.marking import Lacking, lacking, mark
from unit.test_node_marks import INFRA, INFRA_TAINT, MARKS

if TYPE_CHECKING:
    from judges.apiserver import ApiServer

pytestmark = pytest.mark.judge
NODES = "/api/v1/nodes"
MACHINES = {
    "infra-1": "ocp-cluster-h5ffp-worker-us-east-2a-aaaaa",
    "infra-2": "ocp-cluster-h5ffp-worker-us-east-2b-bbbbb",
    "metal-1": "ocp-cluster-h5ffp-metal-us-east-2a-ccccc",
}
THEIRS = {"key": "theirs", "value": "yes", "effect": "PreferNoSchedule"}


def node(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {"node-role.kubernetes.io/worker": "", "theirs": "yes"},
            "annotations": {
                "machine.openshift.io/machine": f"openshift-machine-api/{MACHINES[name]}"
            },
        },
        "spec": {"taints": [THEIRS]},
    }


def marked(client: Client) -> list[Lacking]:
    """Give nodes what they lack; return those that were written, with which nothing is wrong."""
    done = list(mark(client, lacking(client, MARKS), MARKS))
    assert all(isinstance(one, Lacking) for one in done)
    return [one for one in done if isinstance(one, Lacking)]


@pytest.fixture
def client(server: ApiServer) -> Any:
    for name in MACHINES:
        server.request("POST", NODES, node(name))
    yield Client(read_access(str(server.kubeconfig), None))
    for name in MACHINES:
        server.request("DELETE", f"{NODES}/{name}")


def test_each_gets_what_is_its_pool_s_and_keeps_its_own(server: ApiServer, client: Client) -> None:
    assert [one.name for one in marked(client)] == sorted(MACHINES)
    _, first = server.request("GET", f"{NODES}/infra-1")
    assert first["metadata"]["labels"].items() >= (INFRA | {"theirs": "yes"}).items()
    assert [one for one in first["spec"]["taints"] if one["key"] in {"theirs", "infra"}] == [
        THEIRS,
        INFRA_TAINT,
    ]
    _, metal = server.request("GET", f"{NODES}/metal-1")
    assert "node-role.kubernetes.io/infra" not in metal["metadata"]["labels"]
    assert metal["metadata"]["labels"]["ocpvirt"] == "host"


def test_looking_writes_nothing_and_the_second_time_nothing_lacks(client: Client) -> None:
    assert [one.name for one in lacking(client, MARKS)] == sorted(MACHINES)
    assert len(marked(client)) == len(MACHINES)
    assert lacking(client, MARKS) == ()


def test_a_node_that_changed_meanwhile_is_read_again(server: ApiServer, client: Client) -> None:
    found = lacking(client, MARKS)
    more = {"metadata": {"labels": {"new": "yes"}}}
    server.request("PATCH", f"{NODES}/infra-2", more, "application/merge-patch+json")
    assert all(isinstance(one, Lacking) for one in mark(client, found, MARKS))
    _, second = server.request("GET", f"{NODES}/infra-2")
    assert second["metadata"]["labels"].items() >= (INFRA | {"new": "yes"}).items()
