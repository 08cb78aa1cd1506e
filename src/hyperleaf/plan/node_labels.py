"""The labels that a pool's nodes bear from their birth: the estate's own, and those that find them.

Whoever makes nodes (a NodePool, a MachineSet) sets them, so that a node that joins is a leaf
without anybody's doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.model import labels
from hyperleaf.plan.leaf import uplink_label, way

if TYPE_CHECKING:
    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.fabric import Fabric


def node_labels(fabric: Fabric | None, cluster: Cluster, pool: Pool) -> dict[str, str]:
    """Return the labels of a pool's nodes, in the order of keys."""
    made = dict(pool.labels)
    if pool.uplinks or pool.leaf:
        made[labels.POOL] = pool.name
    if fabric is not None and pool.leaf:
        made |= {labels.LEAF: fabric.name, labels.UPLINK: uplink_label(*way(pool.primary))}
    if fabric is not None and (fabric.reflectors.cluster, fabric.reflectors.pool) == (
        cluster.name,
        pool.name,
    ):
        made[labels.REFLECTOR] = fabric.name
    return dict(sorted(made.items()))
