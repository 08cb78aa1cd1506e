"""Settings, attachments, node files and DHCP as the programs that are to read them take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hyperleaf.render.attachments import attachment_manifests
from hyperleaf.render.dhcp import dhcp_files
from hyperleaf.render.nodes import node_files
from hyperleaf.render.settings import setting_manifests
from properties.generating import document, head, planned

if TYPE_CHECKING:
    from hyperleaf.plan.clusters import Plan
    from judges.apiserver import ApiServer
    from judges.kea import Kea

TENANT = document(
    "Network",
    "red",
    vlan=100,
    subnets=["172.20.100.0/24", "2001:db8:0:100::/64"],
    dhcp={"servers": ["172.16.0.53", "2001:db8::53"], "dns": ["172.16.0.54", "2001:db8::54"]},
    attach=[{"cluster": "prod", "namespaces": ["red"]}, {"cluster": "edge", "namespaces": ["r"]}],
)
VIRTUALIZATION = {
    "macPool": "02:10:00:00:00:00-02:10:00:ff:ff:ff",
    "migration": {
        "parallelPerCluster": 5,
        "parallelPerNode": 2,
        "bandwidth": "64Mi",
        "completionTimeoutPerGiB": "150s",
        "progressTimeout": "150s",
    },
    "policies": [
        {
            "name": "databases",
            "match": {"vm": {"tier": "db"}, "namespace": {"env": "prod"}},
            "bandwidth": "4Gi",
            "completionTimeoutPerGiB": "20s",
            "allowPostCopy": False,
            "allowAutoConverge": True,
        }
    ],
}


def room(name: str, version: str) -> dict[str, Any]:
    uplinks = {"trunk": {"nic": "ens1"}, "fast": {"nic": "ens3f0"}}
    return document(
        "Cluster",
        name,
        role="standalone",
        version=version,
        platform={"baremetal": {}},
        networks={"machine": ["10.10.0.0/24"]},
        nodePools=[{"name": "all", "replicas": 2, "leaf": True, "uplinks": uplinks}],
        virtualization=VIRTUALIZATION,
    )


def estate() -> Plan:
    """Return a plan that holds every kind of object at least once."""
    clusters = [{"cluster": name, "namespaces": ["office"]} for name in ("old", "new")]
    bare = [{"cluster": "new"}]
    cut = {"numVfs": 16, "vendor": "8086", "deviceId": "158b"}
    on_trunk: dict[str, Any] = {"transport": "vlan", "uplink": "trunk"}
    return planned(
        [
            *head(),
            room("old", "4.16.8"),
            room("new", "4.21.0"),
            TENANT,
            document("Network", "office", vlan=40, attach=clusters, **on_trunk),
            document("Network", "flat", transport="overlay", attach=clusters),
            document(
                "Network",
                "ring",
                transport="sriov",
                vlan=41,
                uplink="fast",
                sriov=cut,
                attach=clusters,
            ),
            document(
                "Network",
                "moves",
                role="migration",
                vlan=20,
                subnets=["10.10.20.0/24"],
                attach=bare,
                **on_trunk,
            ),
        ]
    )


def objects(plan: Plan, cluster: str) -> list[dict[str, Any]]:
    (one,) = (each for each in plan.clusters if each.cluster.name == cluster)
    made = [*setting_manifests(one), *node_files(one), *attachment_manifests(one)]
    return [each.value for each in sorted(made, key=lambda each: (each.step.wave, each.order))]


@pytest.mark.parametrize("cluster", ["hub", "prod", "old", "new"])
def test_the_api_server_takes_every_object(apiserver: ApiServer, cluster: str) -> None:
    for name in ("openshift-cnv", "clusters", "openshift-sriov-network-operator"):
        apiserver.ensure_namespace(name)
    made = objects(estate(), cluster)
    assert made
    for one in made:
        status, answer = apiserver.apply(one)
        assert status in {200, 201}, (one, answer.get("message"))


def test_the_machine_config_within_a_hubs_config_map_is_a_valid_one(apiserver: ApiServer) -> None:
    (config, _) = (one for one in objects(estate(), "hub") if one["kind"] == "ConfigMap")
    status, answer = apiserver.apply(yaml.safe_load(config["data"]["config"]), dry_run=True)
    assert status in {200, 201}, answer.get("message")


def test_forwarding_is_added_to_settings_that_others_made(apiserver: ApiServer) -> None:
    (ours,) = (one for one in objects(estate(), "prod") if one["kind"] == "Network")
    apiserver.delete(ours)
    spec = {"defaultNetwork": {"type": "OVNKubernetes"}, "disableMultiNetwork": False}
    theirs = {**ours, "metadata": {"name": "cluster"}, "spec": spec}
    assert apiserver.apply(theirs, manager="installer")[0] == 201
    status, answer = apiserver.apply(ours, force=False)
    assert status == 200, answer.get("message")
    assert answer["spec"]["disableMultiNetwork"] is False
    assert answer["spec"]["defaultNetwork"]["type"] == "OVNKubernetes"
    gateway = answer["spec"]["defaultNetwork"]["ovnKubernetesConfig"]["gatewayConfig"]
    assert gateway["ipForwarding"] == "Global"


@pytest.mark.parametrize("family", [4, 6])
def test_kea_takes_its_configuration(kea_judge: Kea, family: int) -> None:
    texts = {one.path: one.text for one in dhcp_files(estate())}
    assert kea_judge.check(family, texts[f"dhcp/kea-dhcp{family}.conf"]) == []
