"""Rules about DHCP: servers behind the borders' relay, and what they may lease."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import (
    border_address,
    borders,
    has_room,
    in_words,
    stretched,
)
from hyperleaf.values.addresses import IPV6

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Dhcp, Network

DHCP = ("spec", "dhcp")


def _served(estate: Estate) -> Iterator[tuple[Network, Dhcp]]:
    for network in stretched(estate):
        if network.dhcp is not None:
            yield network, network.dhcp


@rule(
    Code(
        "HL0330",
        "DHCP offers another router than the gateway",
        "Borders relay, but leaves route: a guest whose router is not the anycast gateway sends "
        "everything over the way to the data centre, or nowhere.",
        "Leave `router` out: the gateway is offered.",
        "router: 172.20.100.254",
        "router: 172.20.100.1",
    )
)
def router_is_the_gateway(estate: Estate) -> Iterator[Fault]:
    """Find a router option that is no gateway of the network."""
    for network, dhcp in _served(estate):
        gateways = [gateway.ip for gateway in network.gateways]
        if dhcp.router is not None and dhcp.router not in gateways:
            yield Fault(
                network.origin,
                (*DHCP, "router"),
                f"DHCP would offer router {dhcp.router}, but the gateway of {network.name} is "
                f"{in_words(gateways)}, at {network.origin.place('spec', 'subnets')}",
                "leave `router` out: the gateway is offered",
            )


@rule(
    Code(
        "HL0331",
        "Nobody relays DHCP",
        "Answers to a relay with the gateway's address would reach any leaf, so that only borders "
        "relay, each from an address of its own. Without borders no server hears a guest.",
        "Add the borders to the fabric, or put a server on the segment and remove `dhcp`.",
        "  borders: []\n",
        "  borders: [{name: dc-1, address: 172.16.0.11}]\n",
    )
)
def borders_relay(estate: Estate) -> Iterator[Fault]:
    """Find `dhcp` in an estate whose fabric has no border."""
    if estate.fabric is None or borders(estate):
        return
    for network, dhcp in _served(estate):
        yield Fault(
            network.origin,
            DHCP,
            f"{network.name} has DHCP servers {in_words(dhcp.servers)}, but the fabric has no "
            f"border that relays, at {estate.fabric.origin.place('spec')}",
            "add `borders`, or put a server on the segment itself and remove `dhcp`",
        )


@rule(
    Code(
        "HL0332",
        "A DHCP range lies outside the network",
        "A guest can only use an address of its own subnet.",
        "State a range within one of the subnets.",
        "range: 172.20.99.50-172.20.99.99",
        "range: 172.20.100.50-172.20.100.99",
    )
)
def range_lies_in_a_subnet(estate: Estate) -> Iterator[Fault]:
    """Find a range to lease that no subnet holds."""
    for network, dhcp in _served(estate):
        if dhcp.range is not None and not any(map(dhcp.range.is_within, network.subnets)):
            yield Fault(
                network.origin,
                (*DHCP, "range"),
                f"{dhcp.range} lies in no subnet of {network.name} "
                f"({in_words(network.subnets)}), at {network.origin.place('spec', 'subnets')}",
                "state a range within one of the subnets",
            )


@rule(
    Code(
        "HL0333",
        "A DHCP range holds an address that is taken",
        "The gateway's address and the borders' own (the last usable ones) are in use: a guest "
        "that gets one of them cuts off all the others.",
        "End the range before the borders' addresses, start it after the gateway's.",
        "range: 172.20.100.50-172.20.100.254",
        "range: 172.20.100.50-172.20.100.250",
    )
)
def range_holds_nobody(estate: Estate) -> Iterator[Fault]:
    """Find a range to lease with the gateway or a border in it."""
    for network, dhcp in _served(estate):
        if dhcp.range is None:
            continue
        taken = [(gateway.ip, "the gateway") for gateway in network.gateways]
        taken += [
            (border_address(border, subnet), f"border {border.name}'s own address")
            for subnet in network.subnets
            if has_room(estate, subnet)
            for border in borders(estate)
        ]
        inside = [f"{address} ({what})" for address, what in taken if address in dhcp.range]
        if inside:
            yield Fault(
                network.origin,
                (*DHCP, "range"),
                f"{dhcp.range} of {network.name} holds {in_words(inside)}",
                "choose a range without them; borders take the last usable addresses, one each",
            )


@rule(
    Code(
        "HL0334",
        "A DHCP server lies in the network it serves",
        "A server on the segment hears its guests without a relay; relayed requests would reach it "
        "a second time.",
        "Remove `dhcp`, or name a server outside.",
        "servers: [172.20.100.10]",
        "servers: [172.18.5.10]",
    )
)
def server_lies_elsewhere(estate: Estate) -> Iterator[Fault]:
    """Find a server behind a relay that would not need one."""
    for network, dhcp in _served(estate):
        for index, server in enumerate(dhcp.servers):
            subnet = next((one for one in network.subnets if server in one), None)
            if subnet is not None:
                yield Fault(
                    network.origin,
                    (*DHCP, "servers", index),
                    f"DHCP server {server} lies in {subnet} of {network.name} itself, at "
                    f"{network.origin.place('spec', 'subnets')}",
                    "a server on the segment needs no relay: remove `dhcp`",
                )


@rule(
    Code(
        "HL0335",
        "A DHCP server serves a family that the network lacks",
        "A DHCPv4 server leases IPv4 addresses only, a DHCPv6 server IPv6 ones.",
        "Add a subnet of that family, or remove the server.",
        'servers: [172.18.5.10, "2001:db8::5:10"]',
        "servers: [172.18.5.10]",
    )
)
def server_serves_a_subnet(estate: Estate) -> Iterator[Fault]:
    """Find a server without a subnet of its family."""
    for network, dhcp in _served(estate):
        families = {subnet.version for subnet in network.subnets}
        for index, server in enumerate(dhcp.servers):
            if server.version not in families:
                yield Fault(
                    network.origin,
                    (*DHCP, "servers", index),
                    f"DHCP server {server} finds no IPv{server.version} subnet in {network.name} "
                    f"({in_words(network.subnets)})",
                    f"add an IPv{server.version} subnet, or remove the server",
                )


@rule(
    Code(
        "HL0336",
        "DHCP on a network that borders do not carry",
        "Only segments of the fabric end at borders, which relay. On another network the data "
        "centre's own relay, or a server there, answers.",
        "Remove `dhcp`.",
        "uplink: trunk, dhcp: {servers: [172.16.5.10]}",
        "uplink: trunk",
    )
)
def only_segments_are_relayed(estate: Estate) -> Iterator[Fault]:
    """Find `dhcp` with a transport that is not evpn."""
    for network in estate.networks.values():
        if network.dhcp is not None and network.transport != "evpn":
            yield Fault(
                network.origin,
                DHCP,
                f"{network.name} has transport {network.transport}: no border relays for it",
                "remove `dhcp`; the switch that routes this VLAN relays, or a server on it",
            )


@rule(
    Code(
        "HL0337",
        "Guests are told to ask a DHCPv6 server that is not there",
        "`ra.managed: true` tells guests to get their IPv6 address by DHCPv6 (RFC 4861); no server "
        "of IPv6 is named, so that they may end up without an address.",
        "Name a DHCPv6 server, or leave `ra.managed` out.",
        "ra: {managed: true}",
        "ra: {managed: false}",
    ),
    Severity.WARNING,
)
def managed_addresses_have_a_server(estate: Estate) -> Iterator[Fault]:
    """Find router advertisements with the M flag, but no DHCPv6 server."""
    for network in stretched(estate):
        servers = network.dhcp.servers if network.dhcp else ()
        has_ipv6 = any(subnet.version == IPV6 for subnet in network.subnets)
        if network.ra_managed and has_ipv6 and not any(one.version == IPV6 for one in servers):
            yield Fault(
                network.origin,
                ("spec", "ra", "managed"),
                f"guests of {network.name} are told to ask DHCPv6, but "
                + (f"its servers are {in_words(servers)}" if servers else "no server is named"),
                "name a DHCPv6 server in `dhcp.servers`, or leave `ra.managed` out",
            )
