"""What nodes hold as files: where it goes, what it says, and what it never names."""

from __future__ import annotations

from base64 import b64decode
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from hyperleaf.render.manifest import Step
from hyperleaf.render.node import nftables, sysctl
from hyperleaf.render.nodes import node_files
from properties.generating import document, head, planned

NET = document(
    "Network",
    "red",
    vlan=100,
    subnets=["172.20.100.0/24"],
    egress="nat",
    attach=[{"cluster": "prod", "namespaces": ["red"]}],
)
OURS = ["br10100", "br5002", "br16777215", "vrf20100", "vrf5002", "vrf9"]
OTHERS = ["br-ex", "br-int", "br-1928", "brv40", "brutrunk", "vrf-blue", "ovn-k8s-mp0", "ens5"]


def rendered(documents: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {one.cluster.name: list(node_files(one)) for one in planned(documents).clusters}


def standalone(**primary: Any) -> list[dict[str, Any]]:
    cluster = document(
        "Cluster",
        "room",
        role="standalone",
        version="4.18.1",
        platform={"baremetal": {}},
        networks={"machine": ["10.10.0.0/24"], "transit": ["100.88.0.0/16", "fd97::/64"]},
        nodePools=[
            {"name": "one", "replicas": 1, "leaf": True, "uplinks": {"primary": primary}},
        ],
    )
    return [head()[0], cluster, *head()[1:2]]


def machine_config(documents: list[dict[str, Any]], cluster: str = "room") -> dict[str, Any]:
    (only,) = rendered(documents)[cluster]
    value: dict[str, Any] = only.value
    return value


def files(config: dict[str, Any]) -> dict[str, str]:
    return {
        one["path"]: b64decode(one["contents"]["source"].partition("base64,")[2]).decode()
        for one in config["spec"]["config"]["storage"]["files"]
    }


def test_a_hosted_clusters_files_are_a_config_map_of_its_hub() -> None:
    (edge, prod) = rendered([*head(), NET])["hub"]
    assert [edge.name, prod.name] == ["hyperleaf-leaf-edge", "hyperleaf-leaf-prod"]
    assert {prod.namespace, edge.namespace} == {"clusters"}
    assert prod.step is Step.MACHINE_CONFIGS


def test_a_hosted_cluster_itself_gets_none() -> None:
    assert rendered([*head(), NET])["prod"] == []


def test_the_config_map_holds_a_machine_config_of_workers() -> None:
    config = yaml.safe_load(rendered([*head(), NET])["hub"][0].value["data"]["config"])
    assert config["kind"] == "MachineConfig"
    assert config["metadata"]["name"] == "50-hyperleaf-leaf"
    role = config["metadata"]["labels"]["machineconfiguration.openshift.io/role"]
    assert role == "worker"
    assert config["spec"]["config"]["ignition"] == {"version": "3.4.0"}


def test_a_standalone_cluster_gets_the_machine_config_as_an_object() -> None:
    assert machine_config(standalone(kind="br-ex"))["kind"] == "MachineConfig"


def test_a_cluster_without_leaves_gets_no_files() -> None:
    documents = standalone(kind="br-ex")
    documents[1]["spec"]["nodePools"][0]["leaf"] = False
    assert rendered(documents)["room"] == []


def test_the_dispatcher_script_may_be_executed_and_the_others_only_read() -> None:
    config = machine_config(standalone(kind="br-ex"))
    modes = {one["path"]: one["mode"] for one in config["spec"]["config"]["storage"]["files"]}
    assert modes == {
        "/etc/NetworkManager/dispatcher.d/50-hyperleaf": 0o755,
        "/etc/hyperleaf/nftables.nft": 0o644,
        "/etc/sysctl.d/90-hyperleaf.conf": 0o644,
    }


def test_filters_are_loaded_before_any_network_is_there() -> None:
    (unit,) = machine_config(standalone(kind="br-ex"))["spec"]["config"]["systemd"]["units"]
    assert unit["enabled"] is True
    assert "Before=network-pre.target" in unit["contents"]
    assert "ExecStart=/usr/sbin/nft -f /etc/hyperleaf/nftables.nft" in unit["contents"]


def test_every_range_of_hosts_is_out_of_a_tenants_reach() -> None:
    rules = files(machine_config(standalone(kind="br-ex")))[nftables.PATH]
    four, six = (rules.split(f"set {name}")[1].split("}\n\n")[0] for name in ("hosts4", "hosts6"))
    for one in ("10.128.0.0/14", "172.30.0.0/16", "100.64.0.0/16", "169.254.0.0/16"):
        assert one in four
    assert six.count("fd97::/64") == 1
    for one in ("fd69::/112", "fd98::/64", "fd00:ec2::254/128"):
        assert one in six


def test_a_tenant_leaves_only_by_the_uplink_of_some_pool() -> None:
    documents = standalone(kind="br-ex")
    pools = documents[1]["spec"]["nodePools"]
    pools.append(
        {"name": "two", "replicas": 1, "leaf": True, "uplinks": {"primary": {"nic": "ens5"}}}
    )
    rules = files(machine_config(documents))[nftables.PATH]
    assert 'oifname != { "br-ex", "ens5" } counter drop' in rules


def test_where_a_pool_does_not_say_its_uplink_none_is_ruled_out() -> None:
    rules = files(machine_config(standalone(kind="nic")))[nftables.PATH]
    assert "oifname != {" not in rules


@pytest.mark.parametrize("device", OURS)
def test_filters_know_devices_of_tenants(device: str) -> None:
    assert any(fnmatchcase(device, one) for one in nftables.TENANTS)


@pytest.mark.parametrize("device", OTHERS)
def test_filters_leave_other_devices_alone(device: str) -> None:
    assert not any(fnmatchcase(device, one) for one in nftables.TENANTS)


@pytest.mark.parametrize("device", OURS)
def test_settings_know_devices_of_tenants(device: str) -> None:
    assert fnmatchcase(device, sysctl.BRIDGES) or fnmatchcase(device, sysctl.VRFS)


@pytest.mark.parametrize("device", OTHERS)
def test_settings_leave_other_devices_alone(device: str) -> None:
    assert not fnmatchcase(device, sysctl.BRIDGES)
    assert not fnmatchcase(device, sysctl.VRFS)


def test_no_setting_is_given_twice() -> None:
    keys = [one.key for one in sysctl.settings()]
    assert len(keys) == len(set(keys))


def test_the_settings_file_says_each_setting() -> None:
    lines = sysctl.sysctl().splitlines()
    assert [line.removeprefix("-") for line in lines if line and not line.startswith("#")] == [
        f"{one.key} = {one.value}" for one in sysctl.settings()
    ]


def test_routers_on_the_way_out_are_heard_whatever_their_address() -> None:
    lines = sysctl.sysctl(["br-ex", "bond0.100"]).splitlines()
    assert lines[-2:] == [
        "net/ipv4/conf/br-ex/rp_filter = 0",
        "net/ipv4/conf/bond0.100/rp_filter = 0",
    ]
