"""Words that name an end (a guest, a network, an address, outside) become ends and a verdict."""

from __future__ import annotations

from difflib import get_close_matches
from ipaddress import ip_address
from typing import TYPE_CHECKING

from hyperleaf.model.fabric import BORDERS
from hyperleaf.plan.endpoints import Endpoint, border, guest, node, outside
from hyperleaf.plan.reach import Verdict, reach
from hyperleaf.plan.routes import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.model.beside import Machine, Nic
    from hyperleaf.model.network import Network
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.values.addresses import Address

OUTSIDE, BORDER, NODE = "outside", "border", "node:"
FAMILIES = (4, 6)


class UnknownEndError(ValueError):
    """A word names nothing of the estate; the sentence says what it might have meant."""


def trace(plan: Plan, source: str, target: str) -> tuple[Verdict, ...]:
    """Return a verdict for each family that both ends can be asked about.

    A guest with several NICs takes the one that reaches, or else the first. UnknownEndError for
    words that name nothing, ValueError for two ends of which neither is a guest.
    """
    sources, targets = ends(plan, source), ends(plan, target)
    tables = Tables(plan)
    made = []
    for family in _families(sources, targets):
        verdicts = [
            reach(plan, one, other, family, tables=tables)
            for one in sources
            for other in targets
            if _speaks(one, family) and _speaks(other, family)
        ]
        if verdicts:
            made.append(next((one for one in verdicts if one.reached), verdicts[0]))
    if not made:
        raise ValueError(f"{source} and {target} have no address family in common")
    return tuple(made)


def _families(sources: tuple[Endpoint, ...], targets: tuple[Endpoint, ...]) -> Iterator[int]:
    """Yield IPv4, and IPv6 where either end has it or names an address of it."""
    both = (*sources, *targets)
    named = [one for one in both if one.kind in {"elsewhere", "gateway"} or _is_one(one)]
    for family in FAMILIES:
        if named:
            if all(one.address(family) is not None for one in named):
                yield family
        elif family == FAMILIES[0] or any(
            one.address(family) is not None for one in both if one.kind == "guest"
        ):
            yield family


def _is_one(end: Endpoint) -> bool:
    """Tell whether an end was named by one address."""
    return end.label in {str(one) for one in end.addresses}


def _speaks(end: Endpoint, family: int) -> bool:
    return not _is_one(end) or end.address(family) is not None


def ends(plan: Plan, text: str) -> tuple[Endpoint, ...]:
    """Return what a word names: several ends for a guest with several NICs.

    `outside`, `border`, `node:CLUSTER`, an address, a network or a VirtualMachine (`NAME` or
    `NAMESPACE/NAME`); the latter two with `@CLUSTER` where they are in several.
    """
    if text == OUTSIDE:
        return (outside(),)
    if text == BORDER:
        return (border(),)
    if text.startswith(NODE):
        return (_node(plan, text.removeprefix(NODE)),)
    name, at, site = text.partition("@")
    if not at:
        try:
            return (_address(plan, ip_address(text)),)
        except ValueError:
            pass
    if site and site != BORDERS and site not in plan.estate.clusters:
        raise _unknown("cluster", site, plan.estate.clusters)
    network = plan.estate.networks.get(name)
    if network is not None:
        return (_on(plan, network, site),)
    found = tuple(_machine_ends(plan, name, site))
    if found:
        return found
    if any(name in _names(one) for one in plan.estate.machines):
        where = f" in {site}" if site else ""
        raise UnknownEndError(f"guest {name!r} has no NIC on a network of this estate{where}")
    machines = [f"{one.namespace}/{one.name}" for one in plan.estate.machines]
    raise _unknown(
        "network, guest or address", name, [*plan.estate.networks, *machines, OUTSIDE, BORDER]
    )


def _unknown(what: str, word: str, known: Iterable[str]) -> UnknownEndError:
    names = list(known)
    close = get_close_matches(word, names, n=1)
    listed = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")  # noqa: PLR2004
    hint = f"did you mean {close[0]}?" if close else f"known: {listed or 'none'}"
    return UnknownEndError(f"there is no {what} {word!r}; {hint}")


def _node(plan: Plan, name: str) -> Endpoint:
    cluster = plan.estate.clusters.get(name)
    if cluster is None:
        raise _unknown("cluster", name, plan.estate.clusters)
    return node(cluster)


def _on(plan: Plan, network: Network, site: str) -> Endpoint:
    """Return a guest on a network, in the first cluster where no site is said."""
    chosen = site or next(iter(network.clusters), "")
    if chosen == BORDERS:
        return guest(plan, network, BORDERS)
    if chosen not in network.clusters:
        where = ", ".join(network.clusters) or "no cluster"
        raise UnknownEndError(
            f"network {network.name!r} is attached in {where}"
            + (f", not in {chosen}" if chosen else "")
        )
    return guest(plan, network, chosen)


def _address(plan: Plan, address: Address) -> Endpoint:
    """Return who has an address: a gateway, a guest's network, a node's range, or somebody else."""
    estate = plan.estate
    for network in estate.networks.values():
        for index, subnet in enumerate(network.subnets):
            if address in subnet and network.transport == "evpn":
                own = any(one.ip == address for one in network.gateways)
                site = _site_of(plan, network, address)
                return Endpoint(
                    kind="gateway" if own else "guest",
                    label=str(address),
                    network=network.name,
                    site=site,
                    addresses=(address,),
                    origin=network.origin,
                    path=("spec", "subnets", index),
                )
    for cluster in estate.clusters.values():
        if any(address in subnet for subnet in cluster.ranges.machine):
            return Endpoint("node", str(address), site=cluster.name, addresses=(address,))
    return Endpoint("elsewhere", str(address), addresses=(address,))


def _site_of(plan: Plan, network: Network, address: Address) -> str:
    """Return where the guest with an address is: behind the borders, or in the first cluster."""
    for border_plan in plan.borders:
        for vrf in border_plan.vrfs:
            for segment in vrf.segments:
                if segment.segment.network == network.name and any(
                    one.ip == address for one in segment.own
                ):
                    return BORDERS
    return next(iter(network.clusters), BORDERS)


def _machine_ends(plan: Plan, name: str, site: str) -> Iterator[Endpoint]:
    for machine in plan.estate.machines:
        if name in _names(machine):
            for nic in machine.nics:
                yield from _nic_ends(plan, machine, nic, site)


def _names(machine: Machine) -> tuple[str, str]:
    return machine.name, f"{machine.namespace}/{machine.name}"


def _nic_ends(plan: Plan, machine: Machine, nic: Nic, site: str) -> Iterator[Endpoint]:
    """Yield the end of a NIC in each cluster that has its attachment."""
    path = ("spec", "template", "spec", "domain", "devices", "interfaces", nic.index)
    for cluster in plan.clusters:
        for one in cluster.attachments:
            named = nic.attachment == (one.namespace, one.name)
            if named and site in {"", cluster.cluster.name}:
                network = plan.estate.networks[one.network]
                own = guest(plan, network, cluster.cluster.name)
                stated = {address.version: address.ip for address in nic.addresses}
                families = {address.version: address for address in own.addresses} | stated
                yield Endpoint(
                    kind="guest",
                    label=f"{machine.namespace}/{machine.name}",
                    network=network.name,
                    site=cluster.cluster.name,
                    addresses=tuple(families.values()),
                    origin=machine.origin,
                    path=path,
                )
