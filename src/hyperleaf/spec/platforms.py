"""What may be written of a platform: the cloud, vCenter or machines that a cluster stands on."""

from __future__ import annotations

from typing import Literal

from hyperleaf.spec.fields import (
    AddressField,
    AsnField,
    Flag,
    Model,
    SubnetField,
    Text,
    field,
)


class VpnPeer(Model):
    """The data centre's end of a VPN, which speaks BGP."""

    address: AddressField = field(description="Its public address.")
    asn: AsnField = field(default=65000, description="Its autonomous system.")


class OnPrem(Model):
    """The way from a VPC to the data centre; its MTU follows."""

    via: Literal["transitGateway", "directConnect", "vpn"]
    cidrs: tuple[SubnetField, ...] = field(
        default=(), description="The data centre's ranges, as the VPC's routes name them."
    )
    id: Text | None = field(
        default=None,
        description="The transit gateway (tgw-...) or Direct Connect gateway that is there "
        "already. Without it `up` makes a transit gateway.",
    )
    peer: VpnPeer | None = field(
        default=None, description="Of a VPN: what `up` makes a connection to."
    )


class Vpc(Model):
    """A VPC that is there already, with a subnet of either kind in each zone."""

    id: Text
    private_subnets: dict[Text, Text] = field(
        description="By zone: where nodes are; their default route leaves by a NAT gateway."
    )
    public_subnets: dict[Text, Text] = field(
        default={}, description="By zone: where load balancers are that the Internet reaches."
    )


class Aws(Model):
    """Amazon EC2."""

    region: Text
    zones: tuple[Text, ...] = field(
        default=(),
        description="Where the VPC has subnets. Default: the region's name with a, b and c.",
    )
    on_prem: OnPrem | None = None
    vpc: Vpc | None = field(
        default=None, description="One that is there. Default: `up` makes one of machine ranges."
    )
    nat: Literal["one", "perZone"] = field(
        default="one", description="NAT gateways of the VPC: in the first zone, or in each."
    )
    resolver: Flag | None = field(
        default=None,
        description="Whether the data centre may ask the VPC for names (an inbound resolver "
        "endpoint). Default: where a way to it and a base domain are stated.",
    )


class PortGroup(Model):
    """A port group that carries every VLAN to virtual hypervisors, and MACs that are not theirs."""

    name: Text
    switch: Text = field(description="The virtual switch it is a part of.")
    distributed: Flag = field(
        default=False, description="Whether the switch is one for all hosts; else each has one."
    )
    learning: Literal["promiscuous", "macLearning"] = field(
        default="promiscuous",
        description="How guests' frames are let through; only a distributed switch learns MACs.",
    )


class Vsphere(Model):
    """VMware vSphere; hypervisors on it are virtual machines themselves."""

    server: Text
    datacenter: Text
    cluster: Text
    nested: Flag = field(default=False, description="Guests inside guests: a lab, not production.")
    datastore: Text | None = field(default=None, description="For an installation.")
    network: Text | None = field(default=None, description="For an installation: a port group.")
    folder: Text | None = field(default=None, description="For an installation: an absolute path.")
    resource_pool: Text | None = field(default=None, description="For an installation, likewise.")
    template: Text | None = field(
        default=None,
        description="The template that the cluster's machines are cloned from. Default: the one "
        "whose name ends with -rhcos.",
    )
    port_groups: tuple[PortGroup, ...] = field(
        default=(), description="What `up` makes for the uplinks that name them."
    )


class Empty(Model):
    """A platform of which nothing needs to be said."""


class Platform(Model):
    """What the cluster stands on: exactly one of these."""

    aws: Aws | None = None
    vsphere: Vsphere | None = None
    baremetal: Empty | None = None
    kubevirt: Empty | None = None
    rosa: Empty | None = None
