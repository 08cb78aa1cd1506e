"""What FRR on leaves is told."""

from __future__ import annotations

from hyperleaf.plan.clusters import plan
from hyperleaf.render.frr_objects import frr_manifests
from unit.writing_estates import FABRIC, HUB, PROD, document, estate_of, network

RED = network(
    "red", "vlan: 100, subnets: [172.20.100.0/24], egress: nat, attach: [{cluster: prod}]"
)
GREEN = network(
    "green", "vlan: 300, subnets: [172.20.30.0/24], egress: border, attach: [{cluster: prod}]"
)
BLUE = document(
    "VRF", "blue", "vni: 5002, egress: nat, routes: [{to: 10.77.0.0/16, via: 172.20.200.254}]"
)
FRONT = network(
    "front", "vlan: 200, vrf: blue, subnets: [172.20.200.0/24], attach: [{cluster: prod}]"
)
BACK = network(
    "back", "vlan: 201, vrf: blue, subnets: [172.20.201.0/24], attach: [{cluster: edge}]"
)
# Before `front` in the order of names.
AHEAD = network(
    "ahead", "vlan: 150, vrf: blue, subnets: [172.20.150.0/24], attach: [{cluster: prod}]"
)
EDGE = PROD.replace("prod", "edge").replace("10.0.16.0", "10.0.32.0")


def specs(cluster: str, *texts: str) -> dict[str, dict[str, object]]:
    """Return the FRRConfigurations of a cluster by name."""
    whole = plan(estate_of(FABRIC, HUB, PROD, EDGE, *texts))
    one = next(one for one in whole.clusters if one.cluster.name == cluster)
    return {manifest.name: manifest.value["spec"] for manifest in frr_manifests(one)}


def raw(cluster: str, name: str, *texts: str) -> list[str]:
    """Return the lines of one FRRConfiguration's raw text, without their indentation."""
    text = specs(cluster, *texts)[name]["raw"]
    assert isinstance(text, dict)
    return [line.strip() for line in text["rawConfig"].splitlines()]


def test_a_leaf_knows_the_reflectors_and_nobody_else() -> None:
    bgp = specs("prod", RED)["hyperleaf-leaf"]["bgp"]
    assert isinstance(bgp, dict)
    addresses = [neighbour["address"] for neighbour in bgp["routers"][0]["neighbors"]]
    assert addresses == ["10.0.0.11", "10.0.0.12"]


def test_more_nodes_change_nothing() -> None:
    few = "nodePools: [{name: metal, leaf: true}]"
    many = "nodePools: [{name: metal, leaf: true, replicas: 5000}]"
    assert few in PROD
    made = [
        [one.value for one in frr_manifests(cluster)]
        for text in (PROD, PROD.replace(few, many))
        for cluster in plan(estate_of(FABRIC, HUB, text, RED)).clusters
        if cluster.cluster.name == "prod"
    ]
    assert made[0] == made[1]


def test_a_network_that_joins_a_vrf_adds_lines_there_and_changes_none() -> None:
    before, after = specs("prod", BLUE, FRONT, RED), specs("prod", BLUE, FRONT, RED, AHEAD)
    assert {name for name in after if after[name] != before[name]} == {"hyperleaf-vrf-blue"}
    old = raw("prod", "hyperleaf-vrf-blue", BLUE, FRONT)
    new = raw("prod", "hyperleaf-vrf-blue", BLUE, FRONT, AHEAD)
    assert set(old) < set(new)


def test_what_finds_no_route_in_a_vrf_is_dropped_and_never_tried_in_the_main_table() -> None:
    lines = raw("prod", "hyperleaf-vrf-red", RED)
    assert "ip route 0.0.0.0/0 blackhole 254" in lines
    assert "ipv6 route ::/0 blackhole 254" in lines


def test_nothing_learnt_opens_a_host_range() -> None:
    assert "ip route 169.254.0.0/16 blackhole" in raw("prod", "hyperleaf-vrf-red", RED)


def test_a_route_that_is_learnt_opens_a_private_range() -> None:
    assert "ip route 192.168.0.0/16 blackhole 250" in raw("prod", "hyperleaf-vrf-red", RED)


def test_the_borders_default_route_leads_to_private_ranges_too() -> None:
    lines = raw("prod", "hyperleaf-vrf-green", GREEN)
    assert not [line for line in lines if line.endswith(" 250")]


def test_only_egress_by_the_node_takes_its_default_route() -> None:
    assert "import vrf default" in raw("prod", "hyperleaf-vrf-red", RED)
    assert "import vrf default" not in raw("prod", "hyperleaf-vrf-green", GREEN)


def test_the_way_back_is_numbered_by_the_network_so_that_no_two_share_a_number() -> None:
    returned = [
        line.split()[4]
        for name in ("hyperleaf-vrf-red", "hyperleaf-vrf-blue")
        for line in raw("prod", name, RED, BLUE, FRONT, BACK)
        if line.startswith("ip prefix-list hl-return")
    ]
    assert sorted(returned) == ["161600", "163200", "163216"]


def test_a_static_route_stands_where_its_gateway_is() -> None:
    route = "ip route 10.77.0.0/16 172.20.200.254"
    assert route in raw("prod", "hyperleaf-vrf-blue", BLUE, FRONT, BACK)
    assert route not in raw("edge", "hyperleaf-vrf-blue", BLUE, FRONT, BACK)


def test_equal_route_targets_are_not_written_for_frr_refuses_them_at_random() -> None:
    lines = [
        line
        for name in ("hyperleaf-leaf", "hyperleaf-vrf-blue")
        for line in raw("prod", name, BLUE, FRONT)
    ]
    assert not [line for line in lines if line.startswith("route-target")]


def test_hosts_that_ask_dhcpv6_make_no_address_of_their_own() -> None:
    six = network(
        "six",
        'vlan: 101, subnets: ["2001:db8::/64"], ra: {managed: true}, attach: [{cluster: prod}]',
    )
    lines = raw("prod", "hyperleaf-vrf-six", six)
    assert "ipv6 nd prefix 2001:db8::/64 no-autoconfig" in lines
    assert "ipv6 nd managed-config-flag" in lines


def test_leaves_leave_reflectors_alone() -> None:
    """A reflector that took a leaf's configuration would be its own neighbour."""
    selector = specs("prod", RED)["hyperleaf-leaf"]["nodeSelector"]
    assert selector == {
        "matchLabels": {"hyperleaf.dev/leaf": "corp"},
        "matchExpressions": [{"key": "hyperleaf.dev/reflector", "operator": "DoesNotExist"}],
    }
