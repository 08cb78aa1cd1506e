"""A rendered estate and its surroundings become a running lab: world, borders, nodes, guests."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.lab import (
    borders,
    daemons,
    decoys,
    guests,
    leases,
    nodes,
    overlay,
    security,
    trunks,
    world,
)
from hyperleaf.lab.agents import speaks
from hyperleaf.lab.agents.own import Own
from hyperleaf.lab.checks import ECHO_PORT
from hyperleaf.lab.kernel import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hyperleaf.lab.agents import Agents
    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.nodes import Running
    from hyperleaf.lab.reading import ClusterObjects, Rendered

CONVERGED_SECONDS = 45
# Between two looks that must be alike.
REST_SECONDS = 0.8
AT_ONCE = 6
CORES = len(os.sched_getaffinity(0))
# How many machines a kernel bears; what the world around costs, in machines. On two busy cores 14
# of them stood after 69 s in one kernel and after 38 s in two, and 44 after 131 s in five, all
# sessions up; where each of two held 22, some did not start within half a minute.
MOST, WORLD = 10, 1
LISTENERS = Path(__file__).with_name("listeners.py")
BGP = 179
REFLECTOR = "hyperleaf.dev/reflector"
BORDER_PORT = 100  # the first one's in the underlay


@dataclass(slots=True)
class Lab:
    """A lab that stands in one kernel, and how long its parts took, in seconds."""

    kernel: Kernel
    rendered: Rendered
    around: Surroundings
    agents: Agents = field(default_factory=Own)
    nodes: dict[str, Running] = field(default_factory=dict)
    guests: tuple[Guest, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    missing: str = ""


def layout(around: Surroundings, kernels: int = 0, cores: int = CORES) -> Layout:
    """Spread nodes over kernels: as many as asked for, else as are quickest; the world is in 0.

    Borders stand beside the world; each node joins the kernel that has least to do by then.
    """
    machines = len(around.nodes) + len(around.borders)
    wanted = kernels or max(min(cores, machines), -(-(machines + WORLD) // MOST))
    load = [len(around.borders) + WORLD, *([0] * (wanted - 1))]
    places = {}
    for node in around.nodes:
        place = load.index(min(load))
        load[place] += 1
        places[node.name] = place
    return Layout(wanted, places)


def build(lab: Lab, scratch: Path, say: Callable[[str], None] = lambda _line: None) -> None:
    """Build a lab up to converged routes and plugged guests; what misses is noted in it."""
    lab.around = security.guarded(lab.rendered.groups, lab.around)
    lab.around = trunks.plugged(lab.rendered.trunks, lab.around)
    kernel, rendered, around = lab.kernel, lab.rendered, lab.around
    lab.agents.begin(kernel, rendered, dict.fromkeys(one.cluster for one in around.nodes))
    with part(lab, "world", say):
        world.build(kernel, around)
        decoys.place(kernel, rendered.expected, around)
        _all(
            kernel,
            (partial(_birth, lab, number, one) for number, one in enumerate(around.nodes, start=1)),
        )
        _listen(lab, scratch)
    with part(lab, "objects", say):
        _all(
            kernel,
            [partial(_data_centre, lab), *(partial(_carry_out, lab, one) for one in around.nodes)],
        )
        overlay.serve(kernel, rendered, around)
    with part(lab, "daemons", say):
        # Who finds its reflector asleep asks again only after a while.
        first = [one for one in around.nodes if REFLECTOR in one.labels]
        _all(kernel, (partial(_start_frr, lab, one) for one in first))
        _all(
            kernel,
            [
                *(partial(_start_frr, lab, one) for one in around.nodes if one not in first),
                *(partial(borders.start_frr, kernel, one) for one in rendered.borders.values()),
            ],
        )
    with part(lab, "guests", say):
        lab.guests = tuple(guests.of(rendered, around))
        _all(kernel, (partial(guests.plug_in, kernel, one) for one in lab.guests))
    with part(lab, "converge", say):
        converge(lab)


@contextmanager
def part(lab: Lab, name: str, say: Callable[[str], None]) -> Iterator[None]:
    """Say that a part begins, and note how long it took."""
    say(name)
    began = time.monotonic()
    yield
    lab.seconds[name] = round(time.monotonic() - began, 2)


def _all(kernel: Kernel, tasks: Iterable[Callable[[], None]]) -> None:
    """Do several things at once, and fail as the first of them fails."""
    with kernel.together(AT_ONCE) as pool:
        for future in [pool.submit(one) for one in tasks]:
            future.result()


def _birth(lab: Lab, number: int, node: Node) -> None:
    lab.nodes[node.name] = nodes.give_birth(lab.kernel, lab.around, node, number)


def _objects(lab: Lab, node: Node) -> ClusterObjects:
    return lab.rendered.clusters[node.cluster]


def _carry_out(lab: Lab, node: Node) -> None:
    objects = _objects(lab, node)
    if objects.policies:
        lab.agents.boot(lab.kernel, objects, node)
        lab.agents.apply_policies(lab.kernel, objects, lab.nodes[node.name])


def _start_frr(lab: Lab, node: Node) -> None:
    lab.agents.start_frr(lab.kernel, _objects(lab, node), node)


def _data_centre(lab: Lab) -> None:
    """Build the borders and what is behind them."""
    kernel, rendered, around = lab.kernel, lab.rendered, lab.around
    for number, place in enumerate(around.borders, start=BORDER_PORT):
        borders.build(kernel, around, rendered.borders[place.name], place, number)
    borders.give_way_out(kernel, rendered)
    leases.serve(kernel, rendered)


def _listen(lab: Lab, scratch: Path) -> None:
    """Open the ports that a node answers to others, the outside's and the cloud's."""
    services = lab.rendered.expected["forbidden"]["services"]
    # FRR listens to BGP itself.
    on_node = {one["port"] for one in services if one["on"] == "node"} - {BGP}
    ports = {one.name: sorted(on_node) for one in lab.around.nodes}
    ports[world.OUTSIDE] = [ECHO_PORT]
    ports[world.ROUTER] = [ECHO_PORT, *{one["port"] for one in services if "." in one["on"]}]
    (scratch / LISTENERS.name).write_text(LISTENERS.read_text())
    script = 'python3 /lab/listeners.py "$1" >/run/listeners 2>&1 </dev/null & sleep 0.1'
    names = list(ports)
    for group in lab.kernel.by_kernel(names):
        here = {names[one]: ports[names[one]] for one in group}
        lab.kernel.run(["sh", "-c", script, "sh", json.dumps(here)], beside=names[group[0]])


def converge(lab: Lab) -> None:
    """Wait until every session is up and the routes rest; what is not up in time is noted."""
    deadline = time.monotonic() + CONVERGED_SECONDS
    speakers = [one.name for one in lab.around.nodes if speaks(_objects(lab, one), one)]
    speakers += [one.name for one in lab.around.borders]
    if not speakers:
        return
    announcing = {one.name for one in lab.around.borders}
    announcing |= {leaf.name for name in lab.rendered.clusters for leaf in lab.around.leaves(name)}
    # A leaf that is alone hears of nobody.
    hearing = speakers if len(announcing) > 1 else set(speakers) - announcing
    before: dict[str, tuple[int, int, int]] = {}
    while True:
        sessions = daemons.established(lab.kernel, speakers)
        down = {
            name: f"{up} of {wanted}" for name, (up, wanted, _) in sessions.items() if up < wanted
        }
        # A border's and a leaf's neighbours are written down, a reflector's come by themselves.
        alone = {name: "none" for name, (_, wanted, _) in sessions.items() if not wanted}
        lab.missing = ", ".join(f"{name}: {told}" for name, told in {**down, **alone}.items())
        rested = sessions == before and all(sessions[one][2] for one in hearing)
        if time.monotonic() > deadline or (rested and not lab.missing):
            return
        before = sessions
        time.sleep(REST_SECONDS)
