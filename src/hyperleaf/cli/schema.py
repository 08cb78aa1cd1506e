"""`hyperleaf schema`: the language's JSON Schema for editors, or its kinds as CRDs."""

from __future__ import annotations

import click

from hyperleaf.cli import ending
from hyperleaf.cli.screen import say, say_json

KINDS = ("Fabric", "VRF", "Network", "NetworkSet", "Cluster")


@click.command("schema", short_help="Print the language's JSON Schema, or its CRDs.")
@click.option(
    "--kind",
    type=click.Choice(KINDS, case_sensitive=False),
    help="Of one kind only, in place of all in one schema.",
)
@click.option("--crds", is_flag=True, help="CustomResourceDefinitions, as a YAML stream.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="JSON instead of YAML for CRDs; a JSON Schema is JSON either way.",
)
def command(kind: str | None, *, crds: bool, output: str) -> int:
    """Print the language's JSON Schema (draft 2020-12), or its kinds as CustomResourceDefinitions.

    \b
    Examples:
      hyperleaf schema > hyperleaf.schema.json
      hyperleaf schema --kind Network
      hyperleaf schema --crds | kubectl apply --server-side -f -

    An editor with the YAML language server completes and checks an estate that begins with

    \b
      # yaml-language-server: $schema=hyperleaf.schema.json
    """  # noqa: D301 - click's mark for a block that is not wrapped
    if crds:
        _crds(kind, output)
    else:
        from hyperleaf.spec.schema import schema, schema_of  # noqa: PLC0415 - after a usage error

        say_json(schema() if kind is None else schema_of(kind))
    return ending.FINE


def _crds(kind: str | None, output: str) -> None:
    from hyperleaf.render.text import documents  # noqa: PLC0415 - CRDs only
    from hyperleaf.spec.crd import crds  # noqa: PLC0415

    made = [one for one in crds() if kind in {None, one["spec"]["names"]["kind"]}]
    if output == "json":
        say_json({"apiVersion": "v1", "kind": "List", "items": made})
    else:
        say(documents(made).rstrip("\n"))
