"""What the estate's paths carry: the most bytes a guest's packet may have on each network."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from hyperleaf.model.fabric import BORDERS
from hyperleaf.model.network import PathMtu
from hyperleaf.values.numbers import Mtu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.fabric import Fabric

# Outer Ethernet is not counted by an MTU: IPv4 20, UDP 8, VXLAN 8, inner Ethernet 14 (RFC 7348).
VXLAN_BYTES = 50
# Geneve with OVN's option, as OVN-Kubernetes takes off for its own overlay.
GENEVE_BYTES = 100
ETHERNET = Mtu(1500)


def _less(mtu: Mtu, overhead: int) -> Mtu:
    """Return what an encapsulation leaves of `mtu`, never less than IPv4 needs."""
    return Mtu(max(Mtu.least, mtu - overhead))


def path_mtus(
    fabric: Fabric | None, clusters: Mapping[str, Cluster]
) -> Callable[[tuple[str, ...]], PathMtu]:
    """Return a function from a network's clusters to the MTU of a segment stretched over them.

    The least over every pair of sites, the clusters and the borders, and within each site.
    """
    known: dict[tuple[str, ...], PathMtu] = {}

    def least(names: tuple[str, ...]) -> PathMtu:
        key = tuple(sorted(names))
        if key not in known:
            known[key] = _least(fabric, [clusters[name] for name in key])
        return known[key]

    return least


def _least(fabric: Fabric | None, clusters: Iterable[Cluster]) -> PathMtu:
    if fabric is None:
        return PathMtu(_less(ETHERNET, VXLAN_BYTES), "an underlay that nobody described")
    sites = [(fabric.mtu, "the underlay")]
    names = []
    for cluster in clusters:
        names.append(cluster.name)
        if cluster.mtu is not None:
            sites.append((cluster.mtu, f"the machine network of {cluster.name}"))
    if fabric.borders:
        names.append(BORDERS)
    written = {frozenset(path.ends): path for path in fabric.paths}
    pairs = [written.get(frozenset(pair)) for pair in combinations(names, 2)]
    paths = [(path.mtu, path.why) for path in pairs if path is not None]
    mtu, why = min([*sites, *paths], key=lambda one: one[0])
    return PathMtu(
        _less(mtu, VXLAN_BYTES), f"{why} ({int(mtu)} bytes, less {VXLAN_BYTES} for VXLAN)"
    )


def uplink_mtu(name: str | None, clusters: Iterable[Cluster]) -> PathMtu:
    """Return the MTU of a network that leaves by the uplink `name` of the clusters' pools."""
    stated = [
        (uplink.mtu, f"uplink {name} of pool {pool.name} in {cluster.name}")
        for cluster in clusters
        for pool in cluster.pools
        for uplink in pool.uplinks.values()
        if uplink.name == name and uplink.mtu is not None
    ]
    mtu, why = min(stated, default=(ETHERNET, "an uplink whose MTU nobody stated"))
    return PathMtu(mtu, f"{why} ({int(mtu)} bytes)")


def overlay_mtu(clusters: Iterable[Cluster]) -> PathMtu:
    """Return the MTU of a network that OVN-Kubernetes carries in Geneve."""
    stated = [
        (cluster.mtu or ETHERNET, f"the machine network of {cluster.name}") for cluster in clusters
    ]
    mtu, why = min(stated, default=(ETHERNET, "a machine network that nobody described"))
    return PathMtu(
        _less(mtu, GENEVE_BYTES), f"{why} ({int(mtu)} bytes, less {GENEVE_BYTES} for Geneve)"
    )
