"""Rendered objects and their surroundings become what can be drawn: machines, sessions, networks.

A session is there because an object names its other end, not because a lab has seen it: what an
object forgets is missing in the drawing, and what it names wrongly leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.reading import Rendered

Role = Literal["reflector", "leaf", "node", "border"]
REFLECTOR, LEAF, POOL = "hyperleaf.dev/reflector", "hyperleaf.dev/leaf", "hyperleaf.dev/pool"
BORDERS = "borders"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine of the drawing; `site` is a cluster, or the borders' data centre."""

    name: str
    role: Role
    site: str
    address: str
    pool: str = ""
    switches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wire:
    """A BGP session that an object asks for: `one` names `other`, or both name each other."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Astray:
    """A neighbour that an object names, and that no machine has the address of."""

    machine: str
    address: str


@dataclass(frozen=True, slots=True)
class Net:
    """A network: where it is, and the VRF that routes it, if any."""

    name: str
    sites: tuple[str, ...]
    vlan: int | None = None
    vni: int | None = None
    domain: str = ""
    subnets: tuple[str, ...] = ()
    transport: str = ""


@dataclass(frozen=True, slots=True)
class Domain:
    """A VRF: how its guests leave for the outside (`nat`, `border`, `none`)."""

    name: str
    vni: int
    egress: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that is drawn of an estate; `more` counts by site the leaves that are not drawn."""

    machines: tuple[Machine, ...]
    wires: tuple[Wire, ...]
    networks: tuple[Net, ...]
    domains: tuple[Domain, ...]
    astray: tuple[Astray, ...] = ()
    more: tuple[tuple[str, int], ...] = ()

    def of(self, *roles: Role) -> tuple[Machine, ...]:
        """Return the machines of some roles."""
        return tuple(one for one in self.machines if one.role in roles)


def drawing(
    rendered: Rendered, around: Surroundings, more: Mapping[str, int] | None = None
) -> Drawing:
    """Return the drawing of a rendered folder, with the machines of its surroundings."""
    machines = (*map(_node, around.nodes), *_borders(rendered, around))
    by_address = {one.address: one.name for one in machines}
    named = list(_named(rendered, around))
    wires = {
        tuple(sorted((name, by_address[address]))): Wire(name, by_address[address])
        for name, address in reversed(named)
        if address in by_address
    }
    astray = (Astray(name, address) for name, address in named if address not in by_address)
    left = tuple((site, count) for site, count in (more or {}).items() if count > 0)
    return Drawing(
        machines,
        tuple(reversed(wires.values())),
        tuple(_networks(rendered)),
        tuple(
            Domain(name, one["vni"], one["egress"])
            for name, one in rendered.expected.get("domains", {}).items()
        ),
        tuple(dict.fromkeys(astray)),
        left,
    )


def role(labels: Mapping[str, str]) -> Role:
    """Return what a node is by its labels."""
    return "reflector" if REFLECTOR in labels else "leaf" if LEAF in labels else "node"


def _node(node: Node) -> Machine:
    switches = tuple(dict.fromkeys(one.switch for one in node.nics))
    pool = node.labels.get(POOL, "")
    return Machine(node.name, role(node.labels), node.cluster, str(node.address), pool, switches)


def _borders(rendered: Rendered, around: Surroundings) -> Iterator[Machine]:
    for place in around.borders:
        sheet = rendered.borders[place.name].sheet
        yield Machine(place.name, "border", BORDERS, str(sheet["vtep"]["address"]))


def _named(rendered: Rendered, around: Surroundings) -> Iterator[tuple[str, str]]:
    """Yield each machine's name with each neighbour that its objects name."""
    for node in around.nodes:
        objects = rendered.clusters.get(node.cluster)
        for one in objects.frr if objects is not None else ():
            if one.selector.matches(node.labels):
                for router in one.bgp.get("routers", []):
                    for neighbour in router.get("neighbors", []):
                        yield node.name, str(neighbour.get("address"))
    for place in around.borders:
        for neighbour in rendered.borders[place.name].sheet.get("neighbours", []):
            yield place.name, str(neighbour["address"])


def _networks(rendered: Rendered) -> Iterator[Net]:
    stated = rendered.expected
    ends: dict[str, list[str]] = {}
    for one in stated.get("guests", []):
        ends.setdefault(one["network"], []).append(one["at"])
    for name, one in stated.get("segments", {}).items():
        sites = dict.fromkeys([*one["clusters"], *ends.get(name, [])])
        yield Net(
            name,
            tuple(sites),
            one["vlan"],
            one["vni"],
            one["vrf"] or "",
            tuple(one["subnets"]),
            one["transport"],
        )
