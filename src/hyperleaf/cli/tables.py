"""Rows become a table where the screen is wide enough, else a short list for each row."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.cli.screen import console, is_terminal, say, styled, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

_BETWEEN = 3  # columns of rich's simple box


@dataclass(frozen=True, slots=True)
class Rows:
    """A table to be; cells hold one value a line, columns that are empty everywhere are left out.

    `notes` are lines below it.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    last_is_sum: bool = False
    notes: Sequence[str] = ()


def show(table: Rows) -> None:
    """Write a table to standard output, and an empty line."""
    kept = [n for n in range(len(table.head)) if any(row[n] for row in table.rows)] or [0]
    if _natural_width(table, kept) <= _room():
        console(_natural_width(table, kept) + 1).print(_drawn(table, kept))
    else:
        _list(table, kept)
    for note in table.notes:
        say(wrapped(note, indent="  ", first="", stream=sys.stdout))
    say()


def _room() -> int:
    """Return the columns that a table may have: as many as it wants in a pipe."""
    return width(sys.stdout) if is_terminal(sys.stdout) else 1 << 16


def _natural_width(table: Rows, kept: Sequence[int]) -> int:
    columns = [
        max(len(line) for row in (table.head, *table.rows) for line in row[n].split("\n"))
        for n in kept
    ]
    return sum(columns) + _BETWEEN * (len(kept) - 1)


def _drawn(table: Rows, kept: Sequence[int]) -> Table:
    from rich import box  # noqa: PLC0415 - only where a table is drawn
    from rich.table import Table  # noqa: PLC0415

    made = Table(
        title=table.title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )
    for n in kept:
        cells = [row[n] for row in table.rows if row[n]]
        numbers = n > 0 and all(cell.replace(",", "").isdigit() for cell in cells)
        made.add_column(table.head[n], justify="right" if numbers else "left", no_wrap=True)
    for number, row in enumerate(table.rows, 1):
        if table.last_is_sum and number == len(table.rows):
            made.add_section()
        made.add_row(*(row[n] for n in kept))
    return made


def _list(table: Rows, kept: Sequence[int]) -> None:
    """Write each row as its first cell and a line for each other one."""
    if table.title:
        say(styled(table.title, "bold"))
    for row in table.rows:
        first, *others = kept
        say(f"  {styled(row[first], 'bold')}")
        for n in others:
            if row[n]:
                said = row[n].replace("\n", ", ")
                say(
                    wrapped(
                        said, indent="      ", first=f"    {table.head[n]}: ", stream=sys.stdout
                    )
                )
