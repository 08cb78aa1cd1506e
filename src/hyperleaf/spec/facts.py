"""What may be written in a facts file: what somebody found in a live world, beside an estate."""

from __future__ import annotations

from typing import Annotated, Any

from hyperleaf.spec.fields import AddressField, Model, NameField, Text, field
from hyperleaf.spec.machines import MachineSetShape

MachineSetField = Annotated[dict[str, Any], MachineSetShape()]


class Roles(Model):
    """The roles that parts of a hosted cluster take on AWS, by their ARNs."""

    ingress: Text | None = None
    image_registry: Text | None = None
    storage: Text | None = None
    network: Text | None = None
    kube_cloud_controller: Text | None = None
    node_pool_management: Text | None = None
    control_plane_operator: Text | None = None


class FoundAws(Model):
    """What was made for a cluster on AWS, by its IDs."""

    vpc: Text | None = None
    subnets: dict[Text, Text] = field(
        default={}, description="The private subnet of each availability zone."
    )
    instance_profile: Text | None = field(
        default=None, description="Of the nodes; default: the infrastructure's ID and `-worker`."
    )
    roles: Roles | None = None
    public_zone: Text | None = field(default=None, description="The hosted zone of public names.")
    private_zone: Text | None = field(default=None, description="The hosted zone within the VPC.")
    issuer_url: Text | None = field(
        default=None, alias="issuerURL", description="Where the cluster's OIDC documents are."
    )


class FoundCluster(Model):
    """What was found of one cluster."""

    infra_id: NameField | None = field(default=None, alias="infraID")
    aws: FoundAws | None = None
    machine_set: MachineSetField | None = field(
        default=None, description="A worker MachineSet of the cluster, as it hands it out."
    )
    machine_sets: tuple[MachineSetField, ...] = field(
        default=(), description="Likewise several, of several zones."
    )
    machine_sets_from: tuple[Text, ...] = field(
        default=(),
        description="Files with such MachineSets, or lists of them, relative to this one.",
    )


class WrittenFacts(Model):
    """What an estate leaves to be found."""

    reflectors: tuple[AddressField, ...] = field(
        default=(), description="Addresses of the nodes that carry the route reflectors."
    )
    clusters: dict[NameField, FoundCluster] = field(
        default={}, description="What was found of each cluster, by its name in the estate."
    )
