"""What may be written in a facts file: what somebody found in a live world, beside an estate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from hyperleaf.spec.fields import AddressField, Model, NameField, Text, field
from hyperleaf.spec.machines import MachineSetShape
from hyperleaf.spec.yaml import read_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hyperleaf.findings import Finding
    from hyperleaf.spec.yaml import Document

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


class Groups(Model):
    """Security groups that let the fabric's packets in, on top of the cluster's own."""

    leaves: Text | None = field(default=None, description="Of nodes that are leaves.")
    reflectors: Text | None = field(default=None, description="Of a hub's control-plane nodes.")


class FoundAws(Model):
    """What was made for a cluster on AWS, by its IDs."""

    vpc: Text | None = None
    subnets: dict[Text, Text] = field(
        default={}, description="The private subnet of each availability zone."
    )
    public_subnets: dict[Text, Text] = field(
        default={}, description="The public subnet of each availability zone."
    )
    security_groups: Groups | None = None
    transit_gateway: Text | None = None
    resolver: tuple[AddressField, ...] = field(
        default=(), description="Where the data centre asks for the cluster's names."
    )
    oidc_bucket: Text | None = field(
        default=None, description="Of a hub: the bucket of its hosted clusters' OIDC documents."
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


class FoundVsphere(Model):
    """What was made for a cluster on vSphere."""

    template: Text | None = field(
        default=None, description="What its virtual hypervisors are cloned from."
    )


class FoundCluster(Model):
    """What was found of one cluster."""

    infra_id: NameField | None = field(default=None, alias="infraID")
    aws: FoundAws | None = None
    vsphere: FoundVsphere | None = None
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


def with_machine_sets(value: Any, folder: Path) -> tuple[Any, tuple[Finding, ...]]:
    """Return facts with the MachineSets of the files that they name, and what is wrong with those.

    The files' paths are relative to `folder`; they hold objects, or lists of them, as the cluster
    hands them out.
    """
    clusters = value.get("clusters") if isinstance(value, dict) else None
    if not isinstance(clusters, dict):
        return value, ()
    made: dict[Any, Any] = {}
    findings: list[Finding] = []
    for name, cluster in clusters.items():
        made[name] = cluster
        if isinstance(cluster, dict) and isinstance(cluster.get("machineSetsFrom"), list):
            files = [folder / str(one) for one in cluster["machineSetsFrom"]]
            documents, wrong = read_files(files)
            findings.extend(wrong)
            there = cluster.get("machineSets")
            known = there if isinstance(there, list) else []
            made[name] = {**cluster, "machineSets": [*known, *_machine_sets(documents)]}
    return {**value, "clusters": made}, tuple(findings)


def _machine_sets(documents: Iterable[Document]) -> Iterator[Any]:
    for document in documents:
        items = document.value.get("items")
        yield from items if isinstance(items, list) else [document.value]
