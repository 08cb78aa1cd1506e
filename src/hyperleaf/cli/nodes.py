"""The plan expanded node by node: what a class of nodes has is told once, and written for each."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Pool
    from hyperleaf.plan.clusters import ClusterPlan
    from hyperleaf.plan.leaf import LeafPlan, LeafVrf

Device = dict[str, Any]
FROM_THE_NODE = "from the node"


def write_text(plans: tuple[ClusterPlan, ...]) -> None:
    """Write each node with its devices."""
    write = sys.stdout.write
    for plan in plans:
        for pool in plan.cluster.pools:
            lines = "".join(f"  {_line(one)}\n" for one in devices(plan, pool))
            body = lines or "  nothing\n"
            for name in names(pool):
                vtep = f", VTEP {_vtep(plan, pool, name)}" if pool.leaf and plan.leaves else ""
                write(f"{name} (pool {pool.name} of {plan.cluster.name}{vtep})\n{body}")


def write_json(plans: tuple[ClusterPlan, ...]) -> None:
    """Write one JSON document, its list of nodes piece by piece."""
    write = sys.stdout.write
    write('{"nodes": [')
    separator = "\n"
    for plan in plans:
        for pool in plan.cluster.pools:
            has = json.dumps(list(devices(plan, pool)))
            where = f'"cluster": {json.dumps(plan.cluster.name)}, "pool": {json.dumps(pool.name)}'
            for name in names(pool):
                vtep = _vtep(plan, pool, name) if pool.leaf and plan.leaves else None
                write(
                    f'{separator}{{"node": {json.dumps(name)}, {where}, '
                    f'"vtep": {json.dumps(vtep)}, "devices": {has}}}'
                )
                separator = ",\n"
    write("\n]}\n")


def names(pool: Pool) -> Iterator[str]:
    """Yield a name for each replica; real nodes have names of their own, and need none here."""
    return (f"{pool.name}-{number}" for number in range(pool.replicas))


def _vtep(plan: ClusterPlan, pool: Pool, name: str) -> str:
    """Return the node's tunnel address, where the estate pins one by the node's name."""
    del pool
    pinned = plan.leaves.pinned_vteps.get(name) if plan.leaves else None
    return FROM_THE_NODE if pinned is None else str(pinned)


def devices(plan: ClusterPlan, pool: Pool) -> Iterator[Device]:
    """Yield what each node of a pool gets: the same for all of them."""
    if pool.leaf and plan.leaves is not None:
        yield from _leaf_devices(plan.leaves)
    for uplink in plan.uplinks:
        if uplink.pool == pool.name:
            for one in uplink.carried:
                tag = int(one.vlan) if one.vlan is not None else None
                made = {"network": one.network, "mtu": int(one.mtu)}
                if tag is not None:
                    yield {"device": one.device, "kind": "vlan", "vlan": tag, **made}
                if one.bridge is not None:
                    yield {"device": one.bridge, "kind": "bridge", "port": one.device, **made}


def _leaf_devices(leaves: LeafPlan) -> Iterator[Device]:
    for vrf in leaves.vrfs:
        yield {"device": vrf.device, "kind": "vrf", "vrf": vrf.name, "table": vrf.table}
        yield from _l3vni(vrf)
        for one in vrf.segments:
            made = {"network": one.network, "mtu": int(one.mtu)}
            yield {
                "device": one.bridge,
                "kind": "bridge",
                "vrf": vrf.name,
                "mac": str(one.gateway_mac),
                "addresses": [str(gateway) for gateway in one.gateways],
                **made,
            }
            yield {"device": one.vxlan, "kind": "vxlan", "vni": int(one.vni), **made}


def _l3vni(vrf: LeafVrf) -> Iterator[Device]:
    mtu = int(vrf.mtu)
    yield {"device": vrf.bridge, "kind": "bridge", "vrf": vrf.name, "mtu": mtu}
    yield {"device": vrf.vxlan, "kind": "vxlan", "vrf": vrf.name, "vni": int(vrf.vni), "mtu": mtu}


def _line(device: Device) -> str:
    told = [
        f"{name} {', '.join(said) if isinstance(said, list) else said}"
        for name, said in device.items()
        if name not in {"device", "kind"} and said != []
    ]
    return f"{device['device']:<15} {device['kind']:<6}  {', '.join(told)}"
