"""Leases and routers that guests are not told of become the servers', relays' and leaves' files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.diagnosis import scene as scenes
from hyperleaf.lab.diagnosis.scene import joined
from hyperleaf.lab.diagnosis.suspects import SERVICES, Suspect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hyperleaf.lab.diagnosis.scene import Scene, Stated

LEASE, ROUTER = frozenset({"lease"}), frozenset({"router"})
FILES = {4: "kea-dhcp4.conf", 6: "kea-dhcp6.conf"}


def ask(scene: Scene, _known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield what is wrong with leases, relays and router advertisements."""
    for name, segment in scene.rendered.expected["segments"].items():
        subjects = frozenset({name, segment["vrf"]} - {None})
        for lease in segment.get("lease", ()):
            yield from _server(scene, name, lease, subjects)
            yield from _relays(scene, name, lease, subjects)
        if any(":" in one["address"] for one in segment["gateways"]):
            yield from _advertisements(scene, segment, subjects)


def _version(subnet: str) -> int:
    return 6 if ":" in subnet else 4


def _server(
    scene: Scene, network: str, lease: Stated, subjects: frozenset[str]
) -> Iterator[Suspect]:
    version = _version(lease["subnet"])
    file = FILES[version]
    source = scenes.leases(scene, file, network)
    subnets = _subnets(scene.rendered.dhcp.get(file, ""), version)
    found = next((one for one in subnets if one.get("subnet") == lease["subnet"]), None)
    for what in _of_server(scene, network, lease, found, subnets):
        shown = json.dumps(found) if found else joined(one.get("subnet") for one in subnets)
        yield Suspect(
            source, what, SERVICES, subjects=subjects, kinds=LEASE, evidence=((file, shown),)
        )


def _subnets(text: str, version: int) -> list[Mapping[str, Any]]:
    try:
        stated = json.loads(text or "{}")
    except json.JSONDecodeError:
        return []
    return list(stated.get(f"Dhcp{version}", {}).get(f"subnet{version}", []))


def _of_server(
    scene: Scene,
    network: str,
    lease: Stated,
    found: Mapping[str, Any] | None,
    subnets: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    """Yield what is wrong with a subnet of the servers."""
    if found is None:
        has = joined(one.get("subnet") for one in subnets)
        yield f"has {has}, and not {lease['subnet']} of {network}"
        return
    pools = [[end.strip() for end in one["pool"].split(" - ")] for one in found.get("pools", ())]
    if pools != lease["ranges"]:
        ranges = joined(" - ".join(one) for one in lease["ranges"])
        yield f"leases {joined(' - '.join(one) for one in pools)} of {network}, not {ranges}"
    told = {one["name"]: one["data"] for one in found.get("option-data", ())}
    if lease["router"] is not None and told.get("routers") != lease["router"]:
        yield f"tells guests of {network} the router {told.get('routers')}, not {lease['router']}"
    if "interface-mtu" in told and told["interface-mtu"] != str(lease["mtu"]):
        yield f"tells guests of {network} the MTU {told['interface-mtu']}, not {lease['mtu']}"
    known = set(found.get("relay", {}).get("ip-addresses", ()))
    own = {
        address.partition("/")[0]
        for border in scene.rendered.borders.values()
        for one in border.devices["bridges"]
        if one["vni"] == scene.rendered.expected["segments"][network]["vni"]
        for address in one.get("addresses", ())
        if _version(address) == _version(lease["subnet"])
    }
    if known and not own <= known:
        yield f"takes relays {joined(sorted(known))} for {network}'s, not {joined(sorted(own))}"


def _relays(
    scene: Scene, network: str, lease: Stated, subjects: frozenset[str]
) -> Iterator[Suspect]:
    """Yield borders whose relay goes to another server, comes from elsewhere, or is missing."""
    version = _version(lease["subnet"])
    vni = scene.rendered.expected["segments"][network]["vni"]
    for border in scene.rendered.borders.values():
        source = scenes.border(scene, border.name, "sheet.yaml")
        stated = [
            each
            for vrf in border.sheet["vrfs"]
            for one in vrf["networks"]
            if one["l2vni"] == vni
            for each in one.get("dhcpRelay", ())
            if each["family"] == f"ipv{version}"
        ]
        own = {
            address.partition("/")[0]
            for one in border.devices["bridges"]
            if one["vni"] == vni
            for address in one.get("addresses", ())
        }
        wrong = [f"no relay of IPv{version} for {network}"] if not stated else []
        for one in stated:
            if list(one["servers"]) != list(lease["servers"]):
                servers = joined(one["servers"])
                wrong.append(f"relays {network} to {servers}, not to {joined(lease['servers'])}")
            giaddr = one.get("giaddr", one.get("linkAddress"))
            if giaddr not in own:
                wrong.append(f"relays {network} from {giaddr}, which is none of its addresses")
        here = frozenset((border.name,))
        for what in wrong:
            evidence = (("dhcpRelay", json.dumps(stated)),)
            yield Suspect(
                source, what, SERVICES, here, subjects, wide=True, kinds=LEASE, evidence=evidence
            )


def _advertisements(scene: Scene, segment: Stated, subjects: frozenset[str]) -> Iterator[Suspect]:
    """Yield speakers that do not send router advertisements into a segment."""
    vni = segment["vni"]
    device = scene.rendered.expected["domains"].get(segment["vrf"], {}).get("device", "")
    for leaf in scene.leaves:
        speaker = scene.reading(leaf.name).speaker
        made = scenes.vrf(scene, leaf.name, device)
        if leaf.cluster not in segment["clusters"] or speaker is None or made is None:
            continue
        lines = speaker.configuration.under(f"interface br{vni}")
        if "no ipv6 nd suppress-ra" not in lines:
            what = f"br{vni} sends no router advertisements"
            evidence = ((f"show running-config on {leaf.name}", "\n".join(lines) or "nothing"),)
            here = frozenset((leaf.name,))
            yield Suspect(
                made.source,
                made.what(what),
                SERVICES,
                here,
                subjects,
                wide=True,
                kinds=ROUTER,
                evidence=evidence,
            )
