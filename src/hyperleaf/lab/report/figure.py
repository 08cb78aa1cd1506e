"""A drawing becomes the architecture figure: SVG that stands alone, or in the page of a proof."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hyperleaf.lab.report.layout import CHARACTER, GAP, MARGIN, WIDTH, place
from hyperleaf.lab.report.markup import Safe, joined, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.lab.outcome import Proof
    from hyperleaf.lab.report.drawing import Drawing, Net, Wire
    from hyperleaf.lab.report.layout import Box, Card, Layout, Site

State = Literal["planned", "up", "down"]
HUES = 6
ESTABLISHED = "Established"
STYLE = Path(__file__).with_name("figure.css")
MANY = 40
_ROW = 20.0
_LISTED = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """What a proof adds to a drawing: states of sessions, faults and guests by machine."""

    sessions: Mapping[tuple[str, str], State] = field(default_factory=dict)
    faults: Mapping[str, int] = field(default_factory=dict)
    guests: Mapping[str, int] = field(default_factory=dict)

    def state(self, wire: Wire) -> State:
        """Return the state of a session; that of one nobody told of is only planned."""
        return self.sessions.get((wire.one, wire.other), "planned")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A session's line, and where it ends."""

    ends: str
    path: str
    x: float
    y: float
    state: State


def seen(proof: Proof) -> Seen:
    """Return what a proof knows of its drawing."""
    if proof.drawing is None:
        return Seen()
    addresses = {one.name: one.address for one in proof.drawing.machines}
    states = {
        (node.name, session.peer): session.state == ESTABLISHED
        for node in proof.nodes
        for session in node.sessions
    }
    asked = {one.name for one in proof.nodes if one.said}
    sessions: dict[tuple[str, str], State] = {}
    for wire in proof.drawing.wires:
        told = [
            states.get((one, addresses[other]), False)
            for one, other in ((wire.one, wire.other), (wire.other, wire.one))
            if one in asked
        ]
        if told:
            sessions[wire.one, wire.other] = "up" if all(told) else "down"
    faults = Counter(place for one in proof.wrong for place in one.places)
    return Seen(sessions, faults, Counter(one.place for one in proof.guests))


def hues(drawing: Drawing) -> dict[str, int]:
    """Return the colour of each VRF, by its place; what comes after the last colour is grey."""
    return {
        one.name: number + 1 if number < HUES else 0 for number, one in enumerate(drawing.domains)
    }


def standalone(drawing: Drawing, title: str, proven: Seen | None = None) -> str:
    """Return the figure as a file of its own, light or dark as its reader likes it."""
    made = figure(drawing, title, proven or Seen(), style=STYLE.read_text())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{made}\n'


def figure(drawing: Drawing, title: str, proven: Seen, *, style: str = "") -> Safe:
    """Return the figure as an SVG element; without `style`, machines can be chosen in it."""
    made, colours = place(drawing), hues(drawing)
    table = _table(drawing, colours, made.height + _ROW / 2)
    height = made.height + (_ROW * len(table) + GAP if table else 0)
    many = "many" if len(drawing.wires) > MANY else None
    return tag(
        "svg",
        tag("title", title),
        tag("style", Safe(style)) if style else "",
        tag("rect", class_="ground", width=WIDTH, height=height),
        *(_frame(one) for one in (*made.reflectors, *made.sites)),
        tag("g", *_ways(drawing, made)),
        tag("g", *_wires(drawing, made, proven), class_=many),
        *(_site(one, colours, drawing) for one in (*made.reflectors, *made.sites)),
        *(_machine(one, proven, drawing, chosen=not style) for one in made.cards.values()),
        tag("g", *_ends(drawing, made, proven), pointer_events="none"),
        _legend(drawing, proven),
        *table,
        xmlns="http://www.w3.org/2000/svg",
        class_="figure",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        width=WIDTH if style else None,
        height=height if style else None,
        role="img" if style else "group",
        aria_label=title,
    )


def _rect(box: Box, class_: str, radius: float = 8) -> Safe:
    return tag(
        "rect",
        class_=class_,
        x=round(box.x, 1),
        y=round(box.y, 1),
        width=round(box.width, 1),
        height=round(box.height, 1),
        rx=radius,
    )


def _text(x: float, y: float, text: str, class_: str | None = None) -> Safe:
    return tag("text", text, class_=class_, x=round(x, 1), y=round(y, 1))


def _short(text: str, width: float) -> str:
    most = max(3, int(width / CHARACTER))
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _frame(site: Site) -> Safe:
    return _rect(site.box, "site", 12)


def _site(site: Site, colours: Mapping[str, int], drawing: Drawing) -> Safe:
    title = _text(site.box.middle, site.box.y + 20, site.title, "title middle")
    more = dict(drawing.more).get(site.name, 0)
    parts = [title]
    if more and site.cards:
        end = max(card.box.bottom for card in site.cards) + 16
        words = f"and {more} more like these"
        parts.append(_text(site.box.middle, end, words, "soft middle"))
    for name, box in site.switches:
        parts.extend(
            (
                _rect(box, "switch", 4),
                _text(box.middle, box.y + 15, f"switch: {name}", "soft middle"),
            )
        )
    for chip in site.chips:
        hue = colours.get(chip.network.domain, 0) if chip.network is not None else 0
        dot = tag("circle", class_="dot", cx=chip.box.x + 10, cy=chip.box.y + 10, r=3.5)
        left = chip.box.x + (18 if chip.network is not None else 8)
        text = _text(left, chip.box.y + 14, _short(chip.text, chip.box.width - 20))
        about = tag("title", _about(chip.network)) if chip.network is not None else ""
        whole = joined([about, _rect(chip.box, "chip", 10), dot if about else "", text])
        parts.append(tag("g", whole, class_=f"hue{hue}"))
    return joined(parts)


def _about(network: Net) -> str:
    facts = [
        f"VLAN {network.vlan}" if network.vlan is not None else "untagged",
        f"VNI {network.vni}" if network.vni is not None else network.transport,
        f"VRF {network.domain}" if network.domain else "not routed here",
        *network.subnets,
    ]
    return f"{network.name}: {', '.join(facts)}"


def _machine(card: Card, proven: Seen, drawing: Drawing, *, chosen: bool) -> Safe:
    one, box = card.machine, card.box
    faults, guests = proven.faults.get(one.name, 0), proven.guests.get(one.name, 0)
    astray = [each.address for each in drawing.astray if each.machine == one.name]
    tall = box.height > 40  # noqa: PLR2004 - a second line has room
    about = [one.name, one.address, one.pool, f"{guests} guests" if guests else ""]
    about += [f"{faults} checks failed"] if faults else []
    about += [f"names {', '.join(astray)}: nobody has it"] if astray else []
    words = ", ".join(filter(None, about))
    parts = [tag("title", words), _rect(box, "card")]
    y = box.y + (18 if tall else 19)
    parts.append(_text(box.x + 10, y, _short(one.name, box.width - 20), "title"))
    if tall:
        parts.append(_text(box.x + 10, box.y + 35, one.address, "soft mono"))
    if tall and guests and not faults:
        word = f"{guests} guest{'s' if guests > 1 else ''}"
        width = len(word) * CHARACTER
        parts.append(_text(box.right - 8 - width, y, word, "soft mono"))
    if faults or astray:
        shown = str(faults) if faults else "?"
        width = 12 + 6.5 * len(shown)
        spot = type(box)(box.right - width / 2 - 6, box.y - 7, width, 16)
        parts += [_rect(spot, "badge", 8), _text(spot.middle, spot.y + 12, shown, "badge-text")]
    return tag(
        "g",
        *parts,
        class_="machine wrong" if faults or astray else "machine",
        data_machine=one.name,
        tabindex="0" if chosen else None,
        role="button" if chosen else None,
        aria_label=words if chosen else None,
    )


def _placed(drawing: Drawing, made: Layout, proven: Seen) -> Iterator[_Placed]:
    """Yield sessions, those that are down last: they lie above the others."""
    cards = made.cards
    order = {one.name: n for n, one in enumerate(drawing.of("reflector"))}
    known = [one for one in drawing.wires if one.one in cards and one.other in cards]
    for wire in sorted(known, key=lambda one: proven.state(one) == "down"):
        upper, lower = sorted((cards[wire.one], cards[wire.other]), key=lambda card: card.box.y)
        number = order.get(upper.machine.name, 0)
        path, x, y = _path(upper, lower, number, max(1, len(order)))
        ends = f"{upper.machine.name} to {lower.machine.name}"
        yield _Placed(ends, path, x, y, proven.state(wire))


def _wires(drawing: Drawing, made: Layout, proven: Seen) -> Iterator[Safe]:
    for one in _placed(drawing, made, proven):
        title = tag("title", f"{one.ends}: {_SAID[one.state]}")
        yield tag("g", title, tag("path", class_=f"wire {one.state}", d=one.path))


def _ends(drawing: Drawing, made: Layout, proven: Seen) -> Iterator[Safe]:
    for one in _placed(drawing, made, proven):
        yield _end(one.x, one.y, one.state)


def _end(x: float, y: float, state: State) -> Safe:
    """Return the end of a session: a dot, a crossed one where it is down."""
    dot = tag("circle", class_=f"end {state}", cx=round(x, 1), cy=round(y, 1), r=4.5)
    cross = tag("path", class_="cross", d=f"M{x - 2:.1f} {y - 2:.1f}l4 4m0 -4l-4 4")
    return joined([dot, cross if state == "down" else ""])


_SAID = {"planned": "a session", "up": "session Established", "down": "session not Established"}


def _path(upper: Card, lower: Card, number: int, count: int) -> tuple[str, float, float]:
    """Return a session's line and its end; to a second row it goes down between the columns."""
    x1, y1 = upper.box.middle, upper.box.bottom
    share = (number + 1) / (count + 1)
    if lower.row == 0:
        x2, y2 = lower.box.x + lower.box.width * share, lower.box.y
        bend = max(30.0, (y2 - y1) / 2)
        curve = f"C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"
        return f"M{x1:.1f} {y1:.1f}{curve}", x2, y2
    first = lower.box.y - lower.row * (lower.box.height + GAP)
    x2, y2 = lower.box.x - GAP * (1 - share), lower.box.y + lower.box.height * share
    bend = max(30.0, (first - y1) / 2)
    curve = f"C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {first - bend:.1f} {x2:.1f} {first:.1f}"
    return f"M{x1:.1f} {y1:.1f}{curve}V{y2:.1f}H{lower.box.x:.1f}", lower.box.x, y2


def _ways(drawing: Drawing, made: Layout) -> Iterator[Safe]:
    """Yield how guests leave: by their node, or by the data centre's borders."""
    if made.outside is None:
        return
    egress = {one.name: one.egress for one in drawing.domains}
    yield _rect(made.outside, "site", 17)
    words = "outside: the Internet, and whatever else the underlay leads to"
    yield _text(made.outside.middle, made.outside.y + 22, words, "soft middle")
    for site in made.sites:
        border = any(card.machine.role == "border" for card in site.cards)
        wanted = "border" if border else "nat"
        here = dict.fromkeys(
            net.domain
            for net in drawing.networks
            if site.name in net.sites and egress.get(net.domain) == wanted
        )
        if here:
            x, y = site.box.middle, site.box.bottom
            yield tag("path", class_="way", d=f"M{x:.1f} {y:.1f}V{made.outside.y:.1f}")
            how = "out by the borders" if border else "NAT at the node"
            names = _short(", ".join(here), site.box.width - len(how) * CHARACTER)
            yield _text(x, y + 34, f"{names}: {how}", "way-out soft middle")


def _legend(drawing: Drawing, proven: Seen) -> Safe:
    """Return what the lines mean, beside the reflectors."""
    if not drawing.wires:
        return Safe("")
    present = sorted({proven.state(one) for one in drawing.wires})
    parts = []
    for number, state in enumerate(present):
        x, y = MARGIN, MARGIN + 14 + number * 20
        parts.append(tag("path", class_=f"wire {state}", d=f"M{x:g} {y:g}h26"))
        parts.append(_end(x + 26, y, state))
        parts.append(_text(x + 38, y + 4, f"EVPN {_SAID[state].removeprefix('a ')}", "soft"))
    return tag("g", *parts)


def _table(drawing: Drawing, colours: Mapping[str, int], top: float) -> list[Safe]:
    """Return the networks, a line each, as far as a figure can hold them."""
    lines: list[Safe] = []
    columns = (MARGIN + 22, 250.0, 330.0, 420.0, 560.0, 860.0)
    head = ("network", "VLAN", "carried by", "VRF", "subnets", "where")
    if drawing.networks:
        lines.append(joined(_row(columns, head, top, "soft")))
    ordered = sorted(drawing.networks, key=lambda one: (one.domain, one.name))
    for number, one in enumerate(ordered[:_LISTED], start=1):
        y = top + number * _ROW
        cells = (
            one.name,
            "" if one.vlan is None else str(one.vlan),
            one.transport if one.vni is None else f"VNI {one.vni}",
            one.domain or "none",
            ", ".join(one.subnets) or "none here",
            ", ".join(one.sites),
        )
        dot = tag("circle", class_="dot", cx=MARGIN + 8, cy=y - 4, r=4)
        hue = f"hue{colours.get(one.domain, 0)}"
        lines.append(tag("g", dot, *_row(columns, cells, y), class_=hue))
    left = len(drawing.networks) - _LISTED
    if left > 0:
        y = top + (_LISTED + 1) * _ROW
        lines.append(_text(columns[0], y, f"and {left:,} networks more", "soft"))
    return lines


def _row(
    columns: tuple[float, ...], cells: tuple[str, ...], y: float, class_: str | None = None
) -> Iterator[Safe]:
    ends = (*columns[1:], WIDTH - MARGIN)
    for x, end, cell in zip(columns, ends, cells, strict=True):
        yield _text(x, y, _short(cell, end - x - 8), class_)
