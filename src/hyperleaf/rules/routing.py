"""Rules about VRFs: their way out, leaks between them, static routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.fabric import DEFAULT_VRF
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import (
    border_address,
    borders,
    crossing,
    has_room,
    in_words,
    sites,
    within,
)
from hyperleaf.values.addresses import IPV4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Leak, Vrf
    from hyperleaf.values.addresses import Subnet


def _subnets(estate: Estate, vrf: Vrf) -> list[Subnet]:
    return [subnet for network in estate.networks_of(vrf) for subnet in network.subnets]


def _leaks(estate: Estate) -> Iterator[tuple[Vrf, Leak]]:
    for vrf in estate.vrfs.values():
        for leak in vrf.leaks:
            yield vrf, leak


@rule(
    Code(
        "HL0920",
        "A VRF leaks into itself",
        "A leak exchanges routes with another VRF, or with the node's own network (`default`).",
        "Name another VRF, or remove the leak.",
        "leaks: [{with: blue}]",
        "leaks: [{with: default}]",
    )
)
def leak_leads_elsewhere(estate: Estate) -> Iterator[Fault]:
    """Find a leak whose other side is its own."""
    for vrf, leak in _leaks(estate):
        if leak.other == vrf.name:
            yield Fault(
                vrf.origin,
                ("spec", "leaks", leak.index, "with"),
                f"VRF {vrf.name} would exchange routes with itself",
                "name another VRF, or remove the leak",
            )


@rule(
    Code(
        "HL0921",
        "A default route by way of another tenant",
        "A default route that a VRF has from a leak is not leaked on, and one by the borders is "
        "the other tenant's: guests would reach whatever it may reach.",
        "State the VRF's own `egress`.",
        "import: [0.0.0.0/0]}]",
        "import: [172.20.100.0/24]}]",
    )
)
def default_route_is_its_own(estate: Estate) -> Iterator[Fault]:
    """Find 0.0.0.0/0 or ::/0 imported from a VRF that is not the node's own network."""
    for vrf, leak in _leaks(estate):
        for index, prefix in enumerate(leak.imports):
            if prefix.prefixlen == 0 and leak.other != DEFAULT_VRF:
                yield Fault(
                    vrf.origin,
                    ("spec", "leaks", leak.index, "import", index),
                    f"VRF {vrf.name} would take its default route {prefix} from {leak.other}",
                    "state `egress` of this VRF instead, and import only subnets",
                )


@rule(
    Code(
        "HL0922",
        "A leak reaches for the hosts",
        "No guest reaches machine, pod, service, join or underlay ranges: leaves drop such packets "
        "whatever a leak says.",
        "Import narrower prefixes that hold none of them, or only the default route.",
        "import: [10.0.0.0/8]",
        "import: [192.168.50.0/24]",
    )
)
def leak_leaves_hosts_alone(estate: Estate) -> Iterator[Fault]:
    """Find a prefix imported from the node's own network that hosts have."""
    fabric = estate.fabric
    if fabric is None:
        return
    hosts = [(subnet, "the underlay") for subnet in fabric.underlay]
    hosts += [
        (subnet, f"the {name} range of {cluster.name}")
        for cluster in sites(estate)
        for name, subnet in cluster.ranges.named()
    ]
    for vrf, leak in _leaks(estate):
        if leak.other != DEFAULT_VRF:
            continue
        wanted = [(one, index) for index, one in enumerate(leak.imports) if one.prefixlen > 0]
        told: set[int] = set()
        for (prefix, index), (subnet, owner) in crossing(wanted, hosts):
            if index not in told:
                told.add(index)
                yield Fault(
                    vrf.origin,
                    ("spec", "leaks", leak.index, "import", index),
                    f"{prefix}, which VRF {vrf.name} would take from the node's own network, "
                    f"overlaps {subnet}, {owner}: guests never reach it",
                    "import prefixes that hold no host, or only the default route",
                )


@rule(
    Code(
        "HL0923",
        "A leak names a prefix that is not there",
        "A leak passes routes that the giving VRF has: its subnets and static routes. Another "
        "prefix is silently missing.",
        "Name subnets of the giving VRF.",
        "import: [172.20.77.0/24]",
        "import: [172.20.100.0/24]",
    ),
    Severity.WARNING,
)
def leak_passes_what_there_is(estate: Estate) -> Iterator[Fault]:
    """Find a prefix exchanged between VRFs that the giving one does not have."""
    for vrf, leak in _leaks(estate):
        other = estate.vrfs.get(leak.other)
        asked = []
        if other is not None and other is not vrf:
            asked.append(("import", leak.imports, other))
        if leak.exports is not None and leak.other != vrf.name:
            asked.append(("export", leak.exports, vrf))
        for field, prefixes, giver in asked:
            has = [*_subnets(estate, giver), *(route.to for route in giver.routes)]
            for index, prefix in enumerate(prefixes):
                if (
                    prefix.prefixlen
                    and not within(prefix, has)
                    and not any(within(one, [prefix]) for one in has)
                ):
                    yield Fault(
                        vrf.origin,
                        ("spec", "leaks", leak.index, field, index),
                        f"VRF {giver.name} has no route to {prefix}: it has {in_words(has)}",
                        f"name subnets of {giver.name}",
                    )


@rule(
    Code(
        "HL0924",
        "A static route leads to a gateway that is not there",
        "A route's gateway must lie in a subnet of the VRF, and must be somebody there: a guest "
        "that routes, not the anycast gateway itself.",
        "State the address of a guest of the VRF.",
        "via: 172.20.99.9",
        "via: 172.20.100.9",
    )
)
def route_has_a_gateway(estate: Estate) -> Iterator[Fault]:
    """Find a static route by an address outside the VRF, of another family, or by ourselves."""
    for vrf in estate.vrfs.values():
        for route in vrf.routes:
            subnets = _subnets(estate, vrf)
            subnet = next((one for one in subnets if route.via in one), None)
            gateways = {g.ip for network in estate.networks_of(vrf) for g in network.gateways}
            own = {
                border_address(border, subnet): border.name
                for border in borders(estate)
                if subnet is not None and has_room(estate, subnet)
            }
            if subnet is None:
                wrong = f"lies in no subnet of VRF {vrf.name} ({in_words(subnets)})"
            elif route.to.version != route.via.version:
                wrong = f"is IPv{route.via.version}, unlike {route.to}"
            elif route.via in gateways:
                wrong = "is the anycast gateway itself"
            elif route.via in own:
                wrong = f"is border {own[route.via]}'s own address"
            else:
                continue
            yield Fault(
                vrf.origin,
                ("spec", "routes", route.index, "via"),
                f"the way to {route.to} by {route.via} leads nowhere: {route.via} {wrong}",
                "state the address of a guest that routes",
            )


@rule(
    Code(
        "HL0925",
        "A static route covers the VRF's own subnet",
        "What leaves know of a subnet are its guests: a route to the subnet, or to a part of it, "
        "takes their packets elsewhere.",
        "State a prefix outside the VRF.",
        "to: 172.20.100.128/25",
        "to: 10.66.0.0/16",
    )
)
def route_leads_outside(estate: Estate) -> Iterator[Fault]:
    """Find a static route to a subnet of its own VRF, or into one."""
    for vrf in estate.vrfs.values():
        for route in vrf.routes:
            subnet = next((s for s in _subnets(estate, vrf) if within(route.to, [s])), None)
            if subnet is not None:
                yield Fault(
                    vrf.origin,
                    ("spec", "routes", route.index, "to"),
                    f"the static route to {route.to} lies in {subnet}, a subnet of VRF {vrf.name}",
                    "state a prefix outside the VRF",
                )


@rule(
    Code(
        "HL0926",
        "Guests leave by borders that are not there",
        "With `egress: border` guests leave by a default route that the borders announce.",
        "Add `borders` to the fabric, or use `egress: nat`.",
        "egress: border",
        "egress: nat",
    )
)
def egress_has_a_border(estate: Estate) -> Iterator[Fault]:
    """Find `egress: border` in a fabric without borders."""
    if estate.fabric is None or borders(estate):
        return
    for vrf in estate.vrfs.values():
        if vrf.egress == "border":
            yield Fault(
                vrf.origin,
                ("spec", "egress"),
                f"guests of VRF {vrf.name} leave by the borders, but the fabric has none, at "
                f"{estate.fabric.origin.place('spec')}",
                "add `borders` to the fabric, or write `egress: nat`",
            )


@rule(
    Code(
        "HL0927",
        "Guests have nothing to leave with",
        "By `egress: nat` guests leave with their node's address: a network of IPv6 alone needs "
        "nodes with IPv6, one without subnets has nobody who could leave.",
        "Add an IPv4 subnet, give the nodes IPv6, or use another `egress`.",
        'egress: nat, subnets: ["2001:db8:0:100::/64"]',
        'egress: border, subnets: ["2001:db8:0:100::/64"]',
    ),
    Severity.WARNING,
)
def nat_has_an_address(estate: Estate) -> Iterator[Fault]:
    """Find `egress: nat` without IPv4, on nodes without IPv6, or without any subnet."""
    for vrf in estate.vrfs.values():
        networks = estate.networks_of(vrf)
        subnets = _subnets(estate, vrf)
        if vrf.egress != "nat" or not networks or any(one.version == IPV4 for one in subnets):
            continue
        names = sorted({name for network in networks for name in network.clusters})
        only_four = [
            name
            for name in names
            if all(one.version == IPV4 for one in estate.clusters[name].ranges.machine)
        ]
        if not subnets or only_four:
            why = (
                f"{in_words(subnets)}, on nodes of {in_words(only_four)}, which have IPv4 alone"
                if subnets
                else "no subnet"
            )
            yield Fault(
                vrf.origin,
                ("spec", "egress"),
                f"guests of VRF {vrf.name} cannot leave by their node: they have {why}",
                "add an IPv4 subnet, or use `egress: border` or `none`",
            )


@rule(
    Code(
        "HL0928",
        "A VRF has no network",
        "It is rendered nowhere: a VRF exists on leaves with a network of it.",
        "Write `vrf:` with its name in a network, or remove it.",
        "attach: [{cluster: prod, namespaces: [red]}]}\n---",
        "vrf: blue, attach: [{cluster: prod, namespaces: [red]}]}\n---",
    ),
    Severity.WARNING,
)
def vrf_has_a_network(estate: Estate) -> Iterator[Fault]:
    """Find a shared VRF that no network names."""
    for vrf in estate.vrfs.values():
        if vrf.shared and not estate.networks_of(vrf) and vrf.name not in estate.leaks_with:
            yield Fault(
                vrf.origin,
                ("metadata", "name"),
                f"no network is in VRF {vrf.name}",
                f"write `vrf: {vrf.name}` in a network, or remove it",
            )
