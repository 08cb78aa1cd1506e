"""What an estate means, in its own words: the two sides of every difference."""

from __future__ import annotations

from hyperleaf.plan.clusters import plan
from hyperleaf.plan.meaning import Meaning, meaning
from unit.writing_estates import FABRIC, HUB, PROD, document, estate_of, network

RED = network(
    "red",
    "vlan: 100, subnets: [172.20.100.0/24], dhcp: {servers: [172.16.5.10]}, "
    "attach: [{cluster: prod, namespaces: [red, pink]}]",
)


def meant(*texts: str) -> Meaning:
    return meaning(plan(estate_of(*texts)))


def changed(before: Meaning, after: Meaning) -> set[tuple[str, str, str]]:
    """Return kind, name and word of everything that differs."""
    return {
        (kind, name, word)
        for kind in before
        for name in before[kind].keys() | after[kind].keys()
        for word in before[kind].get(name, {}).keys() | after[kind].get(name, {}).keys()
        if before[kind].get(name, {}).get(word) != after[kind].get(name, {}).get(word)
    }


def test_a_network_s_derived_numbers_are_told() -> None:
    red = meant(FABRIC, HUB, PROD, RED)["networks"]["red"]
    assert red["vni"] == "10100"
    assert red["gateways"] == ["172.20.100.1/24"]
    assert red["vrf"] == "red"


def test_every_namespace_of_an_attachment_is_told() -> None:
    red = meant(FABRIC, HUB, PROD, RED)["networks"]["red"]
    assert red["attached in prod"] == ["pink/red", "red/red"]


def test_another_dhcp_server_is_one_difference() -> None:
    before = meant(FABRIC, HUB, PROD, RED)
    after = meant(FABRIC, HUB, PROD, RED.replace("172.16.5.10", "172.16.5.11"))
    assert changed(before, after) == {("networks", "red", "dhcp servers")}


def test_a_pool_grown_is_one_difference() -> None:
    grown = PROD.replace("leaf: true", "leaf: true, replicas: 9")
    before, after = meant(FABRIC, HUB, PROD, RED), meant(FABRIC, HUB, grown, RED)
    assert changed(before, after) == {("clusters", "prod", "pool metal replicas")}


def test_a_leak_is_told_with_both_its_ways() -> None:
    blue = document("VRF", "blue", "vni: 5002, leaks: [{with: default, import: [10.66.0.0/16]}]")
    assert meant(FABRIC, HUB, PROD, RED, blue)["vrfs"]["blue"]["leak with default import"] == [
        "10.66.0.0/16"
    ]


def test_a_border_s_own_address_in_a_network_is_told() -> None:
    border = meant(FABRIC, HUB, PROD, RED)["borders"]["dc-2"]
    assert border["own address in red"] == ["172.20.100.253/24"]


def test_the_order_of_documents_means_nothing() -> None:
    assert meant(FABRIC, HUB, PROD, RED) == meant(RED, PROD, HUB, FABRIC)


def test_an_option_that_nobody_states_is_not_told() -> None:
    red = meant(FABRIC, HUB, PROD, RED)["networks"]["red"]
    assert "uplink" not in red
    assert "sriov" not in red


def test_what_is_installed_in_a_cluster_is_told_and_so_is_every_change_of_it() -> None:
    hub = (
        "role: hub, version: 4.16.18, platform: {baremetal: {}}, networks: {machine: [10.0.0.0/16]}"
        ", operators: {lvmStorage: {}, multiclusterEngine: {channel: stable-2.6}}"
        ", storage: {lvm: {deviceClasses: [{name: vg1, paths: [/dev/sdb]}]}}"
        ", remediation: [{name: workers, minHealthy: 51%}]"
    )
    before = meant(document("Cluster", "room", hub))
    told = before["clusters"]["room"]
    assert told["operator lvmStorage"] == "stable-4.16 of redhat-operators, automatic approval"
    assert told["device class vg1 of lvmcluster"] == ["xfs", "nodes: every worker", "disk /dev/sdb"]
    other = hub.replace("stable-2.6", "stable-2.7").replace("51%", "66%").replace("sdb", "sdc")
    after = meant(document("Cluster", "room", other))
    assert changed(before, after) == {
        ("clusters", "room", "operator multiclusterEngine"),
        ("clusters", "room", "device class vg1 of lvmcluster"),
        ("clusters", "room", "watch over nodes workers"),
    }
