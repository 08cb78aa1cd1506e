"""What no look has explained becomes a guess: the object whose work it is that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.lab.diagnosis import hosts
from hyperleaf.lab.diagnosis.suspects import GUESS, Suspect
from hyperleaf.lab.leaf import ISOLATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.diagnosis.scene import Scene

KEPT_OFF = frozenset({"node", "service"})


def ask(scene: Scene, _known: Sequence[Suspect]) -> Iterator[Suspect]:
    """Yield the filters of leaves, for tenants that reach a host though nothing else is wrong."""
    for leaf in scene.leaves:
        made = hosts.file_of(scene, leaf)
        if made is not None and scene.segments(leaf.cluster):
            what = "its filter let pass what tenants sent to a host"
            shown = scene.reading(leaf.name).filters
            evidence = ((f"nft list ruleset on {leaf.name}", shown),)
            here = frozenset((leaf.name,))
            yield Suspect(
                made.source,
                what,
                GUESS,
                here,
                breaks=ISOLATION,
                kinds=KEPT_OFF,
                evidence=evidence,
            )
