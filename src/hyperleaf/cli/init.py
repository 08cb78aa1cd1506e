"""`hyperleaf init`: a first estate, by questions or from an example, overwriting nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.screen import is_terminal, say, styled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

ESTATE_FILE = "estate.yaml"


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - a shell asks

    from hyperleaf.cli import examples  # noqa: PLC0415

    return [CompletionItem(name) for name in examples.names() if name.startswith(incomplete)]


@click.command("init", short_help="Write a first estate: by questions, or an example.")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False))
@click.option("--example", metavar="NAME", shell_complete=_complete, help="Write this example.")
@click.option("--list", "listing", is_flag=True, help="List the examples.")
def command(folder: str | None, example: str | None, *, listing: bool) -> int:
    """Write a first estate into DIR: by questions, or one of the examples.

    \b
    Examples:
      hyperleaf init lab                            # asks
      hyperleaf init lab --example 02-vsphere-lab
      hyperleaf init --list

    DIR is the present folder unless said, or one of the example's name. No file is overwritten.
    """  # noqa: D301 - click's mark for a block that is not wrapped
    if listing:
        return _list()
    if example is not None:
        place = Path(folder or example)
        files = _example(example)
    else:
        place = Path(folder or ".")
        _refuse_to_overwrite(place, [ESTATE_FILE])
        files = {ESTATE_FILE: _asked()}
    _refuse_to_overwrite(place, files)
    _write(place, files)
    return ending.FINE


def _list() -> int:
    from hyperleaf.cli import examples  # noqa: PLC0415 - after a usage error

    for name in examples.names():
        first = next(iter(examples.texts(name).values()), "").partition("\n")[0]
        say(f"{styled(name, 'bold'):<20}  {first.lstrip('# ')}")
    return ending.FINE


def _example(name: str) -> dict[str, str]:
    from hyperleaf.cli import examples  # noqa: PLC0415 - after a usage error

    known = examples.names()
    if name not in known:
        raise click.UsageError(f"There is no example {name!r}; there are {', '.join(known)}.")
    return examples.texts(name)


def _asked() -> str:
    from hyperleaf.cli import asking  # noqa: PLC0415 - questions only

    try:
        return asking.estate()
    except click.Abort:
        if is_terminal(sys.stdin):
            raise
        raise click.UsageError("The answers ended too early; or say --example NAME.") from None


def _refuse_to_overwrite(place: Path, files: Mapping[str, str] | list[str]) -> None:
    for name in files:
        if (place / name).exists():
            raise ending.CouldNotRunError(
                f"{place / name} is there already and is not overwritten: choose another folder"
            )


def _write(place: Path, files: Mapping[str, str]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with (place / name).open("x", encoding="utf-8") as file:
            file.write(text)
        say(f"wrote {place / name}")
    say()
    say("Next:")
    for step in ("check", "plan"):
        say(f"  hyperleaf {step} {place}")
