"""The page on AWS, run from an empty account to the hub's objects, as far as simulators reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from judges import pages
from judges.apiserver import ApiServer, api_server
from judges.aws import Aws, aws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BLOCKS = pages.how_to("aws.md").blocks("sh")
HOSTED = "/apis/hypershift.openshift.io/v1beta1/namespaces/clusters"
KEY = "wJalrXUtnFEMI/K7MDENG/ofHyperShift"
CREDENTIALS = f"[default]\naws_access_key_id=AKIAIOSFODNN7OFUSER0\naws_secret_access_key={KEY}\n"

pytestmark = pytest.mark.judge


class Followed:
    """What came of the page: what each block printed, and the account in between."""

    def __init__(self, folder: Path, account: Aws, hub: ApiServer) -> None:
        self.folder, self.hub = folder, hub
        self.before = account.snapshot()
        self.said: list[str] = []
        environment = account.env | {"KUBECONFIG": str(hub.kubeconfig)}
        for block in BLOCKS:
            if "hyperleaf apply" in block:  # the administrator has made the key, as the page says
                (folder / "lab" / "aws-credentials").write_text(CREDENTIALS)
                self._let_it_know_its_kinds()
            if "hyperleaf down" in block:
                self.writes = account.writes()
            self.said.append(pages.followed(folder, block, environment, 300))
        self.after = account.snapshot()

    def _let_it_know_its_kinds(self) -> None:
        for file in (self.folder / "out" / "clusters" / "hub").rglob("*.yaml"):
            one = yaml.safe_load(file.read_text(encoding="utf-8"))
            if "crds" not in file.parts:
                assert self.hub.resource(one["apiVersion"], one["kind"]), file.name

    def of(self, command: str) -> list[str]:
        """Return what the blocks with a command printed."""
        return [said for block, said in zip(BLOCKS, self.said, strict=True) if command in block]

    def facts(self) -> Any:
        """Return what was found of the clusters."""
        return yaml.safe_load((self.folder / "facts.yaml").read_text(encoding="utf-8"))["clusters"]


@pytest.fixture(scope="module")
def page(
    needed: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Followed]:
    """Follow the page once, in an empty account and with a hub that was just installed."""
    needed("apiserver", "crds")
    with aws() as account, api_server() as hub:
        hub.ensure_namespace("local-cluster")  # multicluster engine makes it
        yield Followed(tmp_path_factory.mktemp("page"), account, hub)


def test_a_dry_run_says_what_would_be_made(page: Followed) -> None:
    (said,) = page.of("--dry-run")
    assert "AWS::S3::Bucket" in said
    assert "Nothing was made" in said


def test_the_facts_file_is_written_anew_from_what_is_there(page: Followed) -> None:
    assert page.of("cmp before.yaml facts.yaml")
    assert list(page.facts()) == ["edge", "hub", "prod"]


def test_the_installer_is_told_of_the_vpc(page: Followed) -> None:
    path = page.folder / "installing" / "install-config.yaml"
    told = yaml.safe_load(path.read_text(encoding="utf-8"))["platform"]["aws"]
    made = page.facts()["hub"]["aws"]
    both = [*made["subnets"].values(), *made["publicSubnets"].values()]
    assert (told["subnets"], told["hostedZone"]) == (sorted(both), made["privateZone"])


def test_the_hub_takes_hosted_clusters_with_the_real_ids(page: Followed) -> None:
    _, answer = page.hub.request("GET", f"{HOSTED}/hostedclusters/prod")
    made, spec = page.facts()["prod"], answer["spec"]
    assert spec["infraID"] == made["infraID"]
    assert spec["platform"]["aws"]["cloudProviderConfig"]["vpc"] == made["aws"]["vpc"]
    assert spec["dns"]["privateZoneID"] == made["aws"]["privateZone"]
    assert spec["issuerURL"] == made["aws"]["issuerURL"]


def test_the_hub_takes_node_pools_in_the_fabric_s_group(page: Followed) -> None:
    _, answer = page.hub.request("GET", f"{HOSTED}/nodepools/prod-metal-x86")
    made, told = page.facts()["prod"]["aws"], answer["spec"]["platform"]["aws"]
    assert told["subnet"]["id"] in made["subnets"].values()
    assert told["securityGroups"] == [{"id": made["securityGroups"]["leaves"]}]


def test_the_hypershift_operator_is_given_the_bucket(page: Followed) -> None:
    path = "/api/v1/namespaces/local-cluster/secrets/"
    name = "hypershift-operator-oidc-provider-s3-credentials"
    status, answer = page.hub.request("GET", path + name)
    assert (status, sorted(answer["data"])) == (200, ["bucket", "credentials", "region"])


def test_nothing_secret_is_told_or_written(page: Followed) -> None:
    assert not [said for said in page.said if KEY in said]
    there = [
        str(one.relative_to(page.folder))
        for one in page.folder.rglob("*")
        if one.is_file() and KEY in one.read_text(encoding="utf-8", errors="replace")
    ]
    assert there == ["lab/aws-credentials"]


def test_afterwards_the_account_is_as_it_was(page: Followed) -> None:
    assert page.writes
    assert page.after == page.before
