"""An installation, as resolved: what the installer is told of machines, hosts and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hyperleaf.model.hosted import Taint
from hyperleaf.model.machines import role_labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Interface, IPv6Interface

    from hyperleaf.model.machines import MachineRole
    from hyperleaf.spec import cluster as spec_cluster
    from hyperleaf.spec import install as spec
    from hyperleaf.spec import platforms as spec_platforms
    from hyperleaf.values.addresses import Address
    from hyperleaf.values.macs import Mac
    from hyperleaf.values.units import Quantity

DEFAULT_REPLICAS = 3


@dataclass(frozen=True, slots=True)
class Installed:
    """Machines of one kind; what is None is left to the installer."""

    replicas: int
    instance_type: str | None = None
    zones: tuple[str, ...] = ()
    cpus: int | None = None
    cores_per_socket: int | None = None
    memory: Quantity | None = None
    disk: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A machine of bare metal; without `address` its own comes by DHCP."""

    name: str
    index: int
    role: Literal["master", "worker"]
    mac: Mac
    nic: str
    address: IPv4Interface | IPv6Interface | None
    gateway: Address | None
    dns: tuple[Address, ...]
    root_device: str | None


@dataclass(frozen=True, slots=True)
class Vcenter:
    """Where machines on vSphere are made; rules refuse an installation without the first two."""

    server: str
    datacenter: str
    cluster: str
    datastore: str | None
    network: str | None
    folder: str | None
    resource_pool: str | None


@dataclass(frozen=True, slots=True)
class Install:
    """What the installer is told.

    `labels` and `taints` are of the first workers' nodes; `roles` are what made some of the
    labels. `rendezvous` is the address of the host that installs the others.
    """

    control_plane: Installed
    workers: Installed
    roles: tuple[MachineRole, ...]
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    hosts: tuple[Host, ...]
    rendezvous: Address | None
    api_vips: tuple[Address, ...]
    ingress_vips: tuple[Address, ...]
    publish: Literal["External", "Internal"]
    vcenter: Vcenter | None


def resolve_install(written: spec_cluster.ClusterSpec) -> Install | None:
    """Return the installation that a cluster states."""
    stated = written.install
    if stated is None:
        return None
    hosts = tuple(_host(one, index) for index, one in enumerate(stated.hosts))
    workers = stated.workers
    roles = workers.roles if workers else ()
    return Install(
        control_plane=_installed(stated.control_plane, hosts, "master"),
        workers=_installed(workers, hosts, "worker"),
        roles=roles,
        labels={**role_labels(roles), **(workers.labels if workers else {})},
        taints=tuple(Taint(one.key, one.value, one.effect) for one in workers.taints)
        if workers
        else (),
        hosts=hosts,
        rendezvous=stated.rendezvous or _first_master(hosts),
        api_vips=stated.vips.api if stated.vips else (),
        ingress_vips=stated.vips.ingress if stated.vips else (),
        publish=stated.publish,
        vcenter=_vcenter(written.platform.vsphere),
    )


def _installed(
    written: spec.Installed | None, hosts: tuple[Host, ...], role: Literal["master", "worker"]
) -> Installed:
    """Return machines of one kind; where hosts are listed, these are all there are."""
    listed = sum(one.role == role for one in hosts)
    if written is None:
        return Installed(listed if hosts else DEFAULT_REPLICAS)
    return Installed(
        replicas=listed if hosts else written.replicas,
        instance_type=written.instance_type,
        zones=written.zones,
        cpus=written.cpus,
        cores_per_socket=written.cores_per_socket,
        memory=written.memory,
        disk=written.disk,
    )


def _host(written: spec.Host, index: int) -> Host:
    return Host(
        name=written.name,
        index=index,
        role=written.role,
        mac=written.mac,
        nic=written.nic,
        address=written.address,
        gateway=written.gateway,
        dns=written.dns,
        root_device=written.root_device,
    )


def _first_master(hosts: tuple[Host, ...]) -> Address | None:
    masters = (one.address.ip for one in hosts if one.role == "master" and one.address)
    return next(masters, None)


def _vcenter(written: spec_platforms.Vsphere | None) -> Vcenter | None:
    if written is None:
        return None
    return Vcenter(
        server=written.server,
        datacenter=written.datacenter,
        cluster=written.cluster,
        datastore=written.datastore,
        network=written.network,
        folder=written.folder,
        resource_pool=written.resource_pool,
    )
