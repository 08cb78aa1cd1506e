"""`hyperleaf prove`: boot what render makes, and show by packets that it keeps every promise."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import Asked, about_an_estate, sound_plan
from hyperleaf.cli.progress import Progress
from hyperleaf.cli.screen import say, say_json
from hyperleaf.process import outlive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Heard, Proof
    from hyperleaf.plan.clusters import Plan


@click.command("prove", short_help="Boot what render makes; show by packets that it works.")
@about_an_estate
@click.option(
    "--rendered",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Prove this rendered folder against the estate's promise, edited as it may be.",
)
@click.option(
    "--leaves", metavar="N", type=click.IntRange(1, 8), default=2, help="Leaves a cluster, at most."
)
@click.option(
    "--scenarios",
    metavar="NAME,...",
    default="",
    help="What shall happen to the lab afterwards, or all; a wrong name lists them.",
)
@click.option(
    "--report",
    metavar="FILE.html",
    type=click.Path(dir_okay=False),
    help="Write the proof as a page: one file that needs no network.",
)
@click.option(
    "--junit",
    metavar="FILE.xml",
    type=click.Path(dir_okay=False),
    help="Write the checks as JUnit's XML.",
)
@click.option(
    "--runtime",
    type=click.Choice(["auto", "native", "uml"]),
    default="auto",
    help="What the lab runs on: this machine's kernel, User-Mode Linux, or what is found.",
)
@click.option(
    "--real-agents",
    is_flag=True,
    help="Let a cluster's own agents carry the objects out: built by `make tools`, slower.",
)
@click.option("--keep", is_flag=True, help="Leave the lab up, for hyperleaf lab to look into.")
def command(  # noqa: PLR0913 - options, each with its name
    asked: Asked,
    *,
    rendered: str | None,
    leaves: int,
    scenarios: str,
    report: str | None,
    junit: str | None,
    runtime: str,
    real_agents: bool,
    keep: bool,
) -> int:
    """Boot the rendered objects in a lab and try every pair of ends that must and must not meet.

    The lab is User-Mode Linux with FRR, nftables and the kernel's own VXLAN: nodes get nothing but
    what was rendered. The first time its Debian root is made, which takes some minutes. With real
    agents API servers hold the objects, and NetworkManager, nmstate's handler and frr-k8s run on
    every node.

    \b
    Examples:
      hyperleaf prove lab
      hyperleaf prove lab --rendered out
      hyperleaf prove lab --scenarios reflector-lost --report proof.html
      hyperleaf prove lab --real-agents
      hyperleaf prove lab --keep

    Exit status 1 where a promise is broken, 3 where this machine cannot run a lab.
    """  # noqa: D301 - click's mark for a block that is not wrapped
    from hyperleaf.lab.errors import NoProofError  # noqa: PLC0415 - after a usage error

    names = _scenarios(scenarios)
    plan = sound_plan(asked)
    written = {"report": report, "junit": junit}
    _make_room(*filter(None, written.values()))
    let_go = outlive() if keep else None
    if isinstance(let_go, int):
        return let_go

    def tell(proof: Proof, lab: Lab, place: Path) -> None:
        shown.end()
        _tell(replace(proof, estate=" ".join(asked.estate), began=began), asked.output, written)
        if let_go is not None:
            _keep(lab, place, " ".join(asked.estate), partial(let_go, _status(proof)))

    began = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with Progress() as shown:
            how = (runtime, real_agents)
            proof = _prove(plan, rendered, leaves, names, how, (shown, tell))
    except NoProofError as error:
        raise ending.CouldNotRunError(str(error)) from None
    return _status(proof)


def _status(proof: Proof) -> int:
    return ending.FOUND if proof.wrong else ending.FINE


def _keep(lab: Lab, place: Path, estate: str, let_go: Callable[[], None]) -> None:
    """Let the command end, and keep the lab up behind it."""
    from hyperleaf.lab import keeping  # noqa: PLC0415 - after a usage error

    name = keeping.name(place)
    say(f"the lab {name} stays up: hyperleaf lab list, exec, capture, down", stream=sys.stderr)
    keeping.keep(lab, place, estate, let_go)


def _scenarios(named: str) -> list[str]:
    from hyperleaf.lab.scenarios import ALL  # noqa: PLC0415 - after a usage error

    names = list(ALL) if named == "all" else [one for one in named.split(",") if one]
    for one in names:
        if one not in ALL:
            raise click.UsageError(f"There is no scenario {one!r}: {', '.join(ALL)}, or all.")
    return names


def _prove(  # noqa: PLR0913, PLR0917 - what is proven, and how
    plan: Plan,
    rendered: str | None,
    leaves: int,
    scenarios: list[str],
    how: tuple[str, bool],
    heard: tuple[Callable[[Heard], None], Callable[[Proof, Lab, Path], None]],
) -> Proof:
    from hyperleaf.lab.agents import components  # noqa: PLC0415 - after a usage error
    from hyperleaf.lab.agents.real import Real  # noqa: PLC0415
    from hyperleaf.lab.prove import prove  # noqa: PLC0415
    from hyperleaf.lab.runtime import NAMES  # noqa: PLC0415
    from hyperleaf.render.estate import render  # noqa: PLC0415
    from hyperleaf.surroundings import surroundings  # noqa: PLC0415

    runtime, real_agents = how
    if real_agents:
        components.check()
    around = surroundings(plan, leaves)
    files = Path(rendered) if rendered else [(one.path, one.text) for one in render(plan)]
    say_so, afterwards = heard
    return prove(
        files,
        around,
        asked=scenarios,
        on=NAMES.get(runtime),
        agents=Real() if real_agents else None,
        say=say_so,
        afterwards=afterwards,
    )


def _make_room(*paths: str) -> None:
    """Make the folders of files that are to be written: what fails shall fail before the lab."""
    for path in paths:
        folder = Path(path).parent
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise ending.CouldNotRunError(f"{folder} cannot be written to")


def _tell(proof: Proof, output: str, written: Mapping[str, str | None]) -> None:
    """Write a proof in every form that was asked for."""
    from hyperleaf.cli import verdict  # noqa: PLC0415 - after a usage error
    from hyperleaf.lab.report.as_json import as_data  # noqa: PLC0415
    from hyperleaf.lab.report.junit import junit  # noqa: PLC0415
    from hyperleaf.lab.report.page import page  # noqa: PLC0415

    for name, make in {"report": page, "junit": junit}.items():
        path = written[name]
        if path is not None:
            Path(path).write_text(make(proof), encoding="utf-8")
    if output == "json":
        say_json(as_data(proof))
        return
    verdict.tell(proof)
    if written["report"] is not None:
        say(f"report: {written['report']}")
