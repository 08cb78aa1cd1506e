"""What may be written of a hosted cluster: its control plane on the hub, and its pools' nodes."""

from __future__ import annotations

from typing import Literal

from hyperleaf.spec.fields import (
    Flag,
    LabelKey,
    Labels,
    LabelValue,
    Model,
    NameField,
    QuantityField,
    Text,
    field,
)

Availability = Literal["HighlyAvailable", "SingleReplica"]
AccessMode = Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]


class Etcd(Model):
    """Where the control plane keeps its state."""

    storage_class: NameField | None = field(
        default=None, description="The hub's own default class without it."
    )
    size: QuantityField | None = field(default=None, description="Default 8Gi; of each member.")


class ClassMapping(Model):
    """A class of the hub that guests of the cluster's nodes may use, and its name in there."""

    infra: Text = field(description="The class on the hub.")
    guest: Text = field(description="The class in the hosted cluster.")
    group: Text | None = field(
        default=None, description="What storage and snapshot classes that fit together share."
    )


class ImageSource(Model):
    """A registry, and the mirrors that hold the same images."""

    source: Text
    mirrors: tuple[Text, ...] = field(least=1)


class ControlPlane(Model):
    """A control plane that runs as pods on the hub (a HostedCluster, made by HyperShift)."""

    namespace: NameField = field(
        default="clusters", description="Where the hub keeps the cluster and its credentials."
    )
    release: Text | None = field(
        default=None,
        description="The release image. Default: the version's own, of x86_64 or, where a pool "
        "is not amd64, of all architectures.",
    )
    availability: Availability = field(
        default="HighlyAvailable", description="Of the control plane: three replicas, or one."
    )
    infrastructure_availability: Availability = field(
        default="HighlyAvailable",
        description="Of what serves the cluster on its nodes, as its ingress: two replicas, "
        "or one.",
    )
    node_selector: Labels = field(default={}, description="The hub's nodes that carry its pods.")
    etcd: Etcd | None = None
    endpoint_access: Literal["Public", "PublicAndPrivate", "Private"] | None = field(
        default=None, description="On AWS: who reaches the API. Default Public."
    )
    storage_class_mapping: tuple[ClassMapping, ...] = field(
        default=(), description="On KubeVirt; without it every node's default class is mapped."
    )
    snapshot_class_mapping: tuple[ClassMapping, ...] = ()
    olm_catalogs: Literal["management", "guest"] = field(
        default="management", description="Where the catalogs of operators run; never changed."
    )
    default_sources: Flag = field(
        default=True, description="Whether the product's own catalogs of operators are there."
    )
    fips: Flag = field(default=False, description="Never changed.")
    image_sources: tuple[ImageSource, ...] = ()
    trust_bundle: NameField | None = field(
        default=None,
        description="A ConfigMap beside the cluster with certificates that it trusts, under "
        "ca-bundle.crt.",
    )
    annotations: dict[LabelKey, Text] = field(
        default={}, description="Of the HostedCluster: HyperShift reads many of its switches there."
    )
    resource_tags: dict[Text, Text] = field(
        default={}, description="On AWS: of everything that is made for the cluster."
    )


class Autoscaling(Model):
    """Bounds of a pool whose size follows the pods that wait."""

    min: int = field(least=1, most=10000)
    max: int = field(least=1, most=10000)


class Taint(Model):
    """What keeps pods off a pool's nodes that do not tolerate it."""

    key: LabelKey
    value: LabelValue | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
