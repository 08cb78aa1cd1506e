"""Rules about names: of devices on a node, of attachments, pools and labels."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.fabric import BORDERS, DEFAULT_VRF
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import repeated, uplink_path, uplinks_called
from hyperleaf.values.names import (
    MOST_DEVICE_CHARACTERS,
    RESERVED_DEVICES,
    RESERVED_PREFIXES,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.findings import Origin, Place
    from hyperleaf.model.cluster import Cluster, Pool, Uplink
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Attachment, Network
    from hyperleaf.rules.rule import Path

OUR_LABELS = "hyperleaf.dev/"
OUR_DEVICES = re.compile(r"(vx|br|vrf)[0-9]+|brv[0-9]+|bru.*")
MOST_NAME_CHARACTERS = 63
# Where migration's attachment must lie, whatever the estate says.
VIRTUALIZATION_NAMESPACE = "openshift-cnv"
# Multus lets every namespace use what lies in these (globalNamespaces on OpenShift).
SHARED_NAMESPACES = frozenset(
    {"default", "openshift-multus", "openshift-sriov-network-operator", VIRTUALIZATION_NAMESPACE}
)


def namespaces_of(network: Network, attachment: Attachment) -> tuple[str, ...]:
    """Return the namespaces where an attachment is made."""
    if network.role == "migration" and not attachment.namespaces:
        return (VIRTUALIZATION_NAMESPACE,)
    return attachment.namespaces


def devices_of(pool: Pool) -> Iterator[tuple[str, Uplink, Path]]:
    """Yield every device that a pool's uplinks name: NICs, bonds and the NICs in bonds."""
    for uplink in (pool.primary, *pool.uplinks.values()):
        if uplink.bond is not None:
            for index, nic in enumerate(uplink.bond.nics):
                yield nic, uplink, uplink_path(pool, uplink, "bond", "nics", index)
            if uplink is not pool.primary:
                yield uplink.name, uplink, uplink_path(pool, uplink)
        elif uplink.device is not None:
            yield uplink.device, uplink, uplink_path(pool, uplink, "nic")


def _every_device(estate: Estate) -> Iterator[tuple[Cluster, Pool, str, Path]]:
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            for name, _, path in devices_of(pool):
                yield cluster, pool, name, path


@rule(
    Code(
        "HL0401",
        "A device's name is reserved",
        "OVN-Kubernetes, Open vSwitch and nmstate keep some names for themselves: br-ex, br-int, "
        "ovn-k8s-*, genev_sys_* and others. A policy that touches them takes the node off the "
        "network.",
        "Name the NIC itself, or call the uplink something else.",
        "nic: br-ex",
        "nic: ens2f0",
    )
)
def device_is_not_reserved(estate: Estate) -> Iterator[Fault]:
    """Find an uplink on a device that belongs to somebody else."""
    for cluster, pool, name, path in _every_device(estate):
        if name in RESERVED_DEVICES or name.startswith(RESERVED_PREFIXES):
            yield Fault(
                cluster.origin,
                path,
                f"{name} of pool {pool.name} is kept by OVN-Kubernetes or nmstate for itself",
                "name another NIC; for `primary` state only `kind: br-ex`",
            )


def _long(name: str) -> bool:
    return len(name) > MOST_DEVICE_CHARACTERS


@rule(
    Code(
        "HL0402",
        "A device's name would be too long",
        "A device has at most 15 characters. A VLAN's is its uplink's with a dot and the VLAN id, "
        "an untagged uplink's bridge is bru and the uplink's name, a bond's is the uplink's name.",
        "Give the uplink a shorter name, or use a NIC or bond with one.",
        "nic: enp129s0f0np0",
        "nic: ens2f0",
    )
)
def device_name_is_short(estate: Estate) -> Iterator[Fault]:
    """Find a device to be whose name has more than 15 characters."""
    for cluster in estate.clusters.values():
        told: set[Path] = set()  # once an uplink, however many VLANs it carries
        for pool in cluster.pools:
            for uplink in pool.uplinks.values():
                if uplink.bond is not None and _long(uplink.name):
                    told.add(uplink_path(pool, uplink))
                    yield _too_long(cluster.origin, pool, uplink, uplink.name, "the bond")
        for network in estate.networks_in(cluster):
            for pool, uplink in uplinks_called(cluster, network.uplink):
                made = _device_of(network, uplink)
                if made and _long(made[0]) and uplink_path(pool, uplink) not in told:
                    told.add(uplink_path(pool, uplink))
                    yield _too_long(cluster.origin, pool, uplink, *made)


def _device_of(network: Network, uplink: Uplink) -> tuple[str, str] | None:
    if network.transport == "untagged":
        return f"bru{uplink.name}", f"the bridge of {network.name}"
    if network.transport == "vlan" and network.vlan is not None and uplink.device is not None:
        return f"{uplink.device}.{int(network.vlan)}", f"VLAN {int(network.vlan)} of {network.name}"
    return None


def _too_long(origin: Origin, pool: Pool, uplink: Uplink, name: str, what: str) -> Fault:
    return Fault(
        origin,
        uplink_path(pool, uplink),
        f"{what} on uplink {uplink.name} of pool {pool.name} would be {name}, of {len(name)} "
        f"characters; a device has at most {MOST_DEVICE_CHARACTERS}",
        "give the uplink a shorter name, or rename the NIC by a systemd.link file or a bond",
    )


@rule(
    Code(
        "HL0403",
        "A device is named like ours",
        "Filters and bridge settings find our devices by their names: vx, br or vrf and a number, "
        "brv and a VLAN id, bru and an uplink's name.",
        "Call the uplink something else.",
        "vx100: {bond:",
        "trunk: {bond:",
    )
)
def device_is_not_ours(estate: Estate) -> Iterator[Fault]:
    """Find an uplink's device that filters would take for one of ours."""
    for cluster, pool, name, path in _every_device(estate):
        if OUR_DEVICES.fullmatch(name):
            yield Fault(
                cluster.origin,
                path,
                f"{name} of pool {pool.name} is a name of devices that hyperleaf makes",
                "give the device another name",
            )


@rule(
    Code(
        "HL0404",
        "Two attachments of one name in one namespace",
        "An attachment is found by its namespace and name: the second would replace the first.",
        "State another `name` in one of the networks' `attach`.",
        "namespaces: [red], name: front}",
        "namespaces: [red], name: back}",
    )
)
def attachment_names_differ(estate: Estate) -> Iterator[Fault]:
    """Find two attachments that would be one object."""
    made = [
        ((attachment.cluster, namespace, attachment.name), (network, attachment))
        for network in estate.networks.values()
        for attachment in network.attachments
        for namespace in namespaces_of(network, attachment)
    ]
    for (cluster, namespace, name), (one, first), (other, second) in repeated(
        made, lambda one: one[0].origin.place("spec", "attach", one[1].index)
    ):
        yield Fault(
            other.origin,
            ("spec", "attach", second.index),
            f"attachment {namespace}/{name} of {other.name} in {cluster} is {one.name}'s already, "
            f"at {one.origin.place('spec', 'attach', first.index)}",
            "state another `name`, or each namespace once",
        )


@rule(
    Code(
        "HL0405",
        "Two node pools or policies have one name",
        "Nodes are found by the name of their pool, a migration policy is an object of its own "
        "name: the second would replace the first.",
        "Give each a name of its own.",
        "{name: metal, leaf: true}, {name: metal}",
        "{name: metal, leaf: true}, {name: spare}",
    )
)
def names_in_a_cluster_differ(estate: Estate) -> Iterator[Fault]:
    """Find two pools, or two migration policies, of one name in one cluster."""
    for cluster in estate.clusters.values():
        pools: list[tuple[tuple[str, str], Path]] = [
            (("node pool", pool.name), ("spec", "nodePools", pool.index, "name"))
            for pool in cluster.pools
        ]
        policies = cluster.virtualization.policies if cluster.virtualization else ()
        pools += [
            (
                ("migration policy", one.name),
                ("spec", "virtualization", "policies", one.index, "name"),
            )
            for one in policies
        ]
        for (what, name), first, second in repeated(pools):
            yield Fault(
                cluster.origin,
                second,
                f"a second {what} of {cluster.name} is called {name}, the first is at "
                f"{cluster.origin.place(*first)}",
                "give each a name of its own",
            )


@rule(
    Code(
        "HL0406",
        "A network of a set would have too long a name",
        "Each network of a set is called by the set's name, a hyphen and its VLAN id; a name has "
        "at most 63 characters.",
        "Give the set a shorter name.",
        "name: vlans-of-the-old-virtualization-in-the-second-room-upstairs",
        "name: vlans-of-the-old-virtualization",
    )
)
def names_from_a_set_are_short(estate: Estate) -> Iterator[Fault]:
    """Find a network of a set whose name is no name."""
    for network in estate.networks.values():
        if len(network.name) > MOST_NAME_CHARACTERS:
            yield Fault(
                network.origin,
                ("metadata", "name"),
                f"VLAN ids make names of this set longer than {MOST_NAME_CHARACTERS} characters",
                f"a set's name has at most {MOST_NAME_CHARACTERS - 5} characters",
            )


@rule(
    Code(
        "HL0407",
        "An attachment lies where every namespace can use it",
        "Guests may only use attachments of their own namespace, and of a few that all share: "
        "default, openshift-multus, openshift-sriov-network-operator, openshift-cnv. A tenant's "
        "network there is everybody's.",
        "Name the tenant's own namespace.",
        "namespaces: [default]",
        "namespaces: [red]",
    ),
    Severity.WARNING,
)
def attachment_is_its_tenants(estate: Estate) -> Iterator[Fault]:
    """Find a guests' network in a namespace that all namespaces share."""
    for network in estate.networks.values():
        if network.role != "vm":
            continue
        for attachment in network.attachments:
            for index, namespace in enumerate(attachment.namespaces):
                if namespace in SHARED_NAMESPACES:
                    yield Fault(
                        network.origin,
                        ("spec", "attach", attachment.index, "namespaces", index),
                        f"guests of every namespace of {attachment.cluster} can use what lies in "
                        f"{namespace}",
                        "name the namespace of the guests that may use the network",
                    )


@rule(
    Code(
        "HL0408",
        "A label is one of ours",
        "Labels that start with hyperleaf.dev/ say which nodes are leaves, of which pool, by which "
        "uplink; they follow from the estate.",
        "Remove the label.",
        "labels: {hyperleaf.dev/leaf: corp}",
        "labels: {room: a}",
    )
)
def label_is_not_ours(estate: Estate) -> Iterator[Fault]:
    """Find a pool's label that would replace one of ours."""
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            for key in pool.labels:
                if key.startswith(OUR_LABELS):
                    yield Fault(
                        cluster.origin,
                        ("spec", "nodePools", pool.index, "labels", key),
                        f"label {key} of pool {pool.name} is one that hyperleaf sets itself",
                        "remove it: `leaf` and `uplinks` say the same",
                    )


@rule(
    Code(
        "HL0409",
        "A name has a meaning of its own",
        "`default` stands for the node's own network in leaks, `borders` for the data centre in "
        "paths: nothing else can have these names.",
        "Choose another name.",
        "name: default}",
        "name: red}",
    )
)
def name_is_free(estate: Estate) -> Iterator[Fault]:
    """Find a VRF called default, or a cluster called borders."""
    taken = [(vrf.origin, vrf.name) for vrf in estate.vrfs.values() if vrf.name == DEFAULT_VRF]
    taken += [(one.origin, one.name) for one in estate.clusters.values() if one.name == BORDERS]
    for origin, name in taken:
        yield Fault(
            origin,
            ("metadata", "name"),
            f"`{name}` stands for "
            + ("the node's own network in leaks" if name == DEFAULT_VRF else "the data centre"),
            "choose another name",
        )


def _nic_place(origin: Origin, named: tuple[Uplink, Path]) -> Place:
    return origin.place(*named[1])


@rule(
    Code(
        "HL0410",
        "A NIC is used twice in a pool",
        "A NIC is one uplink's, or one bond's: as a port of two it would be moved from the first "
        "to the second whenever a policy is applied.",
        "Use one uplink for all that the NIC carries; VLANs keep the networks apart.",
        "trunk: {nic: ens2f0}, spare: {nic: ens2f0}",
        "trunk: {nic: ens2f0}, spare: {nic: ens2f1}",
    )
)
def nic_has_one_uplink(estate: Estate) -> Iterator[Fault]:
    """Find a NIC in two uplinks or bonds of a pool."""
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            named = ((name, (uplink, path)) for name, uplink, path in devices_of(pool))
            place = partial(_nic_place, cluster.origin)
            for name, (one, first), (other, second) in repeated(named, place):
                yield Fault(
                    cluster.origin,
                    second,
                    f"{name} of pool {pool.name} carries uplink {other.name}, but uplink "
                    f"{one.name} too, at {cluster.origin.place(*first)}",
                    "use one uplink for all that the NIC carries",
                )
