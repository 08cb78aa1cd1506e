"""Rules about the addresses of nodes themselves: on networks of theirs, and of tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words, is_edge, is_in, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.estate import Estate

VTEPS = ("spec", "vtep", "pinned")


@rule(
    Code(
        "HL0340",
        "A node's pinned address lies outside the network",
        "A node reaches others of the network only with an address of its subnet.",
        "State a usable address of one of the network's subnets.",
        "hv-1: 10.20.99.11",
        "hv-1: 10.20.30.11",
    )
)
def pinned_address_fits(estate: Estate) -> Iterator[Fault]:
    """Find a pinned address in no subnet, or the subnet's own."""
    for network in estate.networks.values():
        for node, address in network.pinned.items():
            subnet = next((one for one in network.subnets if address in one), None)
            if subnet is None or is_edge(address, subnet):
                why = "is in none of" if subnet is None else "is no host's in"
                yield Fault(
                    network.origin,
                    ("spec", "pinned", node),
                    f"{address} of node {node} {why} the subnets of {network.name} "
                    f"({in_words(network.subnets)})",
                    "state a usable address of one of its subnets",
                )


@rule(
    Code(
        "HL0341",
        "Two nodes have one pinned address",
        "Two nodes with one address cut each other off.",
        "Give each node an address of its own.",
        "hv-2: 10.20.30.11",
        "hv-2: 10.20.30.12",
    )
)
def pinned_addresses_differ(estate: Estate) -> Iterator[Fault]:
    """Find one address for two nodes, on a network or as tunnel endpoint."""
    owners = [
        (network.origin, ("spec", "pinned"), network.pinned) for network in estate.networks.values()
    ]
    if estate.fabric is not None:
        owners.append((estate.fabric.origin, VTEPS, estate.fabric.pinned_vteps))  # type: ignore[arg-type]
    for origin, path, pinned in owners:
        for address, first, second in repeated((one, node) for node, one in pinned.items()):
            yield Fault(
                origin,
                (*path, second),
                f"{address} of node {second} is pinned for {first} already, at "
                f"{origin.place(*path, first)}",
                "give each node an address of its own",
            )


@rule(
    Code(
        "HL0342",
        "Pinned addresses are asked for and not given, or given and not asked for",
        "`addresses: pinned` takes an address per node from `pinned`; with any other value of "
        "`addresses`, `pinned` says nothing.",
        "State both or neither.",
        "addresses: pinned",
        "addresses: pinned, pinned: {hv-1: 10.20.30.11}",
    )
)
def pinned_means_pinned(estate: Estate) -> Iterator[Fault]:
    """Find `addresses: pinned` without addresses, or addresses without it."""
    for network in estate.networks.values():
        if network.host_addresses == "pinned" and not network.pinned:
            yield Fault(
                network.origin,
                ("spec", "addresses"),
                f"no node of {network.name} has a pinned address",
                "state `pinned: {NODE: ADDRESS}`, or `addresses: dhcp`",
            )
        if network.pinned and network.host_addresses != "pinned":
            yield Fault(
                network.origin,
                ("spec", "pinned"),
                f"{network.name} pins {len(network.pinned)} addresses, but says `addresses: "
                f"{network.host_addresses}`",
                "write `addresses: pinned`, or remove `pinned`",
            )


@rule(
    Code(
        "HL0343",
        "Nodes would get addresses on a guests' network",
        "A node with an address on a guests' network can be reached by the guests. Only networks "
        "of the nodes' own traffic (migration, storage, management) on a VLAN or a NIC of "
        "their own give the nodes addresses.",
        "Remove `addresses`, or state the role.",
        "uplink: trunk, addresses: dhcp",
        "uplink: trunk",
    )
)
def guests_and_nodes_keep_apart(estate: Estate) -> Iterator[Fault]:
    """Find host addresses with role vm, or with a transport on which nodes have no device."""
    for network in estate.networks.values():
        if network.host_addresses == "none":
            continue
        if network.role == "vm":
            why = f"{network.name} is a network of guests (role vm)"
        elif network.transport not in {"vlan", "untagged"}:
            why = f"nodes have no device of their own on transport {network.transport}"
        else:
            continue
        yield Fault(
            network.origin,
            ("spec", "addresses"),
            f"nodes cannot have addresses ({network.host_addresses}) here: {why}",
            "remove `addresses`; or state a role and transport vlan or untagged",
        )


@rule(
    Code(
        "HL0344",
        "Tunnel endpoints are pinned",
        "Each pinned endpoint makes a policy per node and VRF: the estate changes with every node "
        "that joins or leaves. Without, one policy serves all, whose endpoint is the source of the "
        "node's default route.",
        "Remove `vtep.pinned` where nodes have a default route with a source address.",
        "  vtep: {pinned: {w-1: 10.0.16.11}}\n",
        "",
    ),
    Severity.WARNING,
)
def pinned_endpoints_cost(estate: Estate) -> Iterator[Fault]:
    """Find a fabric with a policy per node."""
    fabric = estate.fabric
    if fabric is None or not fabric.pinned_vteps:
        return
    nodes = len(fabric.pinned_vteps)
    used = {network.vrf for network in estate.networks.values() if network.vrf is not None}
    yield Fault(
        fabric.origin,
        VTEPS,
        f"pinned tunnel endpoints make {len(used) + 1} policies for each of {nodes} nodes, and a "
        "new node needs an edit here",
        "remove `vtep.pinned`: the source of each node's default route is taken",
    )


@rule(
    Code(
        "HL0345",
        "A pinned tunnel endpoint lies outside the underlay",
        "Leaves, reflectors and filters take the underlay's ranges for all that hosts have.",
        "Add the range to `underlay.cidrs`, or correct the address.",
        "w-1: 192.168.7.1",
        "w-1: 10.0.16.11",
    )
)
def pinned_endpoint_is_in_the_underlay(estate: Estate) -> Iterator[Fault]:
    """Find a tunnel endpoint that the underlay's ranges do not hold."""
    fabric = estate.fabric
    if fabric is None:
        return
    for node, address in fabric.pinned_vteps.items():
        if not is_in(address, fabric.underlay):
            yield Fault(
                fabric.origin,
                (*VTEPS, node),
                f"{address} of node {node} is outside the underlay {in_words(fabric.underlay)}, "
                f"at {fabric.origin.place('spec', 'underlay', 'cidrs')}",
                "add its range to `underlay.cidrs`, or correct the address",
            )
