"""A hosted cluster's control plane and nodes told as names and values, as the plan's meaning is.

HyperShift makes nodes anew, or changes them where they are, when some of these change: which, is
said here, so that whoever compares two estates is told beforehand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyperleaf.model.hosted import CPUS, MEMORY, disk_of
from hyperleaf.model.hosted_names import config_of, node_pool_name
from hyperleaf.plan.hosted import references
from hyperleaf.plan.nodes import plan_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.hosted import ClassMapping, ControlPlane

Told = dict[str, str | list[str]]
RELEASE: Final = "release"
UPGRADE: Final = "upgrade"
IMAGE_SOURCES: Final = "image sources"
PULL_SECRET: Final = "pull secret"  # noqa: S105 - a name
SSH_KEY: Final = "SSH key"
RESOURCE_TAGS: Final = "resource tags"
# What HyperShift makes nodes from, of the cluster and, after the pool's name, of a pool: it hashes
# the files, the names of Secrets and the release, and compares the machines' templates.
ROLLS_CLUSTER: Final = frozenset({RELEASE, IMAGE_SOURCES, PULL_SECRET, SSH_KEY, RESOURCE_TAGS})
ROLLS_POOL: Final = frozenset(
    {
        *("node files", "node files guard", "node files for uplinks"),
        *("cpus", "memory", "disk", "reserved in full", "queues", "cached image", "subnet in"),
        *("storage class", "access modes", "volume mode", "placement", "additional networks"),
        *("hub's pod network", "host devices", "instance type"),
    }
)
_HOW: Final = {"Replace": "are replaced", "InPlace": "are changed where they are, and restarted"}


def hosted(estate: Estate, cluster: Cluster) -> Told:
    """Return what an estate decides of a hosted cluster that it makes."""
    control = cluster.control_plane
    if control is None or cluster.role != "hosted":
        return {}
    told = {**dict(_control_plane(cluster, control)), **_credentials(estate, cluster)}
    for pool in cluster.pools:
        for name, said in (*_pool(cluster, pool), *_files(estate, cluster, pool)):
            told[f"pool {pool.name} {name}"] = said
    return told


def rolled(field: str, told: Mapping[str, str | list[str]]) -> str:
    """Return what a change of `field` does to nodes of the cluster that `told` tells of, if any."""
    if field in ROLLS_CLUSTER:
        pools = [name.split(" ")[1] for name in told if _is_upgrade(name)]
        return "; ".join(_said(pool, told) for pool in pools)
    _, _, rest = field.partition("pool ")
    pool, _, name = rest.partition(" ")
    return _said(pool, told) if name in ROLLS_POOL and f"pool {pool} {UPGRADE}" in told else ""


def _is_upgrade(name: str) -> bool:
    return name.startswith("pool ") and name.endswith(f" {UPGRADE}")


def _said(pool: str, told: Mapping[str, str | list[str]]) -> str:
    how = _HOW[str(told[f"pool {pool} {UPGRADE}"])]
    return f"the nodes of pool {pool} {how}, one after another"


def _control_plane(
    cluster: Cluster, control: ControlPlane
) -> Iterator[tuple[str, str | list[str]]]:
    yield RELEASE, control.release
    yield "control plane in", control.pods_namespace
    yield "control plane", control.availability
    yield "ingress", control.infrastructure_availability
    if control.node_selector:
        yield "control plane on nodes", _pairs(control.node_selector)
    where = f" of {control.etcd_storage_class}" if control.etcd_storage_class else ""
    yield "etcd", f"{control.etcd_size}{where}"
    below = cluster.platform.kind == "kubevirt" and cluster.base_domain is None
    yield "names below", "the hub's" if below else str(cluster.base_domain)
    if cluster.platform.kind == "aws":
        yield "API", control.endpoint_access
    if control.storage_classes:
        yield "storage classes", _mapped(control.storage_classes)
    if control.snapshot_classes:
        yield "snapshot classes", _mapped(control.snapshot_classes)
    if control.image_sources:
        yield (
            IMAGE_SOURCES,
            [f"{source} at {', '.join(at)}" for source, at in control.image_sources],
        )
    if not control.has_default_sources:
        yield "operators' default sources", "none"
    if control.trust_bundle is not None:
        yield "trust bundle", control.trust_bundle
    if control.resource_tags:
        yield RESOURCE_TAGS, ", ".join(_pairs(control.resource_tags))
    if control.fips:
        yield "FIPS", "yes"


def _credentials(estate: Estate, cluster: Cluster) -> Told:
    """Return the Secrets that nodes are made with, by their names."""
    hub = estate.clusters.get(cluster.hub or "")
    named = references(hub, cluster) if hub is not None else ()
    return {
        name: one.name
        for name, one in zip((PULL_SECRET, SSH_KEY), named, strict=False)
        if one is not None
    }


def _pool(cluster: Cluster, pool: Pool) -> Iterator[tuple[str, str | list[str]]]:
    nodes, kind = pool.hosted, cluster.platform.kind
    yield "made as", node_pool_name(cluster.name, pool.name)
    yield UPGRADE, nodes.upgrade
    yield "lost nodes", "made anew" if nodes.auto_repair else "stay lost"
    yield "drain timeout", str(nodes.drain_timeout) if nodes.drain_timeout else "none"
    if nodes.autoscaling is not None:
        yield "autoscaling", f"{nodes.autoscaling[0]} to {nodes.autoscaling[1]}"
    yield "disk", str(pool.disk or disk_of(kind))
    for taint in pool.taints:
        yield f"taint {taint.key}", f"{taint.value or ''}:{taint.effect}"
    if kind == "aws":
        yield from (("subnet in", zone) for zone in pool.zones)
    else:
        yield from _machine(pool)


def _machine(pool: Pool) -> Iterator[tuple[str, str | list[str]]]:
    nodes = pool.hosted
    yield "cpus", str(pool.cpus or CPUS)
    yield "memory", str(pool.memory or MEMORY)
    for name, value in (
        ("storage class", nodes.storage_class),
        ("access modes", list(nodes.access_modes) or None),
        ("volume mode", nodes.volume_mode),
        ("placement", _pairs(nodes.placement) or None),
        ("additional networks", list(nodes.additional_networks) or None),
        ("host devices", [f"{count} x {name}" for name, count in nodes.host_devices] or None),
        ("hub's pod network", None if nodes.default_network else "not attached"),
        ("reserved in full", "yes" if nodes.guaranteed else None),
        ("queues", {True: "many", False: "one", None: None}[nodes.multiqueue]),
        ("cached image", {True: "yes", False: "no", None: None}[nodes.image_cache]),
    ):
        if value is not None:
            yield name, value


def _files(estate: Estate, cluster: Cluster, pool: Pool) -> Iterator[tuple[str, list[str]]]:
    """Yield what a pool's files on nodes follow from."""
    config = config_of(cluster, pool, estate.fabric)
    if config:
        yield "node files", list(config)
    ours = plan_nodes(estate.fabric, cluster) if pool.leaf else None
    if ours is not None:
        yield "node files guard", [str(one) for one in ours.host_ranges]
        yield "node files for uplinks", list(ours.uplinks)


def _pairs(labels: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in sorted(labels.items())]


def _mapped(classes: Iterable[ClassMapping]) -> list[str]:
    return [
        f"{one.infra} as {one.guest}" + (f", group {one.group}" if one.group else "")
        for one in classes
    ]
