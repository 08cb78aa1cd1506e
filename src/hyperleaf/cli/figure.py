"""`hyperleaf figure`: the architecture of an estate as a drawing, from what render makes of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import Asked, about_an_estate, sound_plan
from hyperleaf.cli.screen import say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.lab.reading import Rendered
    from hyperleaf.lab.report.drawing import Drawing
    from hyperleaf.model.cluster import Pool
    from hyperleaf.plan.clusters import Plan

_LEAVES = 6


@click.command("figure", short_help="Draw an estate's architecture as SVG.")
@about_an_estate
@click.option("--out", metavar="FILE.svg", type=click.Path(dir_okay=False), help="Where to write.")
@click.option(
    "--rendered",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Draw this rendered folder, edited as it may be.",
)
@click.option(
    "--leaves",
    metavar="N",
    type=click.IntRange(1, 100),
    default=_LEAVES,
    help=f"Leaves a cluster, at most ({_LEAVES}); the others are counted.",
)
def command(asked: Asked, *, out: str | None, rendered: str | None, leaves: int) -> int:
    """Draw reflectors, leaves, borders and networks, with the sessions that the objects ask for.

    No lab is needed: a session is drawn because a rendered object names its other end. The page of
    `hyperleaf prove --report` holds the same drawing, with what the lab has seen.

    \b
    Examples:
      hyperleaf figure lab --out lab.svg
      hyperleaf figure lab --rendered out --out lab.svg
    """  # noqa: D301 - click's mark for a block that is not wrapped
    from hyperleaf.lab.errors import NoProofError  # noqa: PLC0415 - after a usage error
    from hyperleaf.lab.report.figure import standalone  # noqa: PLC0415

    plan = sound_plan(asked)
    try:
        drawn = _drawing(plan, rendered, leaves)
    except NoProofError as error:
        raise ending.CouldNotRunError(str(error)) from None
    if asked.output == "json":
        from hyperleaf.cli.plain import plain  # noqa: PLC0415 - programs only

        say_json(plain(drawn))
        return ending.FINE
    text = standalone(drawn, f"The architecture of {' '.join(asked.estate)}")
    if out is None:
        say(text.rstrip("\n"))
    else:
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text(text, encoding="utf-8")
    return ending.FINE


def _drawing(plan: Plan, rendered: str | None, leaves: int) -> Drawing:
    from hyperleaf.lab.report.drawing import drawing  # noqa: PLC0415 - after a usage error
    from hyperleaf.surroundings import surroundings  # noqa: PLC0415

    around = surroundings(plan, leaves)
    hosts = [one for one in around.nodes if "hyperleaf.dev/reflector" not in one.labels]
    more = {
        one.cluster.name: _wanted(one.cluster.pools)
        - sum(node.cluster == one.cluster.name for node in hosts)
        for one in plan.clusters
    }
    return drawing(_read(plan, rendered), around, more)


def _wanted(pools: Iterable[Pool]) -> int:
    """Return how many nodes of a cluster are leaves or have uplinks of their own."""
    return sum(max(1, one.replicas) for one in pools if one.leaf or one.uplinks)


def _read(plan: Plan, rendered: str | None) -> Rendered:
    from hyperleaf.lab.reading import read  # noqa: PLC0415 - after a usage error
    from hyperleaf.render.estate import render  # noqa: PLC0415
    from hyperleaf.writing import write  # noqa: PLC0415

    if rendered is not None:
        return read(Path(rendered))
    with tempfile.TemporaryDirectory(prefix="hyperleaf-") as folder:
        return read(write(render(plan), Path(folder) / "rendered").folder)
