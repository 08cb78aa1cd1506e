"""`hyperleaf render`: every object that follows from an estate, in a folder or as a stream."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import THE_ONLY, Asked, about_an_estate, cluster_of, sound_plan
from hyperleaf.cli.screen import is_terminal, say, say_json, styled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.plan.clusters import Plan
    from hyperleaf.render.files import RenderedFile
    from hyperleaf.render.images import Images
    from hyperleaf.writing import Written

Item = TypeVar("Item")
_QUIET_SECONDS = 1.0
_STEP_SECONDS = 0.1


@click.command("render", short_help="Write every object that follows from an estate.")
@about_an_estate
@click.option("--out", metavar="DIR", type=click.Path(file_okay=False), help="Where to write.")
@click.option(
    "--stream",
    metavar="[CLUSTER]",
    is_flag=False,
    flag_value=THE_ONLY,
    help="Print one cluster's objects for kubectl apply, in order; put it last.",
)
@click.option("--only", metavar="CLUSTER", help="Write this cluster's folder alone.")
@click.option("--repository", metavar="URL", help="Where Argo CD finds the rendered folder.")
@click.option("--revision", help="Its branch or tag; main unless said.")
@click.option("--folder", help="Where in the repository it lies; at the root unless said.")
@click.option(
    "--image",
    metavar="NAME=REFERENCE",
    multiple=True,
    help="Another image, or a pinned one: frr=... or frr-k8s=...; may be repeated.",
)
def command(
    asked: Asked,
    *,
    out: str | None,
    stream: str | None,
    image: tuple[str, ...],
    **how: str | None,
) -> int:
    """Write every object that follows from an estate, a folder a cluster, in order of application.

    Nothing in them depends on the number of nodes. The folder is made whole or not at all, files
    that stay as they are are not touched, and what no render wrote is never replaced.

    \b
    Examples:
      hyperleaf render lab --out out
      hyperleaf render lab --out out --facts facts.yaml
      hyperleaf render lab --stream prod | kubectl apply --server-side -f -
      hyperleaf render lab --out prod-only --only prod
      hyperleaf render lab --out out --repository https://git.example.com/networks.git
      hyperleaf render lab --out out --image frr=mirror.example.com/frr@sha256:...
    """  # noqa: D301 - click's mark for a block that is not wrapped
    if (out is None) == (stream is None):
        raise click.UsageError("Say where to: --out DIR or --stream CLUSTER.")
    images = _images(image)
    named = stream if stream is not None else how["only"]
    plan = sound_plan(asked, lambda plan: named is not None and cluster_of(plan, named))
    if stream is not None:
        return _stream(plan, stream, images)
    return _write(asked, _restricted(plan, how.pop("only")), Path(out or ""), how, images)


def _images(stated: tuple[str, ...]) -> Images:
    from hyperleaf.render.images import read_images  # noqa: PLC0415 - usage first

    try:
        return read_images(stated)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _stream(plan: Plan, name: str, images: Images) -> int:
    from hyperleaf.render.estate import stream  # noqa: PLC0415 - findings first

    for piece in stream(plan, cluster_of(plan, name), images):
        sys.stdout.write(piece)
    return ending.FINE


def _restricted(plan: Plan, only: str | None) -> Plan:
    """Return the plan, of one cluster alone where only that is asked for."""
    if only is None:
        return plan
    name = cluster_of(plan, only)
    clusters = tuple(one for one in plan.clusters if one.cluster.name == name)
    return replace(plan, clusters=clusters, borders=(), scopes=())


def _write(
    asked: Asked, plan: Plan, folder: Path, how: dict[str, str | None], images: Images
) -> int:
    from hyperleaf.render.estate import render  # noqa: PLC0415 - findings first
    from hyperleaf.render.files import ArgoCd  # noqa: PLC0415
    from hyperleaf.writing import WritingError, write  # noqa: PLC0415

    _keep_other_clusters(plan, folder)
    stated: dict[str, Any] = {name: value for name, value in how.items() if value is not None}
    argocd = ArgoCd(**stated)
    counted: Counter[tuple[str, str]] = Counter()
    try:
        written = write(_watched(_counting(render(plan, argocd, images), counted)), folder)
    except WritingError as error:
        raise ending.CouldNotRunError(str(error)) from None
    if asked.output == "json":
        say_json(_as_data(asked, written, counted))
    else:
        _tell(asked, written, counted)
        _tell_further(asked, folder, networks=bool(plan.estate.networks))
    return ending.FINE


def _keep_other_clusters(plan: Plan, folder: Path) -> None:
    """Refuse to remove clusters that the estate has, because only another one is asked for."""
    there = folder / "clusters"
    if len(plan.clusters) == len(plan.estate.clusters) or not there.is_dir():
        return
    asked = {one.cluster.name for one in plan.clusters}
    others = sorted(one.name for one in there.iterdir() if one.name not in asked)
    if others:
        raise ending.CouldNotRunError(
            f"{folder} holds {', '.join(others)} as well, which --only would remove: "
            "choose another folder"
        )


def _counting(
    files: Iterable[RenderedFile], counted: Counter[tuple[str, str]]
) -> Iterator[RenderedFile]:
    """Pass files on, counting objects by cluster and step."""
    for file in files:
        place, _, rest = file.path.partition("/")
        cluster, _, rest = rest.partition("/")
        if place == "clusters":
            counted[cluster, rest.partition("/")[0]] += file.manifests
        yield file


def _watched(items: Iterable[Item]) -> Iterator[Item]:
    """Pass items on; after a second say on a terminal how many there have been."""
    begun = last = time.monotonic()
    shown = False
    watched = is_terminal(sys.stderr)
    for number, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if watched and now - begun > _QUIET_SECONDS and now - last > _STEP_SECONDS:
            sys.stderr.write(f"\r{number:,} files")
            sys.stderr.flush()
            last, shown = now, True
    if shown:
        sys.stderr.write("\r\x1b[K")


def _lines(paths: Iterable[str]) -> int:
    """Return how many lines of the estate say something, comments and blank ones left out."""
    from hyperleaf.spec.yaml_files import find  # noqa: PLC0415 - at the end

    files, _ = find([Path(path) for path in paths])
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#")
        for file in files
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines()
    )


def _as_data(asked: Asked, written: Written, counted: Counter[tuple[str, str]]) -> dict[str, Any]:
    clusters: dict[str, dict[str, int]] = {}
    for (cluster, step), amount in sorted(counted.items()):
        clusters.setdefault(cluster, {})[step] = amount
    return {
        "folder": str(written.folder),
        "objects": clusters,
        "estateLines": _lines(asked.estate),
        "added": list(written.added),
        "changed": list(written.changed),
        "removed": list(written.removed),
        "unchanged": written.unchanged,
    }


def _tell(asked: Asked, written: Written, counted: Counter[tuple[str, str]]) -> None:
    from hyperleaf.cli.tables import Rows, show  # noqa: PLC0415 - text only
    from hyperleaf.cli.telling import number  # noqa: PLC0415

    steps = sorted({step for _, step in counted})
    clusters = sorted({cluster for cluster, _ in counted})
    rows = [
        [step, *(f"{counted[name, step]:,}" if counted[name, step] else "" for name in clusters)]
        for step in steps
    ]
    sums = [f"{sum(counted[name, step] for step in steps):,}" for name in clusters]
    show(Rows("", ["objects", *clusters], [*rows, ["together", *sums]], last_is_sum=True))
    files = len(written.added) + len(written.changed) + written.unchanged
    total = number(sum(counted.values()), "object")
    lines = number(_lines(asked.estate), "line")
    say(f"{styled(total, 'bold')} in {number(files, 'file')} from {lines} of the estate")
    say(_changed(written))


def _tell_further(asked: Asked, folder: Path, *, networks: bool) -> None:
    say()
    say("To look further:")
    found = (word for one in asked.facts for word in ("--facts", one))
    estate = " ".join((*asked.estate, *found))
    say(f"  hyperleaf diff {folder} {estate}    what the next render changes")
    if networks:
        say(f"  hyperleaf trace {estate} A B    why A reaches B, or what stops it")
        say(f"  {folder}/expected.json    what must be true of it, pair by pair")


def _changed(written: Written) -> str:
    if written.is_same:
        return f"{written.folder}: nothing changed"
    parts = [
        f"{len(paths):,} {word}"
        for word, paths in (
            ("added", written.added),
            ("changed", written.changed),
            ("removed", written.removed),
        )
        if paths
    ]
    return f"{written.folder}: {', '.join(parts)}, {written.unchanged:,} as before"
