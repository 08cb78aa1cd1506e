"""`hyperleaf facts`: what a live cluster knows of itself and an estate leaves to be found."""

from __future__ import annotations

import sys

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import form
from hyperleaf.cli.screen import say, say_json


@click.command("facts", short_help="Ask a cluster for what an estate leaves to be found.")
@click.option("--cluster", metavar="NAME", required=True, help="What the estate calls it.")
@click.option("--kubeconfig", metavar="FILE", type=click.Path(), help="KUBECONFIG's unless said.")
@click.option("--context", metavar="NAME", help="The kubeconfig's current one unless said.")
@form
def command(*, cluster: str, kubeconfig: str | None, context: str | None, output: str) -> int:
    """Print a cluster's infrastructure ID and worker MachineSets, as a facts file has them.

    Nothing is written to the cluster, and nothing secret is asked for.

    \b
    Examples:
      hyperleaf facts --cluster hub > facts.yaml
      hyperleaf render lab --facts facts.yaml --out out
    """  # noqa: D301 - click's mark for a block that is not wrapped
    from hyperleaf.cluster.client import Client  # noqa: PLC0415 - after a usage error
    from hyperleaf.cluster.errors import ClusterError  # noqa: PLC0415
    from hyperleaf.cluster.finding_facts import facts_of  # noqa: PLC0415
    from hyperleaf.cluster.kubeconfig import read_access  # noqa: PLC0415
    from hyperleaf.render.text import text  # noqa: PLC0415

    try:
        found = facts_of(Client(read_access(kubeconfig, context)))
    except ClusterError as error:
        from hyperleaf.cli.telling import as_data, sentence  # noqa: PLC0415 - errors only

        if output == "json":
            say_json({"findings": [as_data(error.finding)]})
        raise ending.CouldNotRunError(sentence(error.finding)) from None
    facts = {"clusters": {cluster: found}}
    if output == "json":
        say_json(facts)
    else:
        sys.stdout.write(text(facts))
    if not found:
        say(f"{cluster} has no machines of its own: nothing was found.", stream=sys.stderr)
    return ending.FINE
