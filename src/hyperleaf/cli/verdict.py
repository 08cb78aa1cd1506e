"""A proof becomes the text that ends `prove`: what is wrong and why, scenarios, the verdict."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hyperleaf.cli.screen import say, styled, wrapped
from hyperleaf.cli.telling import number

if TYPE_CHECKING:
    from hyperleaf.lab.outcome import Cause, Checked, Figure, Proof, Scenario
    from hyperleaf.lab.report.failures import Failure

_CAUSES, _SHOWN = 12, 5
RUNTIMES = {"uml": "User-Mode Linux", "native": "this machine's kernel"}


def tell(proof: Proof) -> None:
    """Write a proof for people."""
    from hyperleaf.lab.report.failures import failures  # noqa: PLC0415 - after a usage error

    groups = failures(proof.wrong)
    for one in groups[:_CAUSES]:
        _failure(one)
    if len(groups) > _CAUSES:
        say(f"and {number(len(groups) - _CAUSES, 'other likely cause')}")
    for story in proof.scenarios:
        say(wrapped(scenario(story), indent=" " * 9, first="", stream=sys.stdout))
    say(wrapped(verdict(proof), indent="  ", first="", stream=sys.stdout))
    skipped = [one for one in proof.scenarios if one.skipped]
    if skipped:
        names = ", ".join(one.name for one in skipped)
        text = f"not shown: {number(len(skipped), 'scenario')} ({names}) could not be played here"
        say(styled(wrapped(text, indent="  ", first="", stream=sys.stdout), "yellow"))


def verdict(proof: Proof) -> str:
    """Return the proof in one line."""
    took = f"in {proof.seconds.get('all', 0):.1f} s" if proof.seconds else ""
    versions = [f"{name} {version}" for name, version in proof.versions.items()]
    runtime = RUNTIMES.get(proof.runtime, proof.runtime)
    where = f"({', '.join(filter(None, (runtime, *versions)))})"
    mark = styled("proven", "green", "bold") if not proof.wrong else styled("failed", "red", "bold")
    held = len(proof.all) - len(proof.wrong)
    counts = f"{held:,} of {number(len(proof.all), 'check')} held"
    return f"{mark}: {' '.join(filter(None, (counts, took, where)))}"


def scenario(one: Scenario) -> str:
    """Return a scenario in one line: how it ended, its figures beside their limits."""
    if one.skipped:
        return f"{styled('skipped', 'yellow')}  {one.name}: {one.skipped}"
    wrong = any(each.fault for each in one.checked)
    mark = styled("no     ", "red", "bold") if wrong else styled("held   ", "green")
    return f"{mark}  {one.name} ({one.seconds:.1f} s): {'; '.join(figures(one))}"


def figures(one: Scenario) -> list[str]:
    """Return what a scenario has measured, or how many of its checks held."""
    from hyperleaf.lab.outcome import Figure  # noqa: PLC0415 - after a usage error

    wrong = sum(bool(each.fault) for each in one.checked)
    checks = number(len(one.checked), "check")
    measured = [_figure(each) for each in one.told if isinstance(each, Figure)]
    if wrong:
        return [f"{wrong} of {checks} failed", *measured]
    return measured or [f"{checks} held"]


def _figure(one: Figure) -> str:
    limit = f", at most {one.limit:g}" if one.limit is not None else ""
    return f"{one.name}: {one.value:g} {one.unit}{limit}"


def _failure(one: Failure) -> None:
    if one.cause is not None:
        _cause(one.cause)
    for check in one.checks[:_SHOWN]:
        _check(check, indent="  " if one.cause is not None else "")
    left = len(one.checks) - _SHOWN
    if left > 0:
        say(styled(f"  and {left:,} more", "dim"))
    say()


def _cause(one: Cause) -> None:
    say(f"{styled('cause', 'red', 'bold')}  {styled(one.object, 'bold')}")
    say(wrapped(one.why, indent="  ", stream=sys.stdout))
    origin = f" ({one.origin})" if one.origin else ""
    for where in (f"{one.line}{origin}" if one.line else "", one.file):
        if where:
            say(styled(f"  {where}", "dim"))


def _check(one: Checked, indent: str) -> None:
    head = f"{styled('no', 'red', 'bold')}  {one.title}"
    say(wrapped(head, indent=f"{indent}    ", first=indent, stream=sys.stdout))
    for line in one.fault.splitlines():
        say(wrapped(line, indent=f"{indent}    ", stream=sys.stdout))
