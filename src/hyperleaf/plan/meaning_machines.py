"""Installations and pools of MachineSets told as names and values, as the plan's meaning is.

MachineSets make new machines by what they say; those that are there stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.install import Install, Installed
    from hyperleaf.model.machines import Machines

Told = dict[str, str | list[str]]


def machines(cluster: Cluster) -> Told:
    """Return what an estate decides of how a cluster is installed, and of its machines."""
    told: Told = dict(_install(cluster.install)) if cluster.install is not None else {}
    for pool in cluster.pools:
        if pool.machines is not None:
            told |= {f"pool {pool.name} {name}": s for name, s in _pool(pool, pool.machines)}
    return told


def _install(install: Install) -> Iterator[tuple[str, str | list[str]]]:
    yield "installed control plane", _size(install.control_plane)
    yield "installed workers", _size(install.workers)
    if install.labels:
        yield "installed workers' labels", [f"{k}={v}" for k, v in install.labels.items()]
    for taint in install.taints:
        yield f"installed workers' taint {taint.key}", f"{taint.value or ''}:{taint.effect}"
    for host in install.hosts:
        address = host.address or "by DHCP"
        yield f"host {host.name}", f"{host.role}, {host.mac}, {address}"
    if install.api_vips:
        yield "API addresses", [str(one) for one in install.api_vips]
        yield "ingress addresses", [str(one) for one in install.ingress_vips]
    if install.publish != "External":
        yield "published", install.publish


def _size(one: Installed) -> str:
    size = (
        one.instance_type,
        None if one.cpus is None else f"{one.cpus} CPUs",
        one.memory,
        None if one.disk is None else f"disk {one.disk}",
        f"in {', '.join(one.zones)}" if one.zones else None,
    )
    return " ".join([f"{one.replicas} x", *(str(part) for part in size if part is not None)])


def _pool(pool: Pool, made: Machines) -> Iterator[tuple[str, str | list[str]]]:
    yield "machines after", made.base or "the cluster's workers"
    stated = {
        "machines": pool.replicas,
        "cpus": pool.cpus,
        "memory": pool.memory,
        "disk": pool.disk,
        "template": made.template,
        "cores per socket": made.cores_per_socket,
    }
    yield from ((name, str(one)) for name, one in stated.items() if one is not None)
    if pool.zones:
        yield "zones", list(pool.zones)
    if pool.roles:
        yield "roles", list(pool.roles)
    for taint in pool.taints:
        yield f"taint {taint.key}", f"{taint.value or ''}:{taint.effect}"
    disk = pool.data_disk
    if disk is not None:
        iops = "" if disk.iops is None else f", {disk.iops} operations a second"
        yield "data disk", f"{disk.device}, {disk.size} of {disk.type}{iops}"
