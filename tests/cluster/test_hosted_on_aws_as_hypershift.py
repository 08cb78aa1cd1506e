"""What a hub makes a hosted cluster on AWS from is what HyperShift's own code would create."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cluster import hosting
from judges import hcp
from unit.hosted_estates import AWS, FACTS

if TYPE_CHECKING:
    from pathlib import Path

    from judges.apiserver import ApiServer

pytestmark = [pytest.mark.judge, pytest.mark.usefixtures("hcp_command")]
FOUND: dict[str, Any] = yaml.safe_load(FACTS)["clusters"]["prod"]
CRDS = ("hostedclusters.hypershift.openshift.io", "nodepools.hypershift.openshift.io")
# HyperShift's command makes a pool for each zone, all of one kind, and none with files or labels.
POOLS: dict[str, tuple[str, dict[str, Any], str, int, str]] = {
    "prod-workers": ("us-east-1b", {"InstanceType": "m5.2xlarge"}, "amd64", 3, "1m0s"),
    "prod-metal-x86": (
        "us-east-1a",
        {"InstanceType": "m5.metal", "RootVolumeSize": 200},
        "amd64",
        2,
        "0s",
    ),
    "prod-metal-arm": ("us-east-1a", {"InstanceType": "c6g.metal"}, "arm64", 1, "0s"),
}
NANOSECONDS = {"1m0s": 60 * 10**9, "0s": 0}


def infrastructure(zones: list[str]) -> dict[str, Any]:
    """Return the facts about the cloud as HyperShift's command writes them."""
    found = FOUND["aws"]
    return {
        "region": "us-east-1",
        "infraID": FOUND["infraID"],
        "machineCIDR": "10.0.16.0/20",
        "vpcID": found["vpc"],
        "zones": [{"name": zone, "subnetID": found["subnets"][zone]} for zone in zones],
        "name": "prod",
        "baseDomain": "example.com",
        "publicZoneID": found["publicZone"],
        "privateZoneID": found["privateZone"],
    }


def roles() -> dict[str, Any]:
    """Return the facts about roles as HyperShift's command writes them."""
    found = FOUND["aws"]
    return {
        "region": "us-east-1",
        "profileName": f"{FOUND['infraID']}-worker",
        "infraID": FOUND["infraID"],
        "issuerURL": found["issuerURL"],
        "roles": {f"{name}ARN": arn for name, arn in found["roles"].items()},
    }


def by_hypershift(
    server: ApiServer, pool: str = "prod-workers", zones: list[str] | None = None
) -> dict[str, Any]:
    """Return the objects that HyperShift's code makes, by kind, as if the cluster had one pool."""
    zone, machine, arch, replicas, drained = POOLS[pool]
    options = {
        "Name": "prod",
        "Namespace": "clusters",
        "ReleaseImage": f"{hosting.RELEASE}:4.16.18-multi",
        "PullSecretFile": "pull-secret.txt",
        "InfrastructureJSON": "infra.json",
        "Arch": arch,
        "NetworkType": "OVNKubernetes",
        "ClusterCIDR": ["10.132.0.0/14"],
        "ServiceCIDR": ["172.31.0.0/16"],
        "ControlPlaneAvailabilityPolicy": "HighlyAvailable",
        "InfrastructureAvailabilityPolicy": "HighlyAvailable",
        "OLMCatalogPlacement": "management",
        "AutoRepair": True,
        "NodeUpgradeType": "Replace",
        "NodePoolReplicas": replicas,
        "NodeDrainTimeout": NANOSECONDS[drained],
        "AWSPlatform": {
            "IAMJSON": "iam.json",
            "EndpointAccess": "PublicAndPrivate",
            "AdditionalTags": ["team=one"],
            "MultiArch": True,
            "RootVolumeType": "gp3",
            "RootVolumeSize": 120,
            **machine,
        },
    }
    files = {
        **hosting.FILES,
        "infra.json": json.dumps(infrastructure(zones or [zone])),
        "iam.json": json.dumps(roles()),
    }
    server.load_crds(CRDS)
    return {one["kind"]: one for one in hcp.render_aws(options, files, server.kubeconfig)}


def by_us(folder: Path) -> dict[tuple[str, str], Any]:
    """Return the objects that we make of the estate and the facts."""
    (folder / "estate.yaml").write_text(AWS)
    (folder / "facts.yaml").write_text(FACTS)
    return hosting.made_by_us(folder / "estate.yaml", facts=folder / "facts.yaml")


def test_the_hosted_cluster_is_the_same(apiserver: ApiServer, tmp_path: Path) -> None:
    theirs = by_hypershift(apiserver, zones=["us-east-1a", "us-east-1b"])["HostedCluster"]
    assert hosting.differences(theirs, by_us(tmp_path)["HostedCluster", "prod"]) == []


@pytest.mark.parametrize("pool", POOLS)
def test_a_node_pool_is_the_same_but_for_its_name_labels_and_files(
    apiserver: ApiServer, tmp_path: Path, pool: str
) -> None:
    theirs, ours = by_hypershift(apiserver, pool)["NodePool"], by_us(tmp_path)["NodePool", pool]
    ours["metadata"]["name"] = theirs["metadata"]["name"]
    for field in ("nodeLabels", "config"):
        ours["spec"].pop(field, None)
    assert hosting.differences(theirs, ours) == []
