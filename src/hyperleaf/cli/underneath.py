"""What `up` and `down` have in common: the steps of an estate or a folder, and who knows them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import Asked, seconds_of, sound
from hyperleaf.cli.screen import say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hyperleaf.api import Loaded
    from hyperleaf.platforms.build import Build
    from hyperleaf.platforms.steps import Carrier, World

HOUR_SECONDS = 3600.0
# What an interrupted command leaves behind.
GOES_ON = "What is under way goes on at the platform; the same command goes on from here."
# What an estate without facts is warned of: it is `up` that finds them.
_OURS_TO_FIND = frozenset({"HL1312"})


@dataclass(frozen=True, slots=True)
class Sought:
    """Steps, and of an estate the clusters to be installed and the first to apply to."""

    build: Build
    installed: tuple[str, ...] = ()
    first: str | None = None


def sought(asked: Asked, rendered: str | None, *, is_quiet: bool = False) -> Sought:
    """Return the steps; end the command where there are none, or the estate is not sound.

    `is_quiet` leaves warnings unsaid, which are about what is to be.
    """
    from hyperleaf.platforms.build import read, read_folder  # noqa: PLC0415 - usage first
    from hyperleaf.platforms.errors import BuildError, NothingError  # noqa: PLC0415

    try:
        if rendered is not None:
            return Sought(read_folder(Path(rendered)))
        loaded = sound(asked, unsaid=_OURS_TO_FIND, is_quiet=is_quiet)
        build = read(_files(loaded), lines=_lines(loaded))
    except NothingError as error:
        say(f"{str(error)[0].upper()}{str(error)[1:]}.", stream=sys.stderr)
        if asked.output == "json":
            say_json({"steps": [], "findings": []})
        raise click.exceptions.Exit(ending.FINE) from None
    except BuildError as error:
        raise ending.CouldNotRunError(str(error)) from None
    clusters = loaded.estate.clusters.values()
    installed = tuple(one.name for one in clusters if one.install is not None)
    first = next((one.name for one in clusters if one.role != "hosted"), None)
    return Sought(build, installed, first)


def _files(loaded: Loaded) -> Iterable[tuple[str, str]]:
    from hyperleaf.plan.clusters import plan  # noqa: PLC0415 - findings first
    from hyperleaf.render.platforms.build import platform_files  # noqa: PLC0415

    return ((one.path, one.text) for one in platform_files(plan(loaded.estate)))


def _lines(loaded: Loaded) -> dict[str, str]:
    """Return where the documents stand that steps follow from."""
    estate = loaded.estate
    origins = [one.origin for one in estate.clusters.values()]
    origins += [estate.fabric.origin] if estate.fabric is not None else []
    return {str(one): f"{one.place().file}:{one.place().line}" for one in origins}


def carriers(kinds: Iterable[str], world: World) -> dict[str, Carrier]:
    """Return who knows the kinds of steps; AccessError where a library is not installed."""
    from hyperleaf.platforms.carriers import carriers_of  # noqa: PLC0415 - findings first
    from hyperleaf.platforms.errors import BuildError  # noqa: PLC0415

    try:
        return carriers_of(kinds, world)
    except BuildError as error:
        raise ending.CouldNotRunError(str(error)) from None


def limit(stated: str | None) -> float:
    """Return how many seconds a step may take."""
    return HOUR_SECONDS if stated is None else seconds_of("--timeout", stated)


def one_of(estate: tuple[str, ...], rendered: str | None, verb: str) -> None:
    """End the command where it is not told what it is about, or twice."""
    if bool(estate) == (rendered is not None):
        raise click.UsageError(f"Say what to {verb}: an ESTATE, or --rendered DIR.")


def common(function: Callable[..., object]) -> Callable[..., object]:
    """Give a command the options that `up` and `down` share."""
    for option in (
        click.option(
            "--timeout",
            metavar="TIME",
            help="How long one step may take (30m, 2h); an hour unless said.",
        ),
        click.option("--profile", metavar="NAME", help="Of AWS's configuration; AWS_PROFILE's."),
        click.option("-y", "--yes", is_flag=True, help="Ask nothing."),
        click.option("--dry-run", is_flag=True, help="Show what would be done; do nothing."),
        click.option(
            "--rendered",
            metavar="DIR",
            type=click.Path(exists=True, file_okay=False),
            help="Go by this folder that render wrote, instead of an estate.",
        ),
        click.argument("estate", nargs=-1, metavar="[ESTATE]...", type=click.Path()),
    ):
        function = option(function)
    return function
