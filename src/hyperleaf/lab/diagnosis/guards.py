"""Packets that security groups drop become the templates that make the groups."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hyperleaf.lab import security
from hyperleaf.lab.diagnosis.scene import joined
from hyperleaf.lab.diagnosis.suspects import DAEMONS, SESSIONS, Suspect
from hyperleaf.lab.leaf import REACH
from hyperleaf.lab.reading import Source
from hyperleaf.values.rendered import BUILD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.diagnosis.scene import Scene
    from hyperleaf.lab.facts import Node

BGP = 179


def ask(scene: Scene, _known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield what leaves do not hear of tunnels, and reflectors of BGP, from whom they should."""
    borders: dict[str, Node | str] = {
        name: str(scene.rendered.borders[name].devices["local"]) for name in scene.borders
    }
    port = _usual_port(scene)
    for leaf in scene.leaves if port else ():
        leaves: dict[str, Node | str] = {one.name: one for one in scene.leaves if one != leaf}
        yield from _deaf(scene, leaf, ("udp", port), leaves | borders)
    for reflector in scene.reflectors:
        speakers: dict[str, Node | str] = {one.name: one for one in scene.leaves}
        yield from _deaf(scene, reflector, ("tcp", BGP), speakers)


def _usual_port(scene: Scene) -> int:
    """Return the port that most tunnels are stated with, or 0: one policy may be wrong itself."""
    found = Counter(
        int(interface["vxlan"]["destination-port"])
        for objects in scene.rendered.clusters.values()
        for policy in objects.policies
        for interface in policy.desired.get("interfaces", ())
        if "destination-port" in interface.get("vxlan", {})
    )
    return next((port for port, _ in found.most_common(1)), 0)


def _deaf(
    scene: Scene, node: Node, what: tuple[str, int], senders: dict[str, Node | str]
) -> Iterator[Suspect]:
    """Yield the template whose group drops what some send to a node."""
    dropped = [name for name, one in senders.items() if not security.lets_in(node, *what, one)]
    if not dropped:
        return
    protocol, port = what
    names = joined(one.name for one in security.of(scene.rendered.groups, node))
    said = f"{protocol.upper()} {port} from {joined(dropped)}"
    yield Suspect(
        _template(scene, node),
        f"its security groups ({names}) do not let in {said}",
        DAEMONS if protocol == "tcp" else SESSIONS,
        frozenset((node.name,)),
        wide=protocol == "tcp",
        breaks=REACH,
        evidence=((f"security groups of {node.name}", f"{said}: dropped"),),
    )


def _template(scene: Scene, node: Node) -> Source:
    """Return the template that a node's groups are in, or the list of what there is."""
    own = [one for one in scene.rendered.groups if one.cluster == node.cluster]
    for one in (*security.of(scene.rendered.groups, node), *own):
        folder, _, name = one.file.rpartition("/")
        return Source(folder, name, one.file, one.origin)
    folder, _, name = BUILD.rpartition("/")
    return Source(folder, name, BUILD, f"Cluster/{node.cluster}")
