"""What was made underneath, or would be, becomes tables and lines, or JSON."""

from __future__ import annotations

import shlex
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from hyperleaf.cli.screen import say, styled, wrapped
from hyperleaf.cli.tables import Rows, show
from hyperleaf.cli.telling import as_data as finding_as_data
from hyperleaf.cli.telling import count, number, sentence, tell
from hyperleaf.platforms.steps import NotYet, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.cli.up import Story
    from hyperleaf.findings import Finding
    from hyperleaf.platforms.carrying import Examined
    from hyperleaf.platforms.steps import Change

_SIGNS = {
    Verb.CREATE: ("+", "green"),
    Verb.DELETE: ("-", "red"),
    Verb.REPLACE: ("-/+", "red"),
    Verb.WAIT: ("...", "cyan"),
}
# Resources that are all new are counted by type, from so many on.
_MANY = 4
_TYPE, _NAME = "::", "+ "
# Stands for a space at which no line ends.
_TOGETHER = "\N{NO-BREAK SPACE}"


def tell_all(story: Story) -> None:
    """Write what came of it: findings to standard error, the rest to standard output."""
    if story.how.dry_run and story.examined:
        tell_changes(story)
    if story.findings:
        tell(story.findings, sys.stderr)
    say(wrapped(_summary(story), indent="  ", first="", stream=sys.stdout))
    if story.is_done:
        _tell_next(story)


def tell_changes(story: Story) -> None:
    """Write a table of all steps, then what would be done in each."""
    differing = {one.step.name for one in story.differing}
    rows = [
        [one.step.name, _subject(one), _done(one, is_asked=one.step.name in differing)]
        for one in story.examined
    ]
    show(Rows("", ["step", "what", "to do"], rows))
    for one in story.differing:
        place = f"{one.step.place.file}:{one.step.place.line}"
        documents = ", ".join(one.step.sources)
        said = _wrapped(f"{one.step.name}  {documents}  {place}", 0)
        say(said.replace(one.step.name, styled(one.step.name, "bold"), 1))
        for change in one.seen.changes:
            _tell_change(change)
        say()


def _tell_change(change: Change) -> None:
    sign, colour = _SIGNS.get(change.verb, ("~", "yellow"))
    say(styled(_wrapped(f"{sign} {change.what}", 2), colour))
    for detail in _short(change.details):
        first, *more = detail.splitlines()
        say(_wrapped(first, 6))
        for each in more:
            say(_wrapped(each.strip(), 10))


def _wrapped(text: str, indent: int) -> str:
    line = wrapped(text, indent=" " * (indent + 2), first=" " * indent, stream=sys.stdout)
    return line.replace(_TOGETHER, " ")


def _short(details: Iterable[str]) -> Iterator[str]:
    """Yield details; new resources of a stack by their types where there are many."""
    new = [one for one in details if one.startswith(_NAME) and _TYPE in one]
    if len(new) >= _MANY:
        counts = Counter(one.split()[1].rpartition(_TYPE)[2] for one in new)
        yield ", ".join(f"{n:,}{_TOGETHER}{kind}" for kind, n in sorted(counts.items()))
        details = [one for one in details if one not in new]
    yield from details


def _subject(one: Examined) -> str:
    """Return what a step is about, in few words."""
    body = one.inputs
    words = {
        "aws.account": "zones, machines and quotas of the account",
        "aws.publicZone": "public zone {name}",
        "aws.stack": "stack {stack} in {region}",
        "aws.resolver": "addresses of the resolver in {region}",
        "aws.tags": "tags of subnets in {region}",
        "vsphere.portGroup": "port group {name} on {switch}",
        "vsphere.template": "template for machines in {datacenter}",
    }
    said = words.get(one.step.kind, one.step.kind).format_map(body)
    about = one.seen.about
    return f"{said}: {about}" if about and not about.isupper() else said


def _done(one: Examined, *, is_asked: bool) -> str:
    """Return what would be done in a step, in few words."""
    seen = one.seen
    if not seen.changes:
        return "nothing"
    if not is_asked:
        return "not asked for"
    if len(seen.changes) == 1:
        (change,) = seen.changes
        lines = [each for each in change.details if each.startswith(("+ ", "- ", "~ ", "-/+ "))]
        many = f" {number(len(lines), 'resource')}" if lines else ""
        return f"{change.verb}{many}"
    counts = Counter(change.verb for change in seen.changes)
    return ", ".join(f"{verb} {n:,}" for verb, n in counts.items())


def _summary(story: Story) -> str:
    owner = styled(story.sought.build.owner, "bold")
    total = number(len(story.examined), "step")
    differing = len(story.differing)
    if story.how.dry_run:
        return f"{owner}: {differing:,} of {total} to carry out. Nothing was made."
    took = f"{time.monotonic() - story.began:.1f} s"
    changed = len(story.carried.changed) if story.carried else 0
    if story.is_done:
        return f"{owner}: {total} as they should be, {changed:,} carried out ({took})"
    if not changed:
        return f"{owner}: nothing was made."
    done = number(changed, "step was", "steps were")
    return f"{owner}: stopped after {done} carried out; the same command goes on from here."


def _tell_next(story: Story) -> None:
    how = story.how
    if how.facts is None:
        return
    say(f"{how.facts}: {'written' if story.has_written else 'as before'}")
    if not how.asked:
        return
    say()
    say("What comes next:")
    about = shlex.join([*how.asked, "--facts", str(how.facts)])
    lines = [(f"hyperleaf render {about} --out out", "every object, with these IDs in it")]
    lines += [
        (
            f"hyperleaf install-config {about} --cluster {one} --out DIR",
            f"the installer's, of {one}",
        )
        for one in story.sought.installed
    ]
    first = story.sought.first
    if first is not None:
        lines.append((f"hyperleaf apply {about} --cluster {first}", "once its API answers"))
    for line, why in lines:
        say(f"  {line}")
        say(styled(f"    {why}", "dim"))


def broken(story: Story, finding: Finding) -> str:
    """Return the sentence of a platform that cannot be spoken to, and how far it came."""
    said = sentence(finding)
    if story.carried is not None and story.carried.changed:
        names = ", ".join(story.carried.changed)
        said += f"\n  carried out before: {names}; the same command goes on from here"
    return said


def as_data(story: Story) -> dict[str, Any]:
    """Return it all as programs read it; no credential is in any of it."""
    changed = story.carried.changed if story.carried else []
    outputs = story.carried.outputs if story.carried else {}
    return {
        "owner": story.sought.build.owner,
        "dryRun": story.how.dry_run,
        "done": story.is_done,
        "steps": [
            {
                "name": one.step.name,
                "kind": one.step.kind,
                "documents": list(one.step.sources),
                "file": one.step.place.file,
                "line": one.step.place.line,
                "changes": [_change(each) for each in one.seen.changes],
                "carriedOut": one.step.name in changed,
                "outputs": _plain(outputs.get(one.step.name) or one.seen.outputs or {}),
            }
            for one in story.examined
        ],
        "facts": {
            "file": str(story.how.facts) if story.how.facts else None,
            "written": story.has_written,
            "found": story.facts,
        },
        "findings": [finding_as_data(one) for one in story.findings],
        **count(story.findings),
        "seconds": round(time.monotonic() - story.began, 3),
    }


def _change(change: Change) -> dict[str, Any]:
    return {"verb": change.verb.value, "what": change.what, "details": list(change.details)}


def _plain(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in outputs.items() if not isinstance(one, NotYet)}
