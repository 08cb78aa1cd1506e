"""What DHCP servers are told: scopes by relay, the gateway that really answers, lasting ids."""

from __future__ import annotations

import json
from typing import Any

from hyperleaf.render.dhcp import dhcp_files
from properties.generating import document, head, planned


def network(vlan: int, *subnets: str, **dhcp: Any) -> dict[str, Any]:
    return document(
        "Network",
        f"net-{vlan}",
        vlan=vlan,
        subnets=list(subnets),
        dhcp={"servers": ["172.16.0.53", "2001:db8::53"], **dhcp},
        attach=[{"cluster": "prod", "namespaces": ["one"]}],
    )


RED = network(100, "172.20.100.0/24", dns=["172.16.0.54", "2001:db8::54"])
BLUE = network(200, "172.20.200.0/24", "2001:db8:0:200::/64", dns=["2001:db8::54"])


def files(*documents: dict[str, Any]) -> dict[str, Any]:
    return {one.path: json.loads(one.text) for one in dhcp_files(planned([*head(), *documents]))}


def subnets(*documents: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every family's scopes, by subnet."""
    return {
        subnet["subnet"]: subnet
        for file in files(*documents).values()
        for server in file.values()
        for key in ("subnet4", "subnet6")
        for subnet in server.get(key, ())
    }


def options(subnet: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["data"] for one in subnet.get("option-data", ())}


def test_each_family_has_a_file_only_where_something_is_leased() -> None:
    assert list(files(RED)) == ["dhcp/kea-dhcp4.conf"]
    assert list(files(RED, BLUE)) == ["dhcp/kea-dhcp4.conf", "dhcp/kea-dhcp6.conf"]
    assert files() == {}


def test_guests_are_given_the_anycast_gateway_and_the_mtu_of_their_network() -> None:
    red = subnets(RED)["172.20.100.0/24"]
    assert options(red) == {
        "routers": "172.20.100.1",
        "interface-mtu": "8951",
        "domain-name-servers": "172.16.0.54",
    }


def test_by_dhcpv6_neither_a_router_nor_an_mtu_is_given() -> None:
    assert options(subnets(BLUE)["2001:db8:0:200::/64"]) == {"dns-servers": "2001:db8::54"}


def test_the_addresses_of_gateway_and_borders_are_not_leased() -> None:
    pools = subnets(RED)["172.20.100.0/24"]["pools"]
    assert pools == [{"pool": "172.20.100.2 - 172.20.100.252"}]


def test_a_scope_is_found_by_the_address_of_any_border() -> None:
    relay = subnets(RED)["172.20.100.0/24"]["relay"]
    assert relay == {"ip-addresses": ["172.20.100.254", "172.20.100.253"]}


def test_only_relayed_requests_are_heard() -> None:
    server = files(RED)["dhcp/kea-dhcp4.conf"]["Dhcp4"]
    assert server["interfaces-config"] == {"interfaces": ["*"], "dhcp-socket-type": "udp"}


def test_relays_find_the_server_by_its_ipv6_address() -> None:
    server = files(BLUE)["dhcp/kea-dhcp6.conf"]["Dhcp6"]
    assert server["interfaces-config"] == {"interfaces": ["eth0/2001:db8::53"]}


def test_a_network_that_joins_changes_no_other_ones_scope() -> None:
    alone, together = subnets(BLUE), subnets(BLUE, RED)
    assert {subnet: together[subnet] for subnet in alone} == alone


def test_no_two_subnets_have_the_same_id() -> None:
    both = network(201, "172.20.201.0/24", "172.20.202.0/24")
    ids = [one["id"] for one in subnets(BLUE, RED, both).values()]
    assert len(ids) == len(set(ids)) == 5


def test_a_scope_says_which_document_it_follows_from() -> None:
    context = subnets(RED)["172.20.100.0/24"]["user-context"]
    assert context == {"hyperleaf.dev/from": "Network/net-100"}
