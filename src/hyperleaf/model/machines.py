"""Machines, as resolved: what nodes are for, data disks, and the MachineSets to make others after.

A base is what the cluster itself handed out; nothing in it is ever changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hyperleaf.values.rendered import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.spec import machines as spec
    from hyperleaf.values.units import Quantity

MachineRole = Literal["infra", "storage", "virtualization"]
Provider = Literal["aws", "vsphere", "kubevirt"]
# What nodes bear that are for something; other operators look for these.
ROLE_LABELS: dict[MachineRole, dict[str, str]] = {
    "infra": {"node-role.kubernetes.io/infra": ""},
    "storage": {"cluster.ocs.openshift.io/openshift-storage": ""},
    "virtualization": {"ocpvirt": "host"},
}
PROVIDERS: dict[str, Provider] = {
    "AWSMachineProviderConfig": "aws",
    "VSphereMachineProviderSpec": "vsphere",
    "KubevirtMachineProviderSpec": "kubevirt",
}
CLUSTER_LABEL = "machine.openshift.io/cluster-api-cluster"
SET_LABEL = "machine.openshift.io/cluster-api-machineset"


@dataclass(frozen=True, slots=True)
class DataDisk:
    """A second disk; `size` is as written, `iops` None leaves the cloud's own."""

    device: str
    size: Quantity
    type: str
    iops: int | None


@dataclass(frozen=True, slots=True)
class Machines:
    """A pool that MachineSets make; what is None is as in the base."""

    base: str | None
    template: str | None
    cores_per_socket: int | None


@dataclass(frozen=True, slots=True)
class Base:
    """A MachineSet of the cluster; `value` is the whole object as it was handed out.

    `provider` is None for machines of a kind that is not known here; `zone` and `region` are
    AWS's; `is_zone_in_subnet` tells that the subnet is found by a name that ends with the zone.
    """

    name: str
    infra_id: str
    provider: Provider | None
    provider_kind: str
    zone: str | None
    region: str | None
    is_zone_in_subnet: bool
    is_ours: bool
    value: Mapping[str, Any] = field(repr=False, compare=False)


def role_labels(roles: Iterable[MachineRole]) -> dict[str, str]:
    """Return the labels of nodes that are for something."""
    return {key: value for role in roles for key, value in ROLE_LABELS[role].items()}


def resolve_disk(written: spec.DataDisk | None) -> DataDisk | None:
    """Return a data disk."""
    if written is None:
        return None
    return DataDisk(written.device, written.size, written.type, written.iops)


def resolve_machines(written: spec.Machines | None) -> Machines | None:
    """Return how a pool's machines are made."""
    if written is None:
        return None
    return Machines(written.base, written.template, written.cores_per_socket)


def base_of(value: Mapping[str, Any]) -> Base:
    """Return what is to be known of a MachineSet that its shape was read by."""
    template = value["spec"]["template"]
    provider = template["spec"]["providerSpec"]["value"]
    placement = provider.get("placement") or {}
    zone = placement.get("availabilityZone")
    own = value["metadata"].get("labels") or {}
    return Base(
        name=value["metadata"]["name"],
        infra_id=template["metadata"]["labels"][CLUSTER_LABEL],
        provider=PROVIDERS.get(provider["kind"]),
        provider_kind=provider["kind"],
        zone=zone,
        region=placement.get("region"),
        is_zone_in_subnet=zone is not None and zone_is_in_subnet(provider, zone),
        is_ours=own.get(MANAGED_BY) == MANAGER,
        value=value,
    )


def subnet_names(provider: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names by which a machine's subnet is looked for."""
    for one in (provider.get("subnet") or {}).get("filters") or ():
        yield from one.get("values") or ()


def zone_is_in_subnet(provider: Mapping[str, Any], zone: str) -> bool:
    """Tell whether a subnet is named after its zone, so that another zone's name is known too."""
    if (provider.get("subnet") or {}).get("id"):
        return False
    return any(name.endswith(f"-{zone}") for name in subnet_names(provider))


def worker_bases(found: Iterable[Base], named: str | None) -> tuple[Base, ...]:
    """Return the bases that a pool may start from: the named one, or the installer's workers.

    What we rendered ourselves is none. Of the others those called `ID-worker...` come first, which
    the installer made.
    """
    others = [one for one in found if not one.is_ours]
    if named is not None:
        return tuple(one for one in others if one.name == named)
    return tuple(sorted(others, key=lambda one: not one.name.startswith(f"{one.infra_id}-worker")))


def set_name(infra_id: str, pool: str, zone: str | None) -> str:
    """Return a MachineSet's name: the infrastructure's ID, the pool and, on AWS, the zone."""
    return "-".join(one for one in (infra_id, pool, zone) if one)
