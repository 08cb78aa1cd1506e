"""What an estate's clusters on AWS stand on: VPCs, ways out, groups, names, roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.plan.aws_groups import GroupPlan, plan_groups, plan_resolver
from hyperleaf.plan.aws_names import infra_id
from hyperleaf.plan.aws_network import (
    VpcPlan,
    beyond,
    ipv4,
    is_in_fabric,
    outermost,
    part_of,
    plan_vpc,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Network

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.platforms import AwsSite, OnPremWay


@dataclass(frozen=True, slots=True)
class OidcPlan:
    """Where hosted clusters' OIDC documents are: `bucket` is None where one is to be made."""

    bucket: str | None
    region: str
    hubs: tuple[Cluster, ...]


@dataclass(frozen=True, slots=True)
class AwsCluster:
    """One cluster's part.

    `vpc` is None where there is one already. `beyond` is what its connection leads to. `infra_id`
    is a hosted cluster's, an installer chooses that of others; `oidc` likewise.
    """

    cluster: Cluster
    site: AwsSite
    infra_id: str | None
    vpc: VpcPlan | None
    beyond: tuple[IPv4Network, ...]
    groups: tuple[GroupPlan, ...]
    oidc: OidcPlan | None

    @property
    def name(self) -> str:
        """The cluster's name, which is also that of its step."""
        return self.cluster.name

    @property
    def has_stack(self) -> bool:
        """Whether anything is made for it alone: not for a VPC that is there and wants nothing."""
        parts = (self.vpc, self.groups, self.infra_id, self.cluster.base_domain)
        return any(one for one in parts)

    @property
    def via(self) -> OnPremWay | None:
        """The way to the data centre, where the VPC is ours to connect."""
        return self.cluster.platform.via if self.vpc is not None else None

    @property
    def parts(self) -> Mapping[str, str]:
        """What ends the names of each zone's things, by zone."""
        return {zone: part_of(self.site.region, zone) for zone in self.site.zones}

    @property
    def makes_gateway(self) -> bool:
        """Whether it is attached to the transit gateway that is made for its region."""
        return self.via == "transitGateway" and self.site.connection is None


@dataclass(frozen=True, slots=True)
class Peering:
    """Two VPCs that no gateway joins; the one asks, the other accepts."""

    one: AwsCluster
    other: AwsCluster

    @property
    def ends(self) -> tuple[tuple[str, AwsCluster, AwsCluster], ...]:
        """Each end, after what begins the names of its things and before what it reaches."""
        return (("Requester", self.one, self.other), ("Accepter", self.other, self.one))


@dataclass(frozen=True, slots=True)
class AwsPlan:
    """Everything on AWS, in the order of names."""

    owner: str
    clusters: tuple[AwsCluster, ...]
    oidc: OidcPlan | None
    peerings: tuple[Peering, ...]

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in which there is a cluster, sorted."""
        return tuple(sorted({one.site.region for one in self.clusters}))


def owner_of(estate: Estate) -> str:
    """Return whose everything is: the fabric's, or the first cluster's that is not hosted."""
    if estate.fabric is not None:
        return estate.fabric.name
    return next((one.name for one in estate.clusters.values() if one.role != "hosted"), "estate")


def plan_aws(estate: Estate) -> AwsPlan | None:
    """Return what is to be on AWS; None where no cluster is there."""
    owner, oidc = owner_of(estate), _oidc(estate)
    found = tuple(
        _cluster(estate, owner, oidc, cluster, cluster.platform.aws)
        for cluster in estate.clusters.values()
        if cluster.platform.aws is not None
    )
    if not found:
        return None
    by_name = {one.name: one for one in found}
    peerings = tuple(
        Peering(one, by_name[other.name])
        for one in found
        for other in peers(estate, one.cluster)
        if one.name < other.name
    )
    return AwsPlan(owner, found, oidc, peerings)


def _cluster(
    estate: Estate, owner: str, oidc: OidcPlan | None, cluster: Cluster, site: AwsSite
) -> AwsCluster:
    is_hosted = cluster.role == "hosted"
    vpc = plan_vpc(cluster, site) if site.vpc is None else None
    behind = beyond(estate, cluster, peers(estate, cluster))
    groups = list(plan_groups(estate, cluster))
    if site.resolver:
        underlay = estate.fabric.underlay if estate.fabric is not None else ()
        askers = cluster.platform.on_prem or underlay or cluster.ranges.machine
        groups.append(plan_resolver(cluster, outermost(ipv4(askers))))
    return AwsCluster(
        cluster=cluster,
        site=site,
        infra_id=(cluster.found.infra_id or infra_id(owner, cluster.name)) if is_hosted else None,
        vpc=vpc,
        beyond=behind,
        groups=tuple(groups),
        oidc=oidc if is_hosted else None,
    )


def peers(estate: Estate, cluster: Cluster) -> tuple[Cluster, ...]:
    """Return the clusters of the fabric that a cluster's VPC reaches only as a peer.

    Theirs are in the same region and to be made as well; a transit gateway would join them.
    """
    if not _may_peer(estate, cluster):
        return ()
    return tuple(
        one
        for one in estate.clusters.values()
        if one.name != cluster.name
        and _may_peer(estate, one)
        and one.platform.region == cluster.platform.region
        and not _are_joined(one, cluster)
    )


def _are_joined(one: Cluster, other: Cluster) -> bool:
    """Tell whether both are at one transit gateway, or at those that their owners have joined."""
    sites = (one.platform.aws, other.platform.aws)
    is_stated = {site is not None and site.connection is not None for site in sites}
    return one.platform.via == other.platform.via == "transitGateway" and len(is_stated) == 1


def _may_peer(estate: Estate, cluster: Cluster) -> bool:
    site = cluster.platform.aws
    return site is not None and site.vpc is None and is_in_fabric(estate.fabric, cluster)


def _oidc(estate: Estate) -> OidcPlan | None:
    """Return where the OIDC documents of hosted clusters are; one bucket serves every hub."""
    hosted = [
        one
        for one in estate.clusters.values()
        if one.role == "hosted" and one.platform.aws is not None
    ]
    if not hosted:
        return None
    named = sorted({one.hub for one in hosted if one.hub is not None})
    hubs = tuple(estate.clusters[name] for name in named if name in estate.clusters)
    told = [
        (hub, hub.operators.engine.aws)
        for hub in hubs
        if hub.operators is not None and hub.operators.engine is not None
    ]
    for hub, aws in told:
        # What facts tell is what was made here.
        if aws is not None and aws.oidc_bucket != hub.found.aws.oidc_bucket:
            return OidcPlan(aws.oidc_bucket, aws.oidc_region, hubs)
    regions = [aws.oidc_region for _, aws in told if aws is not None]
    regions += [one.platform.region for one in (*hubs, *hosted) if one.platform.region]
    return OidcPlan(None, regions[0], hubs)
