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
                self._begin(step.name if is_making or self.is_carrying else _LOOKING)
                if not is_making:
                    self.rows[-1].told = _LOOKING if self.is_carrying else step.name
            case Going(_, what) | Under(_, what):
                self.rows[-1].told = what
                self._now_and_then(what)
            case Ended(step, findings):
                self._finish(step.name, findings[0] if findings else None)
            case Removing(owned):
                self._begin(owned.name)
            case Removed(owned, finding):
                self._finish(owned.name, finding)

    def _begin(self, name: str) -> None:
        if self.rows and self.rows[-1].name == name and self.rows[-1].ended is None:
            return
        now = time.monotonic()
        self._close(now)
        self.rows.append(Row(name, now))
        if self.live is None and name != _LOOKING:
            self._line(name)

    def _finish(self, name: str, finding: Finding | None) -> None:
        """End the row of that name, or say in the one that looks what was found wrong."""
        if not self.rows:
            return
        row = self.rows[-1]
        if finding is not None:
            row.good, row.told = False, finding.message
        if row.name == name and row.ended is None:
            if finding is None:
                row.told = ""
            self._close(time.monotonic())
            if self.live is None:
                took = (row.ended or 0.0) - row.began
                self._line(f"{name}: {'failed' if finding else f'done in {took:.1f} s'}")
        elif row.name == _LOOKING and finding is None and row.good:
            row.told = ""

    def _now_and_then(self, what: str) -> None:
        now = time.monotonic()
        if self.live is None and now - max(self.said, self.rows[-1].began) > _EVERY_SECONDS:
            self.said = now
            self._line(f"  {what}")

    def _line(self, text: str) -> None:
        since = time.monotonic() - self.began
        say(styled(f"{since:6.1f} s  {text}", "dim", stream=sys.stderr), stream=sys.stderr)
