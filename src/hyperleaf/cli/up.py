"""`hyperleaf up`: what lies underneath clusters is examined, made, and told in a facts file."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperleaf.cli import ending, underneath
from hyperleaf.cli.loading import Asked, form, strictness
from hyperleaf.cli.screen import is_terminal, say, say_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.cli.underneath import Sought
    from hyperleaf.findings import Finding
    from hyperleaf.platforms.build import Build
    from hyperleaf.platforms.carrying import Carried, Examined
    from hyperleaf.platforms.errors import AccessError
    from hyperleaf.platforms.steps import World


@dataclass(frozen=True, slots=True)
class How:
    """What is asked of the command; `facts` is None only for a dry run."""

    output: str
    dry_run: bool
    yes: bool
    facts: Path | None
    only: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()


@dataclass(slots=True)
class Story:
    """What came of it: all that is told at its end, as text or JSON."""

    sought: Sought
    how: How
    examined: tuple[Examined, ...] = ()
    carried: Carried | None = None
    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    has_written: bool = False
    is_done: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def differing(self) -> tuple[Examined, ...]:
        """The steps that would change something, of those that may."""
        only = self.how.only
        return tuple(
            one for one in self.examined if one.seen.changes and (not only or one.step.name in only)
        )


@click.command("up", short_help="Make what lies underneath clusters on AWS and vSphere.")
@underneath.common
@click.option(
    "--facts",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write what was made, by its IDs, for all other commands.",
)
@click.option("--only", metavar="STEP", multiple=True, help="Carry out this step; may be repeated.")
@click.option("--replace", is_flag=True, help="Go on where a thing must be replaced.")
@form
@strictness
def command(  # noqa: PLR0913 - options, each with its name
    *,
    estate: tuple[str, ...],
    rendered: str | None,
    facts: Path | None,
    only: tuple[str, ...],
    dry_run: bool,
    replace: bool,
    yes: bool,
    profile: str | None,
    timeout: str | None,
    output: str,
    warnings_as_errors: bool,
) -> int:
    """Make networks, roles and zones on AWS, and port groups on vSphere, as the estate has them.

    Everything is compared first and shown; what is as it should be is not touched. All that is made
    bears a mark and is found by it: nothing is remembered anywhere else, and whoever is interrupted
    runs the same command again. Credentials are AWS's own (a profile, variables, a role) and those
    of vSphere that the estate names.

    \b
    Examples:
      hyperleaf up lab --dry-run
      hyperleaf up lab --facts facts.yaml
      hyperleaf up lab --facts facts.yaml --profile lab --yes
      hyperleaf up lab --facts facts.yaml --only prod
      hyperleaf up --rendered out --facts facts.yaml

    Exit status 1 where something is refused, fails, or would be done (--dry-run); 3 where a
    platform cannot be spoken to.
    """  # noqa: D301 - click's mark for a block that is not wrapped
    underneath.one_of(estate, rendered, "make")
    if facts is None and not dry_run:
        raise click.UsageError("Say where to write what was made: --facts FILE.")
    seconds = underneath.limit(timeout)
    asked = Asked(estate, (), output, warnings_as_errors=warnings_as_errors)
    sought = underneath.sought(asked, rendered)
    _refuse_nobody(sought.build, only)
    from hyperleaf.platforms.errors import AccessError  # noqa: PLC0415 - findings first
    from hyperleaf.platforms.steps import World  # noqa: PLC0415

    world = World(sought.build, profile, seconds, may_replace=replace)
    how = How(output, dry_run, yes, facts, frozenset(only), estate)
    story = Story(sought, how)
    try:
        return _up(story, world)
    except AccessError as error:
        return _broken(story, error)
    except KeyboardInterrupt:
        if story.carried is not None:
            say(f"\n{underneath.GOES_ON}", stream=sys.stderr)
        raise


def _refuse_nobody(build: Build, only: tuple[str, ...]) -> None:
    """End the command where `--only` names no step."""
    names = [step.name for step in build.steps]
    for one in only:
        if one not in names:
            from difflib import get_close_matches  # noqa: PLC0415 - mistakes only

            close = get_close_matches(one, names, n=1)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise click.UsageError(f"--only: there is no step {one!r}.{meant}")


def _up(story: Story, world: World) -> int:
    from hyperleaf.cli.up_progress import Raising  # noqa: PLC0415 - terminals
    from hyperleaf.platforms.carrying import Carried, carry_out, examine  # noqa: PLC0415

    how = story.how
    if not _is_writable(story):
        return _end(story)
    carriers = underneath.carriers((step.kind for step in world.build.steps), world)
    with Raising() as shown:
        story.examined = examine(world.build, carriers, shown, without_access=how.dry_run)
    story.findings.extend(found for one in story.examined for found in one.seen.findings)
    if how.dry_run or _stops(story) or not _agreed(story):
        return _end(story)
    story.carried = Carried()
    with Raising(is_carrying=True) as shown:
        carry_out(story.examined, carriers, how.only, shown, story.carried)
    told = set(story.findings)
    story.findings.extend(one for one in story.carried.findings if one not in told)
    if not _stops(story):
        _write_facts(story, story.carried.outputs)
        story.is_done = True
    return _end(story)


def _is_writable(story: Story) -> bool:
    """Tell whether the facts file may be written; what keeps it from that shall be told at once."""
    from hyperleaf.platforms.errors import PlatformError  # noqa: PLC0415 - loaded long ago
    from hyperleaf.platforms.facts_file import refuse_foreign  # noqa: PLC0415

    path = story.how.facts
    if path is None:
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ending.CouldNotRunError(ending.reason(error)) from None
    if not os.access(path.parent, os.W_OK):
        raise ending.CouldNotRunError(f"{path.parent} cannot be written to")
    try:
        refuse_foreign(path)
    except PlatformError as error:
        story.findings.append(error.finding)
        return False
    return True


def _write_facts(story: Story, outputs: Mapping[str, Mapping[str, Any] | None]) -> None:
    from hyperleaf.platforms.facts_file import facts_of, write  # noqa: PLC0415 - at the end
    from hyperleaf.render.text import text  # noqa: PLC0415

    if story.how.facts is None:
        return
    story.facts = facts_of(story.sought.build, outputs)
    try:
        story.has_written = write(story.how.facts, text(story.facts))
    except OSError as error:
        raise ending.CouldNotRunError(ending.reason(error)) from None


def _stops(story: Story) -> bool:
    from hyperleaf.findings import has_errors  # noqa: PLC0415 - loaded long ago

    return has_errors(story.findings)


def _agreed(story: Story) -> bool:
    """Show what will be done and ask whether to go on, where there is something to do."""
    if story.how.yes or not story.differing:
        return True
    from hyperleaf.cli.up_telling import tell_changes  # noqa: PLC0415

    asks = story.how.output == "text" and is_terminal(sys.stdin) and is_terminal(sys.stderr)
    if asks:
        tell_changes(story)
        if click.confirm("Go on?", err=True):
            return True
        say("Nothing was made.", stream=sys.stderr)
        raise click.exceptions.Exit(ending.FOUND)
    from hyperleaf.platforms.errors import told  # noqa: PLC0415

    message = "there is something to make, and nobody to ask"
    hint = "read what --dry-run says, then add --yes"
    story.findings.append(told("HL1416", message, hint, step=story.differing[0].step))
    return False


def _end(story: Story) -> int:
    """Tell what came of it and return the exit status."""
    from hyperleaf.cli.up_telling import as_data, tell_all  # noqa: PLC0415 - at the end

    if story.how.output == "json":
        say_json(as_data(story))
    else:
        tell_all(story)
    would = story.how.dry_run and bool(story.differing)
    return ending.FOUND if _stops(story) or would else ending.FINE


def _broken(story: Story, error: AccessError) -> int:
    """Tell of a platform that cannot be spoken to, and how far it came."""
    from hyperleaf.cli.up_telling import as_data, broken  # noqa: PLC0415 - errors only

    if story.how.output == "json":
        story.findings.append(error.finding)
        say_json(as_data(story))
    raise ending.CouldNotRunError(broken(story, error.finding))
