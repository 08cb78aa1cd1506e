"""Devices that are missing, or not as they are stated, become the policies that make them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.diagnosis import scene as scenes
from hyperleaf.lab.diagnosis.scene import Made, joined
from hyperleaf.lab.diagnosis.suspects import ATTACHMENTS, DEVICES, SETTINGS, Suspect
from hyperleaf.lab.guests import BORDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hyperleaf.lab.diagnosis.scene import Scene, Stated
    from hyperleaf.lab.facts import Node

Link = dict[str, Any]
ASKED = "ip -d addr show {}"


def ask(scene: Scene, _known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield the devices of leaves and borders that are not as they are stated."""
    for leaf in scene.leaves:
        if scene.segments(leaf.cluster):
            yield from _loopback(scene, leaf)
        for name, domain in scene.domains(leaf.cluster).items():
            yield from _vrf(scene, leaf, name, domain)
        for name, segment in scene.segments(leaf.cluster).items():
            yield from _segment(scene, leaf, name, segment)
    for node in scene.around.nodes:
        if node.name in scene.readings:
            yield from _vlans(scene, node)
    for name in scene.borders:
        yield from _border(scene, name)


def about(link: Mapping[str, Any], part: str) -> Link:
    """Return what a link tells of its kind, or of its place in its master."""
    found = link.get("linkinfo", {}).get(part, {})
    return found if isinstance(found, dict) else {}


def addresses(link: Mapping[str, Any]) -> list[str]:
    """Return a link's addresses with their lengths."""
    return [f"{one['local']}/{one['prefixlen']}" for one in link.get("addr_info", [])]


def tunnel(links: Mapping[str, Link], vni: int) -> Link | None:
    """Return the tunnel of a VNI."""
    return next((one for one in links.values() if about(one, "info_data").get("id") == vni), None)


def _named(name: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda one: one["name"] == name


def _loopback(scene: Scene, leaf: Node) -> Iterator[Suspect]:
    link = scene.reading(leaf.name).links.get("lo", {})
    own = f"{leaf.address}/32"
    made = scenes.policy(scene, leaf, lambda one: one["type"] == "loopback")
    if own not in addresses(link) and made is not None:
        what = f"lo has no {own}: another address, which may repeat elsewhere, is the router-id"
        yield _suspect(made[0], what, leaf, frozenset(), link)


def _vrf(scene: Scene, leaf: Node, name: str, domain: Stated) -> Iterator[Suspect]:
    links = scene.reading(leaf.name).links
    link = links.get(domain["device"], {})
    found = scenes.policy(scene, leaf, lambda one: one["name"] == domain["device"])
    subjects = scene.around_vrf(name)
    if found is not None:
        made = found[0]
        if not link:
            what = f"{domain['device']}, the VRF of {name}, is not there"
            yield _suspect(made, what, leaf, subjects, link)
            return
        table = about(link, "info_data").get("table")
        if table != domain["table"]:
            what = f"{domain['device']} has table {table}, not {domain['table']}"
            yield _suspect(made, what, leaf, subjects, link)
        if f"{leaf.address}/32" not in addresses(link):
            what = (
                f"{domain['device']} has no {leaf.address}/32: the gateway's address becomes "
                "router-id and RD, which are then the same on every leaf"
            )
            yield _suspect(made, what, leaf, subjects, link)
    yield from _l3vni(scene, leaf, name, domain)


def _l3vni(scene: Scene, leaf: Node, name: str, domain: Stated) -> Iterator[Suspect]:
    """Yield what is wrong with the tunnel by which a VRF reaches other leaves."""
    links, subjects = scene.reading(leaf.name).links, scene.around_vrf(name)
    vni = domain["vni"]
    vx = tunnel(links, vni)
    if vx is None:
        yield from _no_tunnel(scene, leaf, vni, f"br{vni}", subjects)
        return
    found = scenes.policy(scene, leaf, _named(vx["ifname"]))
    made = found[0] if found else None
    bridge = links.get(vx.get("master", ""), {})
    if made is None:
        return
    yield from _tunnel(scene, leaf, vx, made, subjects)
    if bridge.get("master") != domain["device"]:
        what = f"VNI {vni} ends in {joined([bridge.get('master') or 'no VRF'])}, not in {name}"
        yield _suspect(made, what, leaf, subjects, bridge)
    uplink = links.get(leaf.uplink, {}).get("address")
    if bridge and bridge.get("address") != uplink:
        what = f"{bridge['ifname']}'s router MAC is {bridge.get('address')}, not its own {uplink}"
        yield _suspect(made, what, leaf, subjects, bridge, wide=True)


def _segment(scene: Scene, leaf: Node, name: str, segment: Stated) -> Iterator[Suspect]:
    """Yield what is wrong with a segment's tunnel, bridge, gateway and attachment on a leaf."""
    links = scene.reading(leaf.name).links
    subjects = frozenset({name, segment["vrf"]} - {None})
    vx = tunnel(links, segment["vni"])
    gateways = [one["address"] for one in segment["gateways"]]
    holding = [
        link["ifname"]
        for link in links.values()
        if {one.partition("/")[0] for one in addresses(link)}
        & {one.partition("/")[0] for one in gateways}
    ]
    attachments = list(scene.attachments(leaf.cluster, name))
    # Three say which bridge is the segment's: one of them may be wrong.
    votes = Counter(
        [
            *([vx["master"]] if vx and vx.get("master") else []),
            *holding[:1],
            *[str(one.config.get("bridge")) for one in attachments if one.config.get("bridge")][:1],
        ]
    )
    bridge = votes.most_common(1)[0][0] if votes else ""
    for one in attachments:
        yield from _attachment(leaf, one, bridge, segment, subjects)
    if vx is None:
        yield from _no_tunnel(scene, leaf, segment["vni"], bridge, subjects)
    else:
        found = scenes.policy(scene, leaf, _named(vx["ifname"]))
        if found is not None:
            yield from _tunnel(scene, leaf, vx, found[0], subjects)
            if vx.get("master") != bridge:
                what = f"{vx['ifname']} is in {vx.get('master') or 'no bridge'}, not in {bridge}"
                yield _suspect(found[0], what, leaf, subjects, vx)
            if vx["mtu"] != segment["mtu"]:
                what = f"{vx['ifname']} has MTU {vx['mtu']}, not {segment['mtu']}"
                yield _suspect(found[0], what, leaf, subjects, vx)
    yield from _bridge(scene, leaf, bridge, segment, subjects)


def _vlans(scene: Scene, node: Node) -> Iterator[Suspect]:
    """Yield the VLANs of a node's networks that are on none of its NICs."""
    links = scene.reading(node.name).links
    there = {
        about(one, "info_data").get("id"): one
        for one in links.values()
        if one.get("linkinfo", {}).get("info_kind") == "vlan"
    }
    for name, segment in scene.rendered.expected["segments"].items():
        wanted = segment["vlan"]
        if segment["transport"] != "vlan" or node.cluster not in segment["clusters"]:
            continue
        if wanted in there:
            continue
        bridges = {one.config.get("bridge") for one in scene.attachments(node.cluster, name)}
        other = next((one for one in there.values() if one.get("master") in bridges), {})
        found = scenes.policy(
            scene,
            node,
            lambda one, wanted=wanted, other=other: (
                one["name"] == other.get("ifname")  # type: ignore[misc]
                or (one.get("vlan") or {}).get("id") == wanted
            ),
        )
        if found is not None:
            has = about(other, "info_data").get("id") or "none"
            what = f"{name} is VLAN {wanted}, and its device has {has}"
            yield _suspect(found[0], what, node, frozenset({name}), other)


def _no_tunnel(
    scene: Scene, leaf: Node, vni: int, bridge: str, subjects: frozenset[str]
) -> Iterator[Suspect]:
    """Yield why no tunnel of a VNI is there: another VNI, a policy that is not meant, a loss."""
    links = scene.reading(leaf.name).links
    other = next(
        (
            one
            for one in links.values()
            if about(one, "info_data").get("id") and one.get("master") == bridge
        ),
        None,
    )
    if other is not None:
        found = scenes.policy(scene, leaf, _named(other["ifname"]))
        told = about(other, "info_data")["id"]
        what = f"{other['ifname']} has VNI {told}, not {vni}"
        if found is not None:
            yield _suspect(found[0], what, leaf, subjects, other)
        return
    found = scenes.policy(scene, leaf, lambda one: _vni(one) == vni) or scenes.policy(
        scene, leaf, _named(bridge)
    )
    if found is not None:
        what = f"there is no tunnel of VNI {vni}"
        yield _suspect(found[0], found[0].what(what), leaf, subjects, {})


def _vni(interface: Mapping[str, Any]) -> int | None:
    return interface.get("vxlan", {}).get("id") if interface.get("vxlan") else None


def _tunnel(
    scene: Scene, leaf: Node, vx: Link, made: Made, subjects: frozenset[str]
) -> Iterator[Suspect]:
    """Yield what is wrong with a tunnel that is there."""
    told, port, name = about(vx, "info_data"), about(vx, "info_slave_data"), vx["ifname"]
    if told.get("local") != str(leaf.address):
        what = f"its tunnels come from {told.get('local')}, the node's address is {leaf.address}"
        yield _suspect(made, what, leaf, subjects, vx, wide=True)
    if told.get("learning"):
        what = f"{name} learns addresses from frames; BGP alone says where they are"
        yield _suspect(made, what, leaf, subjects, vx)
    if "UP" not in vx.get("flags", ()):
        yield _suspect(made, f"{name} is down", leaf, subjects, vx)
    if port.get("learning") or not port.get("neigh_suppress"):
        files = scenes.node_files(scene, leaf, "/etc/NetworkManager/dispatcher.d/")
        if files is not None:
            flag = "learning is on" if port.get("learning") else "neigh_suppress is off"
            what = files.what(f"{flag} on the bridge ports of tunnels")
            yield _suspect(files, what, leaf, subjects, vx, rank=SETTINGS)


def _bridge(
    scene: Scene, leaf: Node, name: str, segment: Stated, subjects: frozenset[str]
) -> Iterator[Suspect]:
    """Yield what is wrong with a segment's bridge, which is its gateway."""
    links = scene.reading(leaf.name).links
    link, found = links.get(name, {}), scenes.policy(scene, leaf, _named(name))
    if found is None:
        return
    made, interface = found
    if not link:
        what = made.what(f"the bridge {name} is not there")
        yield _suspect(made, what, leaf, subjects, {})
        return
    if link["mtu"] != segment["mtu"]:
        what = f"{name} has MTU {link['mtu']}, not {segment['mtu']}"
        yield _suspect(made, what, leaf, subjects, link)
    domain = scene.rendered.expected["domains"].get(segment["vrf"], {}).get("device")
    if link.get("master") != domain:
        what = f"{name} is in {link.get('master') or 'no VRF'}, not in {domain}"
        yield _suspect(made, what, leaf, subjects, link)
    for gateway in segment["gateways"]:
        if gateway["address"] not in addresses(link):
            what = f"{name} has {joined(addresses(link))}, not the gateway {gateway['address']}"
            yield _suspect(made, what, leaf, subjects, link)
        elif link["address"] != gateway["mac"]:
            what = f"the gateway's MAC is {link['address']}, elsewhere {gateway['mac']}"
            yield _suspect(made, what, leaf, subjects, link)
    if about(link, "info_data").get("vlan_filtering") and not _all_say_vlan(interface):
        what = f"a port of {name} does not say `vlan: {{}}`: it passes tagged frames only"
        yield _suspect(made, what, leaf, subjects, link)


def _all_say_vlan(interface: Mapping[str, Any]) -> bool:
    ports = interface.get("bridge", {}).get("port", [])
    return all("vlan" in one for one in ports)


def _attachment(
    leaf: Node, one: Any, bridge: str, segment: Stated, subjects: frozenset[str]
) -> Iterator[Suspect]:
    """Yield what is wrong with the object that plugs a network's guests in."""
    config = one.config
    wrong = []
    if bridge and config.get("bridge") != bridge:
        wrong.append(f"names the bridge {config.get('bridge')}, the network's is {bridge}")
    if config.get("mtu", segment["mtu"]) != segment["mtu"]:
        wrong.append(f"gives guests MTU {config['mtu']}, the network's is {segment['mtu']}")
    if config.get("vlan"):
        wrong.append(f"tags guests with VLAN {config['vlan']}, where the bridge is the network")
    for what in wrong:
        yield Suspect(
            one.source,
            what,
            ATTACHMENTS,
            frozenset((leaf.name,)),
            subjects,
            evidence=(("spec.config", str(config)),),
        )


def _border(scene: Scene, name: str) -> Iterator[Suspect]:
    """Yield what is wrong with a border's devices."""
    links, source = scene.reading(name).links, scenes.border(scene, name, "devices.json")
    stated = scene.rendered.expected
    ending = {one["network"] for one in stated["guests"] if one["at"] == BORDERS}
    for network, segment in stated["segments"].items():
        if segment["transport"] != "evpn" or network not in ending:
            continue
        subjects = frozenset({network, segment["vrf"]} - {None})
        for what, link in _of_border(links, segment):
            evidence = ((f"{ASKED.format(link.get('ifname', ''))} on {name}", _shown(link)),)
            yield Suspect(
                source,
                f"{network}: {what}",
                DEVICES,
                frozenset((name,)),
                subjects,
                wide=True,
                evidence=evidence if link else (),
            )
    for vrf, domain in stated["domains"].items():
        if tunnel(links, domain["vni"]) is None:
            what = f"{vrf}: no tunnel has VNI {domain['vni']}"
            here = frozenset((name,))
            yield Suspect(source, what, DEVICES, here, scene.around_vrf(vrf), wide=True)


def _of_border(links: Mapping[str, Link], segment: Stated) -> Iterator[tuple[str, Link]]:
    vx = tunnel(links, segment["vni"])
    if vx is None:
        yield f"no tunnel has VNI {segment['vni']}", {}
    elif vx["mtu"] != segment["mtu"]:
        yield f"its tunnel has MTU {vx['mtu']}, not {segment['mtu']}", vx
    for gateway in segment["gateways"]:
        holding = [one for one in links.values() if gateway["address"] in addresses(one)]
        if not holding:
            yield f"no device has the gateway {gateway['address']}", {}
        elif holding[0]["address"] != gateway["mac"]:
            yield f"the gateway's MAC is {holding[0]['address']}, not {gateway['mac']}", holding[0]


def _suspect(  # noqa: PLR0913 - what a suspect is made of
    made: Made,
    what: str,
    leaf: Node,
    subjects: frozenset[str],
    link: Mapping[str, Any],
    *,
    rank: int = DEVICES,
    wide: bool = False,
) -> Suspect:
    evidence = ((f"{ASKED.format(link['ifname'])} on {leaf.name}", _shown(link)),) if link else ()
    here = frozenset((leaf.name,))
    what = made.what(what)
    return Suspect(made.source, what, rank, here, subjects, wide=wide, evidence=evidence)


def _shown(link: Mapping[str, Any]) -> str:
    """Return what matters of a link in a line."""
    told = about(link, "info_data")
    parts = [str(link.get("ifname")), f"mtu {link.get('mtu')}", f"link/ether {link.get('address')}"]
    parts += [f"master {link['master']}"] if link.get("master") else []
    parts += [f"{key} {told[key]}" for key in ("id", "local", "learning", "table") if key in told]
    return " ".join([*parts, *addresses(link)])
