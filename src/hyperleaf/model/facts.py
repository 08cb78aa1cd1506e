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
    public_subnets: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    leaf_group: str | None = None
    reflector_group: str | None = None
    oidc_bucket: str | None = None
    instance_profile: str | None = None
    roles: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    public_zone: str | None = None
    private_zone: str | None = None
    issuer_url: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return self == AwsFacts()


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What was found of one cluster; `machine_sets` are its workers', in the order of facts.

    `template` is what its virtual hypervisors on vSphere are cloned from.
    """

    infra_id: str | None = None
    aws: AwsFacts = field(default_factory=AwsFacts)
    template: str | None = None
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
    more = {name: _both(before.of(name), _cluster(one)) for name, one in written.clusters.items()}
    return replace(
        before,
        reflectors=(*before.reflectors, *written.reflectors),
        clusters={**before.clusters, **more},
        origins={**before.origins, **dict.fromkeys(written.clusters, origin)},
    )


def _both(before: ClusterFacts, later: ClusterFacts) -> ClusterFacts:
    """Return what two documents say of one cluster; of two that differ the later one is right."""
    return ClusterFacts(
        infra_id=later.infra_id or before.infra_id,
        aws=before.aws if later.aws.is_empty else later.aws,
        template=later.template or before.template,
        machine_sets=(*before.machine_sets, *later.machine_sets),
    )


def _cluster(written: spec.FoundCluster) -> ClusterFacts:
    first = (written.machine_set,) if written.machine_set else ()
    bases = tuple(base_of(one) for one in (*first, *written.machine_sets))
    return ClusterFacts(
        infra_id=written.infra_id or (bases[0].infra_id if bases else None),
        aws=_aws(written.aws) if written.aws else AwsFacts(),
        template=written.vsphere.template if written.vsphere else None,
        machine_sets=bases,
    )


def _aws(written: spec.FoundAws) -> AwsFacts:
    arns = {name: getattr(written.roles, attribute, None) for name, attribute in ROLES.items()}
    groups = written.security_groups
    return AwsFacts(
        vpc=written.vpc,
        subnets=written.subnets,
        public_subnets=written.public_subnets,
        leaf_group=groups.leaves if groups else None,
        reflector_group=groups.reflectors if groups else None,
        oidc_bucket=written.oidc_bucket,
        instance_profile=written.instance_profile,
        roles={name: arn for name, arn in arns.items() if arn is not None},
        public_zone=written.public_zone,
        private_zone=written.private_zone,
        issuer_url=written.issuer_url,
    )
