"""What a leaf must have follows from the networks attached in its cluster."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from hyperleaf.plan.clusters import plan
from unit.writing_estates import FABRIC, HUB, PROD, document, estate_of, network

if TYPE_CHECKING:
    from hyperleaf.plan.borders import ReflectorPlan
    from hyperleaf.plan.leaf import LeafPlan, LeafVrf

EDGE = PROD.replace("prod", "edge").replace("10.0.16.0/20", "10.1.0.0/20")
RED = network(
    "red", "vlan: 100, subnets: [172.20.100.0/24], egress: nat, attach: [{cluster: prod}]"
)
GREEN = network(
    "green", "vlan: 300, subnets: [172.20.30.0/24], egress: border, attach: [{cluster: edge}]"
)


def leaves(cluster: str, *texts: str) -> LeafPlan:
    """Return what the leaves of a cluster must have."""
    (one,) = [c for c in plan(estate_of(*texts)).clusters if c.cluster.name == cluster]
    assert one.leaves is not None
    return one.leaves


def vrf(cluster: str, name: str, *texts: str) -> LeafVrf:
    """Return a VRF on the leaves of a cluster."""
    (one,) = [v for v in leaves(cluster, *texts).vrfs if v.name == name]
    return one


def test_a_leaf_has_the_vrfs_of_its_own_clusters_networks_alone() -> None:
    texts = (FABRIC, HUB, PROD, EDGE, RED, GREEN)
    assert [v.name for v in leaves("prod", *texts).vrfs] == ["red"]
    assert [v.name for v in leaves("edge", *texts).vrfs] == ["green"]


def test_a_vrf_knows_subnets_that_are_attached_elsewhere() -> None:
    blue = document("VRF", "blue", "vni: 5002")
    front = network(
        "front", "vlan: 1, vrf: blue, subnets: [10.9.1.0/24], attach: [{cluster: prod}]"
    )
    back = network("back", "vlan: 2, vrf: blue, subnets: [10.9.2.0/24], attach: [{cluster: edge}]")
    made = vrf("prod", "blue", FABRIC, HUB, PROD, EDGE, blue, front, back)
    assert [segment.network for segment in made.segments] == ["front"]
    assert made.subnets == (ip_network("10.9.2.0/24"), ip_network("10.9.1.0/24"))


def test_nat_takes_the_default_route_in_and_gives_the_subnets_out() -> None:
    red = vrf("prod", "red", FABRIC, HUB, PROD, RED)
    assert [(one.vrf, one.prefixes) for one in red.imports] == [
        ("default", (ip_network("0.0.0.0/0"),))
    ]
    assert red.exports == (ip_network("172.20.100.0/24"),)


def test_a_way_out_by_the_border_leaks_nothing_with_the_node() -> None:
    green = vrf("edge", "green", FABRIC, HUB, EDGE, GREEN)
    assert green.imports == ()
    assert green.exports == ()
    assert green.private_ranges == ()


def test_a_way_out_by_the_node_reaches_no_private_range_unasked() -> None:
    red = vrf("prod", "red", FABRIC, HUB, PROD, RED)
    assert ip_network("10.0.0.0/8") in red.private_ranges


def test_a_leak_brings_the_other_vrf_onto_the_leaf_and_shows_on_both_sides() -> None:
    blue = document(
        "VRF",
        "blue",
        "vni: 5002, leaks: [{with: red, import: [172.20.100.0/24], export: [10.9.1.0/24]}]",
    )
    front = network(
        "front", "vlan: 1, vrf: blue, subnets: [10.9.1.0/24], attach: [{cluster: edge}]"
    )
    texts = (FABRIC, HUB, PROD, EDGE, RED, blue, front)
    assert [v.name for v in leaves("edge", *texts).vrfs] == ["blue", "red"]
    taken = {one.vrf: one.prefixes for one in vrf("edge", "red", *texts).imports}
    assert taken["blue"] == (ip_network("10.9.1.0/24"),)


def test_hosts_and_the_clouds_credentials_are_never_reached() -> None:
    ranges = leaves("prod", FABRIC, HUB, PROD, RED).host_ranges
    for text in ("169.254.169.254/32", "10.0.16.9/32", "10.132.0.9/32", "172.31.0.1/32"):
        assert any(ip_network(text).subnet_of(one) for one in ranges), text  # type: ignore[arg-type]


def test_pools_that_find_their_uplink_in_one_way_share_a_class() -> None:
    pools = (
        "nodePools: [{name: a, leaf: true}, {name: b, leaf: true}, {name: c, leaf: true, "
        "uplinks: {primary: {nic: eth0}}}]"
    )
    prod = PROD.replace("nodePools: [{name: metal, leaf: true}]", pools)
    classes = leaves("prod", FABRIC, HUB, prod, RED).classes
    assert [(one.name, one.pools) for one in classes] == [
        ("br-ex", ("a", "b")),
        ("nic-eth0", ("c",)),
    ]


def reflectors(*texts: str) -> ReflectorPlan:
    """Return what the reflectors must have."""
    (one,) = [c.reflectors for c in plan(estate_of(*texts)).clusters if c.reflectors]
    return one


def test_reflectors_listen_on_the_ranges_of_clusters_with_leaves_alone() -> None:
    assert reflectors(FABRIC, HUB, PROD, EDGE).ranges == (
        ip_network("10.0.16.0/20"),
        ip_network("10.1.0.0/20"),
    )


def test_all_reflectors_are_one_cluster_to_bgp() -> None:
    assert reflectors(FABRIC, HUB, PROD).cluster_id == "0.0.253.232"


def test_a_border_has_an_address_of_its_own_on_every_stretched_network() -> None:
    one, other = plan(estate_of(FABRIC, HUB, PROD, RED)).borders
    assert [str(a) for a in one.vrfs[0].segments[0].own] == ["172.20.100.254/24"]
    assert [str(a) for a in other.vrfs[0].segments[0].own] == ["172.20.100.253/24"]


def test_leases_leave_out_the_gateway_and_the_borders_own_addresses() -> None:
    red = RED.replace("egress: nat", "egress: nat, dhcp: {servers: [172.16.5.10]}")
    (scope,) = plan(estate_of(FABRIC, HUB, PROD, red)).scopes
    assert [(str(a), str(b)) for a, b in scope.pools] == [("172.20.100.2", "172.20.100.252")]
    assert str(scope.router) == "172.20.100.1"


def test_reflectors_on_a_control_plane_find_their_address_by_br_ex() -> None:
    nodes = reflectors(FABRIC, HUB, PROD).nodes
    assert (nodes.kind, nodes.device) == ("br-ex", None)
    assert nodes.selector == {"hyperleaf.dev/reflector": "corp"}


def test_reflectors_in_a_pool_find_it_as_the_pool_does() -> None:
    fabric = FABRIC.replace("cluster: hub,", "cluster: prod, pool: rr,")
    prod = PROD.replace("{name: metal, leaf: true}", "{name: rr, uplinks: {primary: {nic: eth0}}}")
    nodes = reflectors(fabric, HUB, prod).nodes
    assert (nodes.kind, nodes.device) == ("nic", "eth0")
