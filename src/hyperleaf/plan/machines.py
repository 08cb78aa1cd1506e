"""What MachineSets a cluster's pools need, and what nodes that are there already must bear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.model.hosted_names import node_pool_name
from hyperleaf.model.labels import POOL
from hyperleaf.model.machines import SET_LABEL, set_name, worker_bases
from hyperleaf.plan.node_labels import node_labels, security_groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Fabric
    from hyperleaf.model.hosted import Taint
    from hyperleaf.model.machines import Base

WORKER = {"node-role.kubernetes.io/worker": ""}
# What HyperShift calls the pool of a node, on the node itself.
NODE_POOL = "hypershift.openshift.io/nodePool"


@dataclass(frozen=True, slots=True)
class MachineSetPlan:
    """One MachineSet: its base, and what of it is the pool's own; `zone` only on AWS.

    `labels` and `taints` are its nodes'; `networks` are port groups on vSphere, of the NIC that
    carries the default route (None: as in the base) and of the others, and `template` what machines
    are cloned from there (None: likewise); `security_groups` are more of them, on AWS.
    """

    name: str
    source: str
    base: Base
    zone: str | None
    replicas: int
    pool: Pool
    labels: Mapping[str, str]
    primary_network: str | None
    networks: tuple[str, ...]
    template: str | None
    security_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeMarks:
    """What nodes must bear that were there before their pool said so, or that no pool makes.

    They are the nodes with all labels of `selector` that are called one of `names` or were made by
    one of `machine_sets` (both empty: whichever), and by none of `other_than`. A node's MachineSet
    is its machine's name, in the annotation `machine.openshift.io/machine`, without what follows
    the last hyphen.
    """

    pool: str
    source: str
    selector: Mapping[str, str]
    names: tuple[str, ...]
    machine_sets: tuple[str, ...]
    other_than: tuple[str, ...]
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]


def plan_machine_sets(fabric: Fabric | None, cluster: Cluster) -> tuple[MachineSetPlan, ...]:
    """Return the MachineSets of a cluster's pools; none before its workers' are known."""
    return tuple(
        one
        for pool in cluster.pools
        if pool.machines is not None
        for one in _of_pool(fabric, cluster, pool, pool.machines.base)
    )


def _of_pool(
    fabric: Fabric | None, cluster: Cluster, pool: Pool, named: str | None
) -> Iterator[MachineSetPlan]:
    bases = worker_bases(cluster.found.machine_sets, named)
    if not bases:
        return
    zones: tuple[str | None, ...] = pool.zones or (bases[0].zone,)
    for index, zone in enumerate(zones):
        base = base_for(bases, zone)
        name = set_name(base.infra_id, pool.name, zone)
        yield MachineSetPlan(
            name=name,
            source=str(cluster.origin),
            base=base,
            zone=zone,
            replicas=share(pool.replicas, len(zones), index),
            pool=pool,
            labels=_labels(fabric, cluster, pool, name),
            primary_network=pool.primary.port_group,
            networks=tuple(one.port_group for one in pool.uplinks.values() if one.port_group),
            template=_template(cluster, pool),
            security_groups=security_groups(fabric, cluster, pool),
        )


def _template(cluster: Cluster, pool: Pool) -> str | None:
    """Return what a pool's machines are cloned from: with a trunk, the template that has one."""
    stated = pool.machines.template if pool.machines is not None else None
    has_trunk = any(one.port_group for one in pool.uplinks.values())
    return stated or (cluster.found.template if has_trunk else None)


def base_for(bases: tuple[Base, ...], zone: str | None) -> Base:
    """Return the base for a zone: the zone's own worker MachineSet, else the first."""
    return next((one for one in bases if one.zone == zone), bases[0])


def share(total: int, zones: int, index: int) -> int:
    """Return a zone's part of a pool's replicas; the first ones get the remainder."""
    return total // zones + (index < total % zones)


def _labels(fabric: Fabric | None, cluster: Cluster, pool: Pool, name: str) -> dict[str, str]:
    """Return the labels of a MachineSet's nodes.

    Where a hand-written predecessor's policies select nodes by their MachineSet, so do ours, and
    the pool's own label is not looked for.
    """
    made, compatibility = node_labels(fabric, cluster, pool), cluster.compatibility
    if compatibility is not None and SET_LABEL in compatibility.node_selector:
        made.pop(POOL, None)
        made[SET_LABEL] = name
    return made


def plan_marks(estate: Estate, cluster: Cluster) -> tuple[NodeMarks, ...]:
    """Return what a cluster's nodes must bear, for clusters whose machines are ours to make."""
    return tuple(one for one in _marks(estate, cluster) if one.labels or one.taints)


def _marks(estate: Estate, cluster: Cluster) -> Iterator[NodeMarks]:
    source, sets = str(cluster.origin), plan_machine_sets(estate.fabric, cluster)
    made = {one.pool.name for one in sets}
    # Until the other pools' machines can be told from them, nothing is said of the first workers.
    are_told_apart = all(one.name in made for one in cluster.pools if one.machines is not None)
    if cluster.install is not None and are_told_apart:
        yield NodeMarks(
            pool="the installer's workers",
            source=source,
            selector=WORKER,
            names=tuple(one.name for one in cluster.install.hosts if one.role == "worker"),
            machine_sets=(),
            other_than=tuple(one.name for one in sets),
            labels=cluster.install.labels,
            taints=cluster.install.taints,
        )
    for pool in cluster.pools:
        hosted = cluster.role == "hosted" and cluster.control_plane is not None
        of_pool = tuple(one for one in sets if one.pool.name == pool.name)
        if hosted or of_pool:
            yield NodeMarks(
                pool=pool.name,
                source=source,
                selector={NODE_POOL: node_pool_name(cluster.name, pool.name)} if hosted else {},
                names=(),
                machine_sets=tuple(one.name for one in of_pool),
                other_than=(),
                labels=node_labels(estate.fabric, cluster, pool),
                taints=pool.taints,
            )
