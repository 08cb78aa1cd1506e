"""What is to be on AWS becomes the steps that make it, and the facts that follow from them."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.model.facts import ROLES
from hyperleaf.plan.aws_names import stack_name
from hyperleaf.plan.build import BuildStep, Ref
from hyperleaf.plan.hosted import INSTANCE_TYPES
from hyperleaf.values.rendered import OF_CLUSTER, OWNER, PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.plan.aws import AwsCluster, AwsPlan

# Steps that are of no cluster have a point in their names, which a cluster's never has.
ACCOUNT: Final = "account.aws"
NO_PARAMETERS: Final[Mapping[str, Any]] = MappingProxyType({})
INTERNAL_BALANCERS: Final = "kubernetes.io/role/internal-elb"
PUBLIC_BALANCERS: Final = "kubernetes.io/role/elb"


def oidc_step(plan: AwsPlan) -> str | None:
    """Return the step that makes the bucket of OIDC documents, None where none is to be made."""
    made = plan.oidc is not None and plan.oidc.bucket is None
    return f"oidc.{plan.oidc.region}" if plan.oidc is not None and made else None


def connection_step(region: str) -> str:
    """Return the step that makes a region's transit gateway."""
    return f"connection.{region}"


def peering_step(one: str, other: str) -> str:
    """Return the step that joins the VPCs of two clusters."""
    return f"peering.{one}.{other}"


def zone_step(domain: str) -> str:
    """Return the step that looks for a domain's public zone."""
    return f"zone.{domain}"


def template_path(step: str) -> str:
    """Return where a step's template lies in the rendered folder."""
    return f"{PLATFORMS}/aws/{step}.template.json"


def cluster_tag(infra_id: str) -> str:
    """Return the tag by which a cluster knows what it may use."""
    return f"kubernetes.io/cluster/{infra_id}"


def aws_steps(plan: AwsPlan) -> tuple[BuildStep, ...]:
    """Return the steps in the order of carrying out."""
    return (
        _account(plan),
        *_zones(plan),
        *_oidc(plan),
        *_connections(plan),
        *(step for one in plan.clusters for step in _of_cluster(plan, one)),
        *_peerings(plan),
    )


def _account(plan: AwsPlan) -> BuildStep:
    regions = {
        region: {
            "zones": sorted(
                {zone for one in plan.clusters if one.site.region == region for zone in one.parts}
            ),
            "instanceTypes": _instance_types(plan, region),
            "machines": _counts(plan, region),
            "needs": _needs(plan, region),
        }
        for region in plan.regions
    }
    return BuildStep(ACCOUNT, "aws.account", {"regions": regions}, _sources(*plan.clusters))


def _instance_types(plan: AwsPlan, region: str) -> dict[str, list[str]]:
    """Return the zones of each instance type that an estate names."""
    found: dict[str, set[str]] = {}
    for one in plan.clusters:
        if one.site.region == region:
            for name, zones, _ in _machines(one):
                found.setdefault(name, set()).update(zones)
    return {name: sorted(zones) for name, zones in sorted(found.items())}


def _counts(plan: AwsPlan, region: str) -> dict[str, int]:
    """Return how many machines of each instance type there will be at most."""
    found: Counter[str] = Counter()
    for one in plan.clusters:
        if one.site.region == region:
            for name, _, count in _machines(one):
                found[name] += count
    return dict(sorted(found.items()))


def _machines(one: AwsCluster) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Yield instance types with their zones and how many there are, as far as they are stated."""
    cluster, zones = one.cluster, one.site.zones
    install = cluster.install
    for made in (install.control_plane, install.workers) if install is not None else ():
        if made.instance_type is not None:
            yield made.instance_type, made.zones or zones, made.replicas
    for pool in cluster.pools:
        scaled = pool.hosted.autoscaling
        count = scaled[1] if scaled is not None else pool.replicas
        if one.infra_id is not None:  # a NodePool has one subnet
            name = pool.instance_type or INSTANCE_TYPES.get(pool.arch)
            yield from [(name, pool.zones[:1] or (min(zones),), count)] if name and zones else []
        elif pool.instance_type is not None:
            yield pool.instance_type, pool.zones or zones, count


def _needs(plan: AwsPlan, region: str) -> dict[str, int]:
    """Return how many of what accounts have few of are to be made in a region."""
    needs: Counter[str] = Counter()
    for one in plan.clusters:
        if one.site.region == region and one.vpc is not None:
            needs.update(vpcs=1, internetGateways=1, elasticIps=len(one.vpc.nats))
            needs.update(vpnGateways=int(one.via in {"directConnect", "vpn"}))
            needs.update(customerGateways=int(one.via == "vpn" and one.site.peer is not None))
    gateways = any(one.makes_gateway for one in plan.clusters if one.site.region == region)
    needs.update(transitGateways=int(gateways))
    rules = [len(group.rules) for one in plan.clusters for group in one.groups]
    needs.update(rulesOfAGroup=max(rules, default=0))
    return {name: count for name, count in sorted(needs.items()) if count}


def _zones(plan: AwsPlan) -> Iterator[BuildStep]:
    domains: dict[str, list[AwsCluster]] = {}
    for one in plan.clusters:
        if one.infra_id is not None and one.cluster.base_domain is not None:
            domains.setdefault(one.cluster.base_domain, []).append(one)
    for domain, clusters in sorted(domains.items()):
        body = {"region": clusters[0].site.region, "name": domain}
        yield BuildStep(zone_step(domain), "aws.publicZone", body, _sources(*clusters))


def _oidc(plan: AwsPlan) -> Iterator[BuildStep]:
    name = oidc_step(plan)
    if name is not None and plan.oidc is not None:
        hosted = [one for one in plan.clusters if one.oidc is not None]
        hubs = sorted(str(hub.origin) for hub in plan.oidc.hubs)
        sources = (*hubs, *_sources(*hosted))
        yield _stack(plan.owner, name, plan.oidc.region, sources)


def _connections(plan: AwsPlan) -> Iterator[BuildStep]:
    for region in plan.regions:
        joined = [one for one in plan.clusters if one.makes_gateway and one.site.region == region]
        if joined:
            yield _stack(plan.owner, connection_step(region), region, _sources(*joined))


def _of_cluster(plan: AwsPlan, one: AwsCluster) -> Iterator[BuildStep]:
    """Yield a cluster's own steps: its stack, what is told of a VPC that is there, addresses."""
    sources = _sources(one)
    fabric = [source for group in one.groups for source in group.sources]
    if one.has_stack:
        documents = tuple(dict.fromkeys((*sources, *fabric)))
        yield _stack(plan.owner, one.name, one.site.region, documents, _parameters(plan, one))
    if one.site.vpc is not None and one.infra_id is not None:
        body = {"region": one.site.region, "resources": _subnet_tags(one, one.infra_id)}
        yield BuildStep(f"tags.{one.name}", "aws.tags", body, sources)
    if one.site.resolver:
        endpoint = Ref(one.name, "ResolverEndpoint")
        asked = {"region": one.site.region, "endpoint": endpoint}
        yield BuildStep(f"resolver.{one.name}", "aws.resolver", asked, sources)


def _parameters(plan: AwsPlan, one: AwsCluster) -> dict[str, Any]:
    """Return what a cluster's template is told: what exists already, and other steps' outputs."""
    found: dict[str, Any] = {}
    site = one.site
    if one.via == "transitGateway":
        made = Ref(connection_step(site.region), "TransitGateway")
        found["TransitGateway"] = site.connection or made
    if one.via == "directConnect" and site.connection is not None:
        found["DirectConnectGateway"] = site.connection
    if site.vpc is not None:
        found["Vpc"] = site.vpc.id
        if site.resolver:
            found |= {
                f"PrivateSubnet{one.parts[zone]}": subnet
                for zone, subnet in site.vpc.private.items()
            }
    if one.oidc is not None:
        made = Ref(oidc_step(plan) or "", "Bucket")
        found["OidcBucket"] = one.oidc.bucket or made
    return dict(sorted(found.items()))


def _subnet_tags(one: AwsCluster, infra_id: str) -> dict[str, dict[str, str]]:
    """Return what is told of subnets that are there already, and shared: load balancers ask."""
    vpc = one.site.vpc
    kinds = (
        ((INTERNAL_BALANCERS, vpc.private), (PUBLIC_BALANCERS, vpc.public))
        if vpc is not None
        else ()
    )
    return {
        subnet: {cluster_tag(infra_id): "shared", role: "1"}
        for role, subnets in kinds
        for subnet in subnets.values()
    }


def _peerings(plan: AwsPlan) -> Iterator[BuildStep]:
    for peering in plan.peerings:
        parameters = {
            f"{prefix}{output}": Ref(end.name, output)
            for prefix, end, _ in peering.ends
            for output in ("Vpc", *tables(end))
        }
        one, other = peering.one, peering.other
        name = peering_step(one.name, other.name)
        yield _stack(plan.owner, name, one.site.region, _sources(one, other), parameters)


def tables(one: AwsCluster) -> tuple[str, ...]:
    """Return the logical IDs of a cluster's route tables, one of each subnet."""
    if one.vpc is None:
        return ()
    return tuple(
        f"{'Public' if subnet.public else 'Private'}RouteTable{subnet.part}"
        for subnet in one.vpc.subnets
    )


def _stack(
    owner: str,
    name: str,
    region: str,
    sources: tuple[str, ...],
    parameters: Mapping[str, Any] = NO_PARAMETERS,
) -> BuildStep:
    """Return a stack's step; one without a point in its name is a cluster's."""
    kind, *rest = name.split(".")
    words = (kind, "-to-".join(rest)) if kind == "peering" else (kind,)
    body: dict[str, Any] = {
        "region": region,
        "stack": stack_name(owner, *(words if rest else ("cluster", name))),
        "template": template_path(name),
        "parameters": dict(parameters),
        "tags": {OWNER: owner} | ({} if rest else {OF_CLUSTER: name}),
    }
    return BuildStep(name, "aws.stack", body, sources)


def _sources(*clusters: AwsCluster) -> tuple[str, ...]:
    return tuple(str(one.cluster.origin) for one in clusters)


def aws_facts(plan: AwsPlan) -> dict[str, Any]:
    """Return what is found of each cluster once everything is made, with references."""
    made = {one.name: _facts(one) for one in plan.clusters}
    name = oidc_step(plan)
    for hub in plan.oidc.hubs if plan.oidc is not None and name is not None else ():
        facts = made.setdefault(hub.name, {"aws": {}})
        facts["aws"]["oidcBucket"] = Ref(name or "", "Bucket")
    return made


def _facts(one: AwsCluster) -> dict[str, Any]:
    stack, groups = one.name, {group.name for group in one.groups}
    site = one.site
    found: dict[str, Any] = {}
    if site.vpc is not None:
        found["vpc"] = site.vpc.id
        found["subnets"] = dict(site.vpc.private)
        found["publicSubnets"] = dict(site.vpc.public)
    elif one.vpc is not None:
        found["vpc"] = Ref(stack, "Vpc")
        for name, subnets in (("Private", one.vpc.private), ("Public", one.vpc.public)):
            word = "subnets" if name == "Private" else "publicSubnets"
            found[word] = {
                subnet.zone: Ref(stack, f"{name}Subnet{subnet.part}") for subnet in subnets
            }
    found["securityGroups"] = {
        name.lower(): Ref(stack, f"{name}Group")
        for name in ("Leaves", "Reflectors")
        if name in groups
    }
    if one.via == "transitGateway":
        made = Ref(connection_step(site.region), "TransitGateway")
        found["transitGateway"] = site.connection or made
    if site.resolver:
        found["resolver"] = Ref(f"resolver.{one.name}", "Addresses")
    if one.cluster.base_domain is not None:
        found["privateZone"] = Ref(stack, "PrivateZone")
    found |= _identity(one)
    facts: dict[str, Any] = {"infraID": one.infra_id} if one.infra_id is not None else {}
    return facts | {"aws": {name: value for name, value in found.items() if value}}


def _identity(one: AwsCluster) -> dict[str, Any]:
    """Return what a hosted cluster's parts are known by."""
    if one.infra_id is None:
        return {}
    found: dict[str, Any] = {
        "instanceProfile": Ref(one.name, "InstanceProfile"),
        "issuerURL": Ref(one.name, "IssuerUrl"),
        "roles": {role: Ref(one.name, role_id(role)) for role in ROLES},
    }
    if one.cluster.base_domain is not None:
        found["publicZone"] = Ref(zone_step(one.cluster.base_domain), "Id")
    return found


def role_id(role: str) -> str:
    """Return the logical ID of a role, by its name in facts.

    >>> role_id("imageRegistry")
    'ImageRegistryRole'
    """
    return f"{role[0].upper()}{role[1:]}Role"
