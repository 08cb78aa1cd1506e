"""Facts of a live cluster: asked of a real API server, and enough to make MachineSets after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hyperleaf.api import read_facts
from judges.apiserver import api_server
from unit.cli_running import ended
from unit.machine_sets import BASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from judges.apiserver import ApiServer

pytestmark = pytest.mark.judge
Capture = pytest.CaptureFixture[str]
ZONES = [f"ocp-cluster-h5ffp-worker-us-east-2{zone}" for zone in "abc"]
INFRASTRUCTURE: dict[str, Any] = {
    "apiVersion": "config.openshift.io/v1",
    "kind": "Infrastructure",
    "metadata": {"name": "cluster"},
    "spec": {"cloudConfig": {"name": ""}, "platformSpec": {"type": "AWS"}},
}
STATUS = {
    "apiServerURL": "https://api.hub.example.com:6443",
    "apiServerInternalURI": "https://api-int.hub.example.com:6443",
    "controlPlaneTopology": "HighlyAvailable",
    "infrastructureTopology": "HighlyAvailable",
    "etcdDiscoveryDomain": "",
    "infrastructureName": "ocp-cluster-h5ffp",
}
ESTATE = """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: hub}
spec:
  role: hub
  version: 4.16.18
  platform: {aws: {region: us-east-2}}
  networks: {machine: [10.0.0.0/16]}
  nodePools:
  - {name: metal, instanceType: m5.metal, zones: [us-east-2a, us-east-2b], machines: {}}
"""


@pytest.fixture(scope="module")
def hub(needed: Callable[..., None]) -> Iterator[ApiServer]:
    """Run an API server with what the installer leaves behind."""
    needed("apiserver", "crds")
    with api_server() as server:
        server.ensure_namespace("openshift-machine-api")
        for one in (INFRASTRUCTURE, *(BASES[name] for name in ZONES)):
            kept = {key: value for key, value in one.items() if key != "status"}
            status, answer = server.apply(kept, manager="installer")
            assert status in {200, 201}, answer["message"]
        path = f"{server.path_of(INFRASTRUCTURE)}/status"
        status, answer = server.request(
            "PATCH", path, {"status": STATUS}, "application/merge-patch+json"
        )
        assert status == 200, answer
        yield server


def test_they_are_a_facts_file(hub: ApiServer, capsys: Capture, tmp_path: Path) -> None:
    end = ended(capsys, "facts", "--cluster", "hub", "--kubeconfig", str(hub.kubeconfig))
    (tmp_path / "facts.yaml").write_text(end.out, encoding="utf-8")
    facts, findings = read_facts(tmp_path / "facts.yaml")
    assert (end.status, findings) == (0, ())
    found = facts.of("hub")
    assert (found.infra_id, [one.name for one in found.machine_sets]) == (
        "ocp-cluster-h5ffp",
        ZONES,
    )


def test_what_only_the_cluster_writes_is_left_out(hub: ApiServer, capsys: Capture) -> None:
    end = ended(capsys, "facts", "--cluster", "hub", "--kubeconfig", str(hub.kubeconfig))
    for one in yaml.safe_load(end.out)["clusters"]["hub"]["machineSets"]:
        assert set(one) == {"apiVersion", "kind", "metadata", "spec"}
        assert set(one["metadata"]) <= {"name", "namespace", "labels", "annotations"}


def test_they_are_enough_and_ours_are_no_facts(
    hub: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    kubeconfig = ("--kubeconfig", str(hub.kubeconfig))
    asked = ("facts", "--cluster", "hub", *kubeconfig)
    before = ended(capsys, *asked).out
    (tmp_path / "facts.yaml").write_text(before, encoding="utf-8")
    (tmp_path / "estate.yaml").write_text(ESTATE, encoding="utf-8")
    words = (str(tmp_path / "estate.yaml"), "--facts", str(tmp_path / "facts.yaml"))
    end = ended(capsys, "apply", *words, "--cluster", "hub", *kubeconfig, "--timeout", "0s")
    assert end.status == 0, end.out + end.err
    _, answer = hub.request("GET", "/apis/machine.openshift.io/v1beta1/machinesets")
    names = [one["metadata"]["name"] for one in answer["items"]]
    assert {"ocp-cluster-h5ffp-metal-us-east-2a", "ocp-cluster-h5ffp-metal-us-east-2b"} <= {*names}
    assert ended(capsys, *asked).out == before
