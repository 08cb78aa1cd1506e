"""An object that a node refused to carry out becomes the cause of it, with what the node said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hyperleaf.lab.diagnosis import scene as scenes
from hyperleaf.lab.diagnosis.hosts import FILTER
from hyperleaf.lab.diagnosis.scene import Scene
from hyperleaf.lab.diagnosis.suspects import DAEMONS, Suspect
from hyperleaf.lab.kernel import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.kernel import Ran
    from hyperleaf.lab.reading import Source

_GUEST = re.compile(r"CNI_CONTAINERID=(\S+)")
# What FRR says of a line that it does not know, or cannot carry out.
_REFUSED = re.compile(
    r"(?:Unknown command|Command incomplete|failure)[^:]*:\s*(\S.*)", re.IGNORECASE
)


def ask(lab: Lab, error: Exception) -> Iterator[Suspect]:
    """Yield the objects that an error in carrying them out is about."""
    names = set(getattr(error, "__notes__", ()))
    ran = error.ran if isinstance(error, CommandError) else None
    found = [one for one in _all(lab) if str(one) in names]
    if ran is not None and not found:
        found = list(_of_command(lab, ran))
    for one in found:
        node = frozenset((ran.node,)) if ran is not None and ran.node else frozenset[str]()
        asked = ran.command.strip().splitlines()[0] if ran is not None else str(one)
        what = "a node refused it"
        yield Suspect(one, what, DAEMONS, node, evidence=((asked, _said(error, ran)),))


def _said(error: Exception, ran: Ran | None) -> str:
    return (ran.err or ran.out) if ran is not None else str(error)


def _all(lab: Lab) -> Iterator[Source]:
    for cluster in lab.rendered.clusters.values():
        for objects in (cluster.policies, cluster.frr, cluster.attachments):
            yield from (one.source for one in objects)
        yield from (one.source for one in cluster.machine_configs)


def _of_command(lab: Lab, ran: Ran) -> Iterator[Source]:
    """Yield the objects that a command carries out, by what it was and what it said."""
    scene = Scene(lab.rendered, lab.around, {})
    node = next((one for one in lab.around.nodes if one.name == ran.node), None)
    if ran.command.startswith(("/usr/sbin/nft", "nft")) and node is not None:
        made = scenes.node_files(scene, node, FILTER)
        if made is not None:
            yield made.source
    guest = _GUEST.search(ran.command)
    if guest is not None:
        yield from (
            one.attachment.source
            for one in lab.guests
            if one.namespace == guest[1] and one.attachment is not None
        )
    if "vtysh" in ran.command:
        lines = {line.strip() for line in _REFUSED.findall(ran.out + ran.err)}
        if node is None and ran.node in lab.rendered.borders:
            yield scenes.border(scene, ran.node, "frr.conf")
        elif node is not None:
            for one in lab.rendered.clusters[node.cluster].frr:
                own = {line.strip() for line in one.raw.splitlines()}
                if one.selector.matches(node.labels) and own & lines:
                    yield one.source
