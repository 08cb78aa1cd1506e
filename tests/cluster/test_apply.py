"""`apply` on a real API server: in order, waited for, nothing written twice; refusals are told."""

from __future__ import annotations

import json
import threading
import time
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.api import load
from hyperleaf.cluster.difference import would_write
from hyperleaf.cluster.reading import read
from hyperleaf.cluster.settled import is_settled
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from judges.clusters import snapshot, writes
from judges.folders import ESTATE, config_map, policy, rendered, thing
from judges.operators import POLICIES, condition
from unit.cli_running import AWS, Ended, ended

if TYPE_CHECKING:
    from pathlib import Path

    from judges.apiserver import ApiServer
    from judges.operators import Operators

pytestmark = pytest.mark.judge
Capture = pytest.CaptureFixture[str]
# What the server completes within one value (a port's protocol, say) is for it to compare.
NORMALIZED = {"daemonsets", "frrconfigurations"}
POLICIES_API = ("nmstate.io/v1", "nodenetworkconfigurationpolicies")


def applied(capsys: Capture, server: ApiServer, *arguments: str, name: str = "prod") -> Ended:
    kubeconfig = str(server.kubeconfig)
    return ended(capsys, "apply", *arguments, "--cluster", name, "--kubeconfig", kubeconfig)


def said(end: Ended) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(end.out)
    return value


def is_there(server: ApiServer, name: str) -> bool:
    return server.get(config_map(name))[0] == 200


def codes(end: Ended) -> list[str]:
    return [one["code"] for one in said(end)["findings"]]


def test_an_example_is_applied_whole_and_a_second_time_nothing_is_written(
    server: ApiServer, standing_in: Operators, capsys: Capture
) -> None:
    del standing_in
    before = len(writes(server))
    first = applied(capsys, server, AWS)
    assert (first.status, "21 objects as they should be, 21 written" in first.out) == (0, True)
    after, made = len(writes(server)), snapshot(server)
    tried = len(writes(server, tries=True))
    second = applied(capsys, server, AWS)
    assert (second.status, "0 written" in second.out) == (0, True)
    assert (after - before, len(writes(server)) - after) == (21, 0)
    # Of all others what the server noted of us is enough.
    assert {one.split("/")[-2] for one in writes(server, tries=True)[tried:]} == NORMALIZED
    assert snapshot(server) == made


def test_what_is_told_without_the_server_is_as_the_server_says(
    server: ApiServer, standing_in: Operators, capsys: Capture
) -> None:
    del standing_in
    assert applied(capsys, server, AWS).status == 0
    files = [(one.path, one.text) for one in render(plan(load(AWS).estate))]
    settled = 0
    for item in read(files, "prod").items:
        live = server.get(item.value)[1]
        shorter = deepcopy(item.value)
        del shorter["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
        for value, wanted in ((item.value, True), (shorter, False)):
            _, after = server.apply(value, dry_run=True, force=False)
            assert would_write(live, after) is not wanted
            assert wanted or not is_settled(live, value), item.title
        settled += is_settled(live, item.value)
    assert settled == 19


def test_objects_are_written_in_the_order_of_steps_and_within_them(
    server: ApiServer, standing_in: Operators, capsys: Capture, tmp_path: Path
) -> None:
    del standing_in
    folder = rendered(
        tmp_path,
        ("60-attachments", config_map("last", "space")),
        ("60-attachments", thing("v1", "Namespace", "space")),
        ("40-policies", policy("first")),
    )
    before = len(writes(server))
    assert applied(capsys, server, "--rendered", folder).status == 0
    names = [one.rpartition("/")[2] for one in writes(server)[before:]]
    assert names == ["first", "space", "last"]


def test_a_step_waits_for_what_is_not_ready_and_the_next_one_for_the_step(
    server: ApiServer, standing_in: Operators, capsys: Capture, tmp_path: Path
) -> None:
    standing_in.statuses[POLICIES_API] = {"conditions": [condition("Available", "False")]}
    folder = rendered(
        tmp_path, ("40-policies", policy("slow")), ("60-attachments", config_map("next"))
    )
    threading.Timer(1.5, standing_in.statuses.update, [{POLICIES_API: POLICIES}]).start()
    began = time.monotonic()
    assert applied(capsys, server, "--rendered", folder).status == 0
    assert time.monotonic() - began > 1.4


def test_what_is_not_ready_in_time_is_named_and_nothing_after_it_is_written(
    server: ApiServer, standing_in: Operators, capsys: Capture, tmp_path: Path
) -> None:
    waits = [condition("Available", "False", "2/3 nodes are done")]
    standing_in.statuses[POLICIES_API] = {"conditions": waits}
    folder = rendered(
        tmp_path, ("40-policies", policy("slow")), ("60-attachments", config_map("next"))
    )
    end = applied(capsys, server, "--rendered", folder, "--timeout", "1s", "-o", "json")
    (finding,) = said(end)["findings"]
    assert (end.status, finding["code"]) == (1, "HL1208")
    assert "slow is not ready" in finding["message"]
    assert "2/3 nodes are done" in finding["message"]
    assert (finding["file"], finding["line"]) == (ESTATE, 7)
    assert not is_there(server, "next")


def test_an_object_that_failed_ends_the_waiting_with_its_own_words(
    server: ApiServer,
    standing_in: Operators,
    capsys: Capture,
    tmp_path: Path,
) -> None:
    broken = [condition("Available", "False"), condition("Degraded", "True", "no such device")]
    standing_in.statuses[POLICIES_API] = {"conditions": broken}
    folder = rendered(tmp_path, ("40-policies", policy("broken")))
    end = applied(capsys, server, "--rendered", folder, "-o", "json")
    (finding,) = said(end)["findings"]
    assert (end.status, finding["code"]) == (1, "HL1209")
    assert "no such device" in finding["message"]


def test_a_zero_timeout_waits_for_nothing(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    folder = rendered(tmp_path, ("40-policies", policy("alone")))
    assert applied(capsys, server, "--rendered", folder, "--timeout", "0s").status == 0


def test_a_dry_run_tells_each_field_at_the_estates_line_and_writes_nothing(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    old = rendered(tmp_path / "old", ("60-x", config_map("red", mtu="1500", vlan="100")))
    assert applied(capsys, server, "--rendered", old).status == 0
    before = len(writes(server))
    new = rendered(
        tmp_path / "new",
        ("60-x", config_map("red", mtu="9000", tag="1")),
        ("60-x", config_map("blue")),
    )
    end = applied(capsys, server, "--rendered", new, "--dry-run")
    assert (end.status, len(writes(server))) == (1, before)
    assert end.out == (
        f"Network/red  {ESTATE}:7\n"
        "  + ConfigMap default/blue\n"
        "  ~ ConfigMap default/red\n"
        '      data.mtu: "1500" -> "9000"\n'
        '      data.vlan: "100" -> nothing\n'
        '      data.tag: nothing -> "1"\n'
        "\n"
        "prod: 1 new, 1 changed, 0 as they should be. Nothing was written.\n"
    )


def test_a_dry_run_of_what_is_applied_ends_well(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    folder = rendered(tmp_path, ("60-x", config_map("red")))
    assert applied(capsys, server, "--rendered", folder).status == 0
    end = applied(capsys, server, "--rendered", folder, "--dry-run")
    assert (end.status, end.out) == (
        0,
        "prod: 0 new, 0 changed, 1 as they should be. Nothing was written.\n",
    )


def test_a_kind_that_nothing_brings_is_told_before_anything_is_written(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    folder = rendered(
        tmp_path,
        ("10-x", config_map("before")),
        ("60-x", thing("gpu.example.com/v1", "Gpu", "one")),
    )
    end = applied(capsys, server, "--rendered", folder, "-o", "json")
    assert (end.status, codes(end)) == (1, ["HL1205"])
    assert not is_there(server, "before")


def test_a_field_that_the_kind_does_not_have_is_refused_before_anything_is_written(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    folder = rendered(
        tmp_path, ("10-x", config_map("fine")), ("60-x", config_map("wrong") | {"dota": {}})
    )
    end = applied(capsys, server, "--rendered", folder, "-o", "json")
    (finding,) = said(end)["findings"]
    assert (end.status, finding["code"]) == (1, "HL1206")
    assert "ConfigMap default/wrong" in finding["message"]
    assert ".dota: field not declared in schema" in finding["message"]
    assert not is_there(server, "fine")


def test_a_kind_that_its_definition_brings_is_waited_for(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    names = {"kind": "Leaf", "plural": "leaves", "singular": "leaf", "listKind": "LeafList"}
    schema = {"openAPIV3Schema": {"type": "object"}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": "t.dev", "names": names, "scope": "Cluster", "versions": [version]}
    crd = thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "leaves.t.dev", spec=spec)
    folder = rendered(tmp_path, ("02-operators", crd), ("60-x", thing("t.dev/v1", "Leaf", "one")))
    dry = applied(capsys, server, "--rendered", folder, "--dry-run")
    assert "+ Leaf one  (its kind comes with an operator first)" in dry.out
    end = applied(capsys, server, "--rendered", folder)
    server.request("DELETE", "/apis/t.dev/v1/leaves/one")
    server.request("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/leaves.t.dev")
    assert (end.status, "2 written" in end.out) == (0, True)


def test_a_policy_is_not_done_while_a_node_is_still_at_its_earlier_state(
    server: ApiServer, standing_in: Operators, capsys: Capture, tmp_path: Path
) -> None:
    del standing_in
    behind: dict[str, Any] = {
        "apiVersion": "nmstate.io/v1beta1",
        "kind": "NodeNetworkConfigurationEnactment",
        "metadata": {"name": "w1.known", "labels": {"nmstate.io/policy": "known"}},
    }
    status, answer = server.apply(behind, manager="handler")
    assert status in {200, 201}, answer
    folder = rendered(tmp_path, ("40-policies", policy("known")))
    end = applied(capsys, server, "--rendered", folder, "--timeout", "1s", "-o", "json")
    path = f"{server.path_of(behind)}/status"
    patch = {"status": {"policyGeneration": 1}}
    server.request("PATCH", path, patch, "application/merge-patch+json")
    again = applied(capsys, server, "--rendered", folder, "--timeout", "10s")
    server.delete(behind)
    (finding,) = said(end)["findings"]
    assert "nodes that have not taken it up: 1" in finding["message"]
    assert again.status == 0


def test_a_second_group_of_operators_in_a_namespace_is_told(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    there = thing("operators.coreos.com/v1", "OperatorGroup", "default-abc12", "default", spec={})
    assert server.apply(there, manager="console")[0] in {200, 201}
    second = thing("operators.coreos.com/v1", "OperatorGroup", "default", "default", spec={})
    folder = rendered(tmp_path, ("02-operators", second))
    end = applied(capsys, server, "--rendered", folder, "-o", "json")
    server.delete(there)
    (finding,) = said(end)["findings"]
    assert (end.status, finding["code"]) == (1, "HL1215")
    assert "default-abc12" in finding["message"]


def test_what_an_operator_adds_to_a_list_of_ours_stays_and_nothing_is_written_twice(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    def engine(*components: str) -> dict[str, Any]:
        listed = [{"name": one, "enabled": True} for one in components]
        spec = {"overrides": {"components": listed}}
        return thing("multicluster.openshift.io/v1", "MultiClusterEngine", "mce", spec=spec)

    assert server.resource("multicluster.openshift.io/v1", "MultiClusterEngine")
    folder = rendered(tmp_path, ("05-operands", engine("hypershift")))
    how = ("--rendered", folder, "--timeout", "0s")
    first = applied(capsys, server, *how)
    live = server.get(engine())[1]
    live["spec"]["overrides"]["components"].append({"name": "console", "enabled": True})
    server.request("PUT", server.path_of(live) or "", live)
    second = applied(capsys, server, *how)
    names = [one["name"] for one in server.get(engine())[1]["spec"]["overrides"]["components"]]
    third = applied(capsys, server, *how)
    server.delete(engine())
    assert (first.status, second.status, names) == (0, 0, ["hypershift", "console"])
    assert "0 written" in third.out
