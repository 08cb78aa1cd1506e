"""What happens while objects are applied becomes a list on a terminal, and nothing in a pipe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.cli.progress import Progress, Row
from hyperleaf.cluster.applying import Applied, Begun, Ended, Waiting
from hyperleaf.cluster.marking import Lacking
from hyperleaf.cluster.pruning import Stale

if TYPE_CHECKING:
    from hyperleaf.cluster.reading import Item
    from hyperleaf.cluster.waiting import Verdict

_COMPARING = "comparing"
_DELETING = "deleting"
_MARKING = "nodes' labels"


@dataclass(slots=True)
class Applying(Progress):
    """Shows the steps of an application on standard error, where somebody looks."""

    done: int = 0
    count: int = 0
    written: int = 0

    def compared(self, done: int, count: int) -> None:
        """Take up how many objects were compared."""
        if not self.rows:
            self._open(_COMPARING)
        self.rows[-1].told = f"{done:,} of {count:,} objects"

    def __call__(self, heard: object) -> None:
        """Take up what happens."""
        match heard:
            case Begun(step, count):
                self._open(step)
                self.done, self.count, self.written = 0, count, 0
                self._say()
            case Applied(_, is_written):
                self.done += 1
                self.written += is_written
                self._say()
            case Waiting(_, pending):
                self._say(_waited(pending))
            case Ended(_, findings):
                self._say(findings[0].message if findings else "")
                self._close(time.monotonic(), good=not findings)
            case Lacking() | Stale():
                name = _MARKING if isinstance(heard, Lacking) else _DELETING
                if not self.rows or self.rows[-1].name != name:
                    self._open(name)
                self.rows[-1].told = heard.title

    def _open(self, name: str) -> None:
        now = time.monotonic()
        self._close(now)
        self.rows.append(Row(name, now))

    def _say(self, more: str = "") -> None:
        said = f"{self.done:,} of {self.count:,}, {self.written:,} written"
        self.rows[-1].told = f"{more} ({said})" if more else said


def _waited(pending: tuple[tuple[Item, Verdict], ...]) -> str:
    (item, verdict), *others = pending
    more = f" and {len(others):,} more" if others else ""
    return f"waiting for {item.title}{more}: {verdict.why}"
