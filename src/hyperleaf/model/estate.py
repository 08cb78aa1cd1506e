"""The whole estate, with look-ups by name and by relation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.model.beside import HandWritten, Machine
    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.fabric import Fabric, Leak, Vrf
    from hyperleaf.model.network import Network


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything an estate says, resolved.

    Mappings are by name, in the order of names, so that the order of documents matters nowhere.
    `by_vrf` and `by_cluster` hold each VRF's and each cluster's networks in the order of names,
    `leaks_with` the leaks that name a VRF from another one. `unread` are documents that something
    is wrong with, as `Cluster/hub`: they are there, but nothing is known of them.
    """

    fabric: Fabric | None
    vrfs: Mapping[str, Vrf]
    networks: Mapping[str, Network]
    clusters: Mapping[str, Cluster]
    machines: tuple[Machine, ...]
    hand_written: tuple[HandWritten, ...]
    by_vrf: Mapping[str, tuple[Network, ...]]
    by_cluster: Mapping[str, tuple[Network, ...]]
    leaks_with: Mapping[str, tuple[tuple[Vrf, Leak], ...]]
    unread: frozenset[str] = frozenset()

    def networks_of(self, vrf: Vrf) -> tuple[Network, ...]:
        """Return the networks that `vrf` routes."""
        return self.by_vrf.get(vrf.name, ())

    def networks_in(self, cluster: Cluster) -> tuple[Network, ...]:
        """Return the networks attached in `cluster`."""
        return self.by_cluster.get(cluster.name, ())
