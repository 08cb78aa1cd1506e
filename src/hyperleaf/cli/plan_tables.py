"""The plan becomes tables: a few a cluster, then borders and DHCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.cli.tables import Rows
from hyperleaf.cli.telling import number
from hyperleaf.plan.meaning_installed import installed
from hyperleaf.plan.meaning_machines import machines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hyperleaf.plan.clusters import ClusterPlan, Plan
    from hyperleaf.plan.hosted import NodePoolPlan
    from hyperleaf.plan.leaf import LeafPlan, LeafVrf


def headline(plan: ClusterPlan) -> str:
    """Return a cluster in one line."""
    cluster = plan.cluster
    nodes = number(sum(pool.replicas for pool in cluster.pools), "node")
    pools = number(len(cluster.pools), "pool")
    role = f"hosted by {cluster.hub}" if cluster.hub else cluster.role
    size = f", {nodes} in {pools}" if cluster.pools else ""
    return f"{cluster.name}: {role}, {cluster.platform.kind}, OpenShift {cluster.version}{size}"


def of_cluster(plan: Plan, one: ClusterPlan) -> Iterator[Rows]:
    """Yield a cluster's tables, those that have rows."""
    if one.reflectors is not None:
        yield _reflectors(one)
    if one.leaves is not None:
        yield _classes(one.leaves, one)
        if one.leaves.vrfs:
            yield _vrfs(one.leaves)
            yield _networks(plan, one.leaves)
    if one.uplinks:
        yield _uplinks(one)
    if one.attachments:
        yield _attachments(one)
    if told := {**machines(one.cluster), **installed(one.cluster)}:
        yield _decided(told)
    if one.hosted:
        yield _hosted(one)


def _some(values: Iterable[object], most: int = 4) -> str:
    """Return values in one cell, cut where there are many."""
    words = [str(one) for one in values]
    more = f"\nand {len(words) - most} more" if len(words) > most else ""
    return "\n".join(words[:most]) + more


def _joined(values: Iterable[object], most: int = 4) -> str:
    return _some(values, most).replace("\n", ", ")


def _reflectors(one: ClusterPlan) -> Rows:
    plan = one.reflectors
    assert plan is not None  # noqa: S101 - the caller has looked
    rows = [
        ["addresses", _some(plan.addresses) or "not known yet: the operator finds them"],
        ["accept sessions from", _some(plan.ranges)],
        ["open sessions to", _some(f"{b.name} ({b.address})" for b in plan.borders)],
        ["AS, cluster id", f"{int(plan.asn)}, {plan.cluster_id}"],
    ]
    return Rows("Route reflectors", ["", "reflectors"], rows)


def _classes(leaves: LeafPlan, one: ClusterPlan) -> Rows:
    replicas = {pool.name: pool.replicas for pool in one.cluster.pools}
    rows = [
        [
            _some(each.pools),
            f"{sum(replicas[name] for name in each.pools)}",
            each.kind if each.device is None else f"{each.kind} {each.device}",
            "\n".join(f"{key}={value}" for key, value in each.selector.items()),
        ]
        for each in leaves.classes
    ]
    note = "Their VTEP is the source address of each node's own default route."
    pinned = f"Pinned by name: {len(leaves.pinned_vteps)} nodes."
    notes = [note, *([pinned] if leaves.pinned_vteps else [])]
    return Rows("Leaves", ["pools", "nodes", "uplink", "found by labels"], rows, notes=notes)


def _vrfs(leaves: LeafPlan) -> Rows:
    rows = [
        [
            vrf.name,
            f"{int(vrf.vni)}",
            _devices(vrf),
            vrf.egress,
            _some(one.network for one in vrf.segments),
            _leaks(vrf),
        ]
        for vrf in leaves.vrfs
    ]
    head = ["VRF", "VNI, table", "devices", "egress", "networks here", "takes from elsewhere"]
    return Rows("VRFs", head, rows)


def _devices(vrf: LeafVrf) -> str:
    return f"{vrf.device}\n{vrf.bridge}\n{vrf.vxlan}"


def _leaks(vrf: LeafVrf) -> str:
    return "\n".join(
        f"{_joined(one.prefixes)} from {'the node' if one.device is None else one.vrf}"
        for one in vrf.imports
    )


def _networks(plan: Plan, leaves: LeafPlan) -> Rows:
    rows, whys = [], _Reasons()
    for vrf in leaves.vrfs:
        for one in vrf.segments:
            network = plan.estate.networks[one.network]
            why = "stated" if network.stated_mtu is not None else network.path_mtu.why
            rows.append(
                [
                    one.network,
                    f"{int(network.vlan)}" if network.vlan else "",
                    f"{int(one.vni)}",
                    f"{one.bridge}\n{one.vxlan}",
                    _some(one.gateways) or "none",
                    str(one.gateway_mac),
                    f"{int(one.mtu)} {whys.mark(why)}",
                ]
            )
    head = ["network", "VLAN", "VNI", "devices", "gateways", "gateway MAC", "MTU"]
    return Rows("Networks", head, rows, notes=whys.notes())


class _Reasons:
    """Why MTUs are what they are, each told once below the table."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def mark(self, why: str) -> str:
        """Return the mark that stands for a reason."""
        return self._known.setdefault(why, f"[{len(self._known) + 1}]")

    def notes(self) -> list[str]:
        """Return a line for each reason."""
        return [f"{mark} {why}" for why, mark in self._known.items()]


def _uplinks(one: ClusterPlan) -> Rows:
    rows = [
        [
            f"{uplink.pool}/{uplink.name}",
            uplink.device
            if uplink.bond is None
            else f"{uplink.device}: {uplink.bond.mode}\n{' '.join(uplink.bond.nics)}",
            carried.network,
            f"{int(carried.vlan)}" if carried.vlan is not None else "untagged",
            carried.device,
            carried.bridge or "none",
            f"{int(carried.mtu)}",
            "" if carried.host_addresses == "none" else carried.host_addresses,
        ]
        for uplink in one.uplinks
        for carried in uplink.carried
    ]
    head = ["pool/uplink", "NIC", "network", "VLAN", "device", "bridge", "MTU", "node addresses"]
    return Rows("Uplinks", head, rows)


def _attachments(one: ClusterPlan) -> Rows:
    rows = [
        [
            f"{each.namespace}/{each.name}",
            each.network,
            each.kind,
            each.bridge or "",
            f"{int(each.mtu)}",
        ]
        for each in one.attachments
    ]
    return Rows("Attachments", ["attachment", "network", "kind", "bridge", "MTU"], rows)


def _hosted(one: ClusterPlan) -> Rows:
    rows = [
        [
            f"{each.control.namespace}/{each.cluster.name}",
            each.control.pods_namespace,
            each.control.release.rpartition(":")[2],
            pool.name,
            _size(pool),
            pool.pool.hosted.upgrade,
            _some(pool.config),
        ]
        for each in one.hosted
        for pool in each.pools
    ]
    head = ["hosted cluster", "its pods in", "release", "NodePool", "nodes", "upgrade", "files of"]
    note = "A change of the release, a machine or the files replaces or restarts a pool's nodes."
    return Rows("Hosted here", head, rows, notes=[note])


def _decided(told: Mapping[str, str | Sequence[str]]) -> Rows:
    rows = [[name, s if isinstance(s, str) else "\n".join(s)] for name, s in told.items()]
    return Rows("Machines, operators and storage", ["what", "how"], rows)


def _size(pool: NodePoolPlan) -> str:
    bounds = pool.pool.hosted.autoscaling
    return f"{pool.pool.replicas}" if bounds is None else f"{bounds[0]} to {bounds[1]}"


def beside(plan: Plan) -> Iterator[Rows]:
    """Yield the tables of borders and of DHCP."""
    if plan.borders:
        rows = [
            [
                one.border.name,
                str(one.border.address),
                f"{int(one.asn)}",
                _some(one.reflectors),
                f"{sum(len(vrf.segments) for vrf in one.vrfs)}",
                _some(vrf.name for vrf in one.vrfs if vrf.originates_default),
            ]
            for one in plan.borders
        ]
        head = ["border", "address", "AS", "reflectors", "networks", "default route into"]
        yield Rows("Borders", head, rows)
    if plan.scopes:
        rows = [
            [
                one.network,
                str(one.subnet),
                _some(f"{first}-{last}" for first, last in one.pools),
                str(one.router) if one.router is not None else "router advertisements",
                _some(one.servers),
            ]
            for one in plan.scopes
        ]
        yield Rows("DHCP", ["network", "subnet", "leases", "router", "servers"], rows)
