"""What the nodes of a cluster with leaves must hold as files: told without knowing any network.

A change of such files restarts nodes, so nothing here may follow from a tenant: the functions take
the fabric and the cluster, and never see the estate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.plan.leaf import OWN_IPV6, host_ranges

if TYPE_CHECKING:
    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.fabric import Fabric
    from hyperleaf.values.addresses import Subnet

BR_EX = "br-ex"
# Where a hub keeps its hosted clusters and what they refer to, unless told otherwise.
HOSTED_NAMESPACE = "clusters"


@dataclass(frozen=True, slots=True)
class NodePlan:
    """What is written on every node of `cluster`, by its own API or, if `hosted`, by its hub's.

    There it lies in `namespace`; `is_made_here` tells whether the hub's folder makes the cluster.
    `host_ranges` are the nodes' and the cloud's own; `uplinks` are the devices by which leaves
    reach the world, empty where a pool does not say which.
    """

    cluster: str
    sources: tuple[str, ...]
    hosted: bool
    host_ranges: tuple[Subnet, ...]
    uplinks: tuple[str, ...]
    namespace: str = HOSTED_NAMESPACE
    is_made_here: bool = False


def plan_nodes(fabric: Fabric | None, cluster: Cluster) -> NodePlan | None:
    """Return what the cluster's nodes hold; None where none of them is a leaf."""
    if fabric is None or not cluster.leaf_pools:
        return None
    control = cluster.control_plane
    devices = {_uplink(pool) for pool in cluster.leaf_pools}
    return NodePlan(
        cluster=cluster.name,
        sources=(str(cluster.origin), str(fabric.origin)),
        hosted=cluster.role == "hosted",
        host_ranges=tuple(dict.fromkeys((*host_ranges(cluster, fabric), *OWN_IPV6))),
        uplinks=() if None in devices else tuple(sorted(one for one in devices if one)),
        namespace=control.namespace if control else HOSTED_NAMESPACE,
        is_made_here=control is not None,
    )


def _uplink(pool: Pool) -> str | None:
    return BR_EX if pool.primary.kind == "br-ex" else pool.primary.device
