"""Sessions that are not up, and routes that nobody reflects, become the objects that state them."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple

from hyperleaf.lab.diagnosis import scene as scenes
from hyperleaf.lab.diagnosis.scene import joined
from hyperleaf.lab.diagnosis.suspects import DAEMONS, SESSIONS, Suspect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.diagnosis.scene import Made, Scene
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.readings import Speaker

BGP = 179
EVPN = "address-family l2vpn evpn"
ESTABLISHED = "Established"
RUNNING = "vtysh -c 'show running-config'"


class End(NamedTuple):
    """An end of a session: the machine, its address, what it says, what gives it neighbours."""

    name: str
    address: str
    speaker: Speaker
    made: Made


def ask(scene: Scene, _known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield what keeps daemons from running, sessions from coming up, routes from being passed."""
    for node in (*scene.reflectors, *scene.leaves):
        yield from _daemons(scene, node)
    reflectors = [one for node in scene.reflectors if (one := _end(scene, node.name))]
    leaves = [one for node in scene.leaves if (one := _end(scene, node.name))]
    borders = [one for name in scene.borders if (one := _end(scene, name))]
    usual = _usual([*reflectors, *leaves, *borders])
    for reflector in reflectors:
        yield from _clients(reflector)
        for other in (*leaves, *borders):
            yield from _session(other, reflector, usual)
    for one in leaves:
        yield from _foreign(one, usual)
        if scene.segments(_cluster(scene, one.name)):
            yield from _advertises(one)
    for one in borders:
        yield from _advertises(one)


def _cluster(scene: Scene, name: str) -> str:
    return next(one.cluster for one in scene.around.nodes if one.name == name)


def _end(scene: Scene, name: str) -> End | None:
    speaker, made = scene.reading(name).speaker, scenes.main(scene, name)
    if speaker is None or made is None:
        return None
    if name in scene.rendered.borders:
        address = str(scene.rendered.borders[name].devices["local"])
    else:
        address = next(str(one.address) for one in scene.around.nodes if one.name == name)
    return End(name, address, speaker, made)


def _daemons(scene: Scene, node: Node) -> Iterator[Suspect]:
    """Yield why FRR does not run on a node, or does not listen on a reflector."""
    made, reading = scenes.daemons(scene, node), scene.reading(node.name)
    reflects = node in scene.reflectors
    if made is None or not (reflects or scene.segments(node.cluster)):
        return
    here = frozenset((node.name,))
    if reading.speaker is None:
        what = made.what("its BGP does not run")
        evidence = ((f"vtysh on {node.name}", "bgpd is not running"),)
        yield Suspect(made.source, what, DAEMONS, here, wide=True, evidence=evidence)
    elif reflects and BGP not in reading.listening:
        settings = scenes.options(scene, node) or made.source
        what = "its daemons do not listen to BGP (bgpd_options -p 0?): no leaf can reach it"
        heard = joined(sorted(reading.listening))
        evidence = ((f"ss -ltn on {node.name}", f"listens to {heard}"),)
        yield Suspect(settings, what, DAEMONS, here, wide=True, evidence=evidence)


def _usual(ends: Sequence[End]) -> str:
    """Return the AS number that most say they have or expect of others."""
    said: Counter[str] = Counter()
    for end in ends:
        said[end.speaker.configuration.asn] += 1
        said.update(asn for _, asn in _expected(end))
    return next((asn for asn, _ in said.most_common() if asn), "")


def _lines(end: End, *family: str) -> list[str]:
    configuration = end.speaker.configuration
    return configuration.under(f"router bgp {configuration.asn}", *family)


def _expected(end: End) -> list[tuple[str, str]]:
    """Return the neighbours and peer groups of a speaker, with the AS it expects of each."""
    words = (line.split() for line in _lines(end))
    return [(one[1], one[3]) for one in words if one[0] == "neighbor" and one[2] == "remote-as"]


def _neighbour_of(end: End, address: str) -> str:
    """Return what a speaker calls an address: itself, the peer group of its range, or nothing."""
    if any(name == address for name, _ in _expected(end)):
        return address
    for group, ranges in _ranges(end):
        if ip_address(address) in ip_network(ranges):
            return group
    return ""


def _ranges(end: End) -> list[tuple[str, str]]:
    words = (line.split() for line in _lines(end))
    return [(one[5], one[3]) for one in words if one[:3] == ["bgp", "listen", "range"]]


def _clients(reflector: End) -> Iterator[Suspect]:
    """Yield a reflector that does not pass on what some of its neighbours say."""
    lines = [line.split() for line in _lines(reflector, EVPN)]
    active = [one[1] for one in lines if one[0] == "neighbor" and one[2:] == ["activate"]]
    clients = {one[1] for one in lines if one[0] == "neighbor" and "client" in one[2]}
    # Between two AS numbers routes are passed on anyway (RFC 4456 is of one AS alone).
    own = reflector.speaker.configuration.asn
    foreign = {name for name, asn in _expected(reflector) if asn.isdigit() and asn != own}
    deaf = [one for one in active if one not in clients | foreign]
    if deaf:
        what = f"passes no routes on to {joined(deaf)}: no route-reflector-client"
        shown = "\n".join(" ".join(one) for one in lines)
        yield _suspect(reflector, what, reflector.name, ((f"{RUNNING}, {EVPN}", shown),), wide=True)


def _session(end: End, reflector: End, usual: str) -> Iterator[Suspect]:
    """Yield why a session with a reflector is not up."""
    peer = end.speaker.peers.get(reflector.address, {})
    if peer.get("state") == ESTABLISHED:
        return
    stated = [one for one, _ in _expected(end) if one[0].isdigit() or ":" in one]
    lines = "\n".join(line for line in _lines(end) if line.startswith("neighbor"))
    evidence = ((f"{RUNNING} on {end.name}", lines or "no neighbours"),)
    if end.made.not_meant or reflector.address not in stated:
        what = f"has {joined(stated)} for neighbours, and not the reflector {reflector.address}"
        yield _suspect(end, end.made.what(what), end.name, evidence)
        return
    if not peer:
        what = f"does not activate its neighbour {reflector.address} for EVPN"
        yield _suspect(end, what, end.name, evidence)
        return
    name = _neighbour_of(reflector, end.address)
    yield from _as_numbers(end, reflector, name, usual)
    if not name:
        heard = joined(ranges for _, ranges in _ranges(reflector))
        what = f"listens to {heard}: the address {end.address} of {end.name} is not in it"
        if not _ranges(reflector):
            what = f"has no neighbour {end.address} ({end.name}), and listens to no range"
        shown = "\n".join(_lines(reflector))
        yield _suspect(reflector, what, end.name, ((f"{RUNNING} on {reflector.name}", shown),))
        return
    if f"neighbor {name} activate" not in _lines(reflector, EVPN):
        what = f"does not activate {name} for EVPN"
        yield _suspect(reflector, what, end.name, ())
    for one, other in ((end, reflector.address), (reflector, name)):
        for word in ("shutdown", "password", "update-source"):
            if any(line.startswith(f"neighbor {other} {word}") for line in _lines(one)):
                yield _suspect(one, f"says {word} of {other}", end.name, evidence)
    why = peer.get("lastResetDueTo", "")
    what = f"its session with the reflector {reflector.address} is {peer.get('state', 'down')}"
    asked = ((f"show bgp l2vpn evpn summary on {end.name}", f"{peer.get('state')} {why}"),)
    yield _suspect(end, what, end.name, asked, rank=SESSIONS + 5)


def _as_numbers(end: End, reflector: End, name: str, usual: str) -> Iterator[Suspect]:
    """Yield whoever of two ends has, or expects, an AS number that is not the usual one."""
    for one, other, called in ((end, reflector, reflector.address), (reflector, end, name)):
        own, expected = one.speaker.configuration.asn, dict(_expected(one)).get(called, "")
        theirs = other.speaker.configuration.asn
        if expected.isdigit() and expected not in {theirs, usual}:
            what = f"expects AS {expected} of {called}, which has AS {theirs}"
            yield _suspect(one, what, end.name, ((f"{RUNNING} on {one.name}", f"AS {expected}"),))
        elif own not in {usual, theirs}:
            back = dict(_expected(other)).get(name if one is end else reflector.address, "")
            if back.isdigit() and back != own:
                what = f"has AS {own}, and {other.name} expects AS {back} of it"
                yield _suspect(one, what, end.name, ((RUNNING, f"router bgp {own}"),))


def _foreign(end: End, usual: str) -> Iterator[Suspect]:
    """Yield neighbours of a leaf that are nobody, by their state."""
    wrong = [
        name
        for name, peer in end.speaker.peers.items()
        if peer.get("state") != ESTABLISHED and str(peer.get("remoteAs", usual)) == usual
    ]
    if wrong and not end.made.not_meant:
        what = f"its sessions with {joined(wrong)} are not up"
        yield _suspect(end, what, end.name, (), rank=SESSIONS + 8)


def _advertises(end: End) -> Iterator[Suspect]:
    if "advertise-all-vni" not in _lines(end, EVPN):
        what = f"does not say advertise-all-vni: nobody hears of what is behind {end.name}"
        shown = "\n".join(_lines(end, EVPN))
        evidence = ((f"{RUNNING}, {EVPN}", shown),)
        yield _suspect(end, end.made.what(what), end.name, evidence, wide=True)


def _suspect(  # noqa: PLR0913 - what a suspect is made of
    end: End,
    what: str,
    node: str,
    evidence: tuple[tuple[str, str], ...],
    rank: int = SESSIONS,
    *,
    wide: bool = False,
) -> Suspect:
    """Return an end's object as a suspect for what is wrong on a node."""
    reach = wide or end.name != node or "/" in end.made.source.kind
    source = end.made.source
    return Suspect(source, what, rank, frozenset((node,)), wide=reach, evidence=evidence)
