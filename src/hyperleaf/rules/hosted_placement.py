"""Rules about where a hosted cluster runs: which nodes of its hub carry its pods and machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.hosted import CONTROL_PLANE, made
from hyperleaf.rules.rule import Fault, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.hosted import Taint
    from hyperleaf.rules.rule import Path

WORKER = {"node-role.kubernetes.io/worker": ""}
# Labels that a node has without anybody's doing.
GIVEN = ("kubernetes.io/", "beta.kubernetes.io/", "node.kubernetes.io/", "topology.kubernetes.io/")
# What pods of a control plane tolerate, as HyperShift makes them.
TOLERATED = frozenset({"hypershift.openshift.io/control-plane", "hypershift.openshift.io/cluster"})
KEEPING_OFF = frozenset({"NoSchedule", "NoExecute"})


@rule(
    Code(
        "HL1330",
        "No node of the hub takes what is to run there",
        "Pods of a control plane run on the hub's nodes with the labels of `nodeSelector`, virtual "
        "machines on those of `placement`. Without such a node, or where a taint keeps them off "
        "each, they wait without end.",
        "Give a pool of the hub the labels or the role, and leave its taints out.",
        "roles: [storage]",
        "roles: [infra]",
    ),
    Severity.WARNING,
)
def somebody_takes_them(estate: Estate) -> Iterator[Fault]:
    """Find selectors that no node of a hub fits, where the estate says what nodes there are."""
    for cluster, control in made(estate):
        hub = estate.clusters.get(cluster.hub or "")
        nodes = _nodes(hub) if hub is not None else []
        if hub is None or not nodes:
            continue
        wanted: list[tuple[Path, str, Mapping[str, str], frozenset[str]]] = [
            (
                (*CONTROL_PLANE, "nodeSelector"),
                f"the control plane of {cluster.name}",
                control.node_selector,
                TOLERATED,
            )
        ]
        wanted += [
            (
                ("spec", "nodePools", pool.index, "placement"),
                f"machines of pool {pool.name}",
                pool.hosted.placement,
                frozenset(),
            )
            for pool in cluster.pools
        ]
        for path, what, selector, tolerated in wanted:
            if why := _refused(nodes, selector, tolerated):
                yield Fault(
                    cluster.origin,
                    path,
                    f"{what} cannot run on {hub.name}: {why}",
                    f"give a pool of {hub.name} the labels or a role that has them, without taints",
                )


def _nodes(hub: Cluster) -> list[tuple[dict[str, str], tuple[Taint, ...]]]:
    """Return labels and taints of each kind of worker that the estate tells of."""
    pools = [({**WORKER, **pool.labels}, pool.taints) for pool in hub.pools]
    if hub.install is None:
        return []
    return [({**WORKER, **hub.install.labels}, hub.install.taints), *pools]


def _refused(
    nodes: list[tuple[dict[str, str], tuple[Taint, ...]]],
    selector: Mapping[str, str],
    tolerated: frozenset[str],
) -> str:
    asked = {key: value for key, value in selector.items() if not key.startswith(GIVEN)}
    fitting = [taints for labels, taints in nodes if asked.items() <= labels.items()]
    if not fitting:
        said = ", ".join(f"{key}={value}" for key, value in asked.items())
        return f"none of its nodes bears {said}"
    keeping = [
        next((t.key for t in taints if t.effect in KEEPING_OFF and t.key not in tolerated), None)
        for taints in fitting
    ]
    if None in keeping:
        return ""
    return f"taint {keeping[0]} keeps everything off the nodes that it may run on"
