"""What follows from a hosted cluster's names: those of the objects that its hub makes it from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.credentials import Credential, CredentialName
    from hyperleaf.model.fabric import Fabric


def pods_namespace(namespace: str, cluster: str) -> str:
    """Return the hub's namespace of a control plane's pods, as HyperShift names it.

    >>> pods_namespace("clusters", "lvm-hcp")
    'clusters-lvm-hcp'
    """
    return f"{namespace}-{cluster}"


def node_pool_name(cluster: str, pool: str) -> str:
    """Return a NodePool's name: the pool's after the cluster's, which it need not repeat.

    >>> node_pool_name("lvm-hcp", "lvm-hcp"), node_pool_name("prod", "metal-x86")
    ('lvm-hcp', 'prod-metal-x86')
    """
    return pool if pool == cluster or pool.startswith(f"{cluster}-") else f"{cluster}-{pool}"


def config_map_name(cluster: str) -> str:
    """Return the name by which a hosted cluster's NodePools refer to their MachineConfig."""
    return f"hyperleaf-leaf-{cluster}"


def config_of(cluster: Cluster, pool: Pool, fabric: Fabric | None) -> tuple[str, ...]:
    """Return the ConfigMaps with files for a pool's nodes: ours on leaves, then those stated."""
    ours = (config_map_name(cluster.name),) if pool.leaf and fabric is not None else ()
    return (*ours, *pool.hosted.config)


def first_zone(cluster: Cluster) -> str | None:
    """Return the zone of what needs one alone: the first by name that has a subnet."""
    return min(cluster.found.aws.subnets, default=None)


def zone_of(cluster: Cluster, pool: Pool) -> str | None:
    """Return the zone of a pool's nodes, the first where none is stated."""
    return pool.zones[0] if pool.zones else first_zone(cluster)


def credential_of(hub: Cluster | None, cluster: Cluster, name: CredentialName) -> Credential | None:
    """Return a hosted cluster's credential: its own, or else its hub's.

    Who may log in to the hub's nodes is nobody on those of its hosted clusters.
    """
    inherited = hub.credentials.get(name) if hub is not None and name != "sshKey" else None
    return cluster.credentials.get(name) or inherited
