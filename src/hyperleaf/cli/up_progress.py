"""What happens while steps are carried out becomes a list on a terminal, or lines in a pipe."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.cli.progress import Progress, Row
from hyperleaf.cli.screen import say, styled
from hyperleaf.platforms.carrying import Begun, Ended, Going
from hyperleaf.platforms.removing import Removed, Removing, Under

if TYPE_CHECKING:
    from hyperleaf.findings import Finding

_LOOKING = "looking at what is there"
# In a pipe, what is under way is told this often.
_EVERY_SECONDS = 15.0


@dataclass(slots=True)
class Raising(Progress):
    """Shows steps, or what is removed, on standard error.

    Steps that are only looked at share a row, unless they are carried out (`is_carrying`).
    """

    is_carrying: bool = False
    said: float = 0.0

    def __call__(self, heard: object) -> None:
        """Take up what happens."""
        match heard:
            case Begun(step, is_making):
                row = self._row(step.name if is_making or self.is_carrying else _LOOKING)
                if not is_making:
                    row.told = _LOOKING if self.is_carrying else step.name
            case Going(step, what):
                self._going(self._row(step.name), what)
            case Under(owned, what):
                self._going(self._row(owned.name), what)
            case Ended(step, findings):
                self._finish(step.name, findings[0] if findings else None)
            case Removing(owned):
                self._row(owned.name)
            case Removed(owned, finding):
                self._finish(owned.name, finding)

    def _row(self, name: str) -> Row:
        """Return the row of that name that goes on; a new one where there is none."""
        for row in self.rows:
            if row.name == name and row.ended is None:
                return row
        row = Row(name, time.monotonic())
        self.rows.append(row)
        if self.live is None and name != _LOOKING:
            self._line(name)
        return row

    def _finish(self, name: str, finding: Finding | None) -> None:
        """End the row of that name, or say in the one that looks what was found wrong."""
        if not self.is_carrying and any(row.name == _LOOKING for row in self.rows):
            row = self._row(_LOOKING)
            if finding is not None:
                row.good, row.told = False, finding.message
            elif row.good:
                row.told = ""
            return
        found = [row for row in self.rows if row.name == name and row.ended is None]
        for row in found:  # none where nothing was to be done
            row.ended, row.told, row.good = time.monotonic(), "", True
            if finding is not None:
                row.good, row.told = False, finding.message
            if self.live is None:
                took = row.ended - row.began
                self._line(f"{name}: {'failed' if finding else f'done in {took:.1f} s'}")

    def end(self, *, failed: bool = False) -> None:
        """Leave the list as it is, with what was under way as it was told last."""
        for row in self.rows:
            if row.ended is None:
                row.ended = time.monotonic()
                row.good = None if failed else row.good  # it goes on, and nobody sees how
        Progress.end(self, failed=failed)

    def _going(self, row: Row, what: str) -> None:
        row.told = what
        now = time.monotonic()
        if self.live is None and now - max(self.said, row.began) > _EVERY_SECONDS:
            self.said = now
            self._line(f"  {row.name}: {what}")

    def _line(self, text: str) -> None:
        since = time.monotonic() - self.began
        say(styled(f"{since:6.1f} s  {text}", "dim", stream=sys.stderr), stream=sys.stderr)
