"""The page on hosted clusters, run as far as an API server reaches that has no controllers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from judges import pages
from judges.apiserver import ApiServer, api_server

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = pages.how_to("hosted-clusters.md")
MACHINES = "/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machinesets"
HOSTED = "/apis/hypershift.openshift.io/v1beta1/namespaces/clusters"
KNOWN = "bm90LWEtc2VjcmV0"

pytestmark = pytest.mark.judge


def ran(folder: Path, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the page in a folder."""
    return pages.ran(folder, command, environment, 240)


@pytest.fixture(scope="module")
def hub(needed: Callable[..., None]) -> Iterator[ApiServer]:
    """Run an API server as a hub that was just installed has one."""
    needed("apiserver", "crds")
    with api_server() as server:
        server.ensure_namespace("openshift-machine-api")
        server.ensure_namespace("openshift-ingress-operator")
        yield server


@pytest.fixture(scope="module")
def followed(hub: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Follow the page up to where a cluster is needed, and let the hub know its kinds."""
    folder = tmp_path_factory.mktemp("page")
    PAGE.write_files(folder)
    for text in PAGE.blocks("console"):
        for command in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
            done = ran(folder, command)
            assert done.returncode == 0, done.stderr
    for file in (folder / "out" / "clusters" / "hub").rglob("*.yaml"):
        one: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert hub.resource(one["apiVersion"], one["kind"]), file.name
    return folder


@pytest.fixture(scope="module")
def applied(hub: ApiServer, followed: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run the page's commands against the hub, waiting for nothing: no operator is there."""
    dry, real = PAGE.blocks("sh")[0].splitlines()
    return [
        ran(followed, f"{one} --timeout 0s", KUBECONFIG=str(hub.kubeconfig))
        for one in (dry, real, real)
    ]


def names(server: ApiServer, path: str) -> list[str]:
    """Return the names of the objects at a path of the API."""
    status, answer = server.request("GET", path)
    assert status == 200, answer
    return [one["metadata"]["name"] for one in answer["items"]]


def test_trying_tells_what_would_change(applied: list[Any]) -> None:
    assert (applied[0].returncode, "hub-h5ffp-metal-us-east-2c" in applied[0].stdout) == (1, True)


def test_the_hub_gets_its_metal_machine_sets(applied: list[Any], hub: ApiServer) -> None:
    assert applied[1].returncode == 0, applied[1].stdout + applied[1].stderr
    assert names(hub, MACHINES) == [f"hub-h5ffp-metal-us-east-2{zone}" for zone in "abc"]


@pytest.mark.usefixtures("applied")
def test_the_hub_gets_both_hosted_clusters_and_their_nodes(hub: ApiServer) -> None:
    assert names(hub, f"{HOSTED}/hostedclusters") == ["cephfs-hcp", "lvm-hcp"]
    assert names(hub, f"{HOSTED}/nodepools") == ["cephfs-hcp", "lvm-hcp"]


@pytest.mark.usefixtures("applied")
def test_their_secrets_are_made_of_what_lies_beside_the_estate(hub: ApiServer) -> None:
    _, answer = hub.request("GET", "/api/v1/namespaces/clusters/secrets/lvm-hcp-pull-secret")
    assert list(answer["data"]) == [".dockerconfigjson"]


@pytest.mark.usefixtures("applied")
def test_their_status_is_told_and_that_nobody_has_made_them(hub: ApiServer, followed: Path) -> None:
    whole, one = (
        ran(followed, command, KUBECONFIG=str(hub.kubeconfig))
        for command in PAGE.blocks("sh")[1].splitlines()
    )
    assert all(name in whole.stdout for name in ("cephfs-hcp", "lvm-hcp"))
    assert (one.returncode, "lvm-hcp" in one.stdout) == (1, True), one.stdout + one.stderr


def test_the_second_time_nothing_is_written(applied: list[Any]) -> None:
    assert (applied[2].returncode, " 0 written" in applied[2].stdout) == (0, True)


def test_no_output_and_no_file_but_the_installer_s_has_the_credential(
    applied: list[Any], followed: Path
) -> None:
    assert not [one for one in applied if KNOWN in one.stdout + one.stderr]
    files = {
        str(one.relative_to(followed))
        for one in followed.rglob("*")
        if one.is_file() and KNOWN in one.read_text(encoding="utf-8")
    }
    assert files == {"hosted/pull-secret.txt", "installing/install-config.yaml"}
