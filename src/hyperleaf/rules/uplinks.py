"""Rules about uplinks: by which NIC of which pools a network leaves the nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.resolve_cluster import PRIMARY
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import (
    clusters_of,
    in_words,
    is_written,
    uplink_path,
    uplinks_called,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster, Pool
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.network import Network


def _by_uplink(estate: Estate) -> Iterator[tuple[Network, int, Cluster]]:
    """Yield networks that leave by an uplink, with each cluster they are attached in."""
    for network in estate.networks.values():
        if network.uplink is not None and network.transport in {"vlan", "untagged", "sriov"}:
            for index, cluster in clusters_of(estate, network):
                yield network, index, cluster


@rule(
    Code(
        "HL0710",
        "No pool has the uplink",
        "A network leaves by the uplink of that name in the node pools of its clusters. `primary` "
        "is none of them: it carries the node's default route and belongs to OVN-Kubernetes.",
        "Name an uplink that a pool of the cluster has.",
        "uplink: trunc",
        "uplink: trunk",
    )
)
def some_pool_has_the_uplink(estate: Estate) -> Iterator[Fault]:
    """Find an uplink that no pool of an attached cluster has."""
    for network, index, cluster in _by_uplink(estate):
        if any(uplinks_called(cluster, network.uplink)):
            continue
        known = sorted({name for pool in cluster.pools for name in pool.uplinks})
        because = (
            ": `primary` carries the nodes' default route, and br-ex is OVN-Kubernetes' own"
            if network.uplink == PRIMARY
            else f" (they have {in_words(known)})"
        )
        yield Fault(
            network.origin,
            ("spec", "uplink"),
            f"no node pool of {cluster.name} has an uplink {network.uplink} for {network.origin}"
            f"{because}, at {cluster.origin.place('spec', 'nodePools')}",
            f"name another uplink, or do not attach in {cluster.name} (spec.attach.{index})",
        )


@rule(
    Code(
        "HL0711",
        "Only some pools have the uplink",
        "A guest migrates only to a node with the same bridge: on pools without the uplink there "
        "is none.",
        "Add the uplink to the other pools of hypervisors.",
        "uplinks: {storage: {nic: ens3f0}}",
        "uplinks: {storage: {nic: ens3f0}, trunk: {nic: ens2f0}}",
    ),
    Severity.WARNING,
)
def every_pool_has_the_uplink(estate: Estate) -> Iterator[Fault]:
    """Find an uplink that other pools with uplinks lack."""
    for network, _, cluster in _by_uplink(estate):
        having = [pool.name for pool, _ in uplinks_called(cluster, network.uplink)]
        lacking = [pool for pool in cluster.pools if _could_carry(pool) and pool.name not in having]
        if having and lacking:
            names = in_words(pool.name for pool in lacking)
            yield Fault(
                cluster.origin,
                ("spec", "nodePools", lacking[0].index, "uplinks"),
                f"uplink {network.uplink} of {network.origin} is in pool {in_words(having)}, not "
                f"in {names}: guests cannot migrate between them",
                f"add uplink {network.uplink} to {names}",
            )


def _could_carry(pool: Pool) -> bool:
    """Tell whether a pool's nodes are hypervisors: nobody gives uplinks to others."""
    return bool(pool.uplinks)


@rule(
    Code(
        "HL0712",
        "SR-IOV needs a NIC of its own",
        "Virtual functions are cut from a physical NIC; a bond or bridge has none.",
        "Name an uplink that is a NIC.",
        "fast: {bond: {mode: active-backup, nics: [ens3f0, ens3f1]}}",
        "fast: {nic: ens3f0}",
    )
)
def sriov_cuts_a_nic(estate: Estate) -> Iterator[Fault]:
    """Find transport sriov on an uplink that is a bond."""
    for network, _, cluster in _by_uplink(estate):
        if network.transport != "sriov":
            continue
        for pool, uplink in uplinks_called(cluster, network.uplink):
            if uplink.bond is not None:
                yield Fault(
                    network.origin,
                    ("spec", "uplink"),
                    f"{network.origin} cuts virtual functions from uplink {uplink.name}, which is "
                    f"a bond in pool {pool.name}, at "
                    f"{cluster.origin.place(*uplink_path(pool, uplink))}",
                    "name an uplink that is one NIC",
                )


@rule(
    Code(
        "HL0713",
        "An uplink has no device",
        "An uplink is a NIC or a bond of several; only `primary` may say no more than what kind of "
        "device carries the default route.",
        "State `nic` or `bond`.",
        "trunk: {mtu: 9000}",
        "trunk: {nic: ens2f0, mtu: 9000}",
    )
)
def uplink_has_a_device(estate: Estate) -> Iterator[Fault]:
    """Find an uplink, other than the primary, with neither NIC nor bond, or with both."""
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            for uplink in pool.uplinks.values():
                path = uplink_path(pool, uplink)
                has_nic = is_written(cluster.origin, *path, "nic")
                if has_nic == (uplink.bond is not None):
                    what = "both a NIC and a bond" if has_nic else "neither a NIC nor a bond"
                    yield Fault(
                        cluster.origin,
                        path,
                        f"uplink {uplink.name} of pool {pool.name} has {what}",
                        "state either `nic` or `bond`",
                    )


@rule(
    Code(
        "HL0714",
        "`kind` is stated of another uplink than `primary`",
        "`kind` says what carries a node's default route, so that captures find it; every other "
        "uplink is what it names, a NIC or a bond.",
        "Remove `kind`.",
        "trunk: {kind: nic, nic: ens2f0}",
        "trunk: {nic: ens2f0}",
    )
)
def kind_is_the_primarys(estate: Estate) -> Iterator[Fault]:
    """Find `kind` of an uplink that does not carry the default route."""
    for cluster in estate.clusters.values():
        for pool in cluster.pools:
            for uplink in pool.uplinks.values():
                path = uplink_path(pool, uplink, "kind")
                if is_written(cluster.origin, *path):
                    yield Fault(
                        cluster.origin,
                        path,
                        f"`kind: {uplink.kind}` of uplink {uplink.name} says nothing: only "
                        "`primary` carries the default route",
                        "remove `kind`",
                    )


@rule(
    Code(
        "HL0715",
        "Two untagged networks on one uplink",
        "Frames without a tag cannot be told apart: both would be one segment.",
        "Give each network a VLAN, or a NIC.",
        "name: shop}\nspec: {transport: untagged, uplink: cabled",
        "name: shop}\nspec: {transport: vlan, vlan: 41, uplink: cabled",
    )
)
def untagged_frames_are_one_network(estate: Estate) -> Iterator[Fault]:
    """Find two networks of transport untagged on one uplink of a cluster."""
    first: dict[tuple[str, str], Network] = {}
    for network, _, cluster in sorted(_by_uplink(estate), key=lambda one: one[0].origin.place()):
        if network.transport != "untagged":
            continue
        other = first.setdefault((cluster.name, network.uplink or ""), network)
        if other is not network:
            yield Fault(
                network.origin,
                ("spec", "uplink"),
                f"uplink {network.uplink} of {cluster.name} carries untagged frames of "
                f"{other.name} already, at {other.origin.place('spec', 'uplink')}",
                "give one of them a VLAN id (transport vlan), or a NIC of its own",
            )


@rule(
    Code(
        "HL0716",
        "An uplink of one name is two kinds of device",
        "A network's policies say the same on every pool; where one pool has a bond of LACP and "
        "another a single NIC, what works on one is not what was tried on the other.",
        "Make it the same in both, or use two names.",
        "trunk: {nic: ens2f0}",
        "trunk: {bond: {mode: 802.3ad, nics: [ens2f0, ens2f1]}}",
    ),
    Severity.WARNING,
)
def pools_agree_on_devices(estate: Estate) -> Iterator[Fault]:
    """Find an uplink that is a bond in one pool and a NIC, or another kind of bond, in another."""
    for cluster in estate.clusters.values():
        first: dict[str, tuple[Pool, str]] = {}
        for pool in cluster.pools:
            for uplink in pool.uplinks.values():
                kind = f"a bond of mode {uplink.bond.mode}" if uplink.bond else "a NIC"
                other, seen = first.setdefault(uplink.name, (pool, kind))
                if seen != kind:
                    yield Fault(
                        cluster.origin,
                        uplink_path(pool, uplink),
                        f"uplink {uplink.name} is {kind} in pool {pool.name} and {seen} in "
                        f"{other.name}, at {cluster.origin.place(*uplink_path(other, uplink))}",
                        "make it the same in both, or use two names",
                    )
