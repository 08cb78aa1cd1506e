"""The whole plan: what every cluster, border and DHCP server of an estate must have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.plan.attachments import AttachmentPlan, plan_attachments
from hyperleaf.plan.aws import AwsPlan, plan_aws
from hyperleaf.plan.borders import (
    BorderPlan,
    ReflectorPlan,
    Scope,
    plan_border,
    plan_reflectors,
    plan_scopes,
)
from hyperleaf.plan.hosted import HostedPlan, plan_hosted
from hyperleaf.plan.hypershift import hypershift_secrets
from hyperleaf.plan.leaf import LeafPlan, plan_leaves
from hyperleaf.plan.machines import (
    MachineSetPlan,
    NodeMarks,
    plan_machine_sets,
    plan_marks,
)
from hyperleaf.plan.nodes import NodePlan, plan_nodes
from hyperleaf.plan.underneath import plan_build
from hyperleaf.plan.uplinks import UplinkPlan, plan_uplinks

if TYPE_CHECKING:
    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.plan.build import Build
    from hyperleaf.plan.secrets import WantedSecret


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """One cluster: `leaves` and `reflectors` only where it has any.

    `hosts` are the clusters whose nodes take their MachineConfigs through this one (a hub's);
    `nodes` is what nodes get through this one's API, its own unless it is hosted itself; `hosted`
    are the clusters that are made on this one; `marks` is what its own nodes must bear.
    """

    cluster: Cluster
    leaves: LeafPlan | None
    reflectors: ReflectorPlan | None
    uplinks: tuple[UplinkPlan, ...]
    attachments: tuple[AttachmentPlan, ...]
    migration_network: str | None
    hosts: tuple[Cluster, ...]
    nodes: tuple[NodePlan, ...]
    hosted: tuple[HostedPlan, ...]
    machine_sets: tuple[MachineSetPlan, ...]
    marks: tuple[NodeMarks, ...]

    @property
    def secrets(self) -> tuple[WantedSecret, ...]:
        """The Secrets that its objects refer to and that nobody renders."""
        theirs = (secret for one in self.hosted for secret in one.secrets)
        return (*hypershift_secrets(self.cluster), *theirs)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is to be made, in the order of names.

    `aws` is what some clusters stand on, `build` the steps that make whatever lies underneath.
    """

    estate: Estate
    clusters: tuple[ClusterPlan, ...]
    borders: tuple[BorderPlan, ...]
    scopes: tuple[Scope, ...]
    aws: AwsPlan | None
    build: Build | None


def plan(estate: Estate) -> Plan:
    """Return what follows from the estate; rules have made sure that it can be."""
    fabric = estate.fabric
    reflectors = plan_reflectors(estate)
    aws = plan_aws(estate)
    return Plan(
        estate=estate,
        clusters=tuple(
            plan_cluster(estate, cluster, reflectors) for cluster in estate.clusters.values()
        ),
        borders=tuple(plan_border(estate, fabric, border) for border in fabric.borders)
        if fabric
        else (),
        scopes=plan_scopes(estate),
        aws=aws,
        build=plan_build(estate, aws),
    )


def plan_cluster(estate: Estate, cluster: Cluster, reflectors: ReflectorPlan | None) -> ClusterPlan:
    """Return what one cluster must have."""
    hosts = tuple(one for one in estate.clusters.values() if one.hub == cluster.name)
    served = hosts if cluster.role == "hosted" else (cluster, *hosts)
    return ClusterPlan(
        cluster=cluster,
        leaves=plan_leaves(estate, cluster),
        reflectors=reflectors if reflectors and reflectors.cluster == cluster.name else None,
        uplinks=plan_uplinks(estate, cluster),
        attachments=plan_attachments(estate, cluster),
        migration_network=next(
            (
                attachment.name
                for network in estate.networks_in(cluster)
                if network.role == "migration"
                for attachment in network.attachments
                if attachment.cluster == cluster.name
            ),
            None,
        ),
        hosts=hosts,
        nodes=tuple(
            nodes for one in served if (nodes := plan_nodes(estate.fabric, one)) is not None
        ),
        hosted=plan_hosted(estate, cluster),
        machine_sets=plan_machine_sets(estate.fabric, cluster),
        marks=plan_marks(estate, cluster),
    )
