"""Questions about a data centre become the text of a first estate."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING, TypeVar

import click

from hyperleaf.values.addresses import IPV4, Address, Subnet, read_address, read_subnet
from hyperleaf.values.names import DeviceName, ObjectName
from hyperleaf.values.numbers import Asn, VlanId
from hyperleaf.values.units import Version

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")
API = "apiVersion: hyperleaf.dev/v1alpha1\n"
WAYS = ("transitGateway", "directConnect", "vpn")
EGRESSES = ("nat", "border", "none")


def estate() -> str:
    """Ask what is needed and return an estate of the answers; click.Abort at their end."""
    platform = _choose("What do the hypervisors stand on?", "aws", "vsphere", "baremetal", "rosa")
    if platform == "rosa":
        return _overlay()
    if platform == "aws":
        return _fabric(platform)
    if platform == "vsphere":
        return _trunk(platform)
    way = _choose(
        "How do VLANs reach the nodes? evpn: over any routed network; trunk: tagged on NICs",
        *("evpn", "trunk"),
    )
    return _fabric(platform) if way == "evpn" else _trunk(platform)


# The platforms


def _fabric(platform: str) -> str:
    """Return a fabric with a hub, hosted clusters (or standalone ones) and tenants' networks."""
    asn = _ask("AS number of the fabric", "65000", lambda text: Asn(int(text)))
    version = _version()
    words = _platform_words(platform)
    hub = _name("Name of the hub, whose control-plane nodes reflect the routes", "hub")
    machines = {hub: _ask("Machine network of the hub", "10.0.0.0/20", read_subnet)}
    usual = ", ".join(str(machines[hub][place]) for place in (11, 12))
    reflectors = _ask("Addresses of two of its control-plane nodes", usual, _many(read_address))
    clusters = _ask("Names of the clusters with hypervisors", "prod", _many(ObjectName))
    for number, cluster in enumerate(clusters, 1):
        usual = f"10.0.{16 * number}.0/20"
        machines[cluster] = _ask(f"Machine network of {cluster}", usual, read_subnet)
    borders = _ask(
        "Switches of the data centre where stretched networks end (NAME=VTEP, ...)",
        "dc-leaf-1=172.16.0.11, dc-leaf-2=172.16.0.12",
        _many(_pair(ObjectName, read_address)),
    )
    mtu = "9001" if platform == "aws" else "9000"
    underlay = [str(one) for one in machines.values()]
    underlay += [str(one) for one in dict.fromkeys(_around(address) for _, address in borders)]
    documents = [
        f"{API}kind: Fabric\nmetadata: {{name: fabric}}\nspec:\n  asn: {int(asn)}\n"
        f"  underlay: {{cidrs: [{_listed(underlay)}], mtu: {mtu}}}\n"
        f"  reflectors: {{cluster: {hub}, addresses: [{_listed(reflectors)}]}}\n"
        "  borders:                    # where the stretched networks end in the data centre\n"
        + "".join(f"  - {{name: {name}, address: {_quoted(one)}}}\n" for name, one in borders),
        _cluster(hub, "hub", version, words, machines[hub]),
    ]
    for cluster in clusters:
        role = f"hosted\n  hub: {hub}"
        pools = "  nodePools:\n  - {name: hypervisors, replicas: 2, leaf: true}\n"
        documents.append(_cluster(cluster, role, version, words, machines[cluster], pools))
    documents += _networks(clusters)
    return "---\n".join(documents)


def _platform_words(platform: str) -> str:
    if platform != "aws":
        return "{baremetal: {}}"
    region = _ask("AWS region", "us-east-1", str)
    way = _choose("The way to the data centre", *WAYS)
    return f"{{aws: {{region: {region}, onPrem: {{via: {way}}}}}}}"


def _networks(clusters: tuple[str, ...]) -> list[str]:
    """Ask for VLANs and return a network for each, attached in every cluster."""
    vlans = _ask(
        "VLANs of the tenants (ID=SUBNET, ...)",
        "100=172.20.100.0/24",
        _many(_pair(_vlan, read_subnet)),
    )
    egress = _choose(
        "How do guests reach the Internet? nat: by their node; border: by the data centre",
        *EGRESSES,
    )
    attach = ", ".join(f"{{cluster: {one}, namespaces: [{{tenant}}]}}" for one in clusters)
    return [
        f"{API}kind: Network\nmetadata: {{name: vlan-{int(vlan)}}}\nspec:\n  vlan: {int(vlan)}\n"
        f"  subnets: [{_quoted(subnet)}]\n  egress: {egress}\n"
        f"  attach: [{attach.replace('{tenant}', f'tenant-{int(vlan)}')}]\n"
        for vlan, subnet in vlans
    ]


def _trunk(platform: str) -> str:
    """Return a cluster whose nodes have VLANs on NICs."""
    name = _name("Name of the cluster", "lab" if platform == "vsphere" else "room-1")
    version = _version()
    words = "{baremetal: {}}"
    if platform == "vsphere":
        server = _ask("vCenter", "vcenter.example.com", str)
        datacenter = _ask("Its data centre", "lab", str)
        cluster = _ask("Its cluster", "c1", str)
        words = (
            f"{{vsphere: {{server: {server}, datacenter: {datacenter}, cluster: {cluster}, "
            "nested: true}}"
        )
    machine = _ask("Machine network", "192.168.18.0/24", read_subnet)
    usual = "ens224" if platform == "vsphere" else "ens1f0, ens1f1"
    nics = _ask("NIC that carries the VLANs; several make a bond", usual, _many(DeviceName))
    uplink = f"nic: {nics[0]}"
    if len(nics) > 1:
        uplink = f"bond: {{mode: 802.3ad, nics: [{_listed(nics)}]}}"
    if platform == "vsphere":
        uplink += f", portGroup: {_ask('Port group that it plugs into', 'Trunk', str)}"
    vlans = _ask("VLANs of the guests, as in 1925-1928, 2000", "1925-1928", _vlans)
    namespace = _name("Namespace of the guests", "vms")
    pools = f"  nodePools:\n  - name: hypervisors\n    uplinks: {{trunk: {{{uplink}}}}}\n"
    vlan_set = (
        f"{API}kind: NetworkSet                              # each VLAN becomes vlan-ID\n"
        f"metadata: {{name: vlan}}\nspec:\n  vlans: {vlans}\n  transport: vlan\n"
        f"  uplink: trunk\n  attach: [{{cluster: {name}, namespaces: [{namespace}]}}]\n"
    )
    return f"{_cluster(name, 'standalone', version, words, machine, pools)}---\n{vlan_set}"


def _overlay() -> str:
    """Return a cluster without access to the underlay, and a network between its guests."""
    name = _name("Name of the cluster", "rosa")
    version = _version()
    machine = _ask("Machine network", "10.30.0.0/24", read_subnet)
    subnet = _ask("Subnet of the guests", "10.200.0.0/24", read_subnet)
    namespaces = _ask("Namespaces of the guests", "app, db", _many(ObjectName))
    pools = "  nodePools:\n  - {name: metal, instanceType: m5.metal, replicas: 2}\n"
    network = (
        f"{API}kind: Network\nmetadata: {{name: east-west}}\nspec:\n  transport: overlay\n"
        f"  subnets: [{_quoted(subnet)}]\n"
        f"  attach: [{{cluster: {name}, namespaces: [{_listed(namespaces)}]}}]\n"
    )
    return f"{_cluster(name, 'standalone', version, '{rosa: {}}', machine, pools)}---\n{network}"


def _cluster(  # noqa: PLR0913, PLR0917 - the fields of a cluster, in their order
    name: str, role: str, version: Version, platform: str, machine: Subnet, pools: str = ""
) -> str:
    return (
        f"{API}kind: Cluster\nmetadata: {{name: {name}}}\nspec:\n  role: {role}\n"
        f"  version: {version}\n  platform: {platform}\n"
        f"  networks: {{machine: [{_quoted(machine)}]}}\n{pools}"
    )


# Answers


def _ask(question: str, usual: str, read: Callable[[str], Answer]) -> Answer:
    """Ask until the answer is readable; the usual one is a return away."""

    def value(text: str) -> Answer:
        try:
            return read(text.strip())
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    answer: Answer = click.prompt(question, default=usual, value_proc=value, err=True)
    return answer


def _choose(question: str, *words: str) -> str:
    choice: str = click.prompt(question, type=click.Choice(words), default=words[0], err=True)
    return choice


def _name(question: str, usual: str) -> str:
    return _ask(question, usual, ObjectName)


def _version() -> Version:
    return _ask("OpenShift version", "4.16.8", Version.read)


def _many(read: Callable[[str], Answer]) -> Callable[[str], tuple[Answer, ...]]:
    def several(text: str) -> tuple[Answer, ...]:
        made = tuple(read(part.strip()) for part in text.split(",") if part.strip())
        if not made:
            raise ValueError("at least one is needed")
        return made

    return several


Left = TypeVar("Left")
Right = TypeVar("Right")


def _pair(
    left: Callable[[str], Left], right: Callable[[str], Right]
) -> Callable[[str], tuple[Left, Right]]:
    def both(text: str) -> tuple[Left, Right]:
        before, equals, after = text.partition("=")
        if not equals:
            raise ValueError(f"write {text!r} with an equals sign, as in the usual answer")
        return left(before.strip()), right(after.strip())

    return both


def _vlan(text: str) -> VlanId:
    if not text.isdigit():
        raise ValueError(f"a VLAN id is a number, not {text!r}")
    return VlanId(int(text))


def _vlans(text: str) -> str:
    for part in _many(str)(text):
        for end in part.split("-", 1):
            _vlan(end.strip())
    return text


# Text


def _around(address: Address) -> Subnet:
    """Return the subnet of usual size that an address lies in."""
    return ip_interface(f"{address}/{24 if address.version == IPV4 else 64}").network


def _listed(values: tuple[object, ...] | list[str]) -> str:
    return ", ".join(_quoted(one) for one in values)


def _quoted(value: object) -> str:
    """Return a value as it stands within brackets: an IPv6 address needs quotes there."""
    text = str(value)
    return f'"{text}"' if ":" in text else text
