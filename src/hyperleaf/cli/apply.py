"""`hyperleaf apply`: a cluster's objects are compared, told of, applied in order and waited for."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import (
    THE_ONLY,
    Asked,
    cluster_of,
    form,
    found,
    seconds_of,
    sound_plan,
    strictness,
)
from hyperleaf.cli.screen import is_terminal, say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hyperleaf.cluster.applying import Pace
    from hyperleaf.cluster.client import Client
    from hyperleaf.cluster.comparing import Coming, Compared
    from hyperleaf.cluster.errors import AccessError
    from hyperleaf.cluster.marking import Lacking
    from hyperleaf.cluster.pruning import Prunable, Stale
    from hyperleaf.cluster.reading import Target
    from hyperleaf.findings import Finding
    from hyperleaf.plan.clusters import Plan


@dataclass(frozen=True, slots=True)
class How:
    """What is asked of an application; `output` is `text` or `json`."""

    output: str
    dry_run: bool
    prune: bool
    yes: bool
    take_over: tuple[str, ...]
    argocd: str | None = None


@dataclass(slots=True)
class Story:
    """What came of an application: all that is told at its end, as text or JSON."""

    target: Target
    server: str
    how: How
    compared: tuple[Compared, ...] = ()
    rolls: tuple[str, ...] = ()
    prunable: Prunable | None = None
    findings: list[Finding] = field(default_factory=list)
    written: set[tuple[str, str, str, str]] = field(default_factory=set)
    deleted: list[Stale] = field(default_factory=list)
    lacking: tuple[Lacking, ...] = ()
    marked: list[Lacking] = field(default_factory=list)
    is_done: bool = False
    began: float = field(default_factory=time.monotonic)


@click.command("apply", short_help="Bring rendered objects to a cluster, in order.")
@click.argument("estate", nargs=-1, metavar="[ESTATE]...", type=click.Path())
@click.option(
    "--rendered",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Apply this folder that render wrote, instead of an estate.",
)
@click.option("--cluster", metavar="NAME", default=THE_ONLY, help="Which of the estate's clusters.")
@click.option("--kubeconfig", metavar="FILE", type=click.Path(), help="KUBECONFIG's unless said.")
@click.option("--context", metavar="NAME", help="The kubeconfig's current one unless said.")
@click.option("--dry-run", is_flag=True, help="Tell what the server would change; write nothing.")
@click.option(
    "--prune", is_flag=True, help="Delete what is ours and follows from nothing any more."
)
@click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
@click.option(
    "--take-over",
    metavar="KIND/NAME",
    multiple=True,
    help="Take this object's fields over from other managers; may be repeated.",
)
@click.option(
    "--argocd",
    metavar="NAMESPACE",
    help="Make the hosted clusters known to the Argo CD of this namespace, once they are there.",
)
@click.option(
    "--timeout",
    metavar="TIME",
    help="How long a step may take (30m, 2h; 0s: no waiting); as its kinds usually do unless said.",
)
@found
@form
@strictness
def command(  # noqa: PLR0913 - options, each with its name
    *,
    estate: tuple[str, ...],
    rendered: str | None,
    cluster: str,
    kubeconfig: str | None,
    context: str | None,
    timeout: str | None,
    facts: tuple[str, ...],
    output: str,
    warnings_as_errors: bool,
    dry_run: bool,
    prune: bool,
    yes: bool,
    take_over: tuple[str, ...],
    argocd: str | None,
) -> int:
    """Apply one cluster's objects by server-side apply, step by step, each step waited for.

    What would change is tried first: what is refused, forbidden or owned by others is told before
    anything is written. What is as it should be is not written. Whoever is interrupted runs the
    same command again. Secrets are made of the files and variables that the estate names, and
    shown nowhere.

    \b
    Examples:
      hyperleaf apply lab --cluster hub --dry-run
      hyperleaf apply lab --cluster hub --context hub-admin
      hyperleaf apply --rendered out --cluster prod --kubeconfig prod.kubeconfig
      hyperleaf apply lab --cluster hub --argocd openshift-gitops
      hyperleaf apply lab --cluster prod --prune
      hyperleaf apply lab --cluster prod --take-over NetworkAttachmentDefinition/red

    Exit status 1 where something is refused, not ready, or would change (--dry-run); 3 where the
    cluster does not answer.
    """  # noqa: D301 - click's mark for a block that is not wrapped
    if bool(estate) == (rendered is not None):
        raise click.UsageError("Say what to apply: an ESTATE, or --rendered DIR.")
    pace = _pace(timeout)
    _refuse_nobody(take_over)
    asked = Asked(estate, facts, output, warnings_as_errors=warnings_as_errors)
    target = (
        _rendered(rendered, cluster, take_over) if rendered else _planned(asked, cluster, take_over)
    )
    from hyperleaf.cluster.errors import AccessError  # noqa: PLC0415 - findings first

    how = How(output, dry_run, prune, yes, take_over, argocd)
    story = Story(target, "", how)
    try:
        return _apply(story, _client(kubeconfig, context), pace)
    except AccessError as error:
        return _broken(story, error)
    except KeyboardInterrupt:
        if story.written:
            say("\nWhat was applied stays; the same command goes on from here.", stream=sys.stderr)
        raise


def _pace(stated: str | None) -> Pace:
    from hyperleaf.cluster.applying import Pace  # noqa: PLC0415 - after a usage error

    return Pace() if stated is None else Pace(limit=seconds_of("--timeout", stated))


def _refuse_nobody(taken: tuple[str, ...], target: Target | None = None) -> None:
    """End the command where `--take-over` names no object: by its form, or of the target."""
    if not taken:
        return
    from hyperleaf.cluster.comparing import names_of  # noqa: PLC0415 - where it is stated

    there = {name: one for one in (target.items if target else ()) for name in names_of(one)}
    for stated in taken:
        kind, _, name = stated.partition("/")
        if not (kind and name):
            raise click.UsageError(f"--take-over: write KIND/NAME, not {stated!r}.")
        if target is not None and stated.lower() not in there:
            from difflib import get_close_matches  # noqa: PLC0415 - mistakes only

            close = get_close_matches(stated.lower(), there, n=1)
            meant = f" Did you mean {there[close[0]].kind}/{there[close[0]].name}?" if close else ""
            raise click.UsageError(
                f"--take-over: {target.cluster} gets no {stated} of ours.{meant}"
            )


def _planned(asked: Asked, name: str, taken: tuple[str, ...]) -> Target:
    """Render an estate in memory and return one cluster's objects."""
    made: list[Target] = []

    def fits(plan: Plan) -> None:
        made.append(_of_plan(plan, cluster_of(plan, name)))
        _refuse_nobody(taken, made[0])

    sound_plan(asked, fits)
    return made[0]


def _of_plan(plan: Plan, cluster: str) -> Target:
    from hyperleaf.cluster.reading import RenderedError, read  # noqa: PLC0415 - findings first
    from hyperleaf.render.estate import render  # noqa: PLC0415

    try:
        return read(((file.path, file.text) for file in render(plan)), cluster)
    except RenderedError as error:
        raise ending.CouldNotRunError(str(error)) from None


def _rendered(folder: str, name: str, taken: tuple[str, ...]) -> Target:
    from hyperleaf.cluster.reading import RenderedError, read_folder  # noqa: PLC0415

    if name == THE_ONLY:
        place = Path(folder, "clusters")
        names = sorted(one.name for one in place.iterdir()) if place.is_dir() else []
        if len(names) != 1:
            raise click.UsageError(f"Say which --cluster: {', '.join(names) or 'there is none'}.")
        name = names[0]
    try:
        target = read_folder(Path(folder), name)
    except RenderedError as error:
        raise ending.CouldNotRunError(str(error)) from None
    _refuse_nobody(taken, target)
    return target


def _client(kubeconfig: str | None, context: str | None) -> Client:
    from hyperleaf.cluster.client import Client  # noqa: PLC0415 - what is sound alone asks
    from hyperleaf.cluster.kubeconfig import read_access  # noqa: PLC0415

    return Client(read_access(kubeconfig, context))


def _apply(story: Story, client: Client, pace: Pace) -> int:
    from hyperleaf.cli.apply_progress import Applying  # noqa: PLC0415 - terminals
    from hyperleaf.cluster.comparing import Coming, compare  # noqa: PLC0415
    from hyperleaf.cluster.preflight import preflight  # noqa: PLC0415
    from hyperleaf.cluster.pruning import prunable  # noqa: PLC0415
    from hyperleaf.cluster.rolling import rolls  # noqa: PLC0415

    story.server = client.access.server
    how = story.how
    with Applying() as shown:
        story.compared = compare(client, story.target, how.take_over, shown.compared)
        story.rolls = rolls(client, story.compared)
        _look_at_nodes(story, client, preflight)
        if how.prune:
            story.prunable = prunable(client, story.target)
    story.findings.extend(one for each in story.compared for one in each.findings)
    story.findings.extend(story.prunable.findings if story.prunable else ())
    if how.dry_run or _stops(story) or not _agreed(story):
        return _end(story)
    with Applying() as shown:
        if story.lacking:
            _mark(story, client, shown)
        coming = Coming.of(story.target)
        _carry_out(story, client, story.compared, coming, pace, shown)
        if story.target.marks and not _stops(story):
            _mark(story, client, shown)  # machines that joined meanwhile
        if how.argocd is not None and not _stops(story):
            known = _onboarded(story, client, how.argocd)
            _carry_out(story, client, known, coming, pace, shown)
            story.compared += known
        if not _stops(story) and story.prunable is not None:
            _prune(story, client, shown)
    story.is_done = not _stops(story)
    return _end(story)


def _look_at_nodes(
    story: Story,
    client: Client,
    preflight: Callable[[Client, tuple[Compared, ...]], Iterator[Finding]],
) -> None:
    """Take up what nodes lack and what they use; who may not list nodes goes on with a warning."""
    from hyperleaf.cluster.errors import AnswerError  # noqa: PLC0415 - loaded long ago
    from hyperleaf.cluster.marking import lacking  # noqa: PLC0415
    from hyperleaf.findings import Severity  # noqa: PLC0415

    try:
        story.lacking = lacking(client, story.target.marks)
        story.findings.extend(preflight(client, story.compared))
    except AnswerError as error:
        story.findings.append(replace(error.finding, severity=Severity.WARNING))


def _mark(story: Story, client: Client, shown: Callable[[object], None]) -> None:
    """Label and taint nodes that are there: pools do so only when they make them."""
    from hyperleaf.cluster.marking import Lacking, lacking, mark  # noqa: PLC0415

    marks = story.target.marks
    for one in mark(client, lacking(client, marks), marks):
        shown(one)
        if isinstance(one, Lacking):
            story.marked.append(one)
        else:
            story.findings.append(one)


def _onboarded(story: Story, client: Client, namespace: str) -> tuple[Compared, ...]:
    """Return the Secrets by which Argo CD knows the hosted clusters of the target."""
    from hyperleaf.cluster.comparing import Coming, compare_one  # noqa: PLC0415
    from hyperleaf.cluster.errors import ClusterError  # noqa: PLC0415
    from hyperleaf.cluster.hosted import find_hosted, kubeconfig_of  # noqa: PLC0415
    from hyperleaf.cluster.onboarding import onboarding  # noqa: PLC0415

    made = []
    for one in story.target.items:
        if one.kind == "HostedCluster":
            try:
                text = kubeconfig_of(client, find_hosted(client, one.name))
                item = onboarding(one.name, text, namespace, one.place, one.sources)
            except ClusterError as error:
                story.findings.append(replace(error.finding, place=one.place))
            else:
                made.append(compare_one(client, item, coming=Coming.of(story.target)))
    story.findings.extend(finding for one in made for finding in one.findings)
    return tuple(made) if not _stops(story) else ()


def _carry_out(  # noqa: PLR0913, PLR0917 - what and how
    story: Story,
    client: Client,
    compared: tuple[Compared, ...],
    coming: Coming,
    pace: Pace,
    shown: Callable[[object], None],
) -> None:
    from hyperleaf.cluster.applying import Applied, Ended, carry_out  # noqa: PLC0415

    for event in carry_out(client, compared, coming, pace):
        shown(event)
        if isinstance(event, Applied) and event.is_written:
            story.written.add(event.item.key)
        elif isinstance(event, Ended):
            story.findings.extend(event.findings)


def _prune(story: Story, client: Client, shown: Callable[[object], None]) -> None:
    from hyperleaf.cluster.pruning import Stale, prune  # noqa: PLC0415

    stale = story.prunable.stale if story.prunable else ()
    for one in prune(client, stale, story.target.place):
        shown(one)
        if isinstance(one, Stale):
            story.deleted.append(one)
        else:
            story.findings.append(one)


def _stops(story: Story) -> bool:
    from hyperleaf.findings import has_errors  # noqa: PLC0415 - loaded long ago

    return has_errors(story.findings)


def _agreed(story: Story) -> bool:
    """Say what replaces nodes and what is deleted; ask whether to go on, where that is so."""
    stale = story.prunable.stale if story.prunable else ()
    if story.how.yes or not (story.rolls or stale):
        return True
    from hyperleaf.cli.apply_telling import tell_beforehand  # noqa: PLC0415

    tell_beforehand(story, sys.stderr)
    if is_terminal(sys.stdin) and is_terminal(sys.stderr):
        if click.confirm(f"Go on at {story.server}?", err=True):
            return True
        say("Nothing was written.", stream=sys.stderr)
        raise click.exceptions.Exit(ending.FOUND)
    from hyperleaf.cluster.errors import told  # noqa: PLC0415

    place = story.target.place
    message = "this replaces nodes or deletes objects, and there is nobody to ask"
    hint = "read what --dry-run says, then add --yes"
    story.findings.append(told("HL1214", message, hint, file=place.file, line=place.line))
    return False


def _end(story: Story) -> int:
    """Tell what came of it and return the exit status."""
    from hyperleaf.cli.apply_telling import as_data, tell_all  # noqa: PLC0415 - at the end

    if story.how.output == "json":
        say_json(as_data(story))
    else:
        tell_all(story)
    stale = story.prunable.stale if story.prunable else ()
    would = any(one.is_written for one in story.compared) or bool(stale or story.lacking)
    differs = story.how.dry_run and would
    return ending.FOUND if _stops(story) or differs else ending.FINE


def _broken(story: Story, error: AccessError) -> int:
    """Tell of a cluster that cannot be spoken to, and how far it came."""
    from hyperleaf.cli.apply_telling import as_data, broken  # noqa: PLC0415 - errors only

    if story.how.output == "json":
        story.findings.append(error.finding)
        say_json(as_data(story))
    raise ending.CouldNotRunError(broken(story, error.finding))
