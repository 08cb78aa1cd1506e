"""Rules about virtual machines that lie beside an estate: attachments, addresses, migration."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.names import SHARED_NAMESPACES, namespaces_of
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words, is_edge, repeated
from hyperleaf.rules.subnets import border_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.beside import Machine, Nic
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Network
    from hyperleaf.rules.rule import Path
    from hyperleaf.values.addresses import Subnet

SPEC = ("spec", "template", "spec")
INTERFACES = (*SPEC, "domain", "devices", "interfaces")
VOLUMES = (*SPEC, "volumes")
# What KubeVirt's node labeller sets from the processor's flags, on every node.
UNRELIABLE_LABEL = "cpu-feature.node.kubevirt.io/hypervisor"


def _attachments(estate: Estate) -> dict[tuple[str, str], list[Network]]:
    """Return the networks behind each attachment; one name may be another network elsewhere."""
    made: dict[tuple[str, str], list[Network]] = defaultdict(list)
    for network in estate.networks.values():
        for attachment in network.attachments:
            for namespace in namespaces_of(network, attachment):
                known = made[(namespace, attachment.name)]
                if network not in known:
                    known.append(network)
    return made


def _plugged(estate: Estate) -> Iterator[tuple[Machine, Nic, Network]]:
    """Yield guests' NICs with the network that they plug into, where it is but one."""
    if not estate.machines:
        return
    known = _attachments(estate)
    for machine in estate.machines:
        for nic in machine.nics:
            networks = known.get(nic.attachment, []) if nic.attachment else []
            if len(networks) == 1:
                yield machine, nic, networks[0]


def _network_path(nic: Nic) -> Path:
    return (*SPEC, "networks", nic.network_index, "multus", "networkName")


def _guest(machine: Machine) -> str:
    return f"{machine.namespace}/{machine.name}"


@rule(
    Code(
        "HL0801",
        "A guest plugs into an attachment that is not there",
        "The guest stays Pending or its pod fails: an attachment is looked for by namespace and "
        "name.",
        "Name an attachment of the guest's namespace, or attach the network there.",
        "networkName: rde",
        "networkName: red",
    )
)
def attachment_exists(estate: Estate) -> Iterator[Fault]:
    """Find a guest's network whose attachment neither the estate nor a file beside it makes."""
    if not estate.machines:
        return
    known: Mapping[tuple[str, str], object] = _attachments(estate) | {
        (one.namespace, one.name): []
        for one in estate.hand_written
        if one.kind == "NetworkAttachmentDefinition"
    }
    by_name: dict[str, list[str]] = defaultdict(list)
    by_namespace: dict[str, list[str]] = defaultdict(list)
    for namespace, name in sorted(known):
        by_name[name].append(namespace)
        by_namespace[namespace].append(name)
    for machine in estate.machines:
        for nic in machine.nics:
            if nic.attachment is None or nic.attachment in known:
                continue
            namespace, name = nic.attachment
            where = (
                f"{name} is in namespace {in_words(by_name[name])}"
                if name in by_name
                else f"namespace {namespace} has {in_words(by_namespace.get(namespace, ()))}"
            )
            yield Fault(
                machine.origin,
                _network_path(nic),
                f"guest {_guest(machine)} plugs {nic.name} into {namespace}/{name}, which nothing "
                f"makes; {where}",
                f"name one of these, or add {namespace} to the network's `namespaces`",
            )


@rule(
    Code(
        "HL0802",
        "A guest uses another namespace's attachment",
        "OpenShift isolates namespaces: an attachment of another one is refused, except of those "
        "that all share (default and some of the platform's own).",
        "Attach the network in the guest's own namespace too.",
        "networkName: red/red",
        "networkName: red",
    )
)
def attachment_is_its_own(estate: Estate) -> Iterator[Fault]:
    """Find a guest that plugs into an attachment of a namespace that is not its own."""
    for machine, nic, network in _plugged(estate):
        namespace = nic.attachment[0] if nic.attachment else machine.namespace
        if namespace not in {machine.namespace, *SHARED_NAMESPACES}:
            yield Fault(
                machine.origin,
                _network_path(nic),
                f"guest {_guest(machine)} may not use {namespace}/{network.name}: it is in "
                f"namespace {machine.namespace}",
                f"add {machine.namespace} to `namespaces` of {network.origin}, at "
                f"{network.origin.place('spec', 'attach')}",
            )


def _subnet_of(network: Network, address: object) -> Subnet | None:
    return next((one for one in network.subnets if address in one), None)


@rule(
    Code(
        "HL0803",
        "A guest's address does not fit its network",
        "With an address of another subnet, or another prefix length, a guest does not find its "
        "gateway, or takes routed addresses for neighbours.",
        "State an address of the subnet, with its prefix length.",
        "addresses: [172.20.99.20/24]",
        "addresses: [172.20.100.20/24]",
    )
)
def static_address_fits(estate: Estate) -> Iterator[Fault]:
    """Find an address by cloud-init that its network's subnets do not have."""
    for machine, nic, network in _plugged(estate):
        for address in nic.addresses if network.subnets else ():
            subnet = _subnet_of(network, address.ip)
            if subnet is None or subnet.prefixlen != address.network.prefixlen:
                yield Fault(
                    machine.origin,
                    VOLUMES,
                    f"guest {_guest(machine)} has {address} on {nic.name}, but {network.name} is "
                    f"{in_words(network.subnets)}, at {network.origin.place('spec', 'subnets')}",
                    "state an address of the subnet, with its prefix length",
                )


@rule(
    Code(
        "HL0804",
        "A guest's address is taken",
        "The gateway's address is on every leaf, and borders have the last usable addresses: a "
        "guest with one of them cuts its neighbours off.",
        "Choose another address.",
        "addresses: [172.20.100.1/24]",
        "addresses: [172.20.100.20/24]",
    )
)
def static_address_is_free(estate: Estate) -> Iterator[Fault]:
    """Find a guest's address that is the gateway's, a border's or the subnet's own."""
    for machine, nic, network in _plugged(estate):
        gateways = {gateway.ip for gateway in network.gateways}
        for address in nic.addresses:
            subnet = _subnet_of(network, address.ip)
            if subnet is None:
                continue
            border = border_of(estate, address.ip, subnet) if network.vni is not None else None
            if address.ip in gateways:
                owner = "the gateway"
            elif border is not None:
                owner = f"border {border}"
            elif is_edge(address.ip, subnet):
                owner = f"the subnet {subnet} itself"
            else:
                continue
            yield Fault(
                machine.origin,
                VOLUMES,
                f"{address.ip} of guest {_guest(machine)} on {network.name} belongs to {owner}, "
                f"at {network.origin.place('spec', 'subnets')}",
                "choose another address",
            )


@rule(
    Code(
        "HL0805",
        "Two guests have one address",
        "Both answer for it; their neighbours reach now the one, now the other.",
        "Give each guest an address of its own.",
        'addresses: ["172.20.100.20/24"]',
        'addresses: ["172.20.100.21/24"]',
    )
)
def static_addresses_differ(estate: Estate) -> Iterator[Fault]:
    """Find one static address for two guests of a network."""
    owners = (
        ((network.name, address.ip), (machine, nic))
        for machine, nic, network in _plugged(estate)
        for address in nic.addresses
    )
    for (name, address), (first, _), (second, _) in repeated(owners):
        yield Fault(
            second.origin,
            VOLUMES,
            f"{address} of guest {_guest(second)} on {name} is {_guest(first)}'s already, at "
            f"{first.origin.place(*VOLUMES)}",
            "give each guest an address of its own",
        )


@rule(
    Code(
        "HL0806",
        "Two guests have one MAC",
        "Leaves move a MAC to where they saw it last: with two guests it moves on and on, until "
        "duplicate detection stops it. A segment stretched over clusters is one segment.",
        "Leave `macAddress` out: KubeMacPool gives a free one.",
        'macAddress: "02:10:00:00:00:01"',
        'macAddress: "02:10:00:00:00:02"',
    )
)
def macs_differ(estate: Estate) -> Iterator[Fault]:
    """Find one MAC for two NICs on a network."""
    owners = (
        ((network.name, nic.mac), (machine, nic))
        for machine, nic, network in _plugged(estate)
        if nic.mac is not None
    )
    for (name, mac), (first, one), (second, other) in repeated(owners):
        yield Fault(
            second.origin,
            (*INTERFACES, other.index, "macAddress"),
            f"MAC {mac} of guest {_guest(second)} on {name} is {_guest(first)}'s already, at "
            f"{first.origin.place(*INTERFACES, one.index, 'macAddress')}",
            "leave `macAddress` out: KubeMacPool gives a free one",
        )


@rule(
    Code(
        "HL0807",
        "A guest has its gateway's MAC",
        "Every frame to the gateway would go to that guest.",
        "Leave `macAddress` out.",
        "macAddress: 02:68:6c:00:27:74",
        "macAddress: 02:10:00:00:27:74",
    )
)
def mac_is_no_gateway(estate: Estate) -> Iterator[Fault]:
    """Find a guest's MAC that the anycast gateway of its network has."""
    for machine, nic, network in _plugged(estate):
        if nic.mac is not None and nic.mac == network.gateway_mac:
            yield Fault(
                machine.origin,
                (*INTERFACES, nic.index, "macAddress"),
                f"MAC {nic.mac} of guest {_guest(machine)} is the gateway's on {network.name}, at "
                f"{network.origin.place('spec', 'gatewayMac')}",
                "leave `macAddress` out: KubeMacPool gives a free one",
            )


@rule(
    Code(
        "HL0808",
        "A guest is placed by a label that says nothing",
        "KubeVirt labels every node with cpu-feature.node.kubevirt.io/hypervisor, whether it gives "
        "virtualization or not.",
        "Use a label of your own, or hyperleaf.dev/pool with the pool's name.",
        'nodeSelector: {cpu-feature.node.kubevirt.io/hypervisor: "true"}',
        "nodeSelector: {hyperleaf.dev/pool: metal}",
    ),
    Severity.WARNING,
)
def label_is_reliable(estate: Estate) -> Iterator[Fault]:
    """Find the hypervisor label in a guest's node selector, or in a compatibility mode's."""
    for machine in estate.machines:
        if UNRELIABLE_LABEL in machine.node_selector:
            yield Fault(
                machine.origin,
                (*SPEC, "nodeSelector", UNRELIABLE_LABEL),
                f"guest {_guest(machine)} is placed by {UNRELIABLE_LABEL}, which every node has",
                "use hyperleaf.dev/pool with the pool's name, or a label of your own",
            )
    for cluster in estate.clusters.values():
        mode = cluster.compatibility
        if mode is not None and UNRELIABLE_LABEL in mode.node_selector:
            yield Fault(
                cluster.origin,
                ("spec", "compatibility", "nodeSelector", UNRELIABLE_LABEL),
                f"policy {mode.policy} is for nodes with {UNRELIABLE_LABEL}, which every node has",
                "select by the label of the hypervisors' machine set",
            )


@rule(
    Code(
        "HL0809",
        "A guest shall migrate, but its volumes allow one node",
        "`evictionStrategy: LiveMigrate` holds a drain up until the guest has left; volumes that "
        "are not ReadWriteMany keep it where it is.",
        "Use ReadWriteMany, or evictionStrategy None.",
        "accessModes: [ReadWriteOnce]",
        "accessModes: [ReadWriteMany]",
    )
)
def migrating_guest_shares_volumes(estate: Estate) -> Iterator[Fault]:
    """Find LiveMigrate with a volume that is not ReadWriteMany."""
    for machine in estate.machines:
        once = [mode for mode in machine.access_modes if mode != "ReadWriteMany"]
        if machine.eviction == "LiveMigrate" and once:
            yield Fault(
                machine.origin,
                (*SPEC, "evictionStrategy"),
                f"guest {_guest(machine)} shall migrate, but has a volume of {once[0]}, at "
                f"{machine.origin.place('spec', 'dataVolumeTemplates')}",
                "use ReadWriteMany, or `evictionStrategy: None`",
            )


@rule(
    Code(
        "HL0810",
        "A guest shall migrate, but is bridged to the pod network",
        "A guest bridged to the pod network has its pod's address, which does not move: KubeVirt "
        "does not migrate it, and `evictionStrategy: LiveMigrate` holds up drains.",
        "Use masquerade on the pod network.",
        "name: default, bridge: {}",
        "name: default, masquerade: {}",
    )
)
def migrating_guest_keeps_its_address(estate: Estate) -> Iterator[Fault]:
    """Find LiveMigrate with bridge binding on the pod network."""
    for machine in estate.machines:
        for nic in machine.nics:
            bridged = nic.attachment is None and nic.binding == "bridge"
            if bridged and machine.eviction == "LiveMigrate":
                yield Fault(
                    machine.origin,
                    (*INTERFACES, nic.index),
                    f"guest {_guest(machine)} shall migrate, but {nic.name} is bridged to the pod "
                    f"network; evictionStrategy is at "
                    f"{machine.origin.place(*SPEC, 'evictionStrategy')}",
                    "write `masquerade: {}` instead of `bridge: {}`",
                )


@rule(
    Code(
        "HL0811",
        "A guest's static address may be leased",
        "The DHCP server leases every address of its range, that of the guest too.",
        "Choose an address outside `dhcp.range`.",
        "addresses: [172.20.100.60/24]",
        "addresses: [172.20.100.20/24]",
    ),
    Severity.WARNING,
)
def static_address_is_not_leased(estate: Estate) -> Iterator[Fault]:
    """Find a static address in the range that DHCP leases."""
    for machine, nic, network in _plugged(estate):
        if network.dhcp is None:
            continue
        range_ = network.dhcp.range
        for address in nic.addresses:
            leased = range_ is None or address.ip in range_
            served = any(one.version == address.version for one in network.dhcp.servers)
            if leased and served and _subnet_of(network, address.ip) is not None:
                yield Fault(
                    machine.origin,
                    VOLUMES,
                    f"{address.ip} of guest {_guest(machine)} lies in what DHCP leases on "
                    f"{network.name} ({range_ or 'the whole subnet'}), at "
                    f"{network.origin.place('spec', 'dhcp', 'range')}",
                    "state a `dhcp.range` without it, or let the guest use DHCP",
                )
