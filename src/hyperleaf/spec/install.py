"""What may be written of an installation: machines or hosts, addresses of the API and ingress."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Annotated, Literal

from hyperleaf.spec.fields import (
    AddressField,
    DeviceField,
    Labels,
    MacField,
    Model,
    NameField,
    QuantityField,
    Text,
    field,
)
from hyperleaf.spec.hosted import Taint
from hyperleaf.spec.machines import Role
from hyperleaf.spec.shapes import Scalar


def _interface(value: object) -> IPv4Interface | IPv6Interface:
    if not isinstance(value, str) or "/" not in value:
        raise ValueError(f"an address with its prefix is written like 10.0.0.11/24, not {value!r}")
    return ip_interface(value)


InterfaceField = Annotated[
    IPv4Interface | IPv6Interface,
    Scalar(_interface, {"type": "string", "examples": ["10.0.0.11/24"]}),
]


class Installed(Model):
    """Machines of one kind that the installer makes."""

    replicas: int = field(default=3, least=0, most=1000)
    instance_type: Text | None = field(default=None, description="On AWS.")
    zones: tuple[Text, ...] = field(default=(), description="On AWS; default: all of the region.")
    cpus: int | None = field(default=None, least=1, description="On vSphere.")
    cores_per_socket: int | None = field(default=None, least=1, description="On vSphere.")
    memory: QuantityField | None = field(default=None, description="On vSphere.")
    disk: QuantityField | None = field(default=None, description="The root volume.")


class InstalledWorkers(Installed):
    """The first workers; labels and taints are set on their nodes once these are there."""

    roles: tuple[Role, ...] = field(default=(), description="What they are for, as labels.")
    labels: Labels = {}
    taints: tuple[Taint, ...] = ()


class Host(Model):
    """A machine of bare metal that boots the agent's image."""

    name: NameField
    role: Literal["master", "worker"]
    mac: MacField = field(description="Of the NIC that it is known by.")
    nic: DeviceField = field(default="eno1", description="That NIC's name.")
    address: InterfaceField | None = field(default=None, description="Without it: DHCP.")
    gateway: AddressField | None = None
    dns: tuple[AddressField, ...] = ()
    root_device: Text | None = field(default=None, description="Where to install, as /dev/sda.")


class Vips(Model):
    """Addresses of the machine network that move between nodes; one of each family."""

    api: tuple[AddressField, ...] = field(least=1)
    ingress: tuple[AddressField, ...] = field(least=1)


class Install(Model):
    """What the installer is told: the files stand under install/ in the rendered folder."""

    control_plane: Installed | None = None
    workers: InstalledWorkers | None = None
    hosts: tuple[Host, ...] = field(default=(), description="On bare metal: every machine.")
    rendezvous: AddressField | None = field(
        default=None,
        description="On bare metal: the host that installs the others; default: the first master "
        "with an address.",
    )
    vips: Vips | None = field(default=None, description="On vSphere and bare metal.")
    publish: Literal["External", "Internal"] = field(
        default="External", description="On AWS: whether the API has a public name."
    )
