"""Rules about operators: that what needs one has it, in a version that can do what is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Network
    from hyperleaf.model.operators import OperatorName

OPERATORS = ("spec", "operators")
# The first of each that does what hosted clusters and their guests need.
ENGINE, MANAGEMENT = (2, 6), (2, 11)
# From then on a hosted cluster's nodes may be given devices of hosts, as a Technology Preview.
DEVICES = (4, 17)


def _hosted(estate: Estate, hub: Cluster) -> tuple[Cluster, ...]:
    """Return the clusters whose control planes are made on a hub."""
    return tuple(
        one
        for one in estate.clusters.values()
        if one.hub == hub.name and one.control_plane is not None
    )


def _version(channel: str) -> tuple[int, int] | None:
    """Return the version that a channel's name ends in, as in stable-2.6."""
    found = re.search(r"(\d+)\.(\d+)$", channel)
    return (int(found[1]), int(found[2])) if found else None


def _needs(estate: Estate, cluster: Cluster) -> Iterator[tuple[OperatorName, str]]:
    """Yield each operator that a cluster cannot do without, and what needs it."""
    yield from _networks_need(estate, cluster)
    hosted = _hosted(estate, cluster)
    if cluster.virtualization is not None:
        yield "virtualization", "`virtualization`"
    for one in hosted:
        yield "multiclusterEngine", f"hosted cluster {one.name}"
        if one.platform.kind == "kubevirt":
            yield "virtualization", f"hosted cluster {one.name}"
    storage = cluster.storage
    if storage is not None and storage.data_foundation is not None:
        yield "dataFoundation", "`storage.dataFoundation`"
    if storage is not None and storage.lvm is not None:
        yield "lvmStorage", "`storage.lvm`"
    if cluster.remediation:
        yield "nodeHealth", "`remediation`"
        yield "selfNodeRemediation", "`remediation`"


def _networks_need(estate: Estate, cluster: Cluster) -> Iterator[tuple[OperatorName, str]]:
    for one in estate.networks_in(cluster):
        what = f"network {one.name}"
        if one.transport == "sriov":
            yield "sriov", what
        elif one.transport in {"vlan", "untagged"} or (
            one.transport == "evpn" and cluster.leaf_pools
        ):
            yield "nmstate", what
        if one.role == "migration" or (one.role == "vm" and _has_guests(one, cluster)):
            yield "virtualization", what


def _has_guests(network: Network, cluster: Cluster) -> bool:
    """Tell whether guests of a cluster plug in to a network, and not its nodes alone."""
    return any(one.cluster == cluster.name and one.namespaces for one in network.attachments)


@rule(
    Code(
        "HL1010",
        "An operator that the cluster needs is not named",
        "`operators` says what is installed. Objects of an operator that is not there are refused: "
        "the cluster does not know their kind.",
        "Name it under `operators`; without `operators` all are taken to be there.",
        "operators: {virtualization: {}}",
        "operators: {virtualization: {}, nmstate: {}}",
    ),
    Severity.WARNING,
)
def operators_are_named(estate: Estate) -> Iterator[Fault]:
    """Find networks, storage and hosted clusters whose operator `operators` leaves out."""
    for cluster in estate.clusters.values():
        if cluster.operators is None:
            continue
        installed = set(cluster.operators.installed)
        if "observability" in installed:
            installed.add("multiclusterEngine")  # which comes with it
        told = set[str]()
        for name, what in _needs(estate, cluster):
            if name not in installed and name not in told:
                told.add(name)
                yield Fault(
                    cluster.origin,
                    OPERATORS,
                    f"{what} of {cluster.name} needs the operator {name}, which is not named",
                    f"add `{name}: {{}}`",
                )


@rule(
    Code(
        "HL1011",
        "Multicluster engine is too old to host",
        "Hosted clusters of OpenShift 4.16 need multicluster engine 2.6 or later.",
        "Leave `channel` out: it then belongs to the cluster's version.",
        "multiclusterEngine: {channel: stable-2.5}",
        "multiclusterEngine: {}",
    )
)
def engine_can_host(estate: Estate) -> Iterator[Fault]:
    """Find a hub whose channel of multicluster engine is before 2.6."""
    for cluster in estate.clusters.values():
        engine = (
            cluster.operators.installed.get("multiclusterEngine") if cluster.operators else None
        )
        if engine is None or not engine.is_channel_stated or not _hosted(estate, cluster):
            continue
        version = _version(engine.channel)
        if version is not None and version < ENGINE:
            yield Fault(
                cluster.origin,
                (*OPERATORS, "multiclusterEngine", "channel"),
                f"{cluster.name} hosts clusters with channel {engine.channel}; that needs "
                "stable-2.6 or later",
                "leave `channel` out, or state stable-2.6 or later",
            )


@rule(
    Code(
        "HL1012",
        "A version to begin with is left at once",
        "With automatic approval the operator goes on from its first version to the newest of its "
        "channel within minutes.",
        "State `approval: Manual`, or leave `startingCSV` out.",
        "{startingCSV: lvms-operator.v4.16.0}",
        "{startingCSV: lvms-operator.v4.16.0, approval: Manual}",
    ),
    Severity.WARNING,
)
def first_versions_are_kept(estate: Estate) -> Iterator[Fault]:
    """Find `startingCSV` with automatic approval."""
    for cluster in estate.clusters.values():
        operators = cluster.operators.installed.values() if cluster.operators else ()
        for one in operators:
            if one.starting_csv is not None and one.approval == "Automatic":
                yield Fault(
                    cluster.origin,
                    (*OPERATORS, one.name, "startingCSV"),
                    f"{one.name} of {cluster.name} begins with {one.starting_csv} and is upgraded "
                    f"at once to the newest of {one.channel}",
                    "state `approval: Manual` to stay with it",
                )


@rule(
    Code(
        "HL1013",
        "The HyperShift operator lacks what it needs for AWS",
        "It reaches AWS with the hub's own `credentials.cloud`, in one region: where the hub is, "
        "unless `region` says otherwise.",
        "State `credentials.cloud`, and `region` where the hub is not on AWS.",
        "pullSecret: {file: pull-secret.txt}",
        "cloud: {file: aws-credentials}",
    )
)
def hypershift_reaches_aws(estate: Estate) -> Iterator[Fault]:
    """Find `multiclusterEngine.aws` without credentials or region."""
    for cluster in estate.clusters.values():
        engine = cluster.operators.engine if cluster.operators else None
        if engine is None or engine.aws is None:
            continue
        path = (*OPERATORS, "multiclusterEngine", "aws")
        if "cloud" not in cluster.credentials:
            yield Fault(
                cluster.origin,
                path,
                f"the HyperShift operator of {cluster.name} has no credentials for AWS",
                "state where they are: `credentials: {cloud: {file: ...}}`",
            )
        if not engine.aws.region:
            yield Fault(
                cluster.origin,
                path,
                f"the HyperShift operator of {cluster.name} has no region: its platform has none",
                "state `region`",
            )


@rule(
    Code(
        "HL1014",
        "Guests are not observed",
        "Advanced Cluster Management shows clusters with OpenShift Virtualization in one place "
        "from 2.11 on, which belongs to OpenShift 4.16.",
        "Leave `channel` out: it then belongs to the cluster's version.",
        "observability: {channel: release-2.10}",
        "observability: {}",
    ),
    Severity.WARNING,
)
def guests_are_observed(estate: Estate) -> Iterator[Fault]:
    """Find observability by Advanced Cluster Management before 2.11."""
    for cluster in estate.clusters.values():
        watch = cluster.operators.installed.get("observability") if cluster.operators else None
        version = _version(watch.channel) if watch else None
        if watch is not None and version is not None and version < MANAGEMENT:
            yield Fault(
                cluster.origin,
                (*OPERATORS, "observability"),
                f"{watch.channel} on {cluster.name} does not show guests; that needs "
                "release-2.11 or later",
                "leave `channel` out, on OpenShift 4.16 or later",
            )


@rule(
    Code(
        "HL1015",
        "Devices for hosted clusters are a preview",
        "From 4.17 on nodes of hosted clusters on OpenShift Virtualization can be given GPUs and "
        "other devices of hosts, as a Technology Preview: no support in production. Before, they "
        "cannot.",
        "Give devices to guests of the hub itself for what must be supported.",
        "memory: 16Gi, hostDevices: [{resource: nvidia.com/TU104GL}]",
        "memory: 16Gi",
    ),
    Severity.WARNING,
)
def devices_are_a_preview(estate: Estate) -> Iterator[Fault]:
    """Find pools of hosted clusters whose nodes are given devices of hosts."""
    for cluster, pool in _pools_with_devices(estate):
        version = cluster.version
        what = (
            "a Technology Preview"
            if version.is_at_least(*DEVICES)
            else f"there is no way to it before 4.17, and it has {version}"
        )
        yield Fault(
            cluster.origin,
            ("spec", "nodePools", pool.index, "hostDevices"),
            f"{pool.hosted.host_devices[0][0]} for nodes of hosted cluster {cluster.name}: {what}",
            "give devices to guests of the hub itself for what must be supported",
        )


@rule(
    Code(
        "HL1016",
        "The hub does not permit a device",
        "OpenShift Virtualization gives guests those devices only that its hub permits by name; "
        "nodes of hosted clusters are guests.",
        "State it in the hub's `virtualization.hostDevices`.",
        "hostDevices: [{resource: nvidia.com/GA102GL}]",
        "hostDevices: [{resource: nvidia.com/TU104GL}]",
    )
)
def devices_are_permitted(estate: Estate) -> Iterator[Fault]:
    """Find a device that a hub which permits some does not."""
    for cluster, pool in _pools_with_devices(estate):
        hub = estate.clusters.get(cluster.hub or "")
        settings = hub.virtualization if hub is not None else None
        known = {one.resource for one in settings.host_devices} if settings is not None else set()
        for index, (name, _) in enumerate(pool.hosted.host_devices):
            if known and name not in known:
                yield Fault(
                    cluster.origin,
                    ("spec", "nodePools", pool.index, "hostDevices", index, "resource"),
                    f"{cluster.hub} permits {in_words(sorted(known))}, not {name}",
                    f"state it in `virtualization.hostDevices` of {cluster.hub}",
                )


def _pools_with_devices(estate: Estate) -> Iterator[tuple[Cluster, Pool]]:
    for cluster in estate.clusters.values():
        if cluster.role == "hosted" and cluster.platform.kind == "kubevirt":
            for pool in cluster.pools:
                if pool.hosted.host_devices:
                    yield cluster, pool
