"""Guests that nobody answers become the port groups that keep their frames from hypervisors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.lab.diagnosis.suspects import SESSIONS, Suspect
from hyperleaf.lab.leaf import REACH
from hyperleaf.lab.reading import Source
from hyperleaf.lab.trunks import FORGED, OTHERS, TAGGED
from hyperleaf.values.rendered import BUILD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.diagnosis.scene import Scene

_WORDS = {
    OTHERS: "is neither promiscuous nor learns MACs: what is meant for a guest, a reply of DHCP "
    "for instance, does not reach its hypervisor",
    FORGED: "rejects forged transmits: what a guest sends does not leave its hypervisor",
    TAGGED: "carries no tagged frames: VLANs end at the switch",
}


def ask(scene: Scene, _known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield port groups that do not let guests' frames pass."""
    segments = scene.rendered.expected["segments"]
    for group in scene.rendered.trunks:
        nodes = frozenset(
            one.name
            for one in scene.around.nodes
            if one.cluster == group.cluster
            and any(nic.port_group == group.name for nic in one.nics)
        )
        subjects = frozenset(
            name
            for name, one in segments.items()
            if one["transport"] == "vlan" and group.cluster in one["clusters"]
        )
        for drop in (OTHERS, FORGED, TAGGED):
            if drop in group.drops and nodes:
                yield Suspect(
                    Source("PortGroup", group.name, BUILD, group.origin),
                    _WORDS[drop],
                    SESSIONS,
                    nodes,
                    subjects,
                    wide=True,
                    breaks=REACH,
                    evidence=((f"{group.name} of {group.switch}", group.stated),),
                )
