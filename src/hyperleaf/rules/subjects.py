"""What rules ask an estate for again and again: its segments, sites, and what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from hyperleaf.values.addresses import IPV4, last_host, overlaps

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from _typeshed import SupportsRichComparison

    from hyperleaf.findings import Origin, Place
    from hyperleaf.model.cluster import Cluster, Pool, Uplink
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Border
    from hyperleaf.model.network import Network
    from hyperleaf.rules.rule import Path
    from hyperleaf.values.addresses import Address, Subnet

# Up to here comparing each with each costs less than sorting all.
FEW = 16
Left = TypeVar("Left")
Right = TypeVar("Right")
Thing = TypeVar("Thing")
Key = TypeVar("Key", bound="Hashable")
Document = TypeVar("Document", bound="FromDocument")


class FromDocument(Protocol):
    """What follows from a document."""

    @property
    def origin(self) -> Origin:
        """The document."""


def is_written(origin: Origin, *path: str | int) -> bool:
    """Tell whether a document states something at `path`, be it the default."""
    node = origin.marks
    for step in path:
        child = node.children.get(step)
        if child is None:
            return False
        node = child
    return True


def members(origin: Origin, *path: str | int) -> tuple[str, ...]:
    """Return the names that a document writes below `path`, in its order."""
    node = origin.marks
    for step in path:
        child = node.children.get(step)
        if child is None:
            return ()
        node = child
    return tuple(str(name) for name in node.children)


def stretched(estate: Estate) -> Iterator[Network]:
    """Yield the segments of the fabric."""
    return (network for network in estate.networks.values() if network.transport == "evpn")


def as_written(things: Iterable[Document]) -> list[Document]:
    """Return things in the order of their documents, so that the later one is the guilty one."""
    return sorted(things, key=lambda one: one.origin.place())


def vlan_path(network: Network) -> Path:
    """Return where the network's VLAN id is written: of a set, all of its ids are in one place."""
    return ("spec", "vlans" if network.origin.kind == "NetworkSet" else "vlan")


def vlan_place(network: Network) -> Place:
    """Return the place of the network's VLAN id."""
    return network.origin.place(*vlan_path(network))


def named(network: Network) -> str:
    """Return how a message names a network: with its set, where it has one."""
    of_set = network.origin.kind == "NetworkSet"
    return f"{network.name} (of {network.origin})" if of_set else network.name


def sites(estate: Estate) -> tuple[Cluster, ...]:
    """Return the clusters that are part of the fabric: those with leaves, and the reflectors'."""
    fabric = estate.fabric
    if fabric is None:
        return ()
    return tuple(
        cluster
        for cluster in estate.clusters.values()
        if cluster.leaf_pools or cluster.name == fabric.reflectors.cluster
    )


def borders(estate: Estate) -> tuple[Border, ...]:
    """Return the fabric's borders."""
    return estate.fabric.borders if estate.fabric else ()


def border_address(border: Border, subnet: Subnet) -> Address:
    """Return a border's own address on a subnet: the last usable one, the next border's before."""
    return last_host(subnet, border.index)


def clusters_of(estate: Estate, network: Network) -> Iterator[tuple[int, Cluster]]:
    """Yield each cluster where the network is attached, once, with the attachment's place."""
    seen: set[str] = set()
    for attachment in network.attachments:
        if attachment.cluster not in seen:
            seen.add(attachment.cluster)
            yield attachment.index, estate.clusters[attachment.cluster]


def uplinks_called(cluster: Cluster, name: str | None) -> Iterator[tuple[Pool, Uplink]]:
    """Yield the pools of a cluster that have an uplink of a name, with it."""
    for pool in cluster.pools:
        for uplink in pool.uplinks.values():
            if uplink.name == name:
                yield pool, uplink


def uplink_path(pool: Pool, uplink: Uplink, *more: str | int) -> Path:
    """Return where an uplink of a pool is written."""
    return ("spec", "nodePools", pool.index, "uplinks", uplink.name, *more)


def has_room(estate: Estate, subnet: Subnet) -> bool:
    """Tell whether a subnet holds the gateway, every border's own address and a guest."""
    return subnet.num_addresses > len(borders(estate)) + 3


def crossing(
    left: Iterable[tuple[Subnet, Left]], right: Iterable[tuple[Subnet, Right]]
) -> Iterator[tuple[tuple[Subnet, Left], tuple[Subnet, Right]]]:
    """Yield pairs of a left and a right subnet that overlap.

    A few right ones (a cluster's ranges) are compared with every left one; of many only neighbours
    are, in the order of addresses, so that the time stays near the number of both.
    """
    bounds = [(*_bounds(one[0]), one) for one in right]
    if len(bounds) > FEW:
        yield from _neighbours(left, [one for *_, one in bounds])
        return
    for one in left:
        version, start, end = _bounds(one[0])
        for family, low, high, other in bounds:
            if start <= high and low <= end and family == version:
                yield one, other


def _bounds(subnet: Subnet) -> tuple[int, int, int]:
    """Return a subnet's family, first and last address."""
    start = int(subnet.network_address)
    last = start + (1 << (subnet.max_prefixlen - subnet.prefixlen)) - 1
    return subnet.version, start, last


def _neighbours(
    left: Iterable[tuple[Subnet, Left]], right: Iterable[tuple[Subnet, Right]]
) -> Iterator[tuple[tuple[Subnet, Left], tuple[Subnet, Right]]]:
    tagged: list[tuple[Subnet, tuple[bool, Left | Right]]] = [
        *((subnet, (True, owner)) for subnet, owner in left),
        *((subnet, (False, owner)) for subnet, owner in right),
    ]
    for (first, (is_left, one)), (second, (is_other_left, other)) in overlaps(tagged):
        if is_left and not is_other_left:
            yield (first, one), (second, other)  # type: ignore[misc]
        elif is_other_left and not is_left:
            yield (second, other), (first, one)  # type: ignore[misc]


def within(subnet: Subnet, ranges: Iterable[Subnet]) -> bool:
    """Tell whether a subnet lies in one of some ranges."""
    return any(
        one.version == subnet.version
        and int(one.network_address) <= int(subnet.network_address)
        and int(subnet.broadcast_address) <= int(one.broadcast_address)
        for one in ranges
    )


def is_in(address: Address, ranges: Iterable[Subnet]) -> bool:
    """Tell whether an address lies in one of some ranges."""
    return any(address in one for one in ranges)


def is_edge(address: Address, subnet: Subnet) -> bool:
    """Tell whether an address is the subnet's own: its first, or IPv4's broadcast."""
    if subnet.max_prefixlen - subnet.prefixlen < 2:  # noqa: PLR2004 - every address is usable
        return False
    offset = int(address) - int(subnet.network_address)
    return offset == 0 or (subnet.version == IPV4 and offset == subnet.num_addresses - 1)


def in_words(ranges: Iterable[object]) -> str:
    """Return values as a list for a reader: `a, b`, or `none`."""
    return ", ".join(str(one) for one in ranges) or "none"


def repeated(
    pairs: Iterable[tuple[Key, Thing]],
    place: Callable[[Thing], SupportsRichComparison] | None = None,
) -> Iterator[tuple[Key, Thing, Thing]]:
    """Yield each key that comes again, with the first thing that has it and the later one.

    `place` says where a thing is written; without it the order is that of `pairs`.
    """
    groups: dict[Key, list[Thing]] = {}
    for key, thing in pairs:
        groups.setdefault(key, []).append(thing)
    for key, group in groups.items():
        if len(group) > 1:
            first, *others = group if place is None else sorted(group, key=place)
            for other in others:
                yield key, first, other
