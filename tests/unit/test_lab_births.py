"""What a node has from birth, and what nmstate would read of it."""

from __future__ import annotations

import json
from ipaddress import ip_interface, ip_network

import pytest

from hyperleaf.lab import births, ovs
from hyperleaf.lab.agents import policies
from hyperleaf.lab.agents.captures import CaptureError, fill, resolve
from hyperleaf.lab.facts import Node

OWN_ADDRESS = {"family": "inet", "local": "10.0.0.21", "prefixlen": 20}
LINKS = [
    {"ifname": "ovs-system", "mtu": 1500, "address": "0a:00:00:00:00:99"},
    {"ifname": "ens5", "mtu": 9001, "address": "0a:00:00:00:00:01"},
    {"ifname": "lo", "mtu": 65536, "link_type": "loopback"},
    {"ifname": "br-ex", "mtu": 9001, "address": "0a:00:00:00:00:01", "addr_info": [OWN_ADDRESS]},
]
TYPED = (("ens5", "ethernet"), ("br-ex", "ovs-bridge"), ("br-ex", "ovs-interface"))
STATE = policies.state(json.dumps(LINKS), "[]", TYPED)
MAC = "{{ capture.uplink.interfaces.0.mac-address }}"


def _node(kind: str = "br-ex", uplink: str = "br-ex", *below: str, second: str = "") -> Node:
    addresses = tuple(ip_interface(one) for one in ("10.0.0.21/20", second) if one)
    pods, services = (ip_network("10.132.0.0/14"),), (ip_network("172.30.0.0/16"),)
    return Node(
        *("prod-1", "prod", "prod", addresses),
        uplink=uplink,
        kind=kind,
        below=below or ("ens5",),
        pod=ip_interface("10.132.0.2/23"),  # type: ignore[arg-type] # IPv4
        pods=pods,
        services=services,
    )


def test_nmstate_shows_br_ex_twice_the_bridge_first() -> None:
    assert [(one["name"], one["type"]) for one in STATE["interfaces"]] == [
        ("br-ex", "ovs-bridge"),
        ("br-ex", "ovs-interface"),
        ("ens5", "ethernet"),
        ("lo", "loopback"),
    ]


def test_an_uplink_captured_by_its_place_is_the_bridge_which_has_no_mac() -> None:
    found = resolve({"uplink": 'interfaces.name=="br-ex"'}, STATE)
    with pytest.raises(CaptureError, match="nothing was captured"):
        fill(MAC, found)


def test_an_uplink_captured_by_its_type_has_the_node_s_mac() -> None:
    capture = {"named": 'interfaces.name=="br-ex"'}
    capture["uplink"] = 'capture.named | interfaces.type=="ovs-interface"'
    assert fill(MAC, resolve(capture, STATE)) == "0A:00:00:00:00:01"


def test_addresses_are_in_the_state() -> None:
    found = resolve({"uplink": 'interfaces.type=="ovs-interface"'}, STATE)
    assert fill("{{ capture.uplink.interfaces.0.ipv4.address.0.ip }}", found) == "10.0.0.21"


def test_the_services_of_a_cluster_are_behind_ovn_s_own_hop() -> None:
    assert "route add 172.30.0.0/16 via 169.254.169.4 dev br-ex" in list(births.cluster(_node()))


def test_other_nodes_pods_are_behind_the_management_port() -> None:
    lines = list(births.cluster(_node()))
    assert "route add 10.132.0.0/14 via 10.132.0.1 dev ovn-k8s-mp0" in lines


def test_what_is_not_the_cluster_s_own_is_not_forwarded() -> None:
    rules = "".join(births.restriction(_node()))
    assert "hook forward priority filter; policy drop;" in rules
    assert "ip daddr 172.30.0.0/16 accept" in rules


def test_a_cluster_without_ipv6_restricts_none() -> None:
    assert "ip6" not in "".join(births.restriction(_node()))
    assert "table ip6 filter" in "".join(births.restriction(_node(second="2001:db8::21/64")))


def test_a_node_on_a_vlan_says_which() -> None:
    assert births.vlan(_node("vlan", "ens5.10")) == 10
    assert births.vlan(_node()) == 0


def test_a_bond_takes_its_nics() -> None:
    lines = list(births.uplink(_node("bond", "bond0", "ens5", "ens6")))
    assert [one for one in lines if "master" in one] == [
        "link set ens5 master bond0",
        "link set ens6 master bond0",
    ]


def test_what_comes_in_for_the_node_s_mac_is_the_node_s() -> None:
    flows = list(ovs.flows("ens5", "0a:00:00:00:00:01", (4,)))
    assert "priority=10,table=1,dl_dst=0a:00:00:00:00:01,actions=LOCAL" in flows
    commit = "ct(commit,zone=64000,exec(set_field:0x2->ct_mark))"
    assert f"priority=100,table=0,in_port=LOCAL,ip,actions={commit},output:ens5" in flows
