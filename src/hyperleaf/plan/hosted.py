"""What the hub of a hosted cluster must have for it: names, releases, IDs, and wanted Secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.model.hosted_names import (
    config_of,
    credential_of,
    first_zone,
    node_pool_name,
    zone_of,
)
from hyperleaf.plan.node_labels import node_labels, security_groups
from hyperleaf.plan.secrets import WantedKey, WantedSecret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.credentials import Credential, CredentialName
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Fabric
    from hyperleaf.model.hosted import ControlPlane

# What HyperShift's own command line marks Secrets by that go with their cluster.
GOES_WITH_CLUSTER = ("hypershift.openshift.io/safe-to-delete-with-cluster", "true")
PULL_SECRET_KEY, SSH_KEY, ETCD_KEY = ".dockerconfigjson", "id_rsa.pub", "key"
INSTANCE_TYPES = {"amd64": "m5.large", "arm64": "m6g.large"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A Secret that the HostedCluster names, and the credential it holds."""

    name: str
    key: str
    credential: Credential


@dataclass(frozen=True, slots=True)
class NodePoolPlan:
    """A pool as the hub makes it; the last four only on AWS, the group only of leaves.

    `config` are the ConfigMaps with its nodes' files: a change of one replaces the nodes.
    """

    name: str
    pool: Pool
    config: tuple[str, ...]
    labels: Mapping[str, str]
    instance_type: str | None
    instance_profile: str | None
    subnet: str | None
    security_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostedPlan:
    """A hosted cluster as its hub makes it."""

    cluster: Cluster
    control: ControlPlane
    pull_secret: Reference | None
    ssh_key: Reference | None
    etcd_key: str
    zone: str | None
    pools: tuple[NodePoolPlan, ...]
    secrets: tuple[WantedSecret, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        """The Secrets with credentials that it names."""
        return tuple(one for one in (self.pull_secret, self.ssh_key) if one is not None)


def plan_hosted(estate: Estate, hub: Cluster) -> tuple[HostedPlan, ...]:
    """Return the clusters whose control planes run on a hub, those that are to be made there.

    Those that wait for their VPC are made once facts tell of it.
    """
    return tuple(
        _plan(estate.fabric, hub, one, one.control_plane)
        for one in estate.clusters.values()
        if one.hub == hub.name
        and one.role == "hosted"
        and one.control_plane is not None
        and not one.awaits_cloud
    )


def _plan(
    fabric: Fabric | None, hub: Cluster, cluster: Cluster, control: ControlPlane
) -> HostedPlan:
    pull, ssh = references(hub, cluster)
    etcd_key = f"{cluster.name}-etcd-encryption-key"
    return HostedPlan(
        cluster=cluster,
        control=control,
        pull_secret=pull,
        ssh_key=ssh,
        etcd_key=etcd_key,
        zone=first_zone(cluster),
        pools=tuple(_pool(fabric, cluster, pool) for pool in cluster.pools),
        secrets=tuple(_secrets(cluster, control, (pull, ssh), etcd_key)),
    )


def references(hub: Cluster, cluster: Cluster) -> tuple[Reference | None, Reference | None]:
    """Return the Secrets with a cluster's pull secret and SSH key."""
    return (
        reference(hub, cluster, "pullSecret", "pull-secret", PULL_SECRET_KEY),
        reference(hub, cluster, "sshKey", "ssh-key", SSH_KEY),
    )


def reference(
    hub: Cluster, cluster: Cluster, name: CredentialName, suffix: str, key: str
) -> Reference | None:
    """Return the Secret that holds a credential; one that is there already keeps its name."""
    found = credential_of(hub, cluster, name)
    if found is None:
        return None
    named = found.place if found.source == "secret" else f"{cluster.name}-{suffix}"
    return Reference(named, key, found)


def _secrets(
    cluster: Cluster,
    control: ControlPlane,
    references: tuple[Reference | None, ...],
    etcd_key: str,
) -> Iterator[WantedSecret]:
    for one in references:
        if one is not None and one.credential.is_local:
            yield _wanted(cluster, control, one.name, WantedKey(one.key, credential=one.credential))
    yield _wanted(cluster, control, etcd_key, WantedKey(ETCD_KEY, generated="aescbc"))


def _wanted(cluster: Cluster, control: ControlPlane, name: str, key: WantedKey) -> WantedSecret:
    return WantedSecret(
        namespace=control.namespace,
        name=name,
        type="Opaque",
        labels=(GOES_WITH_CLUSTER,),
        keys=(key,),
        source=str(cluster.origin),
    )


def _pool(fabric: Fabric | None, cluster: Cluster, pool: Pool) -> NodePoolPlan:
    on_aws, found = cluster.platform.kind == "aws", cluster.found
    return NodePoolPlan(
        name=node_pool_name(cluster.name, pool.name),
        pool=pool,
        config=config_of(cluster, pool, fabric),
        labels=node_labels(fabric, cluster, pool),
        instance_type=(pool.instance_type or INSTANCE_TYPES[pool.arch]) if on_aws else None,
        instance_profile=(found.aws.instance_profile or f"{found.infra_id}-worker")
        if on_aws
        else None,
        subnet=found.aws.subnets.get(zone_of(cluster, pool) or "") if on_aws else None,
        security_groups=security_groups(fabric, cluster, pool) if on_aws else (),
    )
