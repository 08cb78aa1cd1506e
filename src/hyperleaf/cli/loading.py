"""What commands have in common: the estate's files, facts, the form of output, a sound plan."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from hyperleaf.cli import ending
from hyperleaf.findings import has_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hyperleaf.api import Loaded
    from hyperleaf.findings import Finding
    from hyperleaf.model.estate import Estate
    from hyperleaf.plan.clusters import Plan


# What an option without its cluster means.
THE_ONLY = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What every command about an estate is asked with; `output` is `text` or `json`."""

    estate: tuple[str, ...]
    facts: tuple[str, ...]
    output: str
    warnings_as_errors: bool


def form(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the choice between text and JSON."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        help="For people, or one JSON document for programs.",
    )(function)


def strictness(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option of taking warnings for errors."""
    return click.option(
        "--warnings-as-errors",
        is_flag=True,
        help="Let a warning stop the command as an error does.",
    )(function)


def found(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the facts file."""
    return click.option(
        "--facts",
        metavar="FILE",
        type=click.Path(),
        multiple=True,
        help="What the estate leaves to be found, as YAML: addresses, IDs, MachineSets. May be "
        "repeated: what one says is added to what the others say.",
    )(function)


def about_an_estate(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the estate's files and the options that all have, as one `Asked`."""

    @click.argument("estate", nargs=-1, required=True, metavar="ESTATE...", type=click.Path())
    @found
    @form
    @strictness
    @wraps(function)
    def asked(**options: Any) -> Any:
        common = {name: options.pop(name) for name in Asked.__slots__}
        return function(Asked(**common), **options)

    return asked


def stops(findings: Sequence[Finding], *, warnings_as_errors: bool) -> bool:
    """Tell whether findings keep a command from going on."""
    return has_errors(findings) or (warnings_as_errors and bool(findings))


def sound(
    asked: Asked,
    fits: Callable[[Estate], object] | None = None,
    *,
    unsaid: frozenset[str] = frozenset(),
    is_quiet: bool = False,
) -> Loaded:
    """Return the estate with every rule asked; end the command where it is not sound.

    What was found goes to standard error, so that standard output is the command's own; errors as
    JSON to standard output, where a program looks for them. `fits` raises a usage error about what
    else was asked for, which then comes alone: warnings are told after it, unless `is_quiet`.
    Findings with a code of `unsaid` are none: the command is what mends them.
    """
    loaded = _without_errors(asked, unsaid)
    if fits is not None:
        fits(loaded.estate)
    if not is_quiet:
        _warn(loaded)
    return loaded


def _without_errors(asked: Asked, unsaid: frozenset[str] = frozenset()) -> Loaded:
    from hyperleaf.api import check  # noqa: PLC0415 - after a usage error

    loaded = check(*asked.estate, facts=asked.facts)
    findings = tuple(one for one in loaded.findings if one.code not in unsaid)
    loaded = replace(loaded, findings=findings)
    if stops(loaded.findings, warnings_as_errors=asked.warnings_as_errors):
        _tell(loaded.findings, asked.output)
        raise click.exceptions.Exit(ending.FOUND)
    return loaded


def _warn(loaded: Loaded) -> None:
    if loaded.findings:
        from hyperleaf.cli.telling import tell  # noqa: PLC0415 - warnings only

        tell(loaded.findings, sys.stderr)


def _tell(findings: Sequence[Finding], output: str) -> None:
    from hyperleaf.cli.screen import say, say_json  # noqa: PLC0415 - findings only
    from hyperleaf.cli.telling import as_data, count, summary, tell  # noqa: PLC0415

    if output == "json":
        say_json({"findings": [as_data(one) for one in findings], **count(findings)})
        return
    tell(findings, sys.stderr)
    say(f"{summary(findings)}: nothing was done.", stream=sys.stderr)


def sound_plan(asked: Asked, fits: Callable[[Plan], object] | None = None) -> Plan:
    """Return the plan of a sound estate; end the command where it is not. `fits`: see `sound`."""
    loaded = _without_errors(asked)
    from hyperleaf.plan.clusters import plan  # noqa: PLC0415 - findings first

    made = plan(loaded.estate)
    if fits is not None:
        fits(made)
    _warn(loaded)
    return made


def cluster_of(plan: Plan, name: str) -> str:
    """Return the name of a cluster of the estate, its only one for `THE_ONLY`."""
    names = [one.cluster.name for one in plan.clusters]
    if name == THE_ONLY and len(names) == 1:
        return names[0]
    if name not in names:
        said = f"There is no cluster {name!r}" if name != THE_ONLY else "Say which cluster"
        raise click.UsageError(f"{said}; the estate's are {', '.join(names) or 'none'}.")
    return name


def seconds_of(option: str, stated: str) -> float:
    """Return the seconds of an option's time, or end the command with the option's name."""
    from hyperleaf.values.units import Duration  # noqa: PLC0415 - where a time is stated

    try:
        return Duration.read(stated) / 1000
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}.") from None
