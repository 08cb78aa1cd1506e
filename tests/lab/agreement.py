"""Small estates by number, and where what `trace` says of one is not what packets do."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperleaf.lab import checks, estate, reading, root, runtime, scratch
from hyperleaf.lab.checks import ECHO_PORT, Probe
from hyperleaf.lab.estate import Lab
from hyperleaf.lab.kernel import boot
from hyperleaf.lab.world import OUTSIDE
from hyperleaf.model.resolve import resolve
from hyperleaf.plan.clusters import Plan, plan
from hyperleaf.plan.trace import trace
from hyperleaf.render.estate import render
from hyperleaf.rules.registry import check
from hyperleaf.spec.documents import validate
from hyperleaf.spec.yaml import read_text
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hyperleaf.lab.facts import Interface, Node
    from hyperleaf.lab.guests import Guest
    from hyperleaf.plan.reach import Verdict

# How many estates there are, by number from 0.
COUNT = 100
Document = dict[str, Any]
API = "hyperleaf.dev/v1alpha1"
EGRESS = ("nat", "border", "none")
FAMILIES = ((4,), (4,), (4, 6), (4, 6), (6,))
SITES = {"prod": "10.0.16.0/20", "edge": "10.1.0.0/20"}
SITES_6 = {"prod": "2001:db8:a:1::/64", "edge": "2001:db8:a:2::/64"}
SHARED = {"blue": 5001, "grey": 5002}
# Where a tenant's subnets lie: private ranges of each kind, and one that is nobody's.
BLOCKS = ("172.20.{}.0/24", "192.168.{}.0/24", "100.70.{}.0/24", "11.5.{}.0/24")


def documents(number: int) -> list[Document]:
    """Return the estate of a number: the first drawn that no rule refuses."""
    chance = random.Random(number)
    while True:
        drawn = _drawn(chance)
        if planned(drawn) is not None:
            return drawn


def planned(drawn: list[Document]) -> Plan | None:
    """Return the plan of an estate, or None where a rule refuses it."""
    text = "\n---\n".join(json.dumps(one) for one in drawn).encode()
    read, unread = read_text(text, "estate.yaml")
    written, invalid = validate(read)
    found, unresolved = resolve(written)
    findings = (*unread, *invalid, *unresolved, *check(found))
    return plan(found) if all(one.severity.name != "ERROR" for one in findings) else None


def _document(kind: str, name: str, **spec: Any) -> Document:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _drawn(chance: random.Random) -> list[Document]:
    sites = list(SITES)[: chance.choice((1, 2, 2))]
    six = chance.random() < 0.5
    borders = [
        {"name": f"dc-{place}", "address": f"172.16.0.{10 + place}", "mtu": 8951}
        for place in range(1, 1 + chance.choice((0, 1, 1, 2)))
    ]
    reflectors = [f"10.0.0.{11 + place}" for place in range(chance.choice((1, 1, 2)))]
    made = [
        _document(
            "Fabric",
            "corp",
            asn=65000,
            underlay={"cidrs": ["10.0.0.0/15", "172.16.0.0/24"], "mtu": 9001},
            reflectors={"cluster": "hub", "addresses": reflectors},
            borders=borders,
        ),
        _cluster("hub", role="hub", networks={"machine": ["10.0.0.0/20"]}),
    ]
    for place, name in enumerate(sites):
        machine = [SITES[name], *([SITES_6[name]] if six else [])]
        leaves = chance.choice((1, 2)) if not place else 1
        pool = {"name": "metal", "replicas": leaves, "leaf": True}
        hosted = {"role": "hosted", "hub": "hub", "networks": {"machine": machine}}
        made.append(_cluster(name, **hosted, nodePools=[pool]))
    return [*made, *_tenants(chance, sites, bool(borders))]


def _cluster(name: str, **spec: Any) -> Document:
    return _document("Cluster", name, version="4.16.8", platform={"baremetal": {}}, **spec)


def _tenants(chance: random.Random, sites: list[str], borders: bool) -> Iterator[Document]:  # noqa: FBT001
    """Yield one to four networks, the VRFs that some share, and what leaks between them."""
    vlans = chance.sample(range(1, 250), chance.randint(1, 4))
    networks = [_network(chance, vlan, sites, borders) for vlan in vlans]
    used = {one["spec"].get("vrf") for one in networks}
    ways = EGRESS if borders else ("nat", "none")
    vrfs = [
        _document("VRF", name, vni=vni, egress=chance.choice(ways))
        for name, vni in SHARED.items()
        if name in used
    ]
    owners = [*vrfs, *(one for one in networks if "vrf" not in one["spec"])]
    subnets = {
        one["metadata"]["name"]: [
            subnet
            for each in networks
            if each is one or each["spec"].get("vrf") == one["metadata"]["name"]
            for subnet in each["spec"]["subnets"]
        ]
        for one in owners
    }
    for one in owners:
        name = one["metadata"]["name"]
        others = [each for each in subnets if each != name and subnets[each]]
        if subnets[name] and chance.random() < 0.5:
            one["spec"]["leaks"] = [_leak(chance, others, subnets, name)]
    yield from (*vrfs, *networks)


def _network(
    chance: random.Random,
    vlan: int,
    sites: list[str],
    borders: bool,  # noqa: FBT001
) -> Document:
    families = chance.choice(FAMILIES)
    block = chance.choice((*BLOCKS[:1], *BLOCKS))
    where = chance.sample(sites, chance.randint(1, len(sites)))
    spec: dict[str, Any] = {
        "vlan": vlan,
        "subnets": [
            *([block.format(vlan)] if 4 in families else []),
            *([f"2001:db8:0:{vlan:x}::/64"] if 6 in families else []),
        ],
        "attach": [{"cluster": site, "namespaces": [f"t{vlan}"]} for site in sorted(where)],
    }
    if chance.random() < 0.1:
        return _document("Network", f"net-{vlan}", **spec | {"subnets": []})
    vrf = chance.choice((None, None, *SHARED))
    spec |= (
        {"vrf": vrf} if vrf else {"egress": chance.choice(EGRESS if borders else ("nat", "none"))}
    )
    if borders and chance.random() < 0.3:
        servers = {4: "172.16.0.53", 6: "2001:db8:53::53"}
        spec["dhcp"] = {"servers": [servers[one] for one in families]}
    return _document("Network", f"net-{vlan}", **spec)


def _leak(
    chance: random.Random, others: list[str], subnets: dict[str, list[str]], name: str
) -> Document:
    """Return a leak with another VRF or the nodes: mostly of what is there, sometimes not."""
    other = chance.choice([*others, *others, "default"])
    there = [*subnets.get(other, []), "0.0.0.0/0"] if other in others else ["0.0.0.0/0"]
    made: Document = {"with": other}
    made["import"] = chance.sample(there, chance.randint(1, len(there)))
    if chance.random() < 0.3:
        made["export"] = chance.sample(subnets[name], chance.randint(0, len(subnets[name])))
    return made


class Agreement(NamedTuple):
    """What was asked of an estate, how much of it shall be reached, and where the two differ."""

    questions: int
    reached: int
    differences: tuple[str, ...]


def agree(number: int, folder: Path) -> Agreement:
    """Boot the estate of a number and hold packets against what `trace` says of every pair."""
    made = planned(documents(number))
    assert made is not None
    write(render(made), folder)
    found, ready = runtime.find("uml"), root.ready()
    with (
        scratch.folder(root.cache_folder() / "lab" / "runs") as place,
        boot(ready.folder, place, enter=found.enter) as kernel,
    ):
        lab = Lab(kernel, reading.read(folder), surroundings(made))
        estate.build(lab, place)
        if lab.missing:
            return Agreement(0, 0, (f"the lab has not converged: {lab.missing}",))
        asked = list(questions(made, lab))
        answers = checks.ask(kernel, asked)
    wrong = tuple(f"{one.probe.title}: {one.fault}" for one in answers if one.fault)
    return Agreement(len(asked), sum(one.reached for one in asked), wrong)


class _Trace:
    """`trace` of one plan, asked by the words that a user has: a verdict a family."""

    def __init__(self, made: Plan) -> None:
        self._plan = made
        self._said: dict[tuple[str, str], dict[int, Verdict]] = {}

    def __call__(self, source: str, target: str) -> dict[int, Verdict]:
        if (source, target) not in self._said:
            try:
                verdicts = trace(self._plan, source, target)
            except ValueError:  # no family in common
                verdicts = ()
            self._said[source, target] = {one.family: one for one in verdicts}
        return self._said[source, target]


def questions(made: Plan, lab: Lab) -> Iterator[Probe]:
    """Yield every pair of ends of a lab as a question, with `trace`'s answer."""
    said = _Trace(made)
    gateways = dict.fromkeys(one for each in lab.guests for one in each.gateways.values())
    for a in lab.guests:
        for b in lab.guests:
            # A border is no guest: it may ask, but from where it stands others answer.
            if a is not b and not (a.vrf and b.place == a.place):
                yield from _towards(a, b, said(a.expected, b.expected))
        if a.vrf:
            continue
        if a.attachment is not None:  # of others the data centre decides, which no estate tells
            for node in lab.around.nodes:
                yield from _with_node(said, a, node)
        for there in lab.around.outside:
            yield from _with_outside(said, a, there, lab)
        for gateway in gateways:
            verdict = said(a.expected, gateway).get(6 if ":" in gateway else 4)
            yield from _asked(a, gateway, verdict, "a gateway")


def _with_node(said: _Trace, a: Guest, node: Node) -> Iterator[Probe]:
    for there in node.addresses:
        verdict = said(a.expected, str(there.ip)).get(there.version)
        yield from _asked(a, str(there.ip), verdict, node.name)
        back = said(f"node:{node.cluster}", a.expected).get(there.version)
        own = a.addresses.get(there.version)
        if own is not None:
            yield from _asked(node.name, str(own.ip), back, a.namespace)


def _with_outside(said: _Trace, a: Guest, there: Interface, lab: Lab) -> Iterator[Probe]:
    own = a.addresses.get(there.version)
    if own is None:
        return
    verdict = said(a.expected, "outside").get(there.version)
    yield from _asked(a, str(there.ip), verdict, OUTSIDE)
    yield from _tcp(a, str(there.ip), verdict, lab)
    back = said("outside", a.expected).get(there.version)
    yield from _asked(OUTSIDE, str(own.ip), back, a.namespace)


def _towards(a: Guest, b: Guest, verdicts: dict[int, Verdict]) -> Iterator[Probe]:
    for version, address in b.addresses.items():
        yield from _asked(a, str(address.ip), verdicts.get(version), b.namespace)


def _asked(a: Guest | str, target: str, verdict: Verdict | None, name: str) -> Iterator[Probe]:
    """Yield a question, where the asker has an address of the family to send from."""
    version = 6 if ":" in target else 4
    if not isinstance(a, str) and version not in a.addresses:
        return
    who = a if isinstance(a, str) else f"{a.expected}({a.namespace})"
    if verdict is None:
        title = f"{who} to {name} {target}: trace has no verdict"
        yield Probe(title, a, target, reached=False)
        return
    told = verdict.how or (verdict.stopped_by.reason if verdict.stopped_by else "")
    yield Probe(f"{who} to {name} {target}: {told}", a, target, verdict.reached)


def _tcp(a: Guest, target: str, verdict: Verdict | None, lab: Lab) -> Iterator[Probe]:
    """Yield a connection to the outside, which says whom it sees."""
    if verdict is None or not verdict.reached:
        return
    version = 6 if ":" in target else 4
    node = next((one for one in lab.around.nodes if one.name == a.place), None)
    seen = a.addresses[version].ip
    if verdict.how == "nat" and node is not None:
        seen = next(one.ip for one in node.addresses if one.version == version)
    title = f"{a.expected}({a.namespace}) is seen outside by {verdict.how}"
    yield Probe(title, a, target, reached=True, port=ECHO_PORT, seen=str(seen))
