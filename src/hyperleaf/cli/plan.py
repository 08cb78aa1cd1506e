"""`hyperleaf plan`: what each class of nodes gets, cluster by cluster, or node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import Asked, about_an_estate, cluster_of, sound_plan
from hyperleaf.cli.screen import say, say_json, styled

if TYPE_CHECKING:
    from hyperleaf.plan.clusters import ClusterPlan, Plan


@click.command("plan", short_help="Show what each class of nodes gets.")
@about_an_estate
@click.option("--only", metavar="CLUSTER", help="This cluster alone.")
@click.option("--per-node", is_flag=True, help="Each node with every device it gets.")
def command(asked: Asked, *, only: str | None, per_node: bool) -> int:
    """Show what each class of nodes gets: VRFs, networks, attachments, uplinks, and why.

    Nodes of a class get the same, however many there are; `--per-node` writes it out for each
    replica of each pool. A hub shows its machines, operators and storage too, and what it hosts.

    \b
    Examples:
      hyperleaf plan lab
      hyperleaf plan lab --only prod
      hyperleaf plan lab --per-node | grep -A3 metal-x86-1
      hyperleaf plan lab -o json | jq '.clusters[].leaves.vrfs[].segments[].vni'
    """  # noqa: D301 - click's mark for a block that is not wrapped
    plan = sound_plan(asked, lambda plan: only is not None and cluster_of(plan, only))
    name = cluster_of(plan, only) if only is not None else None
    clusters = tuple(one for one in plan.clusters if name in {None, one.cluster.name})
    if per_node:
        from hyperleaf.cli import nodes  # noqa: PLC0415 - findings first

        (nodes.write_json if asked.output == "json" else nodes.write_text)(clusters)
    elif asked.output == "json":
        say_json(_as_data(plan, clusters))
    else:
        _tell(plan, clusters)
    return ending.FINE


def _as_data(plan: Plan, clusters: tuple[ClusterPlan, ...]) -> dict[str, Any]:
    from hyperleaf.cli.plain import plain  # noqa: PLC0415 - JSON only

    return {
        "clusters": [plain(one) for one in clusters],
        "borders": plain(plan.borders),
        "leases": plain(plan.scopes),
    }


def _tell(plan: Plan, clusters: tuple[ClusterPlan, ...]) -> None:
    from hyperleaf.cli import plan_tables  # noqa: PLC0415 - text only
    from hyperleaf.cli.tables import show  # noqa: PLC0415

    for one in clusters:
        say(styled(plan_tables.headline(one), "bold", "cyan"))
        say()
        drawn = list(plan_tables.of_cluster(plan, one))
        for table in drawn:
            show(table)
        if not drawn:
            say("Nothing is attached here, and none of its nodes is a leaf.")
            say()
    if len(clusters) == len(plan.clusters):
        for table in plan_tables.beside(plan):
            show(table)
