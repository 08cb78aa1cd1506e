"""`hyperleaf down`: everything that bears the owner's mark is shown, asked about, and removed."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from hyperleaf.cli import ending, underneath
from hyperleaf.cli.loading import Asked, form, strictness
from hyperleaf.cli.screen import is_terminal, say, say_json, styled, wrapped

if TYPE_CHECKING:
    from hyperleaf.findings import Finding
    from hyperleaf.platforms.build import Build
    from hyperleaf.platforms.errors import AccessError
    from hyperleaf.platforms.steps import Owned, World


@dataclass(slots=True)
class Story:
    """What came of it."""

    build: Build
    output: str
    dry_run: bool
    yes: bool
    owned: tuple[Owned, ...] | None = None
    removed: list[Owned] = field(default_factory=list)
    left: tuple[Owned, ...] | None = None
    findings: list[Finding] = field(default_factory=list)
    regions: tuple[str, ...] = ()
    is_begun: bool = False
    began: float = field(default_factory=time.monotonic)


@click.command("down", short_help="Remove what `up` made, and nothing else.")
@underneath.common
@click.option(
    "--region",
    metavar="REGION",
    multiple=True,
    help="Look for our mark in this region of AWS as well; may be repeated.",
)
@form
@strictness
def command(  # noqa: PLR0913 - options, each with its name
    *,
    estate: tuple[str, ...],
    rendered: str | None,
    region: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    profile: str | None,
    timeout: str | None,
    output: str,
    warnings_as_errors: bool,
) -> int:
    """Remove everything underneath the estate's clusters that bears its owner's mark.

    Also what was made for clusters that have left the estate since. What lacks the mark, or bears
    another owner's, is never touched. Clusters are to be destroyed before: AWS deletes no subnet
    that machines are in.

    \b
    Examples:
      hyperleaf down lab --dry-run
      hyperleaf down lab
      hyperleaf down lab --region eu-west-1 --yes

    Exit status 1 where something is left, or would be removed (--dry-run); 3 where a platform
    cannot be spoken to.
    """  # noqa: D301 - click's mark for a block that is not wrapped
    underneath.one_of(estate, rendered, "remove")
    seconds = underneath.limit(timeout)
    asked = Asked(estate, (), output, warnings_as_errors=warnings_as_errors)
    build = underneath.sought(asked, rendered, is_quiet=True).build
    from hyperleaf.platforms.errors import AccessError, PlatformError, placed  # noqa: PLC0415
    from hyperleaf.platforms.steps import World  # noqa: PLC0415 - findings first

    story = Story(build, output, dry_run, yes)
    try:
        return _down(story, World(build, profile, seconds, regions=region))
    except AccessError as error:
        return _broken(story, placed(error, build.steps[0]))
    except PlatformError as error:
        story.findings.append(placed(error, build.steps[0]).finding)
        return _end(story)
    except KeyboardInterrupt:
        if story.is_begun:
            say(f"\n{underneath.GOES_ON}", stream=sys.stderr)
        raise


def _down(story: Story, world: World) -> int:
    from hyperleaf.cli.up_progress import Raising  # noqa: PLC0415 - terminals
    from hyperleaf.platforms.aws.regions import regions_of  # noqa: PLC0415
    from hyperleaf.platforms.removing import kinds_of_removal, owned, remove  # noqa: PLC0415

    story.regions = regions_of(world)
    carriers = underneath.carriers(kinds_of_removal(world.build), world)
    story.owned = owned(carriers)
    if story.dry_run or not story.owned or not _agreed(story, story.owned):
        return _end(story)
    story.is_begun = True
    with Raising() as shown:
        gone = remove(story.owned, world.build, carriers, shown)
    story.removed.extend(gone.removed)
    story.findings.extend(gone.findings)
    story.left = owned(carriers)
    return _end(story)


def _agreed(story: Story, things: tuple[Owned, ...]) -> bool:
    """Show what will be removed and have the owner's name typed."""
    if story.yes:
        return True
    asks = story.output == "text" and is_terminal(sys.stdin) and is_terminal(sys.stderr)
    if asks:
        _tell_owned(things)
        name = story.build.owner
        say("This cannot be brought back.", stream=sys.stderr)
        if (
            click.prompt(
                f"Type {name} to remove all of it", err=True, default="", show_default=False
            )
            == name
        ):
            return True
        say("Nothing was removed.", stream=sys.stderr)
        raise click.exceptions.Exit(ending.FOUND)
    from hyperleaf.platforms.errors import told  # noqa: PLC0415

    message = "there is something to remove, and nobody to ask"
    hint = "read what --dry-run says, then add --yes"
    story.findings.append(told("HL1416", message, hint, step=story.build.steps[0]))
    return False


def _tell_owned(things: tuple[Owned, ...]) -> None:
    """Write each thing with what it consists of, in the order of removal."""
    from hyperleaf.cli.telling import number  # noqa: PLC0415 - text only

    for one in things:
        noun = "tag" if one.kind == "aws.tags" else "resource"
        many = number(len(one.contents), noun) if one.contents else one.kind
        say(f"{styled(f'- {one.name}', 'red')}  {styled(f'{one.where}, {many}', 'dim')}")
        if one.takes:
            line = wrapped(f"with {one.takes}", indent="      ", first="    ", stream=sys.stdout)
            say(styled(line, "yellow"))
        for each in one.contents:
            say(wrapped(each, indent="        ", first="    ", stream=sys.stdout))
    say()


def _end(story: Story) -> int:
    """Tell what came of it and return the exit status."""
    left = story.owned if story.left is None else story.left
    if story.output == "json":
        say_json(_as_data(story))
    else:
        _tell(story)
    return ending.FOUND if story.findings or left else ending.FINE


def _tell(story: Story) -> None:
    from hyperleaf.cli.telling import number, tell  # noqa: PLC0415 - at the end

    if story.dry_run and story.owned:
        _tell_owned(story.owned)
    if story.findings:
        tell(story.findings, sys.stderr)
    owner = styled(story.build.owner, "bold")
    if story.owned is None:
        return
    if not story.owned:
        say(f"{owner}: nothing bears its mark, nothing was removed.")
    elif not story.is_begun:
        say(f"{owner}: {number(len(story.owned), 'thing')} to remove. Nothing was removed.")
    else:
        took = f"{time.monotonic() - story.began:.1f} s"
        rest = "nothing of ours is left"
        if story.left:
            rest = f"left: {', '.join(one.name for one in story.left)}"
        say(f"{owner}: {number(len(story.removed), 'thing')} removed, {rest} ({took})")
    if story.regions:
        where = ", ".join(story.regions)
        say(styled(f"Looked for in {where}; in others by --region.", "dim"))


def _broken(story: Story, error: AccessError) -> int:
    from hyperleaf.cli.telling import sentence  # noqa: PLC0415 - errors only

    if story.output == "json":
        story.findings.append(error.finding)
        say_json(_as_data(story))
    raise ending.CouldNotRunError(sentence(error.finding))


def _as_data(story: Story) -> dict[str, Any]:
    from hyperleaf.cli.telling import as_data, count  # noqa: PLC0415 - at the end

    def plain(things: tuple[Owned, ...] | list[Owned] | None) -> list[dict[str, Any]]:
        return [
            {
                "kind": one.kind,
                "where": one.where,
                "name": one.name,
                "contents": list(one.contents),
                "takes": one.takes,
            }
            for one in things or ()
        ]

    return {
        "owner": story.build.owner,
        "dryRun": story.dry_run,
        "regions": list(story.regions),
        "owned": plain(story.owned),
        "removed": plain(story.removed),
        "left": plain(story.owned if story.left is None else story.left),
        "findings": [as_data(one) for one in story.findings],
        **count(story.findings),
        "seconds": round(time.monotonic() - story.began, 3),
    }
