"""Rules about roles: what networks of guests, migration, storage and management need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.names import VIRTUALIZATION_NAMESPACE
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import as_written, clusters_of, in_words, is_written, uplinks_called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Network


def _of_role(estate: Estate, *roles: str) -> Iterator[Network]:
    return (network for network in estate.networks.values() if network.role in roles)


@rule(
    Code(
        "HL0720",
        "A cluster has two migration networks",
        "OpenShift Virtualization has one setting for it: live migration goes over one network.",
        "Keep one of them.",
        "name: spare}\nspec: {role: migration,",
        "name: spare}\nspec: {role: management,",
    )
)
def one_network_migrates(estate: Estate) -> Iterator[Fault]:
    """Find two networks of role migration in one cluster."""
    first: dict[str, Network] = {}
    for network in as_written(_of_role(estate, "migration")):
        for index, cluster in clusters_of(estate, network):
            other = first.setdefault(cluster.name, network)
            if other is not network:
                yield Fault(
                    network.origin,
                    ("spec", "attach", index),
                    f"guests of {cluster.name} migrate over {other.name} already, at "
                    f"{other.origin.place('spec', 'role')}",
                    "keep one network of role migration in a cluster",
                )


@rule(
    Code(
        "HL0721",
        "A migration network has no subnet",
        "The pods that migrate guests get their addresses from the attachment (whereabouts), which "
        "needs a range to take them from.",
        "State `subnets`.",
        "vlan: 20, uplink: trunk",
        "vlan: 20, uplink: trunk, subnets: [10.10.20.0/24]",
    )
)
def migration_has_addresses(estate: Estate) -> Iterator[Fault]:
    """Find role migration without a subnet."""
    for network in _of_role(estate, "migration"):
        if not network.subnets:
            yield Fault(
                network.origin,
                ("spec", "role"),
                f"the pods that migrate guests over {network.name} get no address: it has no "
                "subnet",
                "state `subnets`; addresses are taken from there",
            )


def _nodes(cluster: Cluster, network: Network) -> int:
    """Return how many nodes of a cluster have a network."""
    if network.transport in {"vlan", "untagged", "sriov"}:
        return sum(pool.replicas for pool, _ in uplinks_called(cluster, network.uplink))
    pools = cluster.leaf_pools if network.transport == "evpn" else cluster.pools
    return sum(pool.replicas for pool in pools)


@rule(
    Code(
        "HL0722",
        "There is no node to migrate to",
        "Live migration needs a second node with the migration network.",
        "Add a node, or remove the network.",
        "replicas: 1",
        "replicas: 2",
    ),
    Severity.WARNING,
)
def migration_has_two_nodes(estate: Estate) -> Iterator[Fault]:
    """Find a migration network on fewer than two nodes."""
    for network in _of_role(estate, "migration"):
        for _, cluster in clusters_of(estate, network):
            count = _nodes(cluster, network)
            if cluster.pools and count < 2:  # noqa: PLR2004 - from one node to another
                yield Fault(
                    cluster.origin,
                    ("spec", "nodePools"),
                    f"the migration network {network.name}, at "
                    f"{network.origin.place('spec', 'uplink')}, is on {count} of the nodes of "
                    f"{cluster.name}: guests have nowhere to go",
                    "add a node with that uplink",
                )


@rule(
    Code(
        "HL0723",
        "The migration network's attachment lies elsewhere",
        "OpenShift Virtualization looks for it in its own namespace, openshift-cnv.",
        "Leave `namespaces` out.",
        "namespaces: [migration]",
        "namespaces: [openshift-cnv]",
    )
)
def migration_is_found(estate: Estate) -> Iterator[Fault]:
    """Find a migration network with namespaces, but not the one where it is looked for."""
    for network in _of_role(estate, "migration"):
        for attachment in network.attachments:
            if attachment.namespaces and VIRTUALIZATION_NAMESPACE not in attachment.namespaces:
                yield Fault(
                    network.origin,
                    ("spec", "attach", attachment.index, "namespaces"),
                    f"{network.name} is attached in {in_words(attachment.namespaces)}, but "
                    f"virtualization looks for it in {VIRTUALIZATION_NAMESPACE}",
                    "leave `namespaces` out",
                )


@rule(
    Code(
        "HL0724",
        "Nodes have no address on the storage network",
        "NFS and iSCSI are mounted by the nodes themselves: without an address there, they go by "
        "the default route.",
        "State `addresses: dhcp`, or `pinned` with an address per node.",
        "role: storage, transport: vlan",
        "role: storage, addresses: dhcp, transport: vlan",
    ),
    Severity.WARNING,
)
def storage_has_host_addresses(estate: Estate) -> Iterator[Fault]:
    """Find role storage with `addresses: none`."""
    for network in _of_role(estate, "storage"):
        if network.host_addresses == "none" and network.transport in {"vlan", "untagged"}:
            yield Fault(
                network.origin,
                ("spec", "addresses"),
                f"no node gets an address on storage network {network.name}: mounts go by the "
                "default route",
                "state `addresses: dhcp`, or `pinned` with an address per node",
            )


@rule(
    Code(
        "HL0725",
        "Nodes have no device on this network",
        "Storage and management are the nodes' own traffic: they need a VLAN or a NIC of the node. "
        "Segments of the fabric, overlays and virtual functions belong to guests.",
        "Use transport vlan or untagged.",
        "role: storage, transport: overlay",
        "role: vm, transport: overlay",
    )
)
def nodes_have_a_device(estate: Estate) -> Iterator[Fault]:
    """Find role storage or management with a transport that only guests can use."""
    for network in _of_role(estate, "storage", "management"):
        if network.transport not in {"vlan", "untagged"}:
            yield Fault(
                network.origin,
                ("spec", "transport")
                if is_written(network.origin, "spec", "transport")
                else ("spec", "role"),
                f"nodes have no device on {network.origin}: role {network.role} over transport "
                f"{network.transport}",
                "use transport vlan or untagged, with an uplink of the pools",
            )


@rule(
    Code(
        "HL0726",
        "Nobody can use a network",
        "Guests attach to a network in a namespace that it names; without any the nodes carry it "
        "for nobody.",
        "Name the namespaces.",
        "attach: [{cluster: prod}]",
        "attach: [{cluster: prod, namespaces: [red]}]",
    ),
    Severity.WARNING,
)
def guests_can_attach(estate: Estate) -> Iterator[Fault]:
    """Find a network attached nowhere, or for guests without a namespace."""
    for network in estate.networks.values():
        if not is_written(network.origin, "spec", "attach"):
            yield Fault(
                network.origin,
                ("spec",),
                f"{network.origin} is attached in no cluster",
                "state `attach: [{cluster: NAME, namespaces: [NAME]}]`",
            )
        for attachment in network.attachments:
            if network.role == "vm" and not attachment.namespaces:
                yield Fault(
                    network.origin,
                    ("spec", "attach", attachment.index),
                    f"no namespace of {attachment.cluster} may use {network.origin}",
                    "name the `namespaces` whose guests may attach",
                )
