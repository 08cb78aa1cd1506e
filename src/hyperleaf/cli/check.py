"""`hyperleaf check`: every mistake of an estate at once, each with its place, code and hint."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import Asked, about_an_estate, stops
from hyperleaf.cli.screen import say, say_json, styled, wrapped
from hyperleaf.findings import Severity

if TYPE_CHECKING:
    from hyperleaf.api import Loaded
    from hyperleaf.model.estate import Estate


@click.command("check", short_help="Find every mistake of an estate at once.")
@about_an_estate
def command(asked: Asked) -> int:
    """Find every mistake of an estate at once, each with its line, a code and what to do.

    ESTATE are YAML files, or folders of them; VirtualMachines, NetworkAttachmentDefinitions and
    FRRConfigurations that lie beside an estate are checked against it.

    \b
    Examples:
      hyperleaf check lab
      hyperleaf check fabric.yaml tenants/
      hyperleaf check lab --output json | jq .findings[].code
      hyperleaf check lab --warnings-as-errors    # for a pipeline
    """  # noqa: D301 - click's mark for a block that is not wrapped
    from hyperleaf.api import check  # noqa: PLC0415 - after a usage error

    loaded = check(*asked.estate, facts=asked.facts)
    if asked.output == "json":
        _tell_program(loaded)
    else:
        _tell_person(loaded)
    stopped = stops(loaded.findings, warnings_as_errors=asked.warnings_as_errors)
    return ending.FOUND if stopped else ending.FINE


def _tell_program(loaded: Loaded) -> None:
    from hyperleaf.cli.telling import as_data, count  # noqa: PLC0415 - JSON only

    say_json(
        {
            "findings": [as_data(one) for one in loaded.findings],
            **count(loaded.findings),
            "counts": _counts(loaded.estate),
        }
    )


def _tell_person(loaded: Loaded) -> None:
    from hyperleaf.cli.telling import summary, tell  # noqa: PLC0415 - text only

    counts = _counts(loaded.estate)
    estate = (
        ", ".join(_told(name, amount) for name, amount in counts.items() if amount) or "nothing"
    )
    if not loaded.findings:
        say(f"{styled('fine', 'green', 'bold')}: {estate}")
        return
    tell(loaded.findings)
    colour = "red" if not loaded.is_sound else "yellow"
    files = len({one.place.file for one in loaded.findings})
    where = f"in {files} files" if files > 1 else f"in {loaded.findings[0].place.file}"
    first = min(loaded.findings, key=lambda one: one.severity is not Severity.ERROR)
    say(f"{styled(summary(loaded.findings), colour, 'bold')} {where}; read: {estate}")
    more = f"`hyperleaf explain {first.code}` says why, with an example."
    say(wrapped(more, indent="", stream=sys.stdout))


def _counts(estate: Estate) -> dict[str, int]:
    return {
        "fabrics": int(estate.fabric is not None),
        "vrfs": sum(vrf.shared for vrf in estate.vrfs.values()),
        "networks": len(estate.networks),
        "clusters": len(estate.clusters),
        "guests": len(estate.machines),
    }


def _told(name: str, amount: int) -> str:
    from hyperleaf.cli.telling import number  # noqa: PLC0415 - text only

    return number(amount, {"vrfs": "shared VRF"}.get(name, name[:-1]))
