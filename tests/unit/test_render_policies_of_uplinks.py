"""The policies of other uplinks: what the node's own NICs, bonds and VLANs carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.plan.clusters import plan
from hyperleaf.render.uplinks import uplink_policies
from unit.writing_estates import document, estate_of, network

if TYPE_CHECKING:
    from hyperleaf.render.manifest import Manifest

ATTACHED = "attach: [{cluster: room, namespaces: [ns]}]"
NODE_ONLY = "attach: [{cluster: room}]"
OFF = {"enabled": False}
NIC = "nic: ens2"
BOND = "bond: {mode: 802.3ad, nics: [ens1, ens2]}, mtu: 9000"


def room(uplink: str, more: str = "") -> str:
    """Return a cluster whose only pool has an uplink `trunk`."""
    return document(
        "Cluster",
        "room",
        "role: standalone, version: 4.18.1, platform: {baremetal: {}}, "
        "networks: {machine: [10.10.0.0/24]}, "
        f"nodePools: [{{name: hv, uplinks: {{trunk: {{{uplink}}}}}}}]{more}",
    )


def vlan(name: str, number: int, more: str) -> str:
    """Return a network on a VLAN of `trunk`."""
    return network(name, f"transport: vlan, vlan: {number}, uplink: trunk, {more}")


def untagged(name: str, more: str) -> str:
    """Return a network of the untagged frames of `trunk`."""
    return network(name, f"transport: untagged, uplink: trunk, {more}")


def rendered(*texts: str) -> list[Manifest]:
    """Return the policies of the room's uplinks."""
    (cluster,) = plan(estate_of(*texts)).clusters
    return [one for uplink in cluster.uplinks for one in uplink_policies(uplink)]


def interfaces(manifest: Manifest) -> dict[str, Any]:
    """Return a policy's interfaces by name, in their order."""
    return {one["name"]: one for one in manifest.value["spec"]["desiredState"]["interfaces"]}


def test_a_guests_vlan_is_a_device_and_a_bridge_without_addresses() -> None:
    (policy,) = rendered(room(NIC), vlan("office", 40, ATTACHED))
    assert policy.value["spec"]["desiredState"]["interfaces"] == [
        {"name": "ens2", "type": "ethernet", "state": "up", "ipv4": OFF, "ipv6": OFF},
        {
            "name": "ens2.40",
            "type": "vlan",
            "state": "up",
            "mtu": 1500,
            "vlan": {"base-iface": "ens2", "id": 40},
            "ipv4": OFF,
            "ipv6": OFF,
        },
        {
            "name": "brv40",
            "type": "linux-bridge",
            "state": "up",
            "mtu": 1500,
            "ipv4": OFF,
            "ipv6": OFF,
            "bridge": {
                "options": {"stp": {"enabled": False}},
                "port": [{"name": "ens2.40", "vlan": {}}],
            },
        },
    ]


def test_the_policy_is_named_by_pool_and_uplink_and_selects_the_pool() -> None:
    (policy,) = rendered(room(NIC), vlan("office", 40, ATTACHED))
    assert policy.name == "hyperleaf-uplink-hv-trunk"
    assert policy.value["apiVersion"] == "nmstate.io/v1"
    assert policy.value["spec"]["nodeSelector"] == {"hyperleaf.dev/pool": "hv"}


def test_vlans_come_in_the_order_of_their_ids() -> None:
    (policy,) = rendered(room(NIC), *(vlan(f"n{i}", i, ATTACHED) for i in (100, 20, 3)))
    assert list(interfaces(policy)) == [
        *("ens2", "ens2.3", "brv3", "ens2.20", "brv20", "ens2.100", "brv100")
    ]


def test_a_bond_is_made_of_its_nics() -> None:
    (policy,) = rendered(room(BOND), vlan("office", 40, ATTACHED))
    assert interfaces(policy)["trunk"] == {
        "name": "trunk",
        "type": "bond",
        "state": "up",
        "mtu": 9000,
        "ipv4": OFF,
        "ipv6": OFF,
        "link-aggregation": {"mode": "802.3ad", "port": ["ens1", "ens2"]},
    }


def test_untagged_frames_reach_a_bridge_of_the_nic_itself() -> None:
    (policy,) = rendered(room(NIC), untagged("factory", ATTACHED))
    assert list(interfaces(policy)) == ["ens2", "brutrunk"]
    assert interfaces(policy)["brutrunk"]["bridge"]["port"] == [{"name": "ens2", "vlan": {}}]


def test_a_lease_gives_the_node_an_address_and_neither_routes_nor_resolvers() -> None:
    (policy,) = rendered(
        room(NIC), vlan("storage", 30, f"role: storage, addresses: dhcp, {NODE_ONLY}")
    )
    assert interfaces(policy)["ens2.30"]["ipv4"] == {
        "enabled": True,
        "dhcp": True,
        "auto-dns": False,
        "auto-gateway": False,
        "auto-routes": False,
    }


def test_the_node_s_lease_is_the_bridge_s_where_guests_share_the_network() -> None:
    (policy,) = rendered(room(NIC), vlan("mixed", 30, f"addresses: dhcp, {ATTACHED}"))
    assert interfaces(policy)["ens2.30"]["ipv4"] == OFF
    assert interfaces(policy)["brv30"]["ipv4"]["dhcp"] is True


def test_a_lease_on_the_untagged_nic_is_the_nic_s() -> None:
    (policy,) = rendered(
        room(NIC), untagged("cabled", f"role: storage, addresses: dhcp, {NODE_ONLY}")
    )
    assert interfaces(policy)["ens2"]["ipv4"]["dhcp"] is True


PINNED = vlan(
    "storage",
    30,
    "role: storage, subnets: [10.1.0.0/24], addresses: pinned, "
    f"pinned: {{hv-1: 10.1.0.11, hv-2: 10.1.0.12}}, {NODE_ONLY}",
)


def test_pinned_addresses_cost_a_policy_a_node() -> None:
    names = [one.name for one in rendered(room(NIC), PINNED)]
    assert names == [
        "hyperleaf-uplink-hv-trunk",
        "hyperleaf-uplink-hv-trunk-hv-1",
        "hyperleaf-uplink-hv-trunk-hv-2",
    ]


def test_a_node_s_policy_sets_its_address_and_stands_on_no_other_policy() -> None:
    _, first, _ = rendered(room(BOND), PINNED, vlan("office", 40, ATTACHED))
    made = interfaces(first)
    assert list(made) == ["trunk", "trunk.30"]
    assert made["trunk.30"]["ipv4"]["address"] == [{"ip": "10.1.0.11", "prefix-length": 24}]
    assert first.value["spec"]["nodeSelector"] == {
        "hyperleaf.dev/pool": "hv",
        "kubernetes.io/hostname": "hv-1",
    }
    assert "hyperleaf.dev/per-node" in first.value["metadata"]["annotations"]


def test_the_pool_s_policy_leaves_pinned_addresses_alone() -> None:
    whole, *_ = rendered(room(NIC), PINNED)
    assert interfaces(whole)["ens2.30"].keys().isdisjoint({"ipv4", "ipv6"})


def test_the_pool_s_policy_leaves_addresses_pinned_on_the_nic_itself_alone() -> None:
    pinned = untagged(
        "cabled",
        "role: storage, subnets: [10.1.0.0/24], addresses: pinned, "
        f"pinned: {{hv-1: 10.1.0.11}}, {NODE_ONLY}",
    )
    whole, node = rendered(room(NIC), pinned)
    assert interfaces(whole)["ens2"].keys().isdisjoint({"ipv4", "ipv6"})
    assert interfaces(node)["ens2"]["ipv4"]["address"][0]["ip"] == "10.1.0.11"


def by_hand() -> dict[str, Any]:
    """Return the object that the document's author wrote by hand (rows 4.15-4.16)."""

    def link(name: str, kind: str) -> dict[str, Any]:
        return {"name": name, "type": kind, "state": "up", "ipv4": OFF, "ipv6": OFF}

    made = [link("ens224", "ethernet")]
    for number in (1925, 1926, 1927, 1928):
        device = f"ens224.{number}"
        made.append({**link(device, "vlan"), "vlan": {"base-iface": "ens224", "id": number}})
        bridge = {
            "options": {"stp": {"enabled": False}},
            "port": [{"name": device, "vlan": {}}],
        }
        made.append({**link(f"br-{number}", "linux-bridge"), "bridge": bridge})
    return {
        "apiVersion": "nmstate.io/v1beta1",
        "kind": "NodeNetworkConfigurationPolicy",
        "metadata": {"name": "ens224-policy"},
        "spec": {
            "nodeSelector": {"machine.openshift.io/cluster-api-machineset": "hub-7vxwj-cnv"},
            "desiredState": {"interfaces": made},
        },
    }


def test_a_hand_written_policy_is_taken_over_as_it_was_but_for_our_mark() -> None:
    label = "machine.openshift.io/cluster-api-machineset: hub-7vxwj-cnv"
    taken = f", compatibility: {{policy: ens224-policy, nodeSelector: {{{label}}}}}"
    vlans = document(
        "NetworkSet", "vlan", f"vlans: 1925-1928, transport: vlan, uplink: trunk, {ATTACHED}"
    )
    (policy,) = rendered(room("nic: ens224", taken), vlans)
    value = {**policy.value, "metadata": {"name": policy.name}}
    assert value == by_hand()
    assert policy.value["metadata"].keys() == {"name", "labels", "annotations"}
