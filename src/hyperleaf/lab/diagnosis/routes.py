"""Routes that VRFs lack, or should not have, become the FRRConfigurations that bring them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from hyperleaf.lab.diagnosis import scene as scenes
from hyperleaf.lab.diagnosis.scene import joined
from hyperleaf.lab.diagnosis.suspects import ROUTES, Suspect, well
from hyperleaf.lab.leaf import ISOLATION, REACH
from hyperleaf.lab.readings import MAIN_TABLE
from hyperleaf.lab.states import kept_in, strange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.diagnosis.scene import Made, Scene, Stated
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.readings import Configuration, Reading, Speaker

EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
IPV4 = 4
FAMILY = {4: "address-family ipv4 unicast", 6: "address-family ipv6 unicast"}
_ROUTE_MAP = re.compile(r"route-map (\S+)")


def ask(scene: Scene, known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield what is wrong with VNIs' VRFs and route targets, then with the routes of VRFs."""
    targets = list(_targets(scene, known))
    yield from targets
    for leaf in scene.leaves:
        speaker = scene.reading(leaf.name).speaker
        for name, domain in scene.domains(leaf.cluster).items():
            made = scenes.vrf(scene, leaf.name, domain["device"])
            if speaker is None or made is None:
                continue
            subjects = scene.around_vrf(name)
            if made.not_meant:
                what = made.not_meant
                here = frozenset((leaf.name,))
                yield Suspect(made.source, what, ROUTES, here, subjects, wide=True)
            elif well([*known, *targets], leaf.name, *subjects):
                yield from _of_vrf(scene, leaf, name, domain, made)
    for name in scene.borders:
        yield from _border(scene, known, name)


def _targets(scene: Scene, known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield speakers whose route targets, or whose VRF's VNI, are not those of the others."""
    said = _said(scene, known)
    for vni, name, subjects in _numbers(scene):
        votes: Counter[str] = Counter()
        for speaker in said.values():
            one = speaker.vnis.get(str(vni), {})
            # A tie is decided by what FRR would write by itself.
            votes.update({rt: 10 + rt.endswith(f":{vni}") for rt in one.get("exportRTs", ())})
        if not votes:
            continue
        usual = votes.most_common(1)[0][0]
        for place, speaker in said.items():
            one = speaker.vnis.get(str(vni))
            if one is None:
                continue
            wrong = [
                f"{word} {joined(one.get(f'{word}RTs', ()))}"
                for word in ("import", "export")
                if not any(_same(rt, usual, speaker) for rt in one.get(f"{word}RTs", ()))
            ]
            made = _of_number(scene, place, vni, name)
            if wrong and made is not None:
                what = f"{name}'s VNI {vni} has the route target {joined(wrong)}, not {usual}"
                asked = f"show bgp l2vpn evpn vni {vni} on {place}"
                evidence = ((asked, str(one)),)
                here = frozenset((place,))
                yield Suspect(
                    made.source, what, ROUTES, here, subjects, wide=True, evidence=evidence
                )


def _same(one: str, other: str, speaker: Speaker) -> bool:
    # Of one that FRR made by itself only the number counts, whatever the AS before it.
    stated = any(line.startswith("route-target") for _, line in speaker.configuration.lines)
    return one == other or (not stated and one.partition(":")[2] == other.partition(":")[2])


def _said(scene: Scene, known: Sequence[Suspect]) -> dict[str, Speaker]:
    names = [*(one.name for one in scene.leaves), *scene.borders]
    found = {one: scene.reading(one).speaker for one in names}
    return {name: one for name, one in found.items() if one is not None and well(known, name, "")}


def _numbers(scene: Scene) -> Iterator[tuple[int, str, frozenset[str]]]:
    stated = scene.rendered.expected
    for name, one in stated["segments"].items():
        if one["transport"] == "evpn":
            yield one["vni"], name, frozenset({name, one["vrf"]} - {None})
    for name, one in stated["domains"].items():
        yield one["vni"], name, scene.around_vrf(name)


def _of_number(scene: Scene, place: str, vni: int, name: str) -> Made | None:
    """Return what states a VNI's route targets on a speaker."""
    domain = scene.rendered.expected["domains"].get(name)
    if domain is not None:
        return scenes.vrf(scene, place, domain["device"])
    if place not in scene.rendered.borders:
        node = next(one for one in scene.around.nodes if one.name == place)
        for one in scene.objects(node).frr:
            if one.selector.matches(node.labels) and f" vni {vni}\n" in one.raw:
                return scenes.Made(one.source)
    return scenes.main(scene, place)


def _of_vrf(scene: Scene, leaf: Node, name: str, domain: Stated, made: Made) -> Iterator[Suspect]:
    reading, subjects = scene.reading(leaf.name), scene.around_vrf(name)
    asked = f"ip route show vrf {domain['device']} on {leaf.name}"
    table = "\n".join(
        f"{one.kind} {one.to} {' '.join(one.devices)}" for one in reading.within(domain["table"])
    )
    for what, breaks, source in _wrong(scene, leaf, name, domain, made):
        here = frozenset((leaf.name,))
        evidence = ((asked, table),)
        yield Suspect(source.source, what, ROUTES, here, subjects, breaks=breaks, evidence=evidence)


def _wrong(
    scene: Scene, leaf: Node, name: str, domain: Stated, made: Made
) -> Iterator[tuple[str, str, Made]]:
    """Yield what is wrong with a VRF on a leaf, what that breaks, and what makes it so."""
    reading = scene.reading(leaf.name)
    speaker = reading.speaker
    assert speaker is not None  # noqa: S101 - who asks has seen it
    stated = [one for one in speaker.vrfs.get("vrfs", ()) if one["vrf"] == domain["device"]]
    told = stated[0].get("vni") if stated else None
    if told != domain["vni"]:
        yield f"{name} has VNI {told or 'none'} in FRR, not {domain['vni']}", REACH, made
        return
    if stated[0].get("state") != "Up":
        yield f"VNI {told} of {name} is {stated[0].get('state')} in FRR", REACH, made
    own = _subnets(scene, leaf, name)
    missing = [one for one in own if one not in speaker.announced(domain["vni"])]
    if missing:
        yield f"{name} does not announce {joined(missing)} as type 5", REACH, made
    yield from _ways_out(scene, leaf, name, domain, made)
    yield from _kept_in(scene, leaf, name, domain, made)
    yield from _crossings(scene, leaf, name, domain, made)
    odd = strange(name, reading.within(domain["table"], "unicast"), scene.rendered.expected)
    if odd:
        yield f"{name} has routes into other tenants: {joined(odd)}", ISOLATION, made


def _subnets(scene: Scene, leaf: Node, name: str, version: int | None = None) -> list[str]:
    """Return the subnets of a VRF's networks that a leaf has."""
    return [
        subnet
        for one in scene.segments(leaf.cluster).values()
        if one["vrf"] == name and one["gateways"]
        for subnet in one["subnets"]
        if version is None or (":" in subnet) == (version != IPV4)
    ]


def _leaving(scene: Scene, name: str) -> dict[int, str]:
    """Return how guests of a VRF leave, by family."""
    networks = scene.rendered.expected["domains"][name]["networks"]
    ways: dict[int, str] = {}
    for one in scene.rendered.expected["guests"]:
        if one["network"] in networks:
            ways |= {int(version): way for version, way in one.get("outside", {}).items() if way}
    return ways


def _ways_out(
    scene: Scene, leaf: Node, name: str, domain: Stated, made: Made
) -> Iterator[tuple[str, str, Made]]:
    reading = scene.reading(leaf.name)
    for version, way in _leaving(scene, name).items():
        everywhere = EVERYWHERE[version]
        found = [one for one in reading.within(domain["table"], "unicast") if one.to == everywhere]
        if way == "nat":
            if not any(leaf.uplink in one.devices for one in found):
                what = f"{name} has no way {everywhere} out by {leaf.uplink}"
                yield what, REACH, _bringing(scene, leaf, version, made)
            back = {one.to: one.devices for one in reading.within(MAIN_TABLE, "unicast")}
            lost = [
                one
                for one in _subnets(scene, leaf, name, version)
                if domain["device"] not in back.get(one, ())
            ]
            if lost:
                what = f"the main table has no way back to {joined(lost)}: answers are lost"
                yield what, REACH, _returning(scene, leaf, version, made)
        elif not found:
            announcing = [
                one
                for one in scene.borders
                if (speaker := scene.reading(one).speaker)
                and everywhere in speaker.announced(domain["vni"])
            ]
            what = f"no border announces {everywhere} into {name}"
            if announcing:
                what = f"{name} has not the default that {joined(announcing)} announces"
                yield what, REACH, made
            else:
                for border in scene.borders:
                    source = scenes.border(scene, border, "frr.conf")
                    yield what, REACH, scenes.Made(source)


def _bringing(scene: Scene, leaf: Node, version: int, made: Made) -> Made:
    """Return what should bring the node's default into a VRF: its own object or the leaf's."""
    speaker = scene.reading(leaf.name).speaker
    main = scenes.main(scene, leaf.name)
    if speaker is None or main is None:
        return made
    configuration = speaker.configuration
    lines = configuration.under(f"router bgp {configuration.asn}", FAMILY[version])
    taking = [one for one in lines if one.startswith("redistribute kernel")]
    return made if taking and all(_defined(configuration, one) for one in taking) else main


def _returning(scene: Scene, leaf: Node, version: int, made: Made) -> Made:
    """Return what should bring a VRF's subnets into the main table."""
    speaker = scene.reading(leaf.name).speaker
    main = scenes.main(scene, leaf.name)
    if speaker is None or main is None:
        return made
    configuration = speaker.configuration
    lines = configuration.under(f"router bgp {configuration.asn}", FAMILY[version])
    filtering = [one for one in lines if one.startswith("import vrf route-map")]
    return made if filtering and all(_defined(configuration, one) for one in filtering) else main


def _defined(configuration: Configuration, line: str) -> bool:
    """Tell whether the route map that a line names is there: one that is not lets nothing pass."""
    found = _ROUTE_MAP.search(line)
    return found is None or any(
        one.startswith(f"route-map {found[1]} ") for one in configuration.under()
    )


def _kept_in(
    scene: Scene, leaf: Node, name: str, domain: Stated, made: Made
) -> Iterator[tuple[str, str, Made]]:
    """Yield what lets a VRF's packets out of it that must end there."""
    routes = scene.reading(leaf.name).within(domain["table"])
    for what in kept_in(routes, scene.rendered.expected, leaf.cluster):
        yield f"{name}: {what}", ISOLATION, made


def _crossings(
    scene: Scene, leaf: Node, name: str, domain: Stated, made: Made
) -> Iterator[tuple[str, str, Made]]:
    reading = scene.reading(leaf.name)
    here = {one.to for one in reading.within(domain["table"], "unicast")}
    for crossing in scene.rendered.expected["crossings"]:
        if crossing["from"] != name:
            continue
        missing = [one for one in crossing["prefixes"] if one not in here]
        if missing and not _hosts_of(missing, here):
            what = f"{name} has not {joined(missing)} of {crossing['to']}: the leak is missing"
            yield what, REACH, made


def _hosts_of(missing: Sequence[str], here: set[str]) -> bool:
    """Tell whether hosts of the prefixes are known where the prefixes themselves are not."""
    return all(any(one.startswith(each.rpartition(".")[0]) for one in here) for each in missing)


def _border(scene: Scene, known: Sequence[Suspect], name: str) -> Iterator[Suspect]:
    """Yield VRFs of a border that FRR does not join to their VNI, or does not announce."""
    reading: Reading = scene.reading(name)
    speaker, source = reading.speaker, scenes.border(scene, name, "frr.conf")
    if speaker is None:
        yield Suspect(source, "its BGP does not run", ROUTES, frozenset((name,)), wide=True)
        return
    configuration = speaker.configuration
    evpn = configuration.under(f"router bgp {configuration.asn}", "address-family l2vpn evpn")
    here = frozenset((name,))
    if "advertise-svi-ip" not in evpn:
        what = "does not say advertise-svi-ip: leaves cannot find its own addresses"
        evidence = ((f"show running-config on {name}", "\n".join(evpn)),)
        yield Suspect(source, what, ROUTES, here, wide=True, breaks=REACH, evidence=evidence)
    stated = {one["vrf"]: one for one in speaker.vrfs.get("vrfs", ())}
    for vrf, domain in scene.rendered.expected["domains"].items():
        subjects = scene.around_vrf(vrf)
        told = stated.get(domain["device"], {}).get("vni")
        if told != domain["vni"] and well(known, name, *subjects):
            what = f"{vrf} has VNI {told or 'none'} in FRR, not {domain['vni']}"
            yield Suspect(source, what, ROUTES, here, subjects, wide=True)
