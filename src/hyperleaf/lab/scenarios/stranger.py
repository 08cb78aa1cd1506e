"""Machines of the underlay that are no part of the estate try to get in: BGP, and guests' frames.

What keeps them out is told apart: the reflectors' listen ranges by themselves, the security groups
by themselves. What neither promises to keep out is said, not checked.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import groups, intruder, world
from hyperleaf.lab.outcome import Checked, Happened, Skipped
from hyperleaf.lab.scenarios import cast, power

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node, Stranger
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Ran
    from hyperleaf.lab.outcome import Told

NAME = "stranger"
INTRUDER = Path(intruder.__file__)
FIRST_PORT, DEVICE = 240, "eth0"
SESSION_SECONDS, FRAME_SECONDS, GRACE_SECONDS = 5.0, 2.0, 0.4
HEARD = 40404
SOURCE_MAC = "02:00:00:00:06:66"
ESTABLISHED = "established"


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A guest and the tunnel that frames to it come by: its leaf, VNI, UDP port."""

    guest: Guest
    leaf: Node
    vni: int
    port: int


def tell(lab: Lab) -> Iterator[Told]:
    """Plug the strangers in, let each try, and take them away again."""
    reflectors, tunnel = cast.reflectors(lab), _tunnel(lab)
    if not (lab.around.strangers and reflectors and tunnel):
        yield Skipped("the estate has no fabric that a stranger could try")
        return
    (lab.kernel.scratch / INTRUDER.name).write_text(INTRUDER.read_text())
    began = time.monotonic()
    other = next(one for one in lab.around.leaves(tunnel.leaf.cluster) if one != tunnel.leaf)
    arrives = _inject(lab, other.name, str(other.address), tunnel)
    title = f"a frame from the leaf {other.name} reaches {tunnel.guest.namespace}"
    yield Checked(title, "" if arrives else "it does not", kind=NAME)
    for number, one in enumerate(lab.around.strangers):
        port = FIRST_PORT + number
        _arrive(lab, one, port)
        try:
            for told in _tries(lab, one, reflectors[0], tunnel):
                at = round(time.monotonic() - began, 1)
                yield Happened(at, told) if isinstance(told, str) else told
        finally:
            _leave(lab, one, port)


def _tries(
    lab: Lab, stranger: Stranger, reflector: Node, tunnel: Tunnel
) -> Iterator[Checked | str]:
    who = f"{stranger.name} {stranger.addresses[0].ip}"
    yield from _session(lab, stranger, reflector, who, "")
    yield from _frames(lab, stranger, tunnel, who, "")
    for node, again in ((reflector, _session), (tunnel.leaf, _frames)):
        if node.allowed is None or stranger.within:
            continue
        port = power.number(lab, node.name)
        groups.opened(lab.kernel, port, wide=True)
        try:
            words = ", were the security group wide open"
            to: Any = reflector if again is _session else tunnel
            yield from again(lab, stranger, to, who, words)
        finally:
            groups.opened(lab.kernel, port, wide=False)


def _session(
    lab: Lab, stranger: Stranger, reflector: Node, who: str, when: str
) -> Iterator[Checked | str]:
    """Try BGP: only who could be a leaf may be heard."""
    found = _bgp(lab, stranger, reflector)
    told = f"{found['outcome']}, {found['routes']} updates heard"
    if stranger.within:
        yield f"{who}, as a leaf's address, asks {reflector.name} for BGP{when}: {told}"
        return
    title = f"{who} gets no BGP session of {reflector.name}{when}"
    fault = told if found["outcome"] == ESTABLISHED else ""
    yield Checked(title, fault, kind=NAME, ends=(stranger.name, reflector.name), hoped=False)


def _frames(
    lab: Lab, stranger: Stranger, tunnel: Tunnel, who: str, when: str
) -> Iterator[Checked | str]:
    """Try frames: nothing in VXLAN says who may send, so the underlay alone can refuse."""
    heard = _inject(lab, stranger.name, str(stranger.addresses[0].ip), tunnel)
    guest = f"{tunnel.guest.namespace} on {tunnel.leaf.name}"
    if stranger.within or when or tunnel.leaf.allowed is None:
        told = "reach it" if heard else "do not reach it"
        yield f"{who} sends frames in VNI {tunnel.vni} to {guest}{when}: they {told}"
        return
    title = f"frames of {who} in VNI {tunnel.vni} do not reach {guest}"
    fault = "they do" if heard else ""
    ends = (stranger.name, tunnel.guest.namespace)
    yield Checked(title, fault, kind=NAME, ends=ends, subject=tunnel.guest.network, hoped=False)


def _tunnel(lab: Lab) -> Tunnel | None:
    """Return a guest on a leaf that is not its cluster's only one, and how frames come to it."""
    for guest in cast.real(lab):
        leaf = next(one for one in lab.around.nodes if one.name == guest.place)
        vni = lab.rendered.expected["segments"][guest.network]["vni"]
        links = json.loads(lab.kernel.run("ip -j -d link show type vxlan", node=leaf.name).out)
        about = (one["linkinfo"]["info_data"] for one in links if one)
        found = next((one for one in about if one["id"] == vni), None)
        if found and len(lab.around.leaves(leaf.cluster)) > 1:
            return Tunnel(guest, leaf, vni, found["port"])
    return None


def _arrive(lab: Lab, stranger: Stranger, port: int) -> None:
    lab.kernel.namespace(stranger.name, beside=world.UNDERLAY)
    place = world.Port(stranger.segment, port, stranger.name, DEVICE, stranger.addresses)
    world.plug(lab.kernel, lab.around, place)


def _leave(lab: Lab, stranger: Stranger, port: int) -> None:
    chains = "".join(f"delete chain bridge cloud p{port}-{way}\n" for way in ("in", "out"))
    lab.kernel.run(["nft", "-f", "-"], node=world.UNDERLAY, stdin=chains)
    lab.kernel.run(["ip", "netns", "del", stranger.name], beside=stranger.name)


def _bgp(lab: Lab, stranger: Stranger, reflector: Node) -> dict[str, Any]:
    objects = lab.rendered.clusters[reflector.cluster]
    texts = [one.raw for one in objects.frr if one.selector.matches(reflector.labels)]
    asn = next(int(found[1]) for one in texts if (found := re.search(r"router bgp (\d+)", one)))
    how = {"target": str(reflector.address), "source": str(stranger.addresses[0].ip), "asn": asn}
    asked = _ask(lab, stranger.name, "bgp", {**how, "seconds": SESSION_SECONDS})
    return _answer(lab, asked)


def _inject(lab: Lab, sender: str, source: str, tunnel: Tunnel) -> bool:
    """Send frames to a guest from somewhere; tell whether they arrive."""
    guest = tunnel.guest
    (link,) = json.loads(lab.kernel.run("ip -j link show dev eth0", node=guest.namespace).out)
    own = guest.addresses[cast.IPV4]
    ear = _ask(lab, guest.namespace, "hear", {"heard": HEARD, "seconds": FRAME_SECONDS})
    time.sleep(GRACE_SECONDS)
    how = {
        "target": str(tunnel.leaf.address),
        "source": source,
        "vni": tunnel.vni,
        "port": tunnel.port,
        # Somebody of the segment, but not the guest itself: it would hear nothing from itself.
        "inner_source": str(own.network[-3 if own.ip != own.network[-3] else -4]),
        "inner_target": str(own.ip),
        "source_mac": SOURCE_MAC,
        "target_mac": link["address"],
        "heard": HEARD,
    }
    _answer(lab, _ask(lab, sender, "vxlan", how))
    return bool(_answer(lab, ear)["heard"])


def _ask(lab: Lab, node: str, what: str, how: dict[str, Any]) -> Future[Ran]:
    return lab.kernel.ask(["python3", f"/lab/{INTRUDER.name}", what, json.dumps(how)], node=node)


def _answer(lab: Lab, asked: Future[Ran]) -> dict[str, Any]:
    said = lab.kernel.end(asked, SESSION_SECONDS).out
    found: dict[str, Any] = json.loads(said)
    return found
