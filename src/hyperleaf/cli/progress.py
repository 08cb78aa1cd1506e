"""What a proof says while it goes on becomes a list on a terminal, or a line each in a pipe."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from hyperleaf.cli.screen import has_colour, is_terminal, say, styled, width
from hyperleaf.cli.telling import number

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import RenderableType
    from rich.live import Live

    from hyperleaf.lab.outcome import Checked, Heard, Scenario

_TIMES_A_SECOND = 8
_SECONDS_WIDTH = len("1234.5 s")
_SPINNER = "\u280b\u2819\u2839\u2838\u283c\u2834\u2826\u2827\u2807\u280f"


@dataclass(slots=True)
class Row:
    """A part: when it began and ended, and what came of it; `good` is None as long as unknown."""

    name: str
    began: float
    ended: float | None = None
    told: str = ""
    good: bool | None = True


@dataclass(slots=True)
class Progress:
    """Shows the parts of a proof on standard error for the block."""

    rows: list[Row] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    live: Live | None = None

    def __enter__(self) -> Self:
        if is_terminal(sys.stderr):
            self.live = _live(self)
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(failed=kind is not None)

    def __call__(self, heard: Heard) -> None:
        """Take up what a proof says: a part that begins, what was asked, a scenario's end."""
        now = time.monotonic()
        if isinstance(heard, str):
            self._close(now)
            self.rows.append(Row(heard, now))
            if self.live is None:
                _line(f"{now - self.began:6.1f} s  {heard}")
        else:
            good, told = _came_of(heard)
            if self.rows:
                self.rows[-1].good, self.rows[-1].told = good, told
            if self.live is None:
                _line(f"{now - self.began:6.1f} s    {told}")

    def end(self, *, failed: bool = False) -> None:
        """Leave the list as it is: what comes now is the proof itself."""
        self._close(time.monotonic(), good=False if failed else None)
        if self.live is not None:
            self.live.stop()
            self.live = None

    def _close(self, now: float, *, good: bool | None = None) -> None:
        if self.rows and self.rows[-1].ended is None:
            self.rows[-1].ended = now
            if good is not None:
                self.rows[-1].good = good

    def __rich__(self) -> RenderableType:
        from rich.table import Table  # noqa: PLC0415 - terminals only
        from rich.text import Text  # noqa: PLC0415

        # What is told gives way first: a name, a mark and the seconds are always whole.
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=1)
        table.add_column(width=max((len(row.name) for row in self.rows), default=1), no_wrap=True)
        table.add_column(width=_SECONDS_WIDTH, justify="right", no_wrap=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        now = time.monotonic()
        for row in self.rows:
            took = (row.ended or now) - row.began
            mark, style = _mark(row, now)
            told = Text(row.told, "red" if row.good is False else "dim")
            table.add_row(Text(mark, style), row.name, f"{took:.1f} s", told)
        return table


def _mark(row: Row, now: float) -> tuple[str, str]:
    if row.ended is None:
        return _SPINNER[int(now * _TIMES_A_SECOND) % len(_SPINNER)], "cyan"
    match row.good:
        case True:
            return "\N{CHECK MARK}", "green"
        case False:
            return "\N{MULTIPLICATION X}", "red bold"
        case None:
            return "-", "yellow"


def _came_of(heard: tuple[Checked, ...] | Scenario) -> tuple[bool | None, str]:
    """Return whether it is as hoped (None: it could not be played), and what there is to say."""
    if isinstance(heard, tuple):
        wrong = sum(bool(one.fault) for one in heard)
        said = number(len(heard), "check")
        return not wrong, f"{wrong:,} of {said} failed" if wrong else f"{said} held"
    from hyperleaf.cli.verdict import figures  # noqa: PLC0415 - after a usage error

    if heard.skipped:
        return None, f"skipped: {heard.skipped}"
    return not any(one.fault for one in heard.checked), "; ".join(figures(heard))


def _line(text: str) -> None:
    say(styled(text, "dim", stream=sys.stderr), stream=sys.stderr)


def _live(progress: Progress) -> Live:
    from rich.console import Console  # noqa: PLC0415 - terminals only
    from rich.live import Live  # noqa: PLC0415

    colour = has_colour(sys.stderr)
    console = Console(
        file=sys.stderr,
        width=width(sys.stderr),
        force_terminal=True,
        no_color=not colour,
        highlight=False,
        emoji=False,
        markup=False,
    )
    return Live(
        progress,
        console=console,
        refresh_per_second=_TIMES_A_SECOND,
        vertical_overflow="visible",
    )
