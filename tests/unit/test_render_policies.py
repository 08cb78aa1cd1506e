"""The policies of leaves: what is captured, what is fixed, and what depends on nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.plan.clusters import plan
from hyperleaf.render import policies
from hyperleaf.render.policies import capture_block, evpn_policies
from hyperleaf.render.text import text
from unit.writing_estates import FABRIC, HUB, PROD, document, estate_of, network

if TYPE_CHECKING:
    from hyperleaf.render.manifest import Manifest

ATTACHED = "attach: [{cluster: prod, namespaces: [ns]}]"
RED = network("red", f"vlan: 100, subnets: [172.20.100.0/24], {ATTACHED}")
BLUE = document("VRF", "blue", "vni: 5002")
FRONT = network(
    "front", f"vlan: 200, vrf: blue, subnets: [172.20.200.0/24, 2001:db8::/64], {ATTACHED}"
)
BACK = network("back", f"vlan: 201, vrf: blue, subnets: [172.20.201.0/24], {ATTACHED}")
TEMPLATE = re.compile(r"\{\{ capture\.([a-z-]+)\.")


def rendered(*texts: str, cluster: str = PROD) -> dict[str, Manifest]:
    """Return the policies of `prod`, by name."""
    clusters = plan(estate_of(FABRIC, HUB, cluster, *texts)).clusters
    leaves = next(one.leaves for one in clusters if one.leaves)
    return {one.name: one for one in evpn_policies(leaves)}


def named(manifests: dict[str, Manifest], start: str) -> dict[str, Any]:
    """Return the spec of the only policy whose name starts so."""
    (found,) = [one for name, one in manifests.items() if name.startswith(start)]
    return dict(found.value["spec"])


def interface(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an interface of the desired state."""
    (found,) = [one for one in spec["desiredState"]["interfaces"] if one["name"] == name]
    return dict(found)


def pool(*primaries: str) -> str:
    """Return `prod` with a pool of leaves for each way its primary uplink is found."""
    pools = ", ".join(
        f"{{name: p{index}, leaf: true, uplinks: {{primary: {{{one}}}}}}}"
        for index, one in enumerate(primaries)
    )
    return PROD.replace("[{name: metal, leaf: true}]", f"[{pools}]")


def pinned(nodes: str) -> str:
    """Return the fabric with tunnel endpoints written down."""
    return FABRIC.replace("  borders:", f"  vtep: {{pinned: {{{nodes}}}}}\n  borders:")


def test_there_is_one_policy_for_the_node_and_one_a_vrf() -> None:
    starts = {name.rpartition("-br-ex-")[0] for name in rendered(RED, BLUE, FRONT, BACK)}
    assert starts == {"hyperleaf-base", "hyperleaf-vrf-red", "hyperleaf-vrf-blue"}


def test_a_policy_selects_leaves_of_its_class_by_our_labels_only() -> None:
    selectors = [one.value["spec"]["nodeSelector"] for one in rendered(RED).values()]
    ours = {"hyperleaf.dev/leaf": "corp", "hyperleaf.dev/uplink": "br-ex"}
    assert selectors == [ours, ours]


def test_the_node_s_address_stands_on_the_loopback_beside_its_own() -> None:
    lo = interface(named(rendered(RED), "hyperleaf-base"), "lo")
    assert lo["ipv4"]["address"] == [
        {"ip": "127.0.0.1", "prefix-length": 8},
        {"ip": "{{ capture.default-route.routes.running.0.source }}", "prefix-length": 32},
    ]


def test_the_node_s_address_stands_on_every_vrf_device() -> None:
    vrf = interface(named(rendered(RED), "hyperleaf-vrf-red"), "vrf20100")
    assert vrf["ipv4"]["address"] == [
        {"ip": "{{ capture.default-route.routes.running.0.source }}", "prefix-length": 32}
    ]


def test_a_vrf_holds_the_router_s_bridge_and_every_segment_s() -> None:
    vrf = interface(named(rendered(BLUE, FRONT, BACK), "hyperleaf-vrf-blue"), "vrf5002")
    assert vrf["vrf"] == {"port": ["br5002", "br10201", "br10200"], "route-table-id": 5002}


def test_the_gateway_is_the_same_on_every_leaf() -> None:
    bridge = interface(named(rendered(RED), "hyperleaf-vrf-red"), "br10100")
    assert bridge["mac-address"] == "02:68:6c:00:27:74"
    assert bridge["ipv4"] == {
        "enabled": True,
        "dhcp": False,
        "address": [{"ip": "172.20.100.1", "prefix-length": 24}],
    }


def test_a_gateway_s_link_local_address_follows_from_its_mac() -> None:
    bridge = interface(named(rendered(BLUE, FRONT), "hyperleaf-vrf-blue"), "br10200")
    assert bridge["ipv6"] == {
        "enabled": True,
        "dhcp": False,
        "autoconf": False,
        "address": [{"ip": "2001:db8::1", "prefix-length": 64}],
        "addr-gen-mode": "eui64",
    }


def test_the_router_s_mac_is_the_node_s_own() -> None:
    bridge = interface(named(rendered(RED), "hyperleaf-vrf-red"), "br20100")
    assert bridge["mac-address"] == "{{ capture.uplink.interfaces.0.mac-address }}"


def test_the_router_s_bridge_has_no_address_but_ipv6_where_the_vrf_has_it() -> None:
    spec = named(rendered(BLUE, FRONT, RED), "hyperleaf-vrf-blue")
    bridge = interface(spec, "br5002")
    assert bridge["ipv4"] == {"enabled": False}
    assert bridge["ipv6"] == {"enabled": True, "dhcp": False, "autoconf": False}


def test_routes_of_ipv6_may_lead_into_a_vrf_that_has_it() -> None:
    spec = named(rendered(BLUE, FRONT, RED), "hyperleaf-vrf-blue")
    assert interface(spec, "vrf5002")["ipv6"]["enabled"] is True


def test_a_vrf_of_ipv4_alone_turns_ipv6_off() -> None:
    spec = named(rendered(RED), "hyperleaf-vrf-red")
    assert interface(spec, "vrf20100")["ipv6"] == {"enabled": False}
    assert interface(spec, "br20100")["ipv6"] == {"enabled": False}
    assert interface(spec, "br10100")["ipv6"] == {"enabled": False}


def test_a_tunnel_learns_nothing_and_leaves_by_the_uplink() -> None:
    tunnel = interface(named(rendered(RED), "hyperleaf-vrf-red"), "vx10100")
    assert tunnel["vxlan"] == {
        "id": 10100,
        "local": "{{ capture.default-route.routes.running.0.source }}",
        "base-iface": "{{ capture.default-route.routes.running.0.next-hop-interface }}",
        "destination-port": 4789,
        "learning": False,
    }


def test_every_bridge_port_keeps_the_operator_from_filtering_vlans() -> None:
    ports = [
        port
        for one in rendered(RED, BLUE, FRONT, BACK).values()
        for made in one.value["spec"]["desiredState"]["interfaces"]
        if "bridge" in made
        for port in made["bridge"]["port"]
    ]
    assert len(ports) == 5
    assert all(port["vlan"] == {} for port in ports)


def test_no_bridge_runs_a_spanning_tree() -> None:
    spec = named(rendered(RED), "hyperleaf-vrf-red")
    assert interface(spec, "br10100")["bridge"]["options"] == {"stp": {"enabled": False}}


def test_no_two_policies_touch_the_same_device() -> None:
    made = [
        one["name"]
        for policy in rendered(RED, BLUE, FRONT, BACK).values()
        for one in policy.value["spec"]["desiredState"]["interfaces"]
    ]
    assert len(made) == len(set(made))


def test_a_policy_names_no_device_but_its_own_and_the_captured() -> None:
    spec = named(rendered(RED, BLUE, FRONT, BACK), "hyperleaf-vrf-blue")
    own = {one["name"] for one in spec["desiredState"]["interfaces"]}
    ports = {
        port["name"]
        for one in spec["desiredState"]["interfaces"]
        for port in one.get("bridge", {}).get("port", ())
    }
    assert ports <= own
    assert set(interface(spec, "vrf5002")["vrf"]["port"]) <= own


def test_a_network_more_changes_the_policy_of_its_own_vrf_alone() -> None:
    before, after = rendered(RED, BLUE, FRONT), rendered(RED, BLUE, FRONT, BACK)
    changed = {name for name in after if before[name].value != after[name].value}
    assert {name.rpartition("-br-ex-")[0] for name in changed} == {"hyperleaf-vrf-blue"}


def test_every_capture_that_a_state_refers_to_is_made() -> None:
    for one in rendered(RED, BLUE, FRONT).values():
        spec = one.value["spec"]
        assert set(TEMPLATE.findall(text(spec["desiredState"]))) <= spec["capture"].keys()


@pytest.mark.parametrize(
    ("kind", "kept"),
    [("br-ex", "ovs-interface"), ("nic", "ethernet"), ("bond", "bond"), ("vlan", "vlan")],
)
def test_the_uplink_is_the_interface_of_its_kind(kind: str, kept: str) -> None:
    assert capture_block(kind, None)["uplink"] == f'capture.named | interfaces.type=="{kept}"'


def test_a_known_device_s_default_route_is_meant_where_there_are_several() -> None:
    assert capture_block("nic", "eth0")["default-route"] == (
        'capture.main-defaults | routes.running.next-hop-interface=="eth0"'
    )


def test_an_edited_capture_block_changes_every_policy_s_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = rendered(RED).keys()
    monkeypatch.setitem(policies.UPLINK_TYPES, "br-ex", "ovs-bridge")
    assert not before & rendered(RED).keys()


def test_an_edited_state_changes_no_policy_s_name() -> None:
    before = rendered(RED)
    after = rendered(RED.replace("vlan: 100,", "vlan: 100, gatewayMac: 02:00:00:00:00:01,"))
    assert before.keys() == after.keys()
    assert named(before, "hyperleaf-vrf-red") != named(after, "hyperleaf-vrf-red")


def test_pools_whose_uplinks_differ_have_policies_of_their_own() -> None:
    made = rendered(RED, cluster=pool("kind: br-ex", "nic: eth0", "kind: bond, nic: bond0"))
    vrfs = {name for name in made if name.startswith("hyperleaf-vrf-red")}
    assert {name.rpartition("-")[0] for name in vrfs} == {
        "hyperleaf-vrf-red-br-ex",
        "hyperleaf-vrf-red-nic-eth0",
        "hyperleaf-vrf-red-bond-bond0",
    }
    assert len({name.rpartition("-")[2] for name in vrfs}) == 3


def test_long_names_stay_apart_and_fit_a_label() -> None:
    long = [
        network("n" * 60 + end, f"vlan: {vlan}, {ATTACHED}") for end, vlan in (("a", 1), ("b", 2))
    ]
    made = rendered(*long)
    assert len(made) == 3
    assert all(len(name) <= 63 for name in made)


def test_a_tunnel_carries_what_the_uplink_leaves_it() -> None:
    spec = named(rendered(RED), "hyperleaf-vrf-red")
    assert interface(spec, "vx10100")["mtu"] == interface(spec, "br10100")["mtu"]
    assert interface(spec, "vx10100")["mtu"] <= 9001 - 50


SMALL = PROD.replace("prod}", "small}").replace("10.0.16.0/20]", "10.0.32.0/20], mtu: 1500")
NEAR = network("near", f"vlan: 1, vrf: blue, {ATTACHED}")
FAR = network("far", "vlan: 2, vrf: blue, attach: [{cluster: small, namespaces: [ns]}]")


@pytest.mark.parametrize("cluster", ["prod", "small"])
def test_a_vrf_s_tunnel_is_as_small_as_the_smallest_path_between_its_sites(cluster: str) -> None:
    clusters = plan(estate_of(FABRIC, HUB, PROD, SMALL, BLUE, NEAR, FAR)).clusters
    (leaves,) = [one.leaves for one in clusters if one.cluster.name == cluster and one.leaves]
    spec = named({one.name: one for one in evpn_policies(leaves)}, "hyperleaf-vrf-blue")
    assert interface(spec, "vx5002")["mtu"] == 1450


def pinned_policies(*texts: str) -> dict[str, Manifest]:
    """Return the policies where two nodes' endpoints are written down."""
    fabric = pinned("w-1: 10.9.0.1, w-2: 10.9.0.2")
    clusters = plan(estate_of(fabric, HUB, PROD, *texts)).clusters
    leaves = next(one.leaves for one in clusters if one.leaves)
    return {one.name: one for one in evpn_policies(leaves)}


def test_pinned_endpoints_cost_a_policy_for_every_node_and_vrf() -> None:
    made = pinned_policies(RED)
    assert set(made) == {
        "hyperleaf-base-w-1",
        "hyperleaf-base-w-2",
        "hyperleaf-vrf-red-w-1",
        "hyperleaf-vrf-red-w-2",
    }
    assert all(
        "hyperleaf.dev/per-node" in one.value["metadata"]["annotations"] for one in made.values()
    )


def test_a_pinned_node_is_picked_by_its_name_among_leaves() -> None:
    spec = pinned_policies(RED)["hyperleaf-vrf-red-w-2"].value["spec"]
    assert spec["nodeSelector"]["kubernetes.io/hostname"] == "w-2"
    assert spec["nodeSelector"]["hyperleaf.dev/leaf"] == "corp"


def test_nothing_is_captured_where_endpoints_are_pinned() -> None:
    for one in pinned_policies(RED).values():
        assert "capture" not in text(one.value["spec"])


def test_a_pinned_endpoint_is_where_its_tunnels_start() -> None:
    spec = pinned_policies(RED)["hyperleaf-vrf-red-w-2"].value["spec"]
    assert interface(spec, "vx10100")["vxlan"]["local"] == "10.9.0.2"
    assert interface(spec, "vrf20100")["ipv4"]["address"][0]["ip"] == "10.9.0.2"


def test_pinned_routers_have_macs_of_their_own_and_no_gateway_s() -> None:
    specs = [one.value["spec"] for name, one in pinned_policies(RED).items() if "-vrf-" in name]
    macs = [interface(spec, "br20100")["mac-address"] for spec in specs]
    assert macs == ["02:6c:0a:09:00:01", "02:6c:0a:09:00:02"]
