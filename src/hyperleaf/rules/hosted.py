"""Rules about control planes on a hub: what they need, and what one failure would stop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.facts import ROLES
from hyperleaf.model.hosted_names import credential_of, zone_of
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words, is_written
from hyperleaf.rules.versions import HOSTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.findings import Origin
    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.hosted import ControlPlane
    from hyperleaf.rules.rule import Path

CONTROL_PLANE = ("spec", "controlPlane")
MADE_ON = ("aws", "kubevirt")
# Kubernetes' limit for the name of a namespace.
LONGEST_NAMESPACE = 63
_TAG = re.compile(r":(\d+\.\d+\.\d+(?:-(?:ec|fc|rc)\.\d+)?)(?:-(\w+))?$")
_ONLY_ON = {
    "aws": ("endpointAccess", "resourceTags"),
    "kubevirt": ("storageClassMapping", "snapshotClassMapping"),
}


def made(estate: Estate) -> Iterator[tuple[Cluster, ControlPlane]]:
    """Yield the hosted clusters that are to be made, with their control planes."""
    for cluster in estate.clusters.values():
        if cluster.control_plane is not None and cluster.role == "hosted":
            yield cluster, cluster.control_plane


@rule(
    Code(
        "HL1301",
        "A control plane of a cluster that is not hosted",
        "`controlPlane` says how a hub runs a cluster's control plane as pods; a hub and a "
        "standalone cluster have nodes for theirs, which `install` describes.",
        "Write `role: hosted` and the hub, or leave `controlPlane` out.",
        "role: standalone",
        "role: hosted, hub: hub",
    )
)
def control_plane_is_hosted(estate: Estate) -> Iterator[Fault]:
    """Find `controlPlane` in a hub or a standalone cluster."""
    for cluster in estate.clusters.values():
        if cluster.control_plane is not None and cluster.role != "hosted":
            yield Fault(
                cluster.origin,
                CONTROL_PLANE,
                f"{cluster.name} is {cluster.role}: its control plane runs on nodes of its own",
                "write `role: hosted` and `hub:`, or leave `controlPlane` out",
            )


@rule(
    Code(
        "HL1302",
        "No control plane of ours for this platform",
        "Control planes are made for clusters whose nodes are on AWS or on KubeVirt. A hosted "
        "cluster on bare metal takes its nodes from an inventory of agents, made elsewhere.",
        "Leave `controlPlane` out, and make the cluster as before.",
        "platform: {baremetal: {}}, controlPlane",
        "platform: {kubevirt: {}}, controlPlane",
    )
)
def control_plane_has_a_platform(estate: Estate) -> Iterator[Fault]:
    """Find a control plane for nodes on neither AWS nor KubeVirt."""
    for cluster, _ in made(estate):
        if cluster.platform.kind not in MADE_ON:
            yield Fault(
                cluster.origin,
                CONTROL_PLANE,
                f"{cluster.name} stands on {cluster.platform.kind}: control planes are made for "
                "nodes on AWS and on KubeVirt",
                "leave `controlPlane` out and make the cluster as before",
            )


@rule(
    Code(
        "HL1303",
        "A hosted cluster has no pull secret",
        "Its images are pulled with the pull secret that Red Hat hands out; without it neither its "
        "control plane nor a node starts.",
        "Say under `credentials.pullSecret`, of the cluster or of its hub, where it is.",
        "controlPlane: {}",
        "credentials: {pullSecret: {file: pull-secret.txt}}, controlPlane: {}",
    )
)
def hosted_can_pull(estate: Estate) -> Iterator[Fault]:
    """Find a control plane whose cluster and hub, where it is known, say of no pull secret."""
    for cluster, _ in made(estate):
        hub = estate.clusters.get(cluster.hub or "")
        if hub is not None and credential_of(hub, cluster, "pullSecret") is None:
            yield Fault(
                cluster.origin,
                CONTROL_PLANE,
                f"neither {cluster.name} nor its hub says where the pull secret is",
                "state `credentials: {pullSecret: {file: pull-secret.txt}}` here or in the hub",
            )


@rule(
    Code(
        "HL1304",
        "IDs of the cloud are missing",
        "On AWS a hosted cluster is made in a VPC that is there already, with its subnets, hosted "
        "zones, roles and issuer. They belong to a live world and come from the facts file.",
        "State them in a facts file under `clusters:` and the cluster's name, and name it with "
        "`--facts`.",
        "zones: [us-east-1c]",
        "zones: [us-east-1a]",
    )
)
def cloud_is_known(estate: Estate) -> Iterator[Fault]:
    """Find a control plane on AWS of which some IDs are known and others are not."""
    for cluster, _ in made(estate):
        is_known = cluster.platform.kind == "aws" and not cluster.awaits_cloud
        missing = _missing(cluster) if is_known else []
        if missing:
            yield Fault(
                cluster.origin,
                CONTROL_PLANE,
                f"the facts about {cluster.name} say nothing of {in_words(missing)}",
                f"state them under `clusters: {{{cluster.name}: {{...}}}}` of a facts file, "
                "and name it with `--facts`",
            )


def _missing(cluster: Cluster) -> list[str]:
    found, aws = cluster.found, cluster.found.aws
    stated = {"infraID": found.infra_id, "aws.vpc": aws.vpc}
    zones = dict.fromkeys(zone_of(cluster, pool) for pool in cluster.pools)
    subnets = {f"aws.subnets.{zone}": aws.subnets.get(zone) for zone in zones if zone}
    stated |= subnets or {"aws.subnets": next(iter(aws.subnets), None)}
    stated |= {f"aws.roles.{name}": aws.roles.get(name) for name in ROLES}
    stated |= {"aws.privateZone": aws.private_zone, "aws.issuerURL": aws.issuer_url}
    return [name for name, value in stated.items() if value is None]


@rule(
    Code(
        "HL1312",
        "A hosted cluster waits for its cloud",
        "Its VPC, subnets, roles and zones are made before it, and their IDs are found, not "
        "written. Until a facts file tells them, all of the estate is rendered but the objects "
        "that the hub makes the cluster from.",
        "Make them with `hyperleaf up`, which writes the facts file; or state them there.",
        "metadata: {name: prod-2}",
        "metadata: {name: prod}",
    ),
    Severity.WARNING,
)
def cloud_is_made(estate: Estate) -> Iterator[Fault]:
    """Find control planes on AWS of which nothing is known there, and a hub without a bucket."""
    waiting: list[tuple[Origin, Path, str]] = [
        (one.origin, CONTROL_PLANE, one.name) for one, _ in made(estate) if one.awaits_cloud
    ]
    for cluster in estate.clusters.values():
        engine = cluster.operators.engine if cluster.operators else None
        if engine and engine.aws and engine.aws.oidc_bucket is None:
            where = ("spec", "operators", "multiclusterEngine", "aws")
            waiting.append((cluster.origin, where, f"{cluster.name}'s bucket for OIDC"))
    if waiting:
        origin, path, _ = waiting[0]
        yield Fault(
            origin,
            path,
            f"nobody has said what was made on AWS for {in_words([one for *_, one in waiting])}: "
            "what follows from it is not rendered yet",
            "`hyperleaf up` makes it and writes the facts file that `--facts` names",
        )


@rule(
    Code(
        "HL1313",
        "No public zone is known for a public control plane",
        "The names of the API and of applications are written into the hosted zone of the base "
        "domain. Without a public one they are known in the VPC alone, and to whoever asks its "
        "resolver.",
        "Make a public hosted zone of the base domain and run `hyperleaf up` again, or state "
        "`endpointAccess: Private`.",
        "controlPlane: {}",
        "controlPlane: {endpointAccess: Private}",
    ),
    Severity.WARNING,
)
def public_names_are_known(estate: Estate) -> Iterator[Fault]:
    """Find a control plane with a public end whose base domain has no public zone."""
    for cluster, control in made(estate):
        is_known = cluster.platform.kind == "aws" and not cluster.awaits_cloud
        is_private = control.endpoint_access == "Private"
        if is_known and not is_private and cluster.found.aws.public_zone is None:
            yield Fault(
                cluster.origin,
                CONTROL_PLANE,
                f"no public zone of {cluster.base_domain} is known: outside of the VPC nobody "
                f"finds {cluster.name}",
                "make one and run `hyperleaf up` again, or state `endpointAccess: Private`",
            )


@rule(
    Code(
        "HL1305",
        "The control plane's namespace would have too long a name",
        "HyperShift runs a control plane in a namespace that it names after the cluster's "
        "namespace and the cluster; a name of more than 63 characters is none.",
        "Choose shorter names.",
        "namespace: the-clusters-of-the-second-department-for-computing-and-nets",
        "namespace: clusters",
    )
)
def pods_namespace_fits(estate: Estate) -> Iterator[Fault]:
    """Find `NAMESPACE-CLUSTER` of more than 63 characters."""
    for cluster, control in made(estate):
        if len(control.pods_namespace) > LONGEST_NAMESPACE:
            yield Fault(
                cluster.origin,
                (*CONTROL_PLANE, "namespace"),
                f"the pods of {cluster.name} would run in {control.pods_namespace}, a name of "
                f"{len(control.pods_namespace)} characters; {LONGEST_NAMESPACE} are possible",
                "shorten the cluster's name or `controlPlane.namespace`",
            )


@rule(
    Code(
        "HL1306",
        "No release image follows from the version",
        "Release images bear whole versions, as 4.16.18.",
        "State the whole version, or the image.",
        'version: "4.16"',
        "version: 4.16.18",
    )
)
def release_follows(estate: Estate) -> Iterator[Fault]:
    """Find a version of two numbers, and no release image; too old a one is another finding."""
    for cluster, control in made(estate):
        short = cluster.version.text.count(".") == 1 and cluster.version.is_at_least(*HOSTED)
        if short and not control.is_release_stated:
            yield Fault(
                cluster.origin,
                ("spec", "version"),
                f"there is no release image of {cluster.version}, only of whole versions",
                f"write `version: {cluster.version}.18`, say, or state `controlPlane.release`",
            )


@rule(
    Code(
        "HL1307",
        "The release image is of another version",
        "What is rendered and checked follows from the version; the cluster would run another.",
        "State one version in both places.",
        "release: quay.io/openshift-release-dev/ocp-release:4.17.3-x86_64",
        "release: quay.io/openshift-release-dev/ocp-release:4.16.18-x86_64",
    )
)
def release_is_the_version(estate: Estate) -> Iterator[Fault]:
    """Find a release image whose tag names another version; a digest names none."""
    for cluster, control in made(estate):
        tag = _TAG.search(control.release) if control.is_release_stated else None
        if tag and not tag[1].startswith(cluster.version.text):
            yield Fault(
                cluster.origin,
                (*CONTROL_PLANE, "release"),
                f"the release image is of {tag[1]}, {cluster.name} is {cluster.version}, at "
                f"{cluster.origin.place('spec', 'version')}",
                f"write `version: {tag[1]}`, or leave `release` out",
            )


@rule(
    Code(
        "HL1308",
        "The release image is of one architecture",
        "A node of arm64 cannot start from images of x86_64. Where pools differ from the hub's "
        "architecture, the release must hold all of them: a multi-architecture payload.",
        "Leave `release` out, or state the image that ends with -multi.",
        "release: quay.io/openshift-release-dev/ocp-release:4.16.18-x86_64",
        "release: quay.io/openshift-release-dev/ocp-release:4.16.18-multi",
    )
)
def release_has_every_arch(estate: Estate) -> Iterator[Fault]:
    """Find a release of one architecture for pools that are not all amd64."""
    for cluster, control in made(estate):
        tag = _TAG.search(control.release) if control.is_release_stated else None
        if tag and control.is_multi and tag[2] not in {None, "multi"}:
            arm = [pool.name for pool in cluster.pools if pool.arch != "amd64"]
            yield Fault(
                cluster.origin,
                (*CONTROL_PLANE, "release"),
                f"the release image is of {tag[2]} alone, but pool {in_words(arm)} is arm64",
                "leave `release` out, or state the one that ends with -multi",
            )


@rule(
    Code(
        "HL1309",
        "A hosted cluster on AWS has no base domain",
        "The names of its API and of its applications lie below it; on AWS there is no hub's "
        "domain to take them from.",
        "State `baseDomain`.",
        "platform: {aws: {region: us-east-1}}",
        "platform: {aws: {region: us-east-1}}, baseDomain: example.com",
    )
)
def aws_has_a_base_domain(estate: Estate) -> Iterator[Fault]:
    """Find a control plane on AWS without `baseDomain`."""
    for cluster, _ in made(estate):
        if cluster.platform.kind == "aws" and cluster.base_domain is None:
            yield Fault(
                cluster.origin,
                CONTROL_PLANE,
                f"nothing says below which domain the names of {cluster.name} lie",
                "state `baseDomain: example.com`, the domain of the hosted zones",
            )


@rule(
    Code(
        "HL1310",
        "One failure stops a hosted cluster",
        "A control plane of one replica is away while its node is; one ingress likewise. The best "
        "practices for hosted clusters on OpenShift Virtualization are five: both availabilities "
        "HighlyAvailable, nodes replaced on upgrade, lost nodes made anew, and a limit to the wait "
        "for a node that goes.",
        "Leave the fields out: what is recommended is the default.",
        "controlPlane: {availability: SingleReplica}",
        "controlPlane: {}",
    ),
    Severity.WARNING,
)
def failures_are_borne(estate: Estate) -> Iterator[Fault]:
    """Find what departs from the five recommendations."""
    for cluster, control in made(estate):
        for field, value, what in (
            ("availability", control.availability, "its control plane"),
            ("infrastructureAvailability", control.infrastructure_availability, "its ingress"),
        ):
            if value == "SingleReplica":
                yield Fault(
                    cluster.origin,
                    (*CONTROL_PLANE, field),
                    f"{cluster.name} has one replica of {what}: away while its node is",
                    f"leave `{field}` out: HighlyAvailable is the default",
                )
        yield from _of_pools(cluster)


def _of_pools(cluster: Cluster) -> Iterator[Fault]:
    for pool in cluster.pools:
        nodes, on_leaves = pool.hosted, pool.leaf
        for field, departs, what, hint in (
            (
                "upgrade",
                nodes.upgrade == "InPlace",
                "are upgraded in place: one that fails stays broken",
                "leave `upgrade` out: Replace makes new nodes and removes the old ones",
            ),
            (
                "autoRepair",
                not nodes.auto_repair,
                "stay lost when they are lost",
                "leave `autoRepair` out: a node that does not come back is made anew",
            ),
            (
                "drainTimeout",
                not on_leaves and nodes.drain_timeout == 0,
                "are waited for without end when they go, whatever does not end on them",
                "leave `drainTimeout` out: 60s is the default",
            ),
        ):
            if departs:
                path = ("spec", "nodePools", pool.index, field)
                yield Fault(cluster.origin, path, f"nodes of pool {pool.name} {what}", hint)


@rule(
    Code(
        "HL1311",
        "A field of another platform",
        "Nothing is made of it: the control plane's platform has no such setting.",
        "Leave it out.",
        "controlPlane: {endpointAccess: Private}",
        "controlPlane: {}",
    ),
    Severity.WARNING,
)
def fields_fit_the_platform(estate: Estate) -> Iterator[Fault]:
    """Find fields of `controlPlane` that only another platform has."""
    for cluster, _ in made(estate):
        for kind, fields in _ONLY_ON.items():
            for field in fields:
                path = (*CONTROL_PLANE, field)
                if kind != cluster.platform.kind and is_written(cluster.origin, *path):
                    yield Fault(
                        cluster.origin,
                        path,
                        f"`{field}` is of {kind}; {cluster.name} stands on {cluster.platform.kind}",
                        "leave it out",
                    )
