"""The regions of a build: where its steps work, and where else somebody wants our mark sought."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperleaf.platforms.steps import World


def regions_of(world: World) -> tuple[str, ...]:
    """Return the regions, sorted."""
    found = set(world.regions)
    for step in world.build.steps:
        if step.kind.startswith("aws."):
            found |= set(step.body.get("regions", ()))
            found |= {str(step.body["region"])} if "region" in step.body else set()
    return tuple(sorted(found))
