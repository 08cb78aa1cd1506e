"""`hyperleaf status`: what a cluster runs, in the columns of `oc get`; a hosted one's phases."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import form, seconds_of
from hyperleaf.cli.screen import say, say_json, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperleaf.cluster.client import Client
    from hyperleaf.cluster.errors import ClusterError
    from hyperleaf.cluster.hosted import Hosted, Phase

_PAUSE_SECONDS = 2.0
_LIMIT = "2h"


@click.command("status", short_help="Show what a cluster runs; watch a hosted one come to be.")
@click.option("--cluster", metavar="NAME", help="A hosted cluster: its row, its pools, its phases.")
@click.option("--kubeconfig", metavar="FILE", type=click.Path(), help="KUBECONFIG's unless said.")
@click.option("--context", metavar="NAME", help="The kubeconfig's current one unless said.")
@click.option("--watch", is_flag=True, help="Wait until the hosted cluster is available.")
@click.option(
    "--timeout", metavar="TIME", default=_LIMIT, show_default=True, help="How long to watch."
)
@click.option(
    "--save-kubeconfig",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Fetch the hosted cluster's kubeconfig into a file that only you can read.",
)
@form
def command(  # noqa: PLR0913 - options, each with its name
    *,
    cluster: str | None,
    kubeconfig: str | None,
    context: str | None,
    watch: bool,
    timeout: str,
    save_kubeconfig: str | None,
    output: str,
) -> int:
    """Show what a cluster runs, in the columns that `oc get` prints; nothing is written there.

    A hosted cluster is asked for at its hub: its phases, with the times after which each was
    reached, and the way into it.

    \b
    Examples:
      hyperleaf status
      hyperleaf status --cluster lvm-hcp --context hub-admin --watch
      hyperleaf status --cluster lvm-hcp --save-kubeconfig lvm-hcp.kubeconfig
      hyperleaf status -o json | jq '.tables[] | select(.kind == "NodePool")'

    Exit status 1 where a hosted cluster is not available (in time).
    """  # noqa: D301 - click's mark for a block that is not wrapped
    if cluster is None and (watch or save_kubeconfig):
        raise click.UsageError("Say which hosted cluster: --cluster NAME.")
    limit = seconds_of("--timeout", timeout)
    from hyperleaf.cluster.client import Client  # noqa: PLC0415 - after a usage error
    from hyperleaf.cluster.errors import ClusterError  # noqa: PLC0415
    from hyperleaf.cluster.kubeconfig import read_access  # noqa: PLC0415

    try:
        client = Client(read_access(kubeconfig, context))
        hosted = _hosted(client, cluster, limit if watch else 0.0) if cluster else None
        if hosted is not None and save_kubeconfig:
            _save(client, hosted, Path(save_kubeconfig))
        _show(client, hosted, output)
    except ClusterError as error:
        return _wrong(error, output)
    return ending.FINE if hosted is None or hosted.is_available else ending.FOUND


def _hosted(client: Client, name: str, limit: float) -> Hosted:
    """Return a hosted cluster, within `limit` seconds once it is available."""
    from hyperleaf.cli.progress import Progress, Row  # noqa: PLC0415 - a terminal's
    from hyperleaf.cluster.hosted import find_hosted, phases  # noqa: PLC0415

    ends = time.monotonic() + limit
    hosted = find_hosted(client, name)
    if not limit:
        return hosted
    from hyperleaf.cli.screen import is_terminal  # noqa: PLC0415

    with Progress() as shown:
        while True:
            now = time.monotonic()
            if is_terminal(sys.stderr):
                shown.rows[:] = [_row(Row, one, now, hosted.age_seconds) for one in phases(hosted)]
            if hosted.is_available or now >= ends:
                return hosted
            time.sleep(min(_PAUSE_SECONDS, max(0.0, ends - now)))
            hosted = find_hosted(client, name)


def _row(row: Any, one: Phase, now: float, age: float) -> Any:
    """Return a phase as a row of progress; times count from the making of the cluster."""
    told = one.meaning if one.is_reached else one.why
    if not one.is_reached:
        return row(one.name, now - age, None, told)
    return row(one.name, now - (one.seconds or 0.0), now, told)


def _save(client: Client, hosted: Hosted, file: Path) -> None:
    from hyperleaf.cluster.hosted import kubeconfig_of, save  # noqa: PLC0415 - where asked for

    save(kubeconfig_of(client, hosted), file)
    say(f"{file} is the administrator's way into {hosted.name}.", stream=sys.stderr)


def _show(client: Client, hosted: Hosted | None, output: str) -> None:
    from hyperleaf.cluster.hosted import phases  # noqa: PLC0415 - after a usage error
    from hyperleaf.cluster.tables import tables  # noqa: PLC0415

    found = list(tables(client, hosted.name if hosted is not None else ""))
    reached = phases(hosted) if hosted is not None else ()
    if output == "json":
        listed = [
            {"kind": one.kind, "why": one.why, "columns": one.columns, "rows": one.rows}
            for one in found
        ]
        steps = [_phase(one) for one in reached]
        say_json({"server": client.access.server, "tables": listed, "phases": steps})
        return
    from hyperleaf.cli.tables import Rows, show  # noqa: PLC0415 - text only

    for one in found:
        if one.why:
            say(f"{styled(one.kind, 'bold')}: {one.why}")
        else:
            show(Rows(one.kind, one.columns, one.rows))
    if reached:
        _tell(reached)
    if not found:
        say(f"{client.access.server} runs nothing of what this shows.")


def _phase(one: Phase) -> dict[str, Any]:
    return {
        "name": one.name,
        "reached": one.is_reached,
        "seconds": one.seconds,
        "why": one.why,
    }


def _tell(reached: Sequence[Phase]) -> None:
    from hyperleaf.cli.tables import Rows, show  # noqa: PLC0415 - text only

    rows = [
        (
            one.name,
            "yes" if one.is_reached else "no",
            _span(one.seconds) if one.is_reached else "",
            one.meaning if one.is_reached else one.why,
        )
        for one in reached
    ]
    show(Rows("Phases", ("PHASE", "REACHED", "AFTER", "WHAT"), rows))


def _span(seconds: float | None) -> str:
    """Return a time as people say it.

    >>> _span(787.0), _span(9.2), _span(3720.0), _span(None)
    ('13m07s', '9s', '1h02m', '')
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours}h{left:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def _wrong(error: ClusterError, output: str) -> int:
    from hyperleaf.cli.telling import as_data, sentence  # noqa: PLC0415 - errors only
    from hyperleaf.cluster.errors import AccessError  # noqa: PLC0415

    if output == "json":
        say_json({"findings": [as_data(error.finding)]})
    said = sentence(error.finding)
    if isinstance(error, AccessError):
        raise ending.CouldNotRunError(said)
    say(said, stream=sys.stderr)
    return ending.FOUND
