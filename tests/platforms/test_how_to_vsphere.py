"""The page on vSphere, run at a vCenter and a cluster, as far as simulators reach."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from judges.apiserver import ApiServer, api_server
from judges.vcenter import Vcenter, vcenter
from platforms.vsphere_lab import environment, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "vsphere.md"
TEXT = PAGE.read_text(encoding="utf-8")
SERVER = "vcenter.lab.example.net"
MACHINES = "/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machinesets"

pytestmark = pytest.mark.judge


def blocks(language: str) -> list[str]:
    """Return the page's blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


class Followed:
    """What came of the page: what each block said, and the vCenter before and after."""

    def __init__(self, folder: Path, center: Vcenter, cluster: ApiServer) -> None:
        self.folder, self.cluster = folder, cluster
        for text in blocks("yaml"):
            name = re.match(r"# file: (\S+)\n", text)
            assert name is not None
            (folder / name[1]).write_text(text.replace(SERVER, center.server), encoding="utf-8")
        self.before = snapshot(center)
        self.said: list[str] = []
        for block in blocks("sh"):
            if "hyperleaf apply" in block:
                self.between = snapshot(center)
            self.said.append(self._run(block, center))
        self.after = snapshot(center)

    def _run(self, block: str, center: Vcenter) -> str:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        own = {"PATH": path, "NO_COLOR": "1", "KUBECONFIG": str(self.cluster.kubeconfig)}
        done = subprocess.run(
            ["bash", "-ec", block],
            cwd=self.folder,
            env=environment(center, **own),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def page(
    needed: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Followed]:
    """Follow the page once."""
    needed("vcenter", "apiserver", "crds")
    folder = tmp_path_factory.mktemp("page")
    with vcenter(folder / "vcenter") as center, api_server() as cluster:
        cluster.ensure_namespace("openshift-machine-api")
        for version, kind in (
            ("machine.openshift.io/v1beta1", "MachineSet"),
            ("nmstate.io/v1", "NodeNetworkConfigurationPolicy"),
            ("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition"),
        ):
            assert cluster.resource(version, kind), kind
        yield Followed(folder, center, cluster)


def test_a_dry_run_says_what_would_be_made(page: Followed) -> None:
    assert "+ template hub-7vxwj-rhcos-cnv" in page.said[0]


def test_the_template_is_there_with_a_trunk(page: Followed) -> None:
    made = page.between["machines"]["hub-7vxwj-rhcos-cnv"]
    assert (made["template"], made["virtualization"], len(made["cards"])) == (True, True, 2)


def test_the_facts_name_the_template(page: Followed) -> None:
    found = yaml.safe_load((page.folder / "made.yaml").read_text(encoding="utf-8"))
    assert found == {"clusters": {"hub": {"vsphere": {"template": "hub-7vxwj-rhcos-cnv"}}}}


def test_the_cluster_takes_the_article_s_machine_set(page: Followed) -> None:
    status, answer = page.cluster.request("GET", f"{MACHINES}/hub-7vxwj-cnv")
    assert status == 200
    told = answer["spec"]["template"]["spec"]["providerSpec"]["value"]
    networks = [one["networkName"] for one in told["network"]["devices"]]
    assert (told["template"], told["numCPUs"], told["memoryMiB"], networks) == (
        "hub-7vxwj-rhcos-cnv",
        6,
        16384,
        ["lab-192-168-4-0-b24", "Trunk"],
    )


def test_afterwards_the_vcenter_is_as_it_was(page: Followed) -> None:
    assert (page.after == page.before, page.between == page.before) == (True, False)
