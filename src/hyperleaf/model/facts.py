"""What belongs to a live world and not to an estate: addresses and IDs that somebody found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from hyperleaf.model.machines import base_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.findings import Origin
    from hyperleaf.model.machines import Base
    from hyperleaf.spec import facts as spec
    from hyperleaf.values.addresses import Address

_NOTHING: Mapping[str, str] = MappingProxyType({})
# The roles of a hosted cluster as facts name them, and as attributes of what was read.
ROLES = {
    "ingress": "ingress",
    "imageRegistry": "image_registry",
    "storage": "storage",
    "network": "network",
    "kubeCloudController": "kube_cloud_controller",
    "nodePoolManagement": "node_pool_management",
    "controlPlaneOperator": "control_plane_operator",
}


@dataclass(frozen=True, slots=True)
class AwsFacts:
    """What was made for a cluster on AWS, by its IDs; `roles` are ARNs by the names in ROLES."""

    vpc: str | None = None
    subnets: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    instance_profile: str | None = None
    roles: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    public_zone: str | None = None
    private_zone: str | None = None
    issuer_url: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What was found of one cluster; `machine_sets` are its workers', in the order of facts."""

    infra_id: str | None = None
    aws: AwsFacts = field(default_factory=AwsFacts)
    machine_sets: tuple[Base, ...] = ()


NOTHING_FOUND = ClusterFacts()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found; an estate that states the same wins.

    `reflectors` are the addresses of the nodes that reflect routes, `origins` the documents that
    say of a cluster.
    """

    reflectors: tuple[Address, ...] = ()
    clusters: Mapping[str, ClusterFacts] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def of(self, cluster: str) -> ClusterFacts:
        """Return what was found of a cluster, by its name."""
        return self.clusters.get(cluster, NOTHING_FOUND)


NONE = Facts()


def resolve_facts(before: Facts, written: spec.WrittenFacts, origin: Origin) -> Facts:
    """Return what one document says, added to what others said."""
    return replace(
        before,
        reflectors=(*before.reflectors, *written.reflectors),
        clusters={
            **before.clusters,
            **{name: _cluster(one) for name, one in written.clusters.items()},
        },
        origins={**before.origins, **dict.fromkeys(written.clusters, origin)},
    )


def _cluster(written: spec.FoundCluster) -> ClusterFacts:
    first = (written.machine_set,) if written.machine_set else ()
    bases = tuple(base_of(one) for one in (*first, *written.machine_sets))
    return ClusterFacts(
        infra_id=written.infra_id or (bases[0].infra_id if bases else None),
        aws=_aws(written.aws) if written.aws else AwsFacts(),
        machine_sets=bases,
    )


def _aws(written: spec.FoundAws) -> AwsFacts:
    arns = {name: getattr(written.roles, attribute, None) for name, attribute in ROLES.items()}
    return AwsFacts(
        vpc=written.vpc,
        subnets=written.subnets,
        instance_profile=written.instance_profile,
        roles={name: arn for name, arn in arns.items() if arn is not None},
        public_zone=written.public_zone,
        private_zone=written.private_zone,
        issuer_url=written.issuer_url,
    )
