"""What nodes hold as files becomes a MachineConfig, or a hosted cluster's ConfigMap on its hub.

Every byte follows from the cluster and its fabric, none from a network: a change here restarts
nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.model.hosted_names import config_map_name
from hyperleaf.render.manifest import Manifest, Step, metadata
from hyperleaf.render.node import dispatcher, nftables, sysctl
from hyperleaf.render.node.ignition import EXECUTABLE, File, Unit, ignition
from hyperleaf.render.text import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.plan.clusters import ClusterPlan
    from hyperleaf.plan.nodes import NodePlan

NAME = "50-hyperleaf-leaf"
# After the namespace, and before what names it.
BEFORE_NODE_POOLS = 20
ROLE = {"machineconfiguration.openshift.io/role": "worker"}


def node_files(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield the static files of all nodes that get theirs through this cluster's API."""
    for nodes in plan.nodes:
        config = machine_config(nodes)
        if nodes.hosted and nodes.is_made_here:
            yield Manifest(Step.HOSTED, config_map(nodes, config), BEFORE_NODE_POOLS)
        else:
            one = config_map(nodes, config) if nodes.hosted else config
            yield Manifest(Step.MACHINE_CONFIGS, one)


def machine_config(nodes: NodePlan) -> dict[str, Any]:
    """Return the MachineConfig of a cluster's workers."""
    files = (
        File(dispatcher.PATH, dispatcher.dispatcher(), EXECUTABLE),
        File(nftables.PATH, nftables.nftables(nodes)),
        File(sysctl.PATH, sysctl.sysctl(nodes.uplinks)),
    )
    return {
        "apiVersion": "machineconfiguration.openshift.io/v1",
        "kind": "MachineConfig",
        "metadata": metadata(NAME, *nodes.sources, labels=ROLE),
        "spec": {"config": ignition(files, [Unit(nftables.UNIT, nftables.unit())])},
    }


def config_map(nodes: NodePlan, config: dict[str, Any]) -> dict[str, Any]:
    """Return a ConfigMap that holds `config`, to be named in `NodePool.spec.config`."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(
            config_map_name(nodes.cluster), *nodes.sources, namespace=nodes.namespace
        ),
        "data": {"config": text(config)},
    }
