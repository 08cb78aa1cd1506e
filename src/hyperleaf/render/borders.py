"""What each border of the data centre must be set to: an FRR configuration and a sheet.

`sheet.yaml` is for people with switches of any make, and for programs: numbers, addresses, timers,
the relay. `frr.conf` and `devices.json` are the same for a Linux border (a lab boots these two):
`devices.json` lists the kernel's devices in the order in which they can be made, `neighbours.py`
runs beside FRR there: addresses that move between leaves are told on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.plan import devices as plan_devices
from hyperleaf.render.frr.border import CONNECT, FAR, border_text
from hyperleaf.render.frr.statements import ANY_HOPS
from hyperleaf.render.frr_daemons import NEIGHBOURS, neighbours_text
from hyperleaf.render.manifest import TextFile
from hyperleaf.render.text import text
from hyperleaf.values.addresses import IPV6
from hyperleaf.values.macs import Mac

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.plan.borders import BorderPlan, BorderSegment, BorderVrf
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.plan.leaf import Segment
    from hyperleaf.values.numbers import Vni

_HEAD = """\
# What border {name} of fabric {fabric} must be set to, whoever made it. Times are in milliseconds.
"""


def border_files(plan: Plan) -> Iterator[TextFile]:
    """Yield the files of every border."""
    for border in plan.borders:
        folder = f"borders/{border.border.name}"
        yield TextFile(f"{folder}/frr.conf", border_text(border))
        yield TextFile(f"{folder}/devices.json", _json(devices(border)))
        yield TextFile(f"{folder}/{NEIGHBOURS}", neighbours_text())
        head = _HEAD.format(name=border.border.name, fabric=border.fabric)
        yield TextFile(f"{folder}/sheet.yaml", head + text(sheet(border)))


def _json(value: dict[str, Any]) -> str:
    """Return JSON with a line a device."""
    parts = []
    for key, one in value.items():
        lines = ",\n  ".join(json.dumps(each) for each in one) if isinstance(one, list) else ""
        parts.append(f' "{key}": ' + (f"[\n  {lines}\n ]" if lines else json.dumps(one)))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def sheet(plan: BorderPlan) -> dict[str, Any]:
    """Return everything a border must do, as plain data in the field's words."""
    return {
        "border": str(plan.border.name),
        "asn": int(plan.asn),
        "vtep": {"address": str(plan.border.address), "udpPort": int(plan.port)},
        "hostMtu": int(plan.border.mtu),
        "neighbours": [_neighbour(plan, str(one)) for one in plan.reflectors],
        "vrfs": [_vrf_sheet(vrf) for vrf in plan.vrfs],
    }


def _neighbour(plan: BorderPlan, address: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "address": address,
        "asn": int(plan.fabric_asn),
        "families": ["l2vpn evpn"],
        "timers": {
            "hold": int(plan.hold),
            "keepalive": int(plan.keepalive),
            "connect": int(CONNECT),
        },
    }
    if plan.asn != plan.fabric_asn:
        made["ebgp"] = {"multihop": plan.border.multihop or ANY_HOPS, "nextHopUnchanged": True}
    if plan.bfd is not None:
        made["bfd"] = {"interval": int(plan.bfd.interval), "multiplier": plan.bfd.multiplier}
    if plan.border.secret is not None:
        made["password"] = {"secret": str(plan.border.secret)}
    return made


def _vrf_sheet(vrf: BorderVrf) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": str(vrf.name),
        "l3vni": int(vrf.vni),
        "routeTargets": _targets(vrf.route_target),
        # Beside what the data centre routes in this VRF and the networks below.
        "announcesDefault": vrf.originates_default,
        "announcedMetric": FAR,
    }
    if vrf.routes:
        made["routes"] = [{"to": str(one.to), "via": str(one.via)} for one in vrf.routes]
    if vrf.imports:
        made["importsFrom"] = [
            {"vrf": str(one.vrf), "prefixes": [str(prefix) for prefix in one.prefixes]}
            for one in vrf.imports
        ]
    made["networks"] = [_network_sheet(one) for one in vrf.segments]
    return made


def _targets(target: str) -> dict[str, list[str]]:
    return {"import": [target], "export": [target]}


def _network_sheet(one: BorderSegment) -> dict[str, Any]:
    segment = one.segment
    made: dict[str, Any] = {
        "name": str(segment.network),
        "vlan": one.vlan,
        "l2vni": int(segment.vni),
        "routeTargets": _targets(segment.route_target),
        "mtu": int(segment.mtu),
        "anycastGateway": {
            "addresses": [str(gateway) for gateway in segment.gateways],
            "mac": str(segment.gateway_mac),
        },
        # Never the same on two borders: probes and relays are answered to it.
        "ownAddresses": [str(address) for address in one.own],
        "advertiseOwnAddresses": "type 2, with the border's own MAC",
    }
    if segment.link_local is not None:
        made["anycastGateway"]["linkLocal"] = str(segment.link_local)
        made["routerAdvertisements"] = {"managed": segment.ra_managed, "other": segment.ra_other}
    relays = _relays(one)
    if relays:
        # Its VRF must have a route to the servers: the data centre's, which no estate describes.
        made["dhcpRelay"] = relays
    return made


def _relays(one: BorderSegment) -> list[dict[str, Any]]:
    """Return a relay a family: a unique `giaddr`, for a reply to the anycast one goes anywhere.

    Servers then choose the scope by link selection (RFC 3527), and clients renew through the relay
    by the server identifier it puts in (RFC 5107).
    """
    relays: list[dict[str, Any]] = []
    for own in one.own:
        servers = [str(server) for server in one.dhcp_servers if server.version == own.version]
        if not servers:
            continue
        made: dict[str, Any] = {"family": f"ipv{own.version}", "servers": servers}
        if own.version == IPV6:
            made["linkAddress"] = str(own.ip)
        else:
            made["giaddr"] = str(own.ip)
            made["option82"] = {
                "linkSelection": str(own.network.network_address),
                "serverIdOverride": str(own.ip),
            }
        relays.append(made)
    return relays


def devices(plan: BorderPlan) -> dict[str, Any]:
    """Return the kernel's devices of a Linux border, in the order in which they can be made.

    VRFs first, then bridges, gateways and tunnels. Each has what `ip link` and `ip address` need;
    the VTEP's address is on the loopback or the uplink already. A gateway is a macvlan in private
    mode on its bridge: the anycast address has the anycast MAC, the border's own address its own,
    or answers to it would end at any leaf. Both need arp_ignore=1 and arp_announce=2; the anycast
    address is set without a prefix route. `fdb: local` says that the gateway's MAC must stand in
    the bridge's own table (`bridge fdb add MAC dev BRIDGE self local`): unknown to it, frames for
    the gateway would be flooded into the tunnels, and every leaf would route a copy.
    """
    return {
        "local": str(plan.border.address),
        "port": int(plan.port),
        "vrfs": [{"name": vrf.device, "table": vrf.table} for vrf in plan.vrfs],
        "bridges": [bridge for vrf in plan.vrfs for bridge in _bridges(plan, vrf)],
        "gateways": [gateway for vrf in plan.vrfs for gateway in _gateways(vrf)],
        "vxlans": [tunnel for vrf in plan.vrfs for tunnel in _tunnels(vrf)],
    }


def _bridges(plan: BorderPlan, vrf: BorderVrf) -> Iterator[dict[str, Any]]:
    # The L3VNI's bridge keeps a MAC of its own: it is the border's router MAC.
    yield {"name": vrf.bridge, "vrf": vrf.device, "vni": int(vrf.vni), "mtu": int(vrf.mtu)}
    for one in vrf.segments:
        yield {
            "name": one.segment.bridge,
            "vrf": vrf.device,
            "vni": int(one.segment.vni),
            "vlan": one.vlan,
            "mtu": int(one.segment.mtu),
            "mac": str(_own_mac(plan.border.index, one.segment.vni)),
            "addresses": [str(address) for address in one.own],
        }


def _own_mac(index: int, vni: Vni) -> Mac:
    """Return the MAC of a border's own address: 02:69, the border's place, the L2VNI."""
    return Mac((0x0269 << 32) | (index & 0xFF) << 24 | int(vni))


def _gateways(vrf: BorderVrf) -> Iterator[dict[str, Any]]:
    for one in vrf.segments:
        yield {
            "name": plan_devices.gateway(one.segment.vni),
            "bridge": one.segment.bridge,
            "vrf": vrf.device,
            "mtu": int(one.segment.mtu),
            "mac": str(one.segment.gateway_mac),
            "fdb": "local",
            "addresses": [str(gateway) for gateway in one.segment.gateways],
            **_link_local(one.segment),
        }


def _link_local(segment: Segment) -> dict[str, str]:
    return {} if segment.link_local is None else {"linkLocal": f"{segment.link_local}/64"}


def _tunnels(vrf: BorderVrf) -> Iterator[dict[str, Any]]:
    yield {"name": vrf.vxlan, "vni": int(vrf.vni), "bridge": vrf.bridge, "mtu": int(vrf.mtu)}
    for one in vrf.segments:
        yield {
            "name": one.segment.vxlan,
            "vni": int(one.segment.vni),
            "bridge": one.segment.bridge,
            "mtu": int(one.segment.mtu),
        }
