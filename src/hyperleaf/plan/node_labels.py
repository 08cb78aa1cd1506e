"""What a pool's nodes bear from their birth: labels that find them, groups that let others in.

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


def security_groups(fabric: Fabric | None, cluster: Cluster, pool: Pool) -> tuple[str, ...]:
    """Return the groups that a pool's nodes are put into on AWS, on top of their cluster's own.

    They let in what the fabric's nodes say to each other, and are told by facts.
    """
    found = cluster.found.aws
    wanted = (
        found.leaf_group if pool.leaf else None,
        found.reflector_group if reflects(fabric, cluster, pool) else None,
    )
    return tuple(one for one in wanted if one is not None)


def reflects(fabric: Fabric | None, cluster: Cluster, pool: Pool) -> bool:
    """Tell whether a pool's nodes are the route reflectors."""
    return fabric is not None and (fabric.reflectors.cluster, fabric.reflectors.pool) == (
        cluster.name,
        pool.name,
    )


def node_labels(fabric: Fabric | None, cluster: Cluster, pool: Pool) -> dict[str, str]:
    """Return the labels of a pool's nodes, in the order of keys."""
    made = dict(pool.labels)
    if pool.uplinks or pool.leaf:
        made[labels.POOL] = pool.name
    if fabric is not None and pool.leaf:
        made |= {labels.LEAF: fabric.name, labels.UPLINK: uplink_label(*way(pool.primary))}
    if fabric is not None and reflects(fabric, cluster, pool):
        made[labels.REFLECTOR] = fabric.name
    return dict(sorted(made.items()))
