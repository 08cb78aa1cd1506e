"""Rules about versions: what a release of OpenShift can do, and what it calls a preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.estate import Estate

# OpenShift 4.16 and MCE 2.6: the first with what hosted clusters on metal need.
HOSTED = (4, 16)
# From then on HyperConverged itself takes the range of KubeMacPool.
MAC_POOL_FIELD = (4, 21)
# From then on OVN-Kubernetes has user-defined networks, each a VRF with a table from 1000 on.
SEGMENTED = (4, 18)
FIRST_TABLE_OF_OVN = 1000


def _told(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


@rule(
    Code(
        "HL0630",
        "A version is too old to host",
        "Hosted control planes with leaves need OpenShift 4.16 and multicluster engine 2.6 or "
        "later, on the hub as well as in the hosted cluster.",
        "Upgrade.",
        "hub: hub, version: 4.15.3",
        "hub: hub, version: 4.16.8",
    )
)
def versions_can_host(estate: Estate) -> Iterator[Fault]:
    """Find a hosted cluster, or its hub, before 4.16."""
    hubs = {one.hub for one in estate.clusters.values() if one.role == "hosted"}
    for cluster in estate.clusters.values():
        hosts = cluster.name in hubs
        if (hosts or cluster.role == "hosted") and not cluster.version.is_at_least(*HOSTED):
            yield Fault(
                cluster.origin,
                ("spec", "version"),
                f"{cluster.name} {'hosts clusters' if hosts else 'is hosted'} with version "
                f"{cluster.version}; that needs {_told(HOSTED)} (multicluster engine 2.6) or later",
                f"use {_told(HOSTED)} or later",
            )


@rule(
    Code(
        "HL0631",
        "arm64 in a hosted cluster is a preview",
        "Node pools of another architecture than their control plane's are a Technology Preview: "
        "no support in production.",
        "Use amd64 for what must be supported.",
        "arch: arm64, leaf: true",
        "leaf: true",
    ),
    Severity.WARNING,
)
def hosted_arm_is_a_preview(estate: Estate) -> Iterator[Fault]:
    """Find a pool of arm64 in a hosted cluster."""
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            if cluster.role == "hosted" and pool.arch == "arm64":
                yield Fault(
                    cluster.origin,
                    ("spec", "nodePools", pool.index, "arch"),
                    f"pool {pool.name} of {cluster.name} is arm64: in hosted clusters a Technology "
                    "Preview",
                    "use amd64 for what must be supported",
                )


@rule(
    Code(
        "HL0632",
        "The range of MACs holds from the first installation on",
        "From 4.21 on HyperConverged takes KubeMacPool's range itself. Before, an "
        "annotation of it patches the operator below, which refuses to change a deployed range.",
        "Apply it before virtualization is installed, or upgrade to 4.21.",
        "version: 4.18.2",
        "version: 4.21.0",
    ),
    Severity.WARNING,
)
def mac_pool_is_a_setting(estate: Estate) -> Iterator[Fault]:
    """Find `macPool` in a version whose operator takes it once."""
    for cluster in estate.clusters.values():
        pool = cluster.virtualization.mac_pool if cluster.virtualization else None
        if pool is not None and not cluster.version.is_at_least(*MAC_POOL_FIELD):
            yield Fault(
                cluster.origin,
                ("spec", "virtualization", "macPool"),
                f"{cluster.name} has version {cluster.version}: before {_told(MAC_POOL_FIELD)} the "
                "range takes effect only when virtualization is installed, never afterwards",
                "apply it before the installation, or upgrade",
            )


@rule(
    Code(
        "HL0633",
        "OVN-Kubernetes takes the VRFs for its own",
        "From OpenShift 4.18 on OVN-Kubernetes makes VRFs for user-defined networks, with routing "
        "tables from 1000 on, and removes every other VRF with such a table as stale, once a "
        "minute. Without `table` a VRF's is its L3VNI.",
        "State a `table` below 1000 in each VRF, or in each network that has its own.",
        "vlan: 100, subnets",
        "vlan: 100, table: 100, subnets",
    )
)
def tables_are_not_ovns(estate: Estate) -> Iterator[Fault]:
    """Find VRFs with a table from 1000 on, on leaves where OVN-Kubernetes removes them."""
    for cluster in estate.clusters.values():
        if not cluster.leaf_pools or not cluster.version.is_at_least(*SEGMENTED):
            continue
        names = sorted({one.vrf for one in estate.networks_in(cluster) if one.vrf is not None})
        taken = [name for name in names if estate.vrfs[name].table >= FIRST_TABLE_OF_OVN]
        if taken:
            yield Fault(
                cluster.origin,
                ("spec", "version"),
                f"OVN-Kubernetes of {cluster.version} removes VRFs with a routing table from "
                f"{FIRST_TABLE_OF_OVN} on that are not its own: {len(taken)} of {cluster.name}, "
                f"as {taken[0]} with table {estate.vrfs[taken[0]].table}",
                f"state `table` below {FIRST_TABLE_OF_OVN} in each VRF, or network with its own",
            )
