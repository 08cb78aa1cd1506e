"""Rules about networks' subnets and gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.fabric import DEFAULT_VRF
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import (
    borders,
    has_room,
    in_words,
    is_edge,
    is_written,
    stretched,
)
from hyperleaf.values.addresses import IPV4, IPV6, POINT_TO_POINT, overlaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.findings import Place
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Vrf
    from hyperleaf.model.network import Network
    from hyperleaf.rules.rule import Path
    from hyperleaf.values.addresses import Address, Interface, Subnet

Owned = tuple["Subnet", "Network"]
# The prefix length that address autoconfiguration needs (RFC 4862).
AUTOCONFIGURED = 64


def _path(network: Network, subnet: Subnet) -> Path:
    return ("spec", "subnets", network.subnets.index(subnet))


def _place(network: Network, subnet: Subnet) -> str:
    return str(network.origin.place(*_path(network, subnet)))


def _written(owned: Owned) -> Place:
    subnet, network = owned
    return network.origin.place(*_path(network, subnet))


def _of(estate: Estate, vrf: Vrf) -> list[Owned]:
    return [(subnet, one) for one in estate.networks_of(vrf) for subnet in one.subnets]


@rule(
    Code(
        "HL0310",
        "Two subnets of a VRF overlap",
        "A VRF has one routing table: the same address cannot lie in two of its segments.",
        "Choose another subnet, or a VRF of its own for one of the networks.",
        "subnets: [172.20.100.0/25]",
        "subnets: [172.20.101.0/24]",
    )
)
def subnets_of_a_vrf_differ(estate: Estate) -> Iterator[Fault]:
    """Find subnets of one VRF with common addresses, of two networks or of one."""
    for vrf in estate.vrfs.values():
        for pair in overlaps(_of(estate, vrf)):
            (first, one), (second, other) = sorted(pair, key=_written)
            yield Fault(
                other.origin,
                _path(other, second),
                f"{second} of {other.name} overlaps {first} of {one.name} in VRF {vrf.name}, "
                f"at {_place(one, first)}",
                "choose another subnet, or a VRF of its own for one of the networks",
            )


def _reaches_main(vrf: Vrf) -> bool:
    return vrf.egress == "nat" or any(leak.other == DEFAULT_VRF for leak in vrf.leaks)


@rule(
    Code(
        "HL0311",
        "Subnets of two VRFs meet in the main table",
        "Answers to guests that leave by the node's own way out come back through the main routing "
        "table, which holds the subnets of all such VRFs: an address cannot lie in two of them.",
        "Choose another subnet, or another `egress` for one of them.",
        "name: green}\nspec: {vlan: 101, egress: nat, subnets: [172.20.100.0/24]",
        "name: green}\nspec: {vlan: 101, egress: nat, subnets: [172.20.101.0/24]",
    )
)
def main_table_is_unambiguous(estate: Estate) -> Iterator[Fault]:
    """Find subnets of two VRFs that reach the main table of one cluster's leaves."""
    for cluster in estate.clusters.values():
        names = {n.vrf for n in estate.networks_in(cluster) if n.vrf is not None}
        reaching = [estate.vrfs[name] for name in sorted(names)]
        owned = [
            (subnet, (vrf.name, network))
            for vrf in reaching
            if _reaches_main(vrf)
            for subnet, network in _of(estate, vrf)
        ]
        for (a, (name, owner)), (b, (other_name, another)) in overlaps(owned):
            if name == other_name:
                continue  # HL0310
            (first, one), (second, other) = sorted([(a, owner), (b, another)], key=_written)
            yield Fault(
                other.origin,
                _path(other, second),
                f"{second} of {other.name} overlaps {first} of {one.name} at "
                f"{_place(one, first)}, and both VRFs reach the main table of {cluster.name}",
                "choose another subnet, or `egress: border` or `none` for one of them",
            )


@rule(
    Code(
        "HL0312",
        "Subnets of VRFs that leak into each other overlap",
        "A leak puts the routes of one VRF into the other's table, where the same address would "
        "lie in two segments.",
        "Choose another subnet, or do not leak.",
        "subnets: [172.20.100.0/24], leaks: [{with: red}]",
        "subnets: [172.20.101.0/24], leaks: [{with: red}]",
    )
)
def leaks_are_unambiguous(estate: Estate) -> Iterator[Fault]:
    """Find subnets with common addresses in two VRFs that exchange routes."""
    for vrf in estate.vrfs.values():
        for leak in vrf.leaks:
            other = estate.vrfs.get(leak.other)
            if other is None or other.name == vrf.name:
                continue
            owned = [
                (subnet, (owner.name, network))
                for owner in (other, vrf)
                for subnet, network in _of(estate, owner)
            ]
            for (first, (a, one)), (second, (b, two)) in overlaps(owned):
                if a == b:
                    continue  # HL0310
                own, theirs = ((second, two), (first, one))
                if b != vrf.name:
                    own, theirs = theirs, own
                yield Fault(
                    vrf.origin,
                    ("spec", "leaks", leak.index, "with"),
                    f"VRF {vrf.name} exchanges routes with {other.name}, but {own[0]} of "
                    f"{own[1].name} overlaps {theirs[0]} of {theirs[1].name}, at "
                    f"{_place(theirs[1], theirs[0])}",
                    "choose another subnet for one of them, or remove the leak",
                )


def _gateways(estate: Estate) -> Iterator[tuple[Network, Interface]]:
    for network in stretched(estate):
        for gateway in network.gateways:
            yield network, gateway


def _gateway_path(network: Network, gateway: Interface) -> Path:
    stated = is_written(network.origin, "spec", "gateways")
    return ("spec", "gateways") if stated else _path(network, gateway.network)


@rule(
    Code(
        "HL0313",
        "A gateway lies in no subnet of its network",
        "Guests can only use a gateway of their own subnet; each subnet has one.",
        "State an address of the subnet, one a subnet.",
        "gateways: [172.20.99.1]",
        "gateways: [172.20.100.1]",
    )
)
def gateway_lies_in_its_subnet(estate: Estate) -> Iterator[Fault]:
    """Find a stated gateway that no subnet takes, or a second one in a subnet."""
    for network in stretched(estate):
        for address in network.stray_gateways:
            taken = [one for one in network.gateways if address in one.network]
            why = (
                f"is a second one in {taken[0].network}, which has {taken[0].ip}"
                if taken
                else f"lies in none of its subnets ({in_words(network.subnets)})"
            )
            yield Fault(
                network.origin,
                ("spec", "gateways"),
                f"gateway {address} of {network.name} {why}",
                "state one address in each subnet, or leave `gateways` out: the first is taken",
            )


@rule(
    Code(
        "HL0314",
        "A gateway is the subnet's own address",
        "The first address of a subnet stands for the subnet (in IPv6 for any router, RFC 4291), "
        "the last of an IPv4 subnet for all of its hosts.",
        "State another address, or none: the first usable one is taken.",
        "gateways: [172.20.100.255]",
        "gateways: [172.20.100.254]",
    )
)
def gateway_is_a_host(estate: Estate) -> Iterator[Fault]:
    """Find a gateway that is a network or broadcast address."""
    for network, gateway in _gateways(estate):
        if is_edge(gateway, gateway.network):
            first = gateway.ip == gateway.network.network_address
            yield Fault(
                network.origin,
                _gateway_path(network, gateway),
                f"gateway {gateway.ip} of {network.name} is the "
                f"{'network' if first else 'broadcast'} address of {gateway.network}",
                "choose a usable address",
            )


@rule(
    Code(
        "HL0315",
        "A subnet is too small",
        "Beside the gateway every border has an address of its own on each segment (the last "
        "usable ones), from which it relays DHCP. A subnet needs room for them and for a guest.",
        "Choose a larger subnet.",
        "subnets: [172.20.100.0/30]",
        "subnets: [172.20.100.0/29]",
    )
)
def subnet_has_room(estate: Estate) -> Iterator[Fault]:
    """Find a subnet without room for gateway, borders and a guest."""
    for network in stretched(estate):
        for subnet in network.subnets:
            if not has_room(estate, subnet):
                count = len(borders(estate))
                yield Fault(
                    network.origin,
                    _path(network, subnet),
                    f"{subnet} of {network.name} has {subnet.num_addresses} addresses, too few "
                    f"for a gateway, {count} borders' own and a guest",
                    f"choose one with more than {count + 3} addresses",
                )


def border_of(estate: Estate, address: Address, subnet: Subnet) -> str | None:
    """Return the name of the border whose own address on a subnet this is."""
    back = int(subnet.network_address) + subnet.num_addresses - 1 - int(address)
    if subnet.version == IPV4 and subnet.prefixlen < POINT_TO_POINT:
        back -= 1
    some = borders(estate)
    return some[back].name if 0 <= back < len(some) and has_room(estate, subnet) else None


@rule(
    Code(
        "HL0316",
        "A gateway is a border's own address",
        "The last usable addresses of a subnet belong to the borders, which relay DHCP from them: "
        "the anycast gateway is another address, the same on every leaf.",
        "State another gateway, or none: the first usable address is taken.",
        "gateways: [172.20.100.254]",
        "gateways: [172.20.100.1]",
    )
)
def gateway_is_no_border(estate: Estate) -> Iterator[Fault]:
    """Find a gateway that a border has for itself."""
    for network, gateway in _gateways(estate):
        border = border_of(estate, gateway, gateway.network)
        if border is not None:
            yield Fault(
                network.origin,
                _gateway_path(network, gateway),
                f"gateway {gateway.ip} of {network.name} is border {border}'s own address on "
                f"{gateway.network}",
                "choose another: borders take the last usable addresses, one each",
            )


@rule(
    Code(
        "HL0317",
        "An IPv6 subnet is not a /64",
        "Guests make their own addresses from router advertisements only in a /64 (RFC 4862); in "
        "any other they need DHCPv6 or static addresses.",
        "Use a /64.",
        '"2001:db8:0:100::/80"',
        '"2001:db8:0:100::/64"',
    ),
    Severity.WARNING,
)
def ipv6_subnet_is_a_64(estate: Estate) -> Iterator[Fault]:
    """Find an IPv6 subnet in which autoconfiguration does not work."""
    for network in stretched(estate):
        for subnet in network.subnets:
            if subnet.version == IPV6 and subnet.prefixlen != AUTOCONFIGURED:
                yield Fault(
                    network.origin,
                    _path(network, subnet),
                    f"{subnet} of {network.name} is no /64: guests cannot make addresses from "
                    "router advertisements",
                    "use a /64, or give every guest an address by DHCPv6",
                )


def _unusable(subnet: Subnet) -> str | None:
    if subnet.is_multicast:
        return "multicast"
    if subnet.is_loopback:
        return "loopback"
    if subnet.is_link_local:
        return "link-local"
    if subnet.prefixlen == 0:
        return "everything"
    if subnet.version == IPV4 and (subnet.is_reserved or int(subnet.network_address) >> 24 == 0):
        return "reserved"
    return None


@rule(
    Code(
        "HL0318",
        "A subnet is no range for hosts",
        "Multicast, loopback, link-local and reserved addresses cannot be routed between leaves; "
        "leaves drop what guests send to 169.254.0.0/16, where clouds keep credentials.",
        "Choose a unicast range, such as one of RFC 1918.",
        "subnets: [169.254.10.0/24]",
        "subnets: [172.20.100.0/24]",
    )
)
def subnet_is_for_hosts(estate: Estate) -> Iterator[Fault]:
    """Find a subnet of addresses that no guest can use."""
    for network in estate.networks.values():
        for subnet in network.subnets:
            why = _unusable(subnet)
            if why is not None:
                yield Fault(
                    network.origin,
                    _path(network, subnet),
                    f"{subnet} of {network.name} is no range for hosts ({why})",
                    "choose a unicast range",
                )


@rule(
    Code(
        "HL0319",
        "Router advertisements without IPv6",
        "Only a network with an IPv6 subnet sends router advertisements; `ra` says nothing to "
        "another.",
        "Add an IPv6 subnet, or remove `ra`.",
        "subnets: [172.20.100.0/24], ra: {managed: true}",
        "subnets: [172.20.100.0/24]",
    ),
    Severity.WARNING,
)
def advertisements_need_ipv6(estate: Estate) -> Iterator[Fault]:
    """Find `ra` in a network that has no IPv6."""
    for network in stretched(estate):
        if any(subnet.version == IPV6 for subnet in network.subnets):
            continue
        if is_written(network.origin, "spec", "ra"):
            yield Fault(
                network.origin,
                ("spec", "ra"),
                f"{network.name} has no IPv6 subnet to advertise: {in_words(network.subnets)}",
                "add an IPv6 subnet, or remove `ra`",
            )
