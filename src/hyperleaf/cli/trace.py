"""`hyperleaf trace`: hop by hop why one end reaches another, or which line stops it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import Asked, about_an_estate, sound_plan
from hyperleaf.cli.screen import say, say_json, styled, wrapped

if TYPE_CHECKING:
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.plan.endpoints import Endpoint
    from hyperleaf.plan.reach import Verdict


@click.command("trace", short_help="Say why one end reaches another, or what stops it.")
@about_an_estate
@click.argument("source", metavar="A")
@click.argument("target", metavar="B")
def command(asked: Asked, source: str, target: str) -> int:
    """Say hop by hop how A reaches B, from the estate alone, or which line of it stops the packet.

    \b
    A and B are each one of
      NETWORK       a guest on it: red; red@edge to say in
                    which cluster, red@borders for a host
                    of the data centre on it
      GUEST         a VirtualMachine beside the estate:
                    web-1, shop/web-1
      ADDRESS       a guest's, gateway's, node's, anybody's
      outside       the Internet
      border        a host of the data centre on the other
                    end's own network
      node:CLUSTER  a node

    \b
    Examples:
      hyperleaf trace lab red blue-front
      hyperleaf trace lab shop/web-1 outside
      hyperleaf trace lab blue-front@edge 172.20.201.17

    Exit status 1 where A does not reach B.
    """  # noqa: D301 - click's mark for a block that is not wrapped
    from hyperleaf.plan.trace import trace  # noqa: PLC0415 - after a usage error

    verdicts: list[Verdict] = []

    def follow(plan: Plan) -> None:
        try:
            verdicts.extend(trace(plan, source, target))
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    sound_plan(asked, follow)
    reached = any(verdict.reached for verdict in verdicts)
    if asked.output == "json":
        say_json({"reached": reached, "verdicts": [_as_data(one) for one in verdicts]})
    else:
        for verdict in verdicts:
            _tell(verdict)
    return ending.FINE if reached else ending.FOUND


def _as_data(verdict: Verdict) -> dict[str, Any]:
    stop = verdict.stopped_by
    return {
        "family": verdict.family,
        "source": _end(verdict.source, verdict.family),
        "target": _end(verdict.target, verdict.family),
        "reached": verdict.reached,
        "how": verdict.how,
        "assumes": verdict.assumes,
        "hops": [
            {"where": hop.where, "what": hop.what, "place": str(hop.place) if hop.place else None}
            for hop in verdict.hops
        ],
        "stoppedBy": None
        if stop is None
        else {
            "file": stop.place.file,
            "line": stop.place.line,
            "column": stop.place.column,
            "document": stop.document,
            "reason": stop.reason,
        },
    }


def _end(end: Endpoint, family: int) -> dict[str, Any]:
    address = end.address(family)
    return {
        "name": end.label,
        "kind": end.kind,
        "network": end.network,
        "at": end.site,
        "address": str(address) if address is not None else None,
    }


def _tell(verdict: Verdict) -> None:
    ends = f"{_named(verdict.source, verdict.family)} -> {_named(verdict.target, verdict.family)}"
    if verdict.reached:
        say(f"{styled('yes', 'green', 'bold')} {styled(ends, 'bold')}: {verdict.how}")
        for number, hop in enumerate(verdict.hops, 1):
            start = f"{number:>4}  "
            said = wrapped(
                f"{hop.where}: {hop.what}", indent="      ", first=start, stream=sys.stdout
            )
            say(said)
            if hop.place is not None:
                say(styled(f"      {hop.place}", "dim"))
        if verdict.assumes:
            say(wrapped(f"provided that {verdict.assumes}", indent="      ", stream=sys.stdout))
    else:
        say(f"{styled('no', 'red', 'bold')} {styled(ends, 'bold')}")
        stop = verdict.stopped_by
        if stop is not None:
            say(f"      {styled(str(stop.place), 'bold')} ({stop.document})")
            say(wrapped(stop.reason, indent="      ", stream=sys.stdout))


def _named(end: Endpoint, family: int) -> str:
    address = end.address(family)
    if address is None or str(address) == end.label or end.kind == "outside":
        return f"{end.label} (IPv{family})" if end.kind in {"outside", "node"} else end.label
    return f"{end.label} ({address})"
