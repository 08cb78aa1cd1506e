"""A drawing becomes places on a plane: reflectors above, sites with their machines, the outside.

Reflectors stand above everybody who has a session with them: leaves and, beside the clusters, the
borders of the data centre. All lengths are pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hyperleaf.lab.report.drawing import BORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.report.drawing import Drawing, Machine, Net

WIDTH, MARGIN, GAP, PADDING, HEADER = 1180.0, 16.0, 16.0, 14.0, 30.0
FAN, BELOW = 84.0, 62.0
CHIP, CHIP_GAP, CHIP_ROWS = 20.0, 6.0, 3
SWITCH = 22.0
FEW = 16
CHARACTER = 6.6


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Return the x of its middle."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """Return its lower y."""
        return self.y + self.height

    @property
    def right(self) -> float:
        """Return its right x."""
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Card:
    """A machine's place; `row` counts from the top of its site, `column` from the left."""

    machine: Machine
    box: Box
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Chip:
    """A network's place in a site; `text` of no network stands for those left out."""

    network: Net | None
    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster, the hub's reflectors or the data centre, with what stands in it."""

    name: str
    title: str
    box: Box
    cards: tuple[Card, ...]
    chips: tuple[Chip, ...] = ()
    switches: tuple[tuple[str, Box], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything of a drawing stands; an outside only where somebody routes."""

    reflectors: tuple[Site, ...]
    sites: tuple[Site, ...]
    outside: Box | None
    height: float

    @property
    def cards(self) -> dict[str, Card]:
        """Return every machine's card by its name."""
        return {
            card.machine.name: card
            for site in (*self.reflectors, *self.sites)
            for card in site.cards
        }


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A site before it has its place."""

    name: str
    title: str
    machines: tuple[Machine, ...]
    columns: int
    card: tuple[float, float]
    networks: tuple[Net, ...] = ()
    more: int = 0

    @property
    def width(self) -> float:
        inner = self.columns * (self.card[0] + GAP) - GAP
        return max(inner, len(self.title) * CHARACTER + 8) + 2 * PADDING


def place(drawing: Drawing) -> Layout:
    """Return the places of all that is drawn."""
    leaves = drawing.of("leaf", "node")
    card = (150.0, 44.0) if len(leaves) <= FEW else (104.0, 30.0)
    wanted = _wanted(drawing, card)
    above = list(_reflectors(drawing))
    y = MARGIN
    reflectors = tuple(_tier(above, y))
    if reflectors:
        y = max(one.box.bottom for one in reflectors) + FAN
    sites: list[Site] = []
    for row in _rows(wanted):
        placed = list(_tier(row, y))
        sites += placed
        y = max(one.box.bottom for one in placed) + GAP
    if not drawing.domains:
        return Layout(reflectors, tuple(sites), None, y)
    outside = Box(MARGIN, y + BELOW - GAP, WIDTH - 2 * MARGIN, 34.0)
    return Layout(reflectors, tuple(sites), outside, outside.bottom + MARGIN)


def _reflectors(drawing: Drawing) -> Iterator[_Wanted]:
    found = drawing.of("reflector")
    for site in dict.fromkeys(one.site for one in found):
        here = tuple(one for one in found if one.site == site)
        yield _Wanted(site, f"{site}: route reflectors", here, len(here), (150.0, 44.0))


def _wanted(drawing: Drawing, card: tuple[float, float]) -> list[_Wanted]:
    """Return the data centre first, then the clusters, in as few rows as fit side by side."""
    machines = drawing.of("leaf", "node", "border")
    names = sorted(dict.fromkeys(one.site for one in machines), key=lambda one: one != BORDERS)
    here = {name: [one for one in machines if one.site == name] for name in names}
    made: list[_Wanted] = []
    for rows in range(1, max(map(len, here.values()), default=0) + 1):
        made = [_in_rows(drawing, name, here[name], rows, card) for name in names]
        if sum(one.width + GAP for one in made) - GAP <= WIDTH - 2 * MARGIN:
            break
    return made


def _in_rows(
    drawing: Drawing, name: str, here: Sequence[Machine], rows: int, card: tuple[float, float]
) -> _Wanted:
    networks = tuple(one for one in drawing.networks if name in one.sites)
    columns = -(-len(here) // rows)
    if name == BORDERS:
        title = "data centre: borders"
        return _Wanted(name, title, tuple(here), columns, (150.0, 44.0), networks)
    more = dict(drawing.more).get(name, 0)
    count, noun = len(here) + more, "leaf" if here[0].role == "leaf" else "node"
    many = {"leaf": "leaves", "node": "nodes"}[noun]
    title = f"{name}: {count} {noun if count == 1 else many}"
    # Networks want room as well: a site of one leaf is as wide as two.
    columns = max(columns, 2 if rows == 1 else 1)
    return _Wanted(name, title, tuple(here), columns, card, networks, more)


def _rows(wanted: Sequence[_Wanted]) -> Iterator[list[_Wanted]]:
    """Yield sites that stand side by side."""
    row: list[_Wanted] = []
    for one in wanted:
        if row and sum(each.width + GAP for each in row) + one.width > WIDTH - 2 * MARGIN:
            yield row
            row = []
        row.append(one)
    if row:
        yield row


def _tier(wanted: Sequence[_Wanted], y: float) -> Iterator[Site]:
    """Yield sites side by side in the middle of the drawing, all as high as the highest."""
    spare = WIDTH - 2 * MARGIN - sum(one.width for one in wanted)
    gap = min(spare / max(1, len(wanted) - 1), 56.0)
    x = MARGIN + (spare - gap * (len(wanted) - 1)) / 2
    made = []
    for one in wanted:
        made.append(_site(one, x, y))
        x += one.width + gap
    height = max((one.box.height for one in made), default=0.0)
    for site in made:
        yield replace(site, box=replace(site.box, height=height))


def _site(one: _Wanted, x: float, y: float) -> Site:
    width, height = one.card
    left, top = x + PADDING, y + HEADER
    room = one.width - 2 * PADDING
    columns = min(one.columns, max(1, len(one.machines)))
    indent = (room - columns * (width + GAP) + GAP) / 2
    cards = tuple(
        Card(
            machine,
            Box(
                left + indent + (n % columns) * (width + GAP),
                top + (n // columns) * (height + GAP),
                width,
                height,
            ),
            n // columns,
            n % columns,
        )
        for n, machine in enumerate(one.machines)
    )
    end = max((card.box.bottom for card in cards), default=top) + GAP
    if one.more:
        end += CHIP
    names = dict.fromkeys(name for machine in one.machines for name in machine.switches)
    switches = []
    for name in names:
        switches.append((name, Box(left, end, room, SWITCH)))
        end += SWITCH + CHIP_GAP
    end += CHIP_GAP if switches else 0
    chips = tuple(_chips(one.networks, Box(left, end, room, 0)))
    end = max((chip.box.bottom for chip in chips), default=end - GAP) + PADDING
    return Site(one.name, one.title, Box(x, y, one.width, end - y), cards, chips, tuple(switches))


def _chips(networks: Sequence[Net], room: Box) -> Iterator[Chip]:
    """Yield a chip for each network as far as a few rows hold them, then how many are left out."""
    x, row = room.x, 0
    for number, one in enumerate(networks):
        width = len(one.name) * (CHARACTER + 0.5) + 26
        last = row == CHIP_ROWS - 1 and number < len(networks) - 1
        if x + width + (64 if last else 0) > room.right and x > room.x:
            if row == CHIP_ROWS - 1:
                box = Box(x, room.y + row * (CHIP + CHIP_GAP), 60, CHIP)
                yield Chip(None, f"+{len(networks) - number}", box)
                return
            x, row = room.x, row + 1
        width = min(width, room.width)
        yield Chip(one, one.name, Box(x, room.y + row * (CHIP + CHIP_GAP), width, CHIP))
        x += width + CHIP_GAP
