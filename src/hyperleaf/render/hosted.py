"""A hosted cluster's plan becomes what its hub makes it from: HostedCluster and NodePools.

They say what `hcp create cluster` of the same time would, field by field, but for what is listed in
docs/explanation/hosted-clusters.md. Secrets are named, never rendered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.model.facts import ROLES
from hyperleaf.model.hosted import CPUS, MEMORY, disk_of
from hyperleaf.render.credentials import external_secret
from hyperleaf.render.manifest import Manifest, Step, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.hosted import ClassMapping, ControlPlane
    from hyperleaf.plan.clusters import ClusterPlan
    from hyperleaf.plan.hosted import HostedPlan, NodePoolPlan
    from hyperleaf.values.units import Duration

API = "hypershift.openshift.io/v1beta1"
PLATFORMS = {"aws": "AWS", "kubevirt": "KubeVirt"}
NAMESPACE_ORDER, SECRET_ORDER, CLUSTER_ORDER, POOL_ORDER = 10, 15, 50, 60
AWS_ETCD_CLASS = "gp3-csi"
GIB = 1024**3
# How the hub publishes each part of a control plane; the list can never be changed.
SERVICES = (
    ("APIServer", "LoadBalancer"),
    ("OAuthServer", "Route"),
    ("Konnectivity", "Route"),
    ("Ignition", "Route"),
    ("OVNSbDb", "Route"),
)


def hosted_manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield what a hub makes its hosted clusters from; namespaces that they share come once."""
    sources: dict[str, list[str]] = {}
    for one in plan.hosted:
        sources.setdefault(one.control.namespace, []).append(str(one.cluster.origin))
    for name, origins in sources.items():
        yield Manifest(Step.HOSTED, _namespace(name, origins), NAMESPACE_ORDER)
    for one in plan.hosted:
        yield from _external_secrets(one)
        yield Manifest(Step.HOSTED, hosted_cluster(one), CLUSTER_ORDER)
        for pool in one.pools:
            yield Manifest(Step.HOSTED, node_pool(one, pool), POOL_ORDER)


def _namespace(name: str, sources: list[str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name, *sources)}


def _external_secrets(plan: HostedPlan) -> Iterator[Manifest]:
    for one in plan.references:
        if one.credential.source == "external":
            secret = external_secret(
                one.credential,
                str(plan.cluster.origin),
                name=one.name,
                namespace=plan.control.namespace,
                key=one.key,
            )
            yield Manifest(Step.HOSTED, secret, SECRET_ORDER)


def hosted_cluster(plan: HostedPlan) -> dict[str, Any]:
    """Return the HostedCluster."""
    cluster, control = plan.cluster, plan.control
    found = cluster.found
    encryption = {"type": "aescbc", "aescbc": {"activeKey": {"name": plan.etcd_key}}}
    spec = {
        "release": {"image": control.release},
        "infraID": found.infra_id,
        "issuerURL": found.aws.issuer_url,
        "controllerAvailabilityPolicy": control.availability,
        "infrastructureAvailabilityPolicy": control.infrastructure_availability,
        "nodeSelector": dict(control.node_selector) or None,
        "dns": _stated(
            baseDomain=cluster.base_domain or "",
            publicZoneID=found.aws.public_zone,
            privateZoneID=found.aws.private_zone,
        ),
        "networking": _networking(cluster),
        "services": [
            {"service": name, "servicePublishingStrategy": {"type": way}} for name, way in SERVICES
        ],
        "platform": _platform(plan),
        "etcd": _etcd(cluster, control),
        "secretEncryption": encryption,
        "pullSecret": {"name": plan.pull_secret.name} if plan.pull_secret else None,
        "sshKey": {"name": plan.ssh_key.name} if plan.ssh_key else None,
        "additionalTrustBundle": {"name": control.trust_bundle} if control.trust_bundle else None,
        "fips": control.fips,
        "olmCatalogPlacement": control.olm_catalogs,
        "configuration": None
        if control.has_default_sources
        else {"operatorhub": {"disableAllDefaultSources": True}},
        "imageContentSources": [
            {"source": source, "mirrors": list(mirrors)}
            for source, mirrors in control.image_sources
        ]
        or None,
    }
    about = metadata(
        cluster.name,
        str(cluster.origin),
        namespace=control.namespace,
        annotations=control.annotations,
    )
    return {"apiVersion": API, "kind": "HostedCluster", "metadata": about, "spec": _stated(**spec)}


def _networking(cluster: Cluster) -> dict[str, Any]:
    """Return the cluster's ranges; nodes on KubeVirt have addresses of the hub's pod network."""
    ranges = cluster.ranges
    made: dict[str, Any] = {
        "networkType": "OVNKubernetes",
        "clusterNetwork": [{"cidr": str(one)} for one in ranges.pod],
        "serviceNetwork": [{"cidr": str(one)} for one in ranges.service],
    }
    if cluster.platform.kind == "aws":
        made["machineNetwork"] = [{"cidr": str(one)} for one in ranges.machine]
    return made


def _etcd(cluster: Cluster, control: ControlPlane) -> dict[str, Any]:
    on_aws = cluster.platform.kind == "aws"
    volume = _stated(
        size=str(control.etcd_size),
        storageClassName=control.etcd_storage_class or (AWS_ETCD_CLASS if on_aws else None),
    )
    storage = {"type": "PersistentVolume", "persistentVolume": volume}
    return {"managementType": "Managed", "managed": {"storage": storage}}


def _platform(plan: HostedPlan) -> dict[str, Any]:
    kind = plan.cluster.platform.kind
    inner = _aws(plan) if kind == "aws" else _kubevirt(plan)
    return {"type": PLATFORMS[kind], kind: inner}


def _kubevirt(plan: HostedPlan) -> dict[str, Any]:
    control = plan.control
    mapped = _stated(
        storageClassMapping=_mappings(control.storage_classes, "StorageClassName"),
        volumeSnapshotClassMapping=_mappings(control.snapshot_classes, "VolumeSnapshotClassName"),
    )
    return _stated(
        baseDomainPassthrough=True if plan.cluster.base_domain is None else None,
        storageDriver={"type": "Manual", "manual": mapped} if mapped else None,
    )


def _mappings(classes: tuple[ClassMapping, ...], field: str) -> list[dict[str, Any]] | None:
    made = [
        _stated(**{f"infra{field}": one.infra, f"guest{field}": one.guest}, group=one.group)
        for one in classes
    ]
    return made or None


def _aws(plan: HostedPlan) -> dict[str, Any]:
    cluster, control = plan.cluster, plan.control
    found = cluster.found.aws
    subnet = found.subnets.get(plan.zone or "")
    tags = [{"key": key, "value": value} for key, value in sorted(control.resource_tags.items())]
    return _stated(
        region=cluster.platform.region,
        cloudProviderConfig=_stated(vpc=found.vpc, zone=plan.zone, subnet={"id": subnet}),
        endpointAccess=control.endpoint_access,
        multiArch=control.is_multi,
        resourceTags=tags or None,
        rolesRef={f"{name}ARN": found.roles.get(name) for name in ROLES},
    )


def node_pool(plan: HostedPlan, one: NodePoolPlan) -> dict[str, Any]:
    """Return the NodePool of one of the cluster's pools."""
    kind, pool = plan.cluster.platform.kind, one.pool
    nodes = pool.hosted
    scaled = None
    if nodes.autoscaling is not None:
        scaled = dict(zip(("min", "max"), nodes.autoscaling, strict=True))
    spec = {
        "clusterName": plan.cluster.name,
        "replicas": pool.replicas if scaled is None else None,
        "autoScaling": scaled,
        "release": {"image": plan.control.release},
        "arch": pool.arch,
        "management": {"upgradeType": nodes.upgrade, "autoRepair": nodes.auto_repair},
        "nodeDrainTimeout": go_duration(nodes.drain_timeout),
        "nodeLabels": dict(one.labels) or None,
        "taints": [_stated(key=t.key, value=t.value, effect=t.effect) for t in pool.taints] or None,
        "config": [{"name": name} for name in one.config] or None,
        "platform": {
            "type": PLATFORMS[kind],
            kind: _aws_machine(one) if kind == "aws" else _kubevirt_machine(one),
        },
    }
    about = metadata(one.name, str(plan.cluster.origin), namespace=plan.control.namespace)
    return {"apiVersion": API, "kind": "NodePool", "metadata": about, "spec": _stated(**spec)}


def _kubevirt_machine(one: NodePoolPlan) -> dict[str, Any]:
    pool, nodes = one.pool, one.pool.hosted
    volume = _stated(
        size=str(pool.disk or disk_of("kubevirt")),
        storageClass=nodes.storage_class,
        accessModes=list(nodes.access_modes) or None,
        volumeMode=nodes.volume_mode,
    )
    cached = {True: {"type": "PVC"}, False: {"type": "None"}, None: None}[nodes.image_cache]
    queues = {True: "Enable", False: "Disable", None: None}[nodes.multiqueue]
    networks = [{"name": name} for name in nodes.additional_networks]
    devices = [{"deviceName": name, "count": count} for name, count in nodes.host_devices]
    return _stated(
        compute=_stated(
            cores=pool.cpus or CPUS,
            memory=str(pool.memory or MEMORY),
            qosClass="Guaranteed" if nodes.guaranteed else None,
        ),
        rootVolume=_stated(type="Persistent", persistent=volume, cacheStrategy=cached),
        nodeSelector=dict(nodes.placement) or None,
        attachDefaultNetwork=nodes.default_network,
        additionalNetworks=networks or None,
        networkInterfaceMultiqueue=queues,
        hostDevices=devices or None,
    )


def _aws_machine(one: NodePoolPlan) -> dict[str, Any]:
    size = (one.pool.disk or disk_of("aws")).bytes
    return _stated(
        instanceType=one.instance_type,
        instanceProfile=one.instance_profile,
        subnet={"id": one.subnet},
        # Beside the group that HyperShift gives all nodes.
        securityGroups=[{"id": group} for group in one.security_groups] or None,
        rootVolume={"size": -(-size // GIB), "type": "gp3"},
    )


def go_duration(duration: Duration) -> str:
    """Return a span as Go writes it, which is how the API server gives it back.

    >>> from hyperleaf.values.units import Duration
    >>> go_duration(Duration.read("60s")), go_duration(Duration.read("1500ms"))
    ('1m0s', '1.5s')
    """
    if duration.seconds == 0:
        return f"{int(duration)}ms" if duration else "0s"
    minutes, milliseconds = divmod(int(duration), 60_000)
    hours, minutes = divmod(minutes, 60)
    before = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return before + f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".") + "s"


def _stated(**values: Any) -> dict[str, Any]:
    """Return what is not None."""
    return {key: value for key, value in values.items() if value is not None}
