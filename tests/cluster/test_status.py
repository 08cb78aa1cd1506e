"""`status` on a real API server, and what `apply` does with hosted clusters and nodes there."""

from __future__ import annotations

import base64
import json
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from judges import cache
from judges.clusters import writes
from judges.folders import config_map, policy, rendered, thing
from judges.operators import condition
from unit.cli_running import Ended, ended

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judges.apiserver import ApiServer
    from judges.operators import Operators

pytestmark = pytest.mark.judge
Capture = pytest.CaptureFixture[str]
API = "hypershift.openshift.io/v1beta1"
KEY = "a2V5LW9mLW5vYm9keS1hdC1hbGw="
KUBECONFIG = yaml.safe_dump(
    {
        "clusters": [
            {
                "name": "cluster",
                "cluster": {
                    "server": "https://api.lvm-hcp:6443",
                    "certificate-authority-data": "Y2E=",
                },
            }
        ],
        "users": [
            {
                "name": "admin",
                "user": {"client-certificate-data": "Y2VydA==", "client-key-data": KEY},
            }
        ],
        "contexts": [{"name": "admin", "context": {"cluster": "cluster", "user": "admin"}}],
        "current-context": "admin",
    }
)
PHASES = (
    *("ValidConfiguration", "ValidReleaseImage", "InfrastructureReady", "EtcdAvailable"),
    *("KubeAPIServerAvailable", "Available"),
)


def hosted_cluster() -> dict[str, Any]:
    """Return the least HostedCluster that the real definition takes, with its rules."""
    networks = {"clusterNetwork": [{"cidr": "10.132.0.0/14"}]}
    networks["serviceNetwork"] = [{"cidr": "172.31.0.0/16"}]
    services = ("APIServer", "OAuthServer", "Konnectivity", "Ignition")
    spec = {
        "release": {"image": "ocp:4.16.18"},
        "pullSecret": {"name": "pull"},
        "sshKey": {"name": "ssh"},
        "networking": networks,
        "platform": {"type": "None"},
        "etcd": {"managementType": "Managed", "managed": {"storage": {"type": "PersistentVolume"}}},
        "services": [
            {"service": one, "servicePublishingStrategy": {"type": "Route"}} for one in services
        ],
    }
    return thing(API, "HostedCluster", "lvm-hcp", "default", "Cluster/prod", spec=spec)


def node_pool() -> dict[str, Any]:
    spec = {
        "clusterName": "lvm-hcp",
        "replicas": 3,
        "management": {"upgradeType": "Replace", "autoRepair": True},
        "platform": {"type": "None"},
        "release": {"image": "ocp:4.16.18"},
    }
    return thing(API, "NodePool", "lvm-hcp", "default", "Cluster/prod", spec=spec)


def says(server: ApiServer, value: dict[str, Any], status: dict[str, Any]) -> None:
    """Give an object a status, as its operator would."""
    path = f"{server.path_of(value)}/status"
    code, answer = server.request("PATCH", path, {"status": status}, "application/merge-patch+json")
    assert code == 200, answer["message"]


def is_available(server: ApiServer) -> None:
    done = {
        "state": "Completed",
        "version": "4.16.18",
        "image": "ocp:4.16.18",
        "startedTime": "2024-01-01T00:00:00Z",
        "completionTime": "2124-01-01T00:00:00Z",
        "verified": False,
    }
    conditions = [condition(one, message="fine") for one in PHASES]
    says(
        server,
        hosted_cluster(),
        {
            "conditions": conditions,
            "kubeconfig": {"name": "lvm-hcp-admin-kubeconfig"},
            "version": {
                "history": [done],
                "observedGeneration": 1,
                "availableUpdates": [],
                "desired": {"image": "ocp:4.16.18", "version": "4.16.18"},
            },
        },
    )
    says(server, node_pool(), {"replicas": 3, "version": "4.16.18", "conditions": []})


@pytest.fixture
def hub(server: ApiServer) -> Iterator[ApiServer]:
    """Offer a hub on which a hosted cluster comes to be."""
    made = (hosted_cluster(), node_pool())
    for value in made:
        status, answer = server.apply(value, manager="hcp")
        assert status in {200, 201}, answer
    encoded = base64.b64encode(KUBECONFIG.encode()).decode()
    secret = thing("v1", "Secret", "lvm-hcp-admin-kubeconfig", "default")
    server.apply(secret | {"data": {"kubeconfig": encoded}}, manager="hypershift")
    yield server
    for value in made:
        server.delete(value)


def shown(capsys: Capture, server: ApiServer, *more: str) -> Ended:
    return ended(capsys, "status", "--kubeconfig", str(server.kubeconfig), *more)


def printed(kind: str) -> list[str]:
    """Return the columns that upstream's definition of a kind prints."""
    names = {"HostedCluster": "hostedclusters", "NodePool": "nodepools"}
    file = cache.folder("crds") / f"{names[kind]}.hypershift.openshift.io.json"
    for version in json.loads(file.read_text())["spec"]["versions"]:
        if version["name"] == "v1beta1":
            columns = version["additionalPrinterColumns"]
            return ["NAME", *(one["name"].upper() for one in columns)]
    raise AssertionError(kind)


def test_the_columns_are_those_that_the_real_definitions_print(
    hub: ApiServer, capsys: Capture
) -> None:
    is_available(hub)
    end = shown(capsys, hub, "-o", "json")
    tables = {one["kind"]: one for one in json.loads(end.out)["tables"]}
    for kind in ("HostedCluster", "NodePool"):
        assert tables[kind]["columns"] == printed(kind)
    row = dict(zip(printed("HostedCluster"), tables["HostedCluster"]["rows"][0], strict=True))
    wanted = ["lvm-hcp", "4.16.18", "lvm-hcp-admin-kubeconfig", "Completed", "True"]
    assert [row[n] for n in ("NAME", "VERSION", "KUBECONFIG", "PROGRESS", "AVAILABLE")] == wanted


def test_a_hosted_cluster_is_told_by_its_phases(hub: ApiServer, capsys: Capture) -> None:
    waits = [condition("ValidConfiguration"), condition("EtcdAvailable", "False", "no quorum")]
    says(hub, hosted_cluster(), {"conditions": waits})
    end = shown(capsys, hub, "--cluster", "lvm-hcp", "-o", "json")
    phases = {one["name"]: one for one in json.loads(end.out)["phases"]}
    assert (end.status, phases["ValidConfiguration"]["reached"]) == (1, True)
    assert phases["EtcdAvailable"]["why"] == "StandIn: no quorum"
    assert phases["nodes"]["why"] == "0 of 3 nodes"


def test_watching_ends_when_the_hosted_cluster_is_available(
    hub: ApiServer, capsys: Capture
) -> None:
    says(hub, hosted_cluster(), {"conditions": []})
    threading.Timer(2.5, is_available, [hub]).start()
    end = shown(capsys, hub, "--cluster", "lvm-hcp", "--watch", "--timeout", "60s")
    assert (end.status, "control plane is available" in end.out) == (0, True)


def test_watching_ends_with_one_when_its_time_is_over(hub: ApiServer, capsys: Capture) -> None:
    says(hub, hosted_cluster(), {"conditions": []})
    end = shown(capsys, hub, "--cluster", "lvm-hcp", "--watch", "--timeout", "1s")
    assert end.status == 1


def test_a_hosted_cluster_that_is_not_there_is_told_with_those_that_are(
    hub: ApiServer, capsys: Capture
) -> None:
    end = shown(capsys, hub, "--cluster", "cephfs-hcp")
    assert (end.status, "HL1216" in end.err, "there is lvm-hcp" in end.err) == (1, True, True)


def test_a_kubeconfig_is_fetched_into_a_file_of_ones_own_and_is_never_shown(
    hub: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    is_available(hub)
    file = tmp_path / "lvm-hcp.kubeconfig"
    how = ("--cluster", "lvm-hcp", "--save-kubeconfig", str(file))
    end = shown(capsys, hub, *how)
    assert (end.status, file.read_text()) == (0, KUBECONFIG)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    assert KEY not in end.out + end.err


def test_a_kubeconfig_that_is_not_made_yet_is_told(
    hub: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    says(hub, hosted_cluster(), {"conditions": [], "kubeconfig": None})
    file = tmp_path / "none"
    end = shown(capsys, hub, "--cluster", "lvm-hcp", "--save-kubeconfig", str(file))
    assert (end.status, "HL1217" in end.err, file.exists()) == (1, True, False)


# What apply does beside objects


def applied(capsys: Capture, server: ApiServer, folder: str, *more: str) -> Ended:
    of = ("--cluster", "prod", "--kubeconfig", str(server.kubeconfig))
    return ended(capsys, "apply", "--rendered", folder, *of, *more)


def test_argo_cd_gets_to_know_a_hosted_cluster_once(
    hub: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    for value in (hosted_cluster(), node_pool()):
        hub.delete(value)
    folder = rendered(
        tmp_path, ("80-hosted-clusters", hosted_cluster()), ("80-hosted-clusters", node_pool())
    )
    assert applied(capsys, hub, folder, "--timeout", "0s").status == 0
    is_available(hub)
    how = ("--argocd", "default", "--timeout", "0s")
    end = applied(capsys, hub, folder, *how)
    assert (end.status, "1 written" in end.out) == (0, True)
    _, secret = hub.get(thing("v1", "Secret", "hyperleaf-cluster-lvm-hcp", "default"))
    data = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    assert secret["metadata"]["labels"]["argocd.argoproj.io/secret-type"] == "cluster"
    assert (data["name"], data["server"]) == ("lvm-hcp", "https://api.lvm-hcp:6443")
    assert json.loads(data["config"])["tlsClientConfig"] == {
        "insecure": False,
        "caData": "Y2E=",
        "certData": "Y2VydA==",
        "keyData": KEY,
    }
    again = applied(capsys, hub, folder, *how, "-o", "json")
    assert (again.status, KEY in again.out + again.err) == (0, False)
    assert [one for one in json.loads(again.out)["objects"] if one["written"]] == []


def test_nodes_that_are_there_get_what_their_pool_sets_once(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    node: dict[str, Any] = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-1"}}
    server.request("POST", "/api/v1/nodes", node)
    taint = {"key": "infra", "value": "", "effect": "NoSchedule"}
    marks = {
        "pool": "infra",
        "selector": {},
        "names": ["worker-1"],
        "machineSets": [],
        "otherThan": [],
        "labels": {"node-role.kubernetes.io/infra": ""},
        "taints": [taint],
    }
    folder = rendered(tmp_path, ("60-x", config_map("beside")))
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "prod.json").write_text(json.dumps([marks]))
    index = json.loads((tmp_path / "index.json").read_text())
    index["files"].append("nodes/prod.json")
    (tmp_path / "index.json").write_text(json.dumps(index))
    dry = applied(capsys, server, folder, "--dry-run")
    assert "  ~ Node worker-1\n      label node-role.kubernetes.io/infra=\n" in dry.out
    assert "      taint infra:NoSchedule\n" in dry.out
    end = applied(capsys, server, folder)
    assert (end.status, "1 node labelled" in end.out) == (0, True)
    _, live = server.get(node)
    assert live["metadata"]["labels"]["node-role.kubernetes.io/infra"] == ""
    assert [one["key"] for one in live["spec"]["taints"]].count("infra") == 1
    before = len(writes(server))
    assert applied(capsys, server, folder).status == 0
    assert len(writes(server)) == before
    server.delete(node)


def test_a_nic_that_a_node_uses_is_not_taken(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-1"}}
    server.request("POST", "/api/v1/nodes", node)
    state: dict[str, Any] = {
        "apiVersion": "nmstate.io/v1beta1",
        "kind": "NodeNetworkState",
        "metadata": {"name": "worker-1"},
    }
    server.apply(state, manager="handler")
    address = [{"ip": "10.0.0.5", "prefix-length": 24}]
    ens192 = {"name": "ens192", "type": "ethernet", "ipv4": {"enabled": True, "address": address}}
    says(server, state, {"currentState": {"interfaces": [ens192]}})
    bond = {"name": "bond0", "type": "bond", "state": "up"}
    taking = policy("taking", bond | {"link-aggregation": {"mode": "802.3ad", "port": ["ens192"]}})
    end = applied(capsys, server, rendered(tmp_path, ("40-policies", taking)))
    server.delete(state)
    server.delete(node)
    assert (end.status, "HL1218" in end.err) == (1, True)
    assert "ens192 of worker-1 has 10.0.0.5" in end.err
    assert server.get(taking)[0] == 404


def test_nodes_that_say_nothing_of_their_network_are_told_of(
    server: ApiServer, standing_in: Operators, capsys: Capture, tmp_path: Path
) -> None:
    del standing_in
    assert server.resource("nmstate.io/v1beta1", "NodeNetworkState")
    folder = rendered(tmp_path, ("40-policies", policy("any")))
    end = applied(capsys, server, folder)
    assert (end.status, "warning HL1219" in end.err) == (0, True)
