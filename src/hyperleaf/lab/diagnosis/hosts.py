"""A leaf's kernel settings and filter become the files that its MachineConfigs write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hyperleaf.lab.diagnosis import scene as scenes
from hyperleaf.lab.diagnosis.suspects import SETTINGS, Suspect
from hyperleaf.lab.leaf import REACH, lacking, unset

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.diagnosis.scene import Scene
    from hyperleaf.lab.facts import Node

_RESTRICTED = re.compile(
    r"table ip6? filter \{\s*chain FORWARD \{\s*type filter hook forward[^\n]*policy drop"
)
SYSCTLS, FILTER = "/etc/sysctl.d/", "/etc/hyperleaf/nftables.nft"


def ask(scene: Scene, _known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield the settings and filters of leaves that are not a leaf's."""
    for leaf in scene.leaves:
        if not scene.segments(leaf.cluster):
            continue
        here = frozenset((leaf.name,))
        reading = scene.reading(leaf.name)
        network = scene.objects(leaf).network
        if network.name and _RESTRICTED.search(reading.filters):
            what = "OVN-Kubernetes drops what the node forwards: ipForwarding is not Global"
            evidence = ((f"nft list table ip filter on {leaf.name}", "policy drop"),)
            yield Suspect(network, what, SETTINGS, here, breaks=REACH, evidence=evidence)
        made = scenes.node_files(scene, leaf, SYSCTLS)
        for name, wanted, breaks in unset(reading.settings):
            if made is not None:
                said = reading.settings.get(name, "is not there")
                key = re.sub(r"(br|vrf)[1-9][0-9]*", r"\1[0-9]*", name).replace("/", ".")
                what = made.what(f"net.{key} is not {wanted}")
                evidence = ((f"sysctl net/{name} on {leaf.name}", said),)
                yield Suspect(made.source, what, SETTINGS, here, breaks=breaks, evidence=evidence)
        made = scenes.node_files(scene, leaf, FILTER)
        ranges = scene.rendered.expected["forbidden"]["ranges"].get(leaf.cluster, [])
        for wrong, breaks in lacking(reading.filters, ranges):
            if made is not None:
                evidence = ((f"nft list ruleset on {leaf.name}", reading.filters or "nothing"),)
                what = made.what(wrong)
                yield Suspect(made.source, what, SETTINGS, here, breaks=breaks, evidence=evidence)


def file_of(scene: Scene, leaf: Node) -> scenes.Made | None:
    """Return what writes a leaf's filter."""
    return scenes.node_files(scene, leaf, FILTER)
