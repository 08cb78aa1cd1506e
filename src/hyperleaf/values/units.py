"""Durations, quantities and versions as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Self

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_QUANTITY = re.compile(r"(\d+)(Ki|Mi|Gi|Ti|k|M|G|T)?")
_FACTORS: dict[str | None, int] = {
    None: 1,
    **{unit: 1000**power for power, unit in enumerate("kMGT", 1)},
    **{f"{unit}i": 1024**power for power, unit in enumerate("KMGT", 1)},
}
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(-[0-9A-Za-z.-]+)?")


class Duration(int):
    """A span of time in milliseconds, written `300ms`, `9s`, `1m30s`."""

    @classmethod
    def read(cls, text: object) -> Self:
        """Return the duration that `text` writes, or raise ValueError."""
        match = _DURATION.fullmatch(text) if isinstance(text, str) and text else None
        if match is None:
            raise ValueError(f"a duration is written like 300ms, 9s or 1m30s, not {text!r}")
        hours, minutes, seconds, milliseconds = (int(part or 0) for part in match.groups())
        return cls(((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds)

    @property
    def seconds(self) -> int:
        """Whole seconds, the rest cut off."""
        return self // 1000

    def __str__(self) -> str:
        return f"{self // 1000}s" if self % 1000 == 0 else f"{int(self)}ms"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A Kubernetes quantity of bytes (or bytes per second): the text and what it amounts to."""

    text: str
    bytes: int

    @classmethod
    def read(cls, text: object) -> Self:
        """Return the quantity that `text` writes (`16Gi`, `4Gi`, `64Mi`), or raise ValueError."""
        written = str(text) if isinstance(text, int) and not isinstance(text, bool) else text
        match = _QUANTITY.fullmatch(written) if isinstance(written, str) else None
        if match is None:
            raise ValueError(f"a quantity is written like 16Gi or 500Mi, not {text!r}")
        return cls(match[0], int(match[1]) * _FACTORS[match[2]])

    def __str__(self) -> str:
        return self.text


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """An OpenShift version, `4.16` or `4.16.8`; a pre-release compares as its release."""

    text: str
    parts: tuple[int, int, int]

    @classmethod
    def read(cls, text: object) -> Self:
        """Return the version that `text` writes, or raise ValueError."""
        match = _VERSION.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f'a version is written like 4.16.8 or "4.16", not {text!r}')
        return cls(match[0], (int(match[1]), int(match[2]), int(match[3] or 0)))

    def is_at_least(self, major: int, minor: int) -> bool:
        """Tell whether this is `major.minor` or later."""
        return self.parts[:2] >= (major, minor)

    def __lt__(self, other: Version) -> bool:
        return self.parts < other.parts

    def __str__(self) -> str:
        return self.text
