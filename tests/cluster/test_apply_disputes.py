"""What `apply` meets in others: their fields, missing rights, a server that goes, what is left."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from judges.apiserver import STRANGER
from judges.clusters import as_user, gate, writes
from judges.folders import ESTATE, config_map, policy, rendered, thing
from judges.operators import POLICIES, condition
from unit.cli_running import Ended, ended

if TYPE_CHECKING:
    from pathlib import Path

    from judges.apiserver import ApiServer
    from judges.operators import Operators

pytestmark = pytest.mark.judge
Capture = pytest.CaptureFixture[str]
POLICIES_API = ("nmstate.io/v1", "nodenetworkconfigurationpolicies")
BRIDGE = {"name": "br10100", "type": "linux-bridge"}


def applied(capsys: Capture, kubeconfig: Path, *arguments: str) -> Ended:
    of = ("--cluster", "prod", "--kubeconfig", str(kubeconfig))
    return ended(capsys, "apply", "--rendered", *arguments, *of)


def found(end: Ended) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads(end.out)["findings"]
    return made


# Others' fields


def test_a_field_of_another_manager_is_told_with_both_values_and_never_forced(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    server.apply(config_map("red", mtu="1500"), manager="somebody")
    folder = rendered(tmp_path, ("60-x", config_map("red", mtu="9000")))
    end = applied(capsys, server.kubeconfig, folder, "-o", "json")
    (finding,) = found(end)
    assert (end.status, finding["code"], finding["line"]) == (1, "HL1207", 7)
    assert "somebody has data.mtu = '1500', and ours is '9000'" in finding["message"]
    assert "--take-over ConfigMap/red" in finding["hint"]
    assert server.get(config_map("red"))[1]["data"] == {"mtu": "1500"}


def test_a_field_is_taken_over_of_the_object_that_is_named_and_of_no_other(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    for name in ("red", "blue"):
        server.apply(config_map(name, mtu="1500"), manager="somebody")
    both = [("60-x", config_map(name, mtu="9000")) for name in ("red", "blue")]
    one = rendered(tmp_path / "one", both[0])
    two = rendered(tmp_path / "two", *both)
    kubeconfig, taken = server.kubeconfig, ("--take-over", "configmap/red")
    refused = applied(capsys, kubeconfig, two, *taken, "-o", "json")
    assert ["ConfigMap default/blue" in f["message"] for f in found(refused)] == [True]
    dry = applied(capsys, kubeconfig, one, *taken, "--dry-run")
    assert "~ ConfigMap default/red  (taken over from somebody)" in dry.out
    assert applied(capsys, kubeconfig, one, *taken).status == 0
    values = [server.get(config_map(n))[1]["data"]["mtu"] for n in ("red", "blue")]
    assert values == ["9000", "1500"]


# Rights, and the way to the server


def test_a_missing_right_is_named_by_verb_and_resource(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    stranger = as_user(server, tmp_path, STRANGER)
    folder = rendered(tmp_path, ("60-x", config_map("red")))
    end = applied(capsys, stranger, folder, "-o", "json")
    (finding,) = found(end)
    assert (end.status, finding["code"]) == (1, "HL1204")
    assert 'cannot get resource "configmaps"' in finding["message"]


def test_a_token_that_is_not_accepted_could_not_run(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    unknown = as_user(server, tmp_path, "this-token-is-of-nobody")
    end = applied(capsys, unknown, rendered(tmp_path, ("60-x", config_map("red"))))
    assert (end.status, "HL1203" in end.err, "this-token" in end.err) == (3, True, False)


def test_an_authority_that_did_not_sign_is_not_trusted(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    config = json.loads(server.kubeconfig.read_text())
    del config["clusters"][0]["cluster"]["insecure-skip-tls-verify"]
    place = tmp_path / "verifying"
    place.write_text(json.dumps(config))
    end = applied(capsys, place, rendered(tmp_path, ("60-x", config_map("red"))))
    assert (end.status, "its certificate is not trusted" in end.err) == (3, True)


def test_the_authority_of_the_kubeconfig_is_trusted(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    config = json.loads(server.kubeconfig.read_text())
    stated = config["clusters"][0]["cluster"]
    del stated["insecure-skip-tls-verify"]
    stated["certificate-authority"] = str(server.audit.parent / "certs" / "apiserver.crt")
    place = tmp_path / "verifying"
    place.write_text(json.dumps(config))
    end = applied(capsys, place, rendered(tmp_path, ("60-x", config_map("red"))))
    assert (end.status, end.err) == (0, "")


def test_the_proxy_of_the_kubeconfig_is_gone_through(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    folder = rendered(tmp_path / "out", ("60-x", config_map("red")))
    with gate(server, tmp_path, is_proxy=True) as (proxy, kubeconfig):
        end = applied(capsys, kubeconfig, folder)
    assert (end.status, set(proxy.asked)) == (0, {f"127.0.0.1:{server.port}"})


def test_the_proxy_of_the_environment_is_gone_through_unless_it_says_no(
    server: ApiServer, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = rendered(tmp_path / "out", ("60-x", config_map("red")))
    with gate(server, tmp_path, is_proxy=True) as (proxy, _):
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert applied(capsys, server.kubeconfig, folder).status == 0
        assert proxy.asked == []
        monkeypatch.delenv("no_proxy")
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert applied(capsys, server.kubeconfig, folder).status == 0
        assert proxy.asked != []


def test_a_server_that_goes_away_in_the_middle_ends_it_and_it_goes_on_later(
    server: ApiServer,
    standing_in: Operators,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hyperleaf.cluster.client.PATIENCE_SECONDS", 1.0)
    standing_in.statuses.clear()
    folder = rendered(
        tmp_path, ("40-policies", policy("waiting")), ("60-attachments", config_map("next"))
    )
    with gate(server, tmp_path) as (door, kubeconfig):

        def shut_when_it_waits() -> None:
            while not any(one.endswith("/waiting") for one in writes(server)):
                time.sleep(0.05)
            door.shut()

        threading.Thread(target=shut_when_it_waits, daemon=True).start()
        end = applied(capsys, kubeconfig, folder)
    assert end.status == 3
    assert "HL1202" in end.err
    assert "1 object was written before" in end.err
    standing_in.statuses[POLICIES_API] = POLICIES
    again = applied(capsys, server.kubeconfig, folder)
    assert (again.status, "1 written" in again.out) == (0, True)


# What is left


def test_pruning_deletes_what_is_ours_and_follows_from_nothing_and_nothing_else(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    old = rendered(tmp_path / "old", ("60-x", config_map("kept")), ("60-x", config_map("gone")))
    assert applied(capsys, server.kubeconfig, old).status == 0
    marked = config_map("of-others")
    server.apply(marked, manager="somebody")
    unmarked = config_map("unmarked")
    del unmarked["metadata"]["annotations"]
    server.apply(unmarked)
    new = rendered(tmp_path / "new", ("60-x", config_map("kept")))
    dry = applied(capsys, server.kubeconfig, new, "--prune", "--dry-run")
    assert dry.status == 1
    assert "1 object of ours would be deleted:\n  - ConfigMap default/gone" in dry.out
    before = len(writes(server))
    end = applied(capsys, server.kubeconfig, new, "--prune", "--yes")
    assert (end.status, "1 object deleted" in end.out) == (0, True)
    deleted = [one for one in writes(server)[before:] if one.startswith("delete")]
    assert deleted == ["delete /api/v1/namespaces/default/configmaps/gone"]


def test_pruning_asks_and_without_somebody_to_ask_does_nothing_at_all(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    old = rendered(tmp_path / "old", ("60-x", config_map("gone")))
    assert applied(capsys, server.kubeconfig, old).status == 0
    before = len(writes(server))
    new = rendered(tmp_path / "new", ("60-x", config_map("new")))
    end = applied(capsys, server.kubeconfig, new, "--prune")
    assert (end.status, "HL1214" in end.err, len(writes(server))) == (1, True, before)
    assert "- ConfigMap default/gone" in end.err


def test_a_node_policy_goes_once_the_nodes_have_made_its_devices_absent(
    server: ApiServer, standing_in: Operators, capsys: Capture, tmp_path: Path
) -> None:
    up = policy("bridge", BRIDGE | {"state": "up"}, {"name": "ens224", "type": "ethernet"})
    old = rendered(tmp_path / "old", ("40-policies", up))
    assert applied(capsys, server.kubeconfig, old).status == 0
    new = rendered(tmp_path / "new", ("60-x", config_map("kept")))
    dry = applied(capsys, server.kubeconfig, new, "--prune", "--dry-run")
    assert "bridge  (was Network/red): the nodes make br10100 absent first" in dry.out
    standing_in.statuses[POLICIES_API] = {"conditions": [condition("Available", "False")]}
    said: list[Any] = []

    def watch() -> None:
        while not said:
            live = server.get(up)[1]
            state = live.get("spec", {}).get("desiredState", {}).get("interfaces", [{}])
            if state == [BRIDGE | {"state": "absent"}]:
                said.extend(state)
                standing_in.statuses[POLICIES_API] = POLICIES
            time.sleep(0.05)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    before = len(writes(server))
    end = applied(capsys, server.kubeconfig, new, "--prune", "--yes")
    thread.join(10)
    assert (end.status, "1 object deleted" in end.out, len(said)) == (0, True, 1)
    assert [one.split()[0] for one in writes(server)[before:]] == ["patch", "patch", "delete"]
    assert server.get(up)[0] == 404


def test_a_node_policy_that_makes_no_device_stays_and_is_told(
    server: ApiServer, standing_in: Operators, capsys: Capture, tmp_path: Path
) -> None:
    del standing_in
    nic = policy("nic", {"name": "ens224", "type": "ethernet", "state": "up"})
    old = rendered(tmp_path / "old", ("40-policies", nic))
    assert applied(capsys, server.kubeconfig, old).status == 0
    new = rendered(tmp_path / "new", ("60-x", config_map("kept")))
    end = applied(capsys, server.kubeconfig, new, "--prune", "--yes")
    assert (end.status, "HL1212" in end.err, server.get(nic)[0]) == (0, True, 200)


def test_a_namespace_is_never_pruned(server: ApiServer, capsys: Capture, tmp_path: Path) -> None:
    space = thing("v1", "Namespace", "space")
    old = rendered(tmp_path / "old", ("60-x", space))
    assert applied(capsys, server.kubeconfig, old).status == 0
    new = rendered(tmp_path / "new", ("60-x", config_map("kept")))
    end = applied(capsys, server.kubeconfig, new, "--prune", "--yes", "-o", "json")
    assert [(f["code"], f["severity"]) for f in found(end)] == [("HL1212", "warning")]
    assert server.get(space)[0] == 200


def test_what_others_set_fields_of_is_never_pruned(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    old = rendered(tmp_path / "old", ("60-x", config_map("shared", mtu="1500")))
    assert applied(capsys, server.kubeconfig, old).status == 0
    shared = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}}
    server.apply(shared | {"data": {"theirs": "1"}}, manager="somebody")
    new = rendered(tmp_path / "new", ("60-x", config_map("kept")))
    end = applied(capsys, server.kubeconfig, new, "--prune", "--yes")
    assert (end.status, "somebody set fields of it" in end.err) == (0, True)
    assert server.get(config_map("shared"))[0] == 200


def test_what_is_the_clusters_own_is_let_go_of_and_not_deleted(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    network = {"apiVersion": "operator.openshift.io/v1", "kind": "Network"}
    network["metadata"] = {"name": "cluster"}  # type: ignore[assignment]
    theirs = {"spec": {"logLevel": "Normal", "managementState": "Managed"}}
    server.apply(network | theirs, manager="bootstrap")
    ours = {"logLevel": "Normal", "useMultiNetworkPolicy": True}
    made = thing("operator.openshift.io/v1", "Network", "cluster", spec=ours)
    old = rendered(tmp_path / "old", ("10-settings", made))
    assert applied(capsys, server.kubeconfig, old).status == 0
    new = rendered(tmp_path / "new", ("60-x", config_map("kept")))
    assert applied(capsys, server.kubeconfig, new, "--prune", "--yes").status == 0
    status, live = server.get(network)
    server.delete(network)
    assert (status, "labels" in live["metadata"]) == (200, False)
    assert live["spec"]["managementState"] == "Managed"
    assert "useMultiNetworkPolicy" not in live["spec"]


# Nodes


def pool(release: str, replicas: int) -> dict[str, Any]:
    spec = {
        "clusterName": "prod",
        "replicas": replicas,
        "management": {"upgradeType": "Replace"},
        "platform": {"type": "None"},
        "release": {"image": release},
        "config": [{"name": "leaf"}],
    }
    return thing("hypershift.openshift.io/v1beta1", "NodePool", "workers", "default", spec=spec)


def test_what_replaces_nodes_is_said_and_asked_before_and_what_does_not_is_not(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    def with_pool(name: str, release: str, replicas: int, file: str) -> str:
        files = config_map("leaf", config=file)
        return rendered(tmp_path / name, ("20-x", files), ("80-x", pool(release, replicas)))

    how = (server.kubeconfig, with_pool("a", "ocp:1", 2, "x"), "--timeout", "0s")
    assert applied(capsys, *how).status == 0
    scaled = with_pool("b", "ocp:1", 3, "x")
    assert applied(capsys, server.kubeconfig, scaled, "--timeout", "0s").status == 0
    before = len(writes(server))
    newer = applied(capsys, server.kubeconfig, with_pool("c", "ocp:2", 3, "x"))
    said = "NodePool default/workers replaces its nodes, one after another: spec.release changes"
    assert (newer.status, said in newer.err, "HL1214" in newer.err) == (1, True, True)
    other = applied(capsys, server.kubeconfig, with_pool("d", "ocp:1", 3, "y"))
    said = "ConfigMap default/leaf replaces the nodes of the pools that take it: workers"
    assert (other.status, said in other.err, len(writes(server))) == (1, True, before)
    yes = ("--yes", "--timeout", "0s")
    assert applied(capsys, server.kubeconfig, with_pool("e", "ocp:2", 3, "y"), *yes).status == 0


def test_a_finding_stands_at_the_estates_line(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    folder = rendered(tmp_path, ("60-x", config_map("wrong") | {"dota": {}}))
    end = applied(capsys, server.kubeconfig, folder)
    assert end.err.startswith(f"{ESTATE}:7:1: error HL1206: ConfigMap default/wrong")


def test_pruning_says_which_kinds_it_may_not_look_at(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    rights = {
        "apiGroups": [""],
        "resources": ["configmaps", "namespaces"],
        "verbs": ["get", "list", "patch", "create", "delete"],
    }
    role = thing("rbac.authorization.k8s.io/v1", "ClusterRole", "some", rules=[rights])
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "some"}
    stranger = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "stranger"}
    binding = thing(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "some",
        roleRef=reference,
        subjects=[stranger],
    )
    for value in (role, binding):
        assert server.apply(value, manager="admin")[0] in {200, 201}
    kubeconfig = as_user(server, tmp_path, STRANGER)
    folder = rendered(tmp_path / "out", ("60-x", config_map("red")))
    deadline = time.monotonic() + 10  # rights take a moment to be known
    end = applied(capsys, kubeconfig, folder, "--prune", "--yes", "-o", "json")
    while end.status and time.monotonic() < deadline:
        time.sleep(0.2)
        end = applied(capsys, kubeconfig, folder, "--prune", "--yes", "-o", "json")
    (finding,) = found(end)
    assert (end.status, finding["code"], finding["severity"]) == (0, "HL1213", "warning")
    assert "secrets" in finding["message"]
    assert "configmaps" not in finding["message"]
