"""The real frr-k8s controller merges our FRRConfigurations, and FRR takes all that comes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.api import load
from hyperleaf.model import labels
from hyperleaf.plan.clusters import ClusterPlan, Plan, plan
from hyperleaf.render.borders import border_files
from hyperleaf.render.frr_daemons import ACCOUNT, daemon_manifests
from hyperleaf.render.frr_objects import NAMESPACE, frr_manifests

if TYPE_CHECKING:
    from judges.apiserver import ApiServer
    from judges.frr import Frr, Loaded
    from judges.frrk8s import Converted, FrrK8s

Object = dict[str, Any]
TOP = Path(__file__).parents[2]
GOLDEN = TOP / "tests" / "golden" / "frr"
ESTATES = {
    "01-aws-hosted": TOP / "examples" / "01-aws-hosted",
    **{name: GOLDEN / name / "estate.yaml" for name in ("foreign-borders", "leaks", "two-teams")},
}
LEAF, REFLECTOR = labels.LEAF, labels.REFLECTOR
# Every estate's nodes that run FRR, each kind once.
NODES = [
    ("01-aws-hosted", "prod", LEAF),
    ("01-aws-hosted", "edge", LEAF),
    ("01-aws-hosted", "hub", REFLECTOR),
    ("foreign-borders", "prod", LEAF),
    ("foreign-borders", "hub", REFLECTOR),
    ("leaks", "prod", LEAF),
    ("leaks", "edge", LEAF),
    ("two-teams", "room-1", LEAF),
    ("two-teams", "room-1", REFLECTOR),
]
BORDERS = [
    ("01-aws-hosted", "dc-leaf-1"),
    ("foreign-borders", "dc-leaf-1"),
    ("foreign-borders", "dc-leaf-2"),
    ("leaks", "dc-leaf-1"),
]
# What frr-k8s writes, FRR takes and shows no more, being its own default.
DEFAULTS = {"ip nht resolve-via-default", "ipv6 nht resolve-via-default"}


def _plan(estate: str) -> Plan:
    return plan(load(ESTATES[estate]).estate)


def _cluster(estate: str, name: str) -> ClusterPlan:
    return next(one for one in _plan(estate).clusters if one.cluster.name == name)


def _node(cluster: ClusterPlan, label: str) -> Object:
    team = cluster.leaves if label == LEAF else cluster.reflectors
    assert team is not None
    name = f"{cluster.cluster.name}-{label.rpartition('/')[2]}"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {label: str(team.fabric)}},
    }


def _secret(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": "kubernetes.io/basic-auth",
        "stringData": {"username": "bgp", "password": "quite-secret"},
    }


def _converted(frr_k8s: FrrK8s, estate: str, name: str, label: str, *beside: Object) -> Converted:
    cluster = _cluster(estate, name)
    configurations = [manifest.value for manifest in frr_manifests(cluster)]
    return frr_k8s.convert(_node(cluster, label), configurations, beside)


def _lines(text: str) -> set[str]:
    """Return the statements of a configuration, without what only opens or closes."""
    stripped = (line.strip() for line in text.splitlines())
    return {
        line for line in stripped if line and not line.startswith(("!", "exit", "log ", "host"))
    }


def _raw(estate: str, name: str, label: str) -> set[str]:
    return {
        line
        for manifest in frr_manifests(_cluster(estate, name))
        if label in manifest.value["spec"]["nodeSelector"]["matchLabels"]
        for line in _lines(manifest.value["spec"]["raw"]["rawConfig"])
    }


def _kept(loaded: Loaded, wanted: set[str]) -> None:
    assert loaded.errors == []
    assert wanted - _lines(loaded.running) - DEFAULTS == set()


@pytest.mark.judge
@pytest.mark.parametrize(("estate", "cluster", "label"), NODES)
def test_a_node_runs_every_line_that_is_meant_for_it(
    frr_k8s: FrrK8s, frr_judge: Frr, estate: str, cluster: str, label: str
) -> None:
    converted = _converted(frr_k8s, estate, cluster, label, _secret("bgp-dc-leaf-1"))
    assert converted.conversion == "success"
    assert frr_judge.check_configuration(converted.frr_conf) == []
    wanted = _raw(estate, cluster, label) | _lines(converted.frr_conf)
    _kept(frr_judge.load(converted.frr_conf), {line for line in wanted if "on-match" not in line})


@pytest.mark.judge
@pytest.mark.parametrize(("estate", "border"), BORDERS)
def test_a_border_runs_every_line_of_its_file(frr_judge: Frr, estate: str, border: str) -> None:
    files = {file.path: file.text for file in border_files(_plan(estate))}
    text = files[f"borders/{border}/frr.conf"]
    assert frr_judge.check_configuration(text) == []
    _kept(frr_judge.load(text), _lines(text))


@pytest.mark.judge
def test_a_borders_password_comes_out_of_the_secret(frr_k8s: FrrK8s) -> None:
    secret = _secret("bgp-dc-leaf-1")
    converted = _converted(frr_k8s, "foreign-borders", "hub", REFLECTOR, secret)
    assert "neighbor 172.16.0.11 password quite-secret" in converted.frr_conf
    assert "neighbor 172.16.0.12 password" not in converted.frr_conf


@pytest.mark.judge
def test_a_node_that_is_neither_leaf_nor_reflector_gets_nothing_of_ours(frr_k8s: FrrK8s) -> None:
    cluster = _cluster("two-teams", "room-1")
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "plain", "labels": {}}}
    made = frr_k8s.convert(node, [manifest.value for manifest in frr_manifests(cluster)])
    assert "router bgp" not in made.frr_conf


@pytest.mark.judge
def test_the_daemons_account_may_do_all_that_the_controller_does(
    frr_k8s: FrrK8s, tmp_path: Path
) -> None:
    """The controller acts as our ServiceAccount; its rights go to the namespace of the judge."""
    server = frr_k8s.server
    objects = [manifest.value for manifest in daemon_manifests(_cluster("two-teams", "room-1"))]
    for value in objects:
        if value["kind"] in {"ClusterRole", "ClusterRoleBinding"}:
            assert server.apply(value)[0] in {200, 201}
    rights = [one for one in objects if one["kind"] in {"Role", "RoleBinding"}]
    restrained = replace(frr_k8s, server=_impersonating(server, tmp_path / "kubeconfig"))
    assert _converted(restrained, "two-teams", "room-1", LEAF, *rights).conversion == "success"


def _impersonating(server: ApiServer, path: Path) -> ApiServer:
    config = json.loads(server.kubeconfig.read_text())
    config["users"][0]["user"]["as"] = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
    path.write_text(json.dumps(config))
    return replace(server, kubeconfig=path)


@pytest.mark.judge
@pytest.mark.parametrize("cluster", ["hub", "prod"])
def test_the_api_server_takes_every_object_of_the_deployment(
    apiserver: ApiServer, cluster: str
) -> None:
    apiserver.ensure_namespace(NAMESPACE)
    for manifest in daemon_manifests(_cluster("01-aws-hosted", cluster)):
        status, answer = apiserver.apply(manifest.value, dry_run=True)
        assert status in {200, 201}, answer
