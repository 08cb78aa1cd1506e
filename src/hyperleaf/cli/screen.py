"""Where output goes and how it looks there: colour, width, JSON."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN_WIDTH = 100
_LEAST_WIDTH = 40
_STYLES = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "cyan": 36, "bold": 1, "dim": 2}


def has_colour(stream: TextIO) -> bool:
    """Tell whether a stream gets colour: a terminal does, a pipe does not.

    NO_COLOR (no-color.org) and CLICOLOR_FORCE (bixense.com/clicolors) overrule that.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in {"", "0"}:
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO) -> bool:
    """Tell whether somebody looks at the stream."""
    return bool(getattr(stream, "isatty", lambda: False)())


def width(stream: TextIO) -> int:
    """Return the columns of the terminal behind a stream, or those of plain text."""
    if not is_terminal(stream):
        return _PLAIN_WIDTH
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, _LEAST_WIDTH)
    except (OSError, ValueError):
        return _PLAIN_WIDTH


def styled(text: str, *styles: str, stream: TextIO | None = None) -> str:
    """Return `text` in the styles where the stream (standard output) takes colour."""
    if not text or not has_colour(stream or sys.stdout):
        return text
    codes = ";".join(str(_STYLES[style]) for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m"


def say(text: str = "", *, stream: TextIO | None = None) -> None:
    """Write a line; standard output unless told otherwise."""
    target = stream or sys.stdout
    try:
        target.write(f"{text}\n")
    except UnicodeEncodeError:
        encoding = target.encoding or "ascii"
        target.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))


def say_json(value: Any) -> None:
    """Write one JSON document to standard output."""
    import json  # noqa: PLC0415 - text output starts without it

    say(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def wrapped(text: str, *, indent: str, stream: TextIO, first: str | None = None) -> str:
    """Return `text` wrapped to the terminal's width; whole in a pipe, where lines are counted."""
    start = indent if first is None else first
    if not is_terminal(stream):
        return start + text
    import textwrap  # noqa: PLC0415 - terminals only

    return textwrap.fill(
        text,
        width=width(stream),
        initial_indent=start,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def console(columns: int) -> Console:
    """Return rich's console on standard output; rich is imported only where a table is drawn."""
    from rich.console import Console  # noqa: PLC0415

    colour = has_colour(sys.stdout)
    return Console(
        file=sys.stdout,
        width=columns,
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        highlight=False,
        emoji=False,
        markup=False,
    )
