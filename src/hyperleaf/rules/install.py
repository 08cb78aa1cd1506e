"""Rules about installations: what the installer needs, and what it would refuse later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import is_in, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.credentials import CredentialName
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.install import Install

INSTALL = ("spec", "install")
INSTALLABLE = frozenset({"aws", "vsphere", "baremetal"})
# One control-plane node, or as many as etcd can lose one of.
CONTROL_PLANES = frozenset({1, 3, 4, 5})
SINGLE = 1


def _installs(estate: Estate) -> Iterator[tuple[Cluster, Install]]:
    """Yield the clusters that are to be installed and can be."""
    for cluster in estate.clusters.values():
        if cluster.install is not None and _is_installable(cluster):
            yield cluster, cluster.install


def _is_installable(cluster: Cluster) -> bool:
    return cluster.role != "hosted" and cluster.platform.kind in INSTALLABLE


def _is_single(install: Install) -> bool:
    return len(install.hosts) == SINGLE


@rule(
    Code(
        "HL1103",
        "Nothing here for the installer",
        "The installer makes hubs and standalone clusters, here on AWS, vSphere and bare metal. "
        "A hosted cluster is made by its hub (`controlPlane`), one of ROSA by the service.",
        "Leave `install` out.",
        "platform: {rosa: {}}",
        "platform: {aws: {region: us-east-2}}",
    )
)
def installer_makes_it(estate: Estate) -> Iterator[Fault]:
    """Find `install` of a hosted cluster, or on another platform."""
    for cluster in estate.clusters.values():
        if cluster.install is not None and not _is_installable(cluster):
            where = "is hosted" if cluster.role == "hosted" else f"is on {cluster.platform.kind}"
            yield Fault(
                cluster.origin,
                INSTALL,
                f"{cluster.name} {where}: the installer does not make it",
                "leave `install` out",
            )


@rule(
    Code(
        "HL1104",
        "An installation lacks what it needs",
        "The installer asks for a base domain and a pull secret; on vSphere also for the vCenter's "
        "credentials (`cloud`), a datastore and a network.",
        "State it.",
        "networks: {machine: [10.0.0.0/16]}",
        "networks: {machine: [10.0.0.0/16]}\n  baseDomain: example.com",
    )
)
def installation_is_complete(estate: Estate) -> Iterator[Fault]:
    """Find an installation without what the installer would ask for."""
    for cluster, install in _installs(estate):
        needed: dict[str, object] = {
            "baseDomain": cluster.base_domain,
            "credentials.pullSecret": cluster.credentials.get("pullSecret"),
        }
        if install.vcenter is not None:
            needed |= {
                "credentials.cloud": cluster.credentials.get("cloud"),
                "platform.vsphere.datastore": install.vcenter.datastore,
                "platform.vsphere.network": install.vcenter.network,
            }
        for field, value in needed.items():
            if value is None:
                yield Fault(
                    cluster.origin,
                    INSTALL,
                    f"to install {cluster.name} the installer needs `{field}`",
                    f"state `spec.{field}`",
                )


@rule(
    Code(
        "HL1105",
        "The installer cannot see a Secret",
        "An installation begins before there is a cluster, so nothing in one can be asked for "
        "its credentials.",
        "Name a file or an environment variable.",
        "pullSecret: {secret: pull-secret}",
        "pullSecret: {file: pull-secret.txt}",
    )
)
def installers_credentials_are_local(estate: Estate) -> Iterator[Fault]:
    """Find credentials of an installation that only a cluster has."""
    names: tuple[CredentialName, ...] = ("pullSecret", "sshKey", "cloud")
    for cluster, install in _installs(estate):
        for name in names:
            found = cluster.credentials.get(name)
            is_used = name != "cloud" or install.vcenter is not None
            if found is not None and is_used and not found.is_local:
                yield Fault(
                    cluster.origin,
                    ("spec", "credentials", name, found.source),
                    f"{name} of {cluster.name} is in a cluster ({found.source}), but the installer "
                    "needs it before there is one",
                    "name a file or an environment variable",
                )


@rule(
    Code(
        "HL1106",
        "A control plane of a number that etcd does not work with",
        "Three, four or five control-plane nodes survive the loss of one; one alone is a cluster "
        "of a single node. Two lose everything with either.",
        "Have one, three, four or five.",
        "controlPlane: {replicas: 2}",
        "controlPlane: {replicas: 3}",
    )
)
def control_plane_has_a_majority(estate: Estate) -> Iterator[Fault]:
    """Find a control plane of none, two or more than five nodes."""
    for cluster, install in _installs(estate):
        replicas = install.control_plane.replicas
        if replicas not in CONTROL_PLANES:
            path = (*INSTALL, "hosts" if install.hosts else "controlPlane")
            yield Fault(
                cluster.origin,
                path,
                f"the control plane of {cluster.name} has {replicas} nodes",
                "have 1, 3, 4 or 5",
            )


@rule(
    Code(
        "HL1107",
        "No addresses for the API and ingress, or wrong ones",
        "On vSphere and bare metal one address moves between the nodes for the API, and another "
        "for ingress; on bare metal both are of the machine network. On AWS, and with a single "
        "node, there are none.",
        "State `vips`: two addresses of the machine network.",
        "vips: {api: [10.10.0.5], ingress: [10.10.0.5]}",
        "vips: {api: [10.10.0.5], ingress: [10.10.0.6]}",
    )
)
def vips_are_there(estate: Estate) -> Iterator[Fault]:
    """Find missing VIPs, equal ones, and on bare metal ones outside the machine network."""
    for cluster, install in _installs(estate):
        both = (*install.api_vips, *install.ingress_vips)
        is_metal = cluster.platform.kind == "baremetal"
        has_none = cluster.platform.kind == "aws" or _is_single(install)
        wrong = None
        if has_none and both:
            wrong = "but nothing moves between nodes there"
        elif not has_none and not both:
            wrong = "which this platform needs"
        elif len(set(both)) < len(both):
            wrong = "one of them twice"
        elif is_metal and (outside := [a for a in both if not is_in(a, cluster.ranges.machine)]):
            wrong = f"{outside[0]} not in the machine network"
        if wrong is not None:
            stated = "states" if both else "states no"
            yield Fault(
                cluster.origin,
                (*INSTALL, "vips"),
                f"{cluster.name} {stated} addresses for the API and ingress, {wrong}",
                "leave `vips` out" if has_none else "state two of the machine network",
            )


@rule(
    Code(
        "HL1108",
        "Bare metal is installed on hosts, and hosts are bare metal",
        "The agent's image knows each host by a MAC; elsewhere the installer makes the machines.",
        "List `hosts` on bare metal, and only there.",
        "platform: {aws: {region: us-east-2}}",
        "platform: {baremetal: {}}",
    )
)
def hosts_are_bare_metal(estate: Estate) -> Iterator[Fault]:
    """Find bare metal without hosts, and hosts on another platform."""
    for cluster, install in _installs(estate):
        is_metal = cluster.platform.kind == "baremetal"
        if is_metal != bool(install.hosts):
            yield Fault(
                cluster.origin,
                (*INSTALL, "hosts"),
                f"{cluster.name} is on {cluster.platform.kind}, and "
                f"{'lists hosts' if install.hosts else 'lists no hosts'} to install",
                "leave `hosts` out" if install.hosts else "list every host with its role and MAC",
            )


@rule(
    Code(
        "HL1109",
        "A host twice",
        "A host is known by its MAC, a node by its name, and two cannot have one address.",
        "Give each host its own.",
        "{name: m2, role: master, mac: 52:54:00:00:00:01}",
        "{name: m2, role: master, mac: 52:54:00:00:00:03}",
    )
)
def hosts_differ(estate: Estate) -> Iterator[Fault]:
    """Find hosts of one name, MAC or address."""
    for cluster, install in _installs(estate):
        things = {
            "name": [(one.name, one) for one in install.hosts],
            "mac": [(str(one.mac), one) for one in install.hosts],
            "address": [(str(one.address.ip), one) for one in install.hosts if one.address],
        }
        for field, pairs in things.items():
            for value, first, other in repeated(pairs):
                yield Fault(
                    cluster.origin,
                    (*INSTALL, "hosts", other.index, field),
                    f"{other.name} of {cluster.name} has the {field} {value}, as {first.name} has",
                    "give each host its own",
                )


@rule(
    Code(
        "HL1110",
        "A host outside the machine network",
        "Nodes find each other, and the addresses of the API and ingress, in the machine network.",
        "State an address of it, or the right network.",
        "address: 10.99.0.11/24",
        "address: 10.10.0.11/24",
    )
)
def hosts_are_in_the_machine_network(estate: Estate) -> Iterator[Fault]:
    """Find a host's address that no machine range holds."""
    for cluster, install in _installs(estate):
        for host in install.hosts:
            if host.address is not None and not is_in(host.address.ip, cluster.ranges.machine):
                yield Fault(
                    cluster.origin,
                    (*INSTALL, "hosts", host.index, "address"),
                    f"{host.name} of {cluster.name} has {host.address.ip}, outside the machine "
                    "network",
                    "state an address of the machine network",
                )


@rule(
    Code(
        "HL1111",
        "Nobody installs the others",
        "One control-plane host, known by its address beforehand, serves the installation to the "
        "others and joins last.",
        "Give a master an `address`, or state `rendezvous`: the address that DHCP gives one.",
        "{name: m0, role: master, mac: 52:54:00:00:00:01}",
        "{name: m0, role: master, mac: 52:54:00:00:00:01, address: 10.10.0.11/24}",
    )
)
def somebody_installs_the_others(estate: Estate) -> Iterator[Fault]:
    """Find hosts of which none is known by its address, or by a worker's."""
    for cluster, install in _installs(estate):
        if not install.hosts:
            continue
        workers = {one.address.ip for one in install.hosts if one.address and one.role == "worker"}
        if install.rendezvous is None or install.rendezvous in workers:
            wrong = "no master" if install.rendezvous is None else "a worker, not a master,"
            yield Fault(
                cluster.origin,
                (*INSTALL, "rendezvous" if install.rendezvous is not None else "hosts"),
                f"{wrong} of {cluster.name} is known by its address to install the others",
                "give a master an `address`, or state `rendezvous`",
            )
