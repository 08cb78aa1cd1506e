"""What a hub makes a hosted cluster on AWS from is what HyperShift's own code would create."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cluster import hosting
from judges import hcp
from unit.hosted_estates import AWS, FACTS

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

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
    server: ApiServer, pool: str = "prod-workers", zones: list[str] | None = None, **stated: Any
) -> dict[str, Any]:
    """Return the objects that HyperShift's code makes, by kind, as if the cluster had one pool.

    `stated` are options that win over the pool's.
    """
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
            **stated.pop("AWSPlatform", {}),
        },
        **stated,
    }
    files = {
        **hosting.FILES,
        "infra.json": json.dumps(infrastructure(zones or [zone])),
        "iam.json": json.dumps(roles()),
    }
    server.load_crds(CRDS)
    return {one["kind"]: one for one in hcp.render_aws(options, files, server.kubeconfig)}


def by_us(folder: Path, estate: str = AWS) -> dict[tuple[str, str], Any]:
    """Return the objects that we make of an estate and the facts."""
    (folder / "estate.yaml").write_text(estate)
    (folder / "facts.yaml").write_text(FACTS)
    return hosting.made_by_us(folder / "estate.yaml", facts=folder / "facts.yaml")


def of_pools(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Return what two NodePools say differently, but for names and what leaves alone have."""
    kept = {k: v for k, v in ours["spec"].items() if k not in {"nodeLabels", "config"}}
    about = ours["metadata"] | {"name": theirs["metadata"]["name"]}
    return hosting.differences(theirs, ours | {"metadata": about, "spec": kept})


def drawn(chance: Random) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return a control plane, a pool, and the options that say the same."""
    which = chance.choice
    availability = ("HighlyAvailable", "SingleReplica")
    control, inner = which(availability), which(availability)
    access = which(("Public", "PublicAndPrivate", "Private"))
    etcd, fips, repair = which(("gp3-csi", "io2-csi")), which((True, False)), which((True, False))
    arch, machine = which((("amd64", "m5.metal"), ("arm64", "c6g.metal"), ("amd64", "m5.large")))
    size, replicas = chance.randint(16, 900), chance.randint(0, 9)
    upgrade, seconds = which(("Replace", "InPlace")), which((0, 45, 90, 3600))
    written = {
        "release": f"{hosting.RELEASE}:4.16.18-multi",
        "availability": control,
        "infrastructureAvailability": inner,
        "endpointAccess": access,
        "etcd": {"storageClass": etcd},
        "fips": fips,
        "nodeSelector": {"node-role.kubernetes.io/infra": ""},
    }
    pool = {
        "arch": arch,
        "instanceType": machine,
        "disk": f"{size}Gi",
        "replicas": replicas,
        "zones": ["us-east-1a"],
        "upgrade": upgrade,
        "autoRepair": repair,
        "drainTimeout": f"{seconds}s",
    }
    told = {"EndpointAccess": access, "AdditionalTags": [], "MultiArch": arch == "arm64"}
    options = {
        "ControlPlaneAvailabilityPolicy": control,
        "InfrastructureAvailabilityPolicy": inner,
        "EtcdStorageClass": etcd,
        "FIPS": fips,
        "NodeSelector": written["nodeSelector"],
        "Arch": arch,
        "NodePoolReplicas": replicas,
        "NodeUpgradeType": upgrade,
        "AutoRepair": repair,
        "NodeDrainTimeout": seconds * 10**9,
        "zones": ["us-east-1a"],
        "AWSPlatform": told | {"InstanceType": machine, "RootVolumeSize": size},
    }
    return written, pool, options


def test_the_hosted_cluster_is_the_same(apiserver: ApiServer, tmp_path: Path) -> None:
    theirs = by_hypershift(apiserver, zones=["us-east-1a", "us-east-1b"])["HostedCluster"]
    assert hosting.differences(theirs, by_us(tmp_path)["HostedCluster", "prod"]) == []


@pytest.mark.parametrize("pool", POOLS)
def test_a_node_pool_is_the_same_but_for_its_name_labels_and_files(
    apiserver: ApiServer, tmp_path: Path, pool: str
) -> None:
    theirs, ours = by_hypershift(apiserver, pool)["NodePool"], by_us(tmp_path)["NodePool", pool]
    assert of_pools(theirs, ours) == []


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chance=st.randoms(use_true_random=False))
def test_drawn_options_make_what_an_estate_makes_that_says_the_same(
    apiserver: ApiServer, tmp_path: Path, chance: Random
) -> None:
    control, pool, options = drawn(chance)
    documents = list(yaml.safe_load_all(AWS))
    documents[-1]["spec"] |= {"controlPlane": control, "nodePools": [{"name": "prod", **pool}]}
    theirs = by_hypershift(apiserver, **options)
    ours = by_us(tmp_path, yaml.safe_dump_all(documents))
    assert hosting.differences(theirs["HostedCluster"], ours["HostedCluster", "prod"]) == []
    assert of_pools(theirs["NodePool"], ours["NodePool", "prod"]) == []
