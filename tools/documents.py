"""Pages of docs/ that follow from the code: rooms, codes, commands, language, rows, mutations.

Run without arguments to write them; with --check to be told which are out of date.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.values.readiness import Ready

ROOT: Final = Path(__file__).parent.parent
SOURCE: Final = ROOT / "src" / "hyperleaf"
DOCS: Final = ROOT / "docs"
MADE: Final = "<!-- made by tools/documents.py: edit what it is made from -->\n\n"


def sentence(room: str) -> str:
    """Return the first line of a room's docstring."""
    place = SOURCE / room / "__init__.py"
    file = place if place.exists() else SOURCE / f"{room}.py"
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.splitlines()[0]


def architecture() -> str:
    """Return the drawing of the rooms, from the contracts that import-linter checks."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = contracts[0]["layers"]
    width = max(len(layer) for layer in layers) + 2
    lines = ["```text"]
    for number, layer in enumerate(layers):
        if number:
            lines.append(" " * (width // 2 + 1) + "|")
            lines.append(" " * (width // 2 + 1) + "v")
        lines.extend(
            ["+" + "-" * width + "+", "|" + layer.center(width) + "|", "+" + "-" * width + "+"]
        )
    lines.append("```")
    rooms = [room for layer in layers for room in layer.split(" | ")]
    table = "\n".join(f"| `{room}` | {sentence(room)} |" for room in rooms)
    rules = "\n".join(f"* {contract['name']}." for contract in contracts)
    return (
        "# The rooms\n\n"
        + MADE
        + "An arrow means: may import. What stands side by side does not know each other. The\n"
        "build fails where the code draws another arrow (`make lint`).\n\n"
        + "\n".join(lines)
        + "\n\n| Room | Turns what into what |\n|---|---|\n"
        + table
        + "\n\nThe contracts:\n\n"
        + rules
        + "\n\nA new transport, rule or kind of object is a new file and one registration. A room\n"
        "that boots or applies what was rendered reads files alone, never the model.\n"
    )


def codes() -> str:
    """Return the page of every code."""
    from hyperleaf.rules.registry import CODES  # noqa: PLC0415 - only this page needs the product

    head = "# Codes\n\n" + MADE + "`hyperleaf explain HL0201` prints one of these.\n"
    return head + "".join(
        f"\n## {code.code} {code.title}\n\n{code.why}\n\n{code.mend}\n\n"
        f"Bad:\n\n```text\n{code.bad.strip()}\n```\n\n"
        f"Good:\n\n```text\n{code.good.strip()}\n```\n"
        for code in sorted(CODES.values(), key=lambda one: one.code)
    )


def commands() -> str:
    """Return the page of every command, as `--help` prints it."""
    import click  # noqa: PLC0415

    from hyperleaf.cli.command import hyperleaf  # noqa: PLC0415

    context = click.Context(
        hyperleaf, info_name="hyperleaf", terminal_width=90, max_content_width=90
    )
    parts = ["# Commands\n\n" + MADE + f"```text\n{context.get_help()}\n```\n"]
    for name in hyperleaf.list_commands(context):
        command = hyperleaf.get_command(context, name)
        if command is not None:
            inner = click.Context(
                command, parent=context, info_name=name, terminal_width=90, max_content_width=90
            )
            parts.append(f"\n## {name}\n\n```text\n{inner.get_help()}\n```\n")
    return "".join(parts)


def fields(model: dict[str, Any], path: str) -> Iterator[str]:
    """Yield a table row per field of a schema, and below it what it is made of."""
    for name, field in model.get("properties", {}).items():
        inner, mark = field, ""
        while isinstance(below := inner.get("items", inner.get("additionalProperties")), dict):
            inner, mark = below, mark + ("[]" if "items" in inner else ".*")
        needed = "yes" if name in model.get("required", ()) else ""
        default = f"`{json.dumps(field['default'])}`" if "default" in field else ""
        text = field.get("description") or inner.get("description", "")
        values = ", ".join(f"`{one}`" for one in inner.get("enum", ()))
        if values:
            text = f"{text} One of {values}.".strip()
        yield f"| `{path}{name}` | {needed} | {default} | {text} |"
        yield from fields(inner, f"{path}{name}{mark}.")


def language() -> str:
    """Return the page of every field of the language."""
    from hyperleaf.spec.documents import KINDS  # noqa: PLC0415
    from hyperleaf.spec.facts import WrittenFacts  # noqa: PLC0415

    parts = ["# The estate language\n\n" + MADE]
    parts.append("`apiVersion: hyperleaf.dev/v1alpha1`; `metadata.name` names the document.\n")
    for kind, model in KINDS.items():
        schema = model.schema()
        rows = "\n".join(fields(schema["properties"]["spec"], "spec."))
        parts.append(
            f"\n## {kind}\n\n{schema['description']}\n\n"
            f"| Field | Needed | Default | Meaning |\n|---|---|---|---|\n{rows}\n"
        )
    schema = WrittenFacts.schema()
    parts.append(
        f"\n## Facts\n\n{schema['description']} A file of them is given by `--facts`; it has no "
        "`apiVersion` and no `kind`.\n\n| Field | Needed | Default | Meaning |\n|---|---|---|---|\n"
        + "\n".join(fields(schema, ""))
        + "\n"
    )
    return "".join(parts)


def operators() -> str:
    """Return the page of every operator: what it is called, and what it is waited for."""
    from hyperleaf.model.operators import PRODUCTS, default_channel  # noqa: PLC0415
    from hyperleaf.values.readiness import READY  # noqa: PLC0415
    from hyperleaf.values.units import Version  # noqa: PLC0415

    shown = Version.read("4.16")
    known = "\n".join(
        f"| `{name}` | `{one.package}` | `{one.namespace}` | `{default_channel(one, shown)}` | "
        f"{', '.join(f'`{group}`' for group in one.groups)} |"
        for name, one in PRODUCTS.items()
    )
    waited = "\n".join(
        f"| `{kind}` | {group or 'core'} | {_waited(one)} | {one.seconds // 60} |"
        for (group, kind), one in READY.items()
    )
    return (
        "# Operators\n\n"
        + MADE
        + f"What `operators` of a Cluster may name. The channel is that of OpenShift {shown}\n"
        "where its name holds a version.\n\n"
        "| Name | Package | Namespace | Channel | Brings |\n|---|---|---|---|---|\n"
        + known
        + "\n\n## What objects are waited for\n\n"
        "A kind that is not here is ready when it was applied.\n\n"
        "| Kind | Group | Ready when | Minutes at most |\n|---|---|---|---|\n" + waited + "\n"
    )


def _waited(one: Ready) -> str:
    if one.condition is not None:
        words = f"condition {one.condition} is True"
    elif one.counts is not None:
        words = f"`{'.'.join(one.counts[1])}` is `{'.'.join(one.counts[0])}`"
    elif one.other is not None:
        words = f"the {one.other[1]} that `{'.'.join(one.names)}` names is"
    else:
        words = f"`{'.'.join(one.field)}` is {' or '.join(sorted(one.values))}"
    return words + (f" ({', '.join(sorted(one.failed))}: failed)" if one.failed else "")


def rows() -> str:
    """Return the living table: each row, where it is built, which check exercises it, its state."""
    known = yaml.safe_load((DOCS / "rows.yaml").read_text(encoding="utf-8"))
    parts = [
        "# What must work, row by row\n\n"
        + MADE
        + "States: **done** (built, and the check named exercises all of the row that is this\n"
        "product's), **part** (what the note says is missing), **open** (not built). A test holds\n"
        "every check named here to exist, and every done row to name one.\n"
    ]
    for section in known["sections"]:
        parts.append(
            f"\n## {section['title']}\n\n"
            "| Row | Must work | Where | Check | State |\n|---|---|---|---|---|\n"
        )
        for row in section["rows"]:
            where = ", ".join(f"`{one}`" for one in row.get("where", ()))
            check = ", ".join(f"`{one}`" for one in row.get("check", ()))
            note = f" ({row['note']})" if "note" in row else ""
            cells = (f"{row['row']} {row['name']}", row["what"], where, check, row["state"] + note)
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


# What fails, by the kind of check: a proof is red by packets, or by what machines say.
CAUGHT: Final = {
    "gateway": "a guest does not reach its gateway",
    "lease": "what DHCP tells a guest",
    "mtu": "a packet of exactly the MTU, or of one byte more",
    "node": "a guest reaches a node, or a node a guest",
    "outside": "the way out, or in, or whom the outside sees",
    "pair": "pairs of guests",
    "resolve": "who answers for an address by ARP or neighbour discovery",
    "router": "the router that guests are told of by IPv6",
    "service": "a guest reaches a service that is kept from it",
    "session": "sessions of the fabric",
    "state": "what a machine has: devices, routes, settings, filters",
}


def mutations() -> str:
    """Return the table of mistakes that the proof finds, from the data of their tests."""
    path = ROOT / "tests" / "lab" / "mutations.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8"))
    parts = [
        "# Mistakes that the proof finds\n\n"
        + MADE
        + f"Each of these {len(known)} mistakes is made in rendered objects, or done to a running "
        "node, in a lab\nof its own: the proof must turn red, and name the object first "
        "(`tests/lab/test_mutations.py`;\n`make test` tries some of them, `make soak` all). A `*` "
        "stands for a part of a name that is a hash.\n\n"
        "| Mistake | What a person did | Where | Found by | Object named |\n|---|---|---|---|---|\n"
    ]
    for name, one in known.items():
        places = {change["in"].partition("/")[0] for change in one.get("change", ())}
        places |= {"a running node"} if one.get("run") else set()
        where = ", ".join(sorted(places))
        parts.append(f"| {name} | {one['did']} | {where} | {one['caught']} | `{one['named']}` |\n")
    parts.append("\nFound by, at least:\n\n")
    parts.extend(f"* {kind}: {what}.\n" for kind, what in CAUGHT.items())
    return "".join(parts)


PAGES = {
    "architecture.md": architecture,
    "reference/codes.md": codes,
    "reference/commands.md": commands,
    "reference/estate.md": language,
    "reference/mutations.md": mutations,
    "reference/operators.md": operators,
    "rows.md": rows,
}


def main() -> int:
    """Write the pages, or say which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = []
    for name, made in PAGES.items():
        page, text = DOCS / name, made()
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not options.check:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
    if options.check and stale:
        print(f"out of date, run `python tools/documents.py`: {', '.join(stale)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
