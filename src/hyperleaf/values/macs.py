"""MAC addresses and ranges of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from hyperleaf.values.numbers import Vni

_WRITTEN = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
_GROUP_BIT = 1 << 40
_GATEWAYS = 0x02686C << 24


class Mac(int):
    """A MAC address of 48 bits; written as six colon-separated pairs of hexadecimal digits."""

    def __new__(cls, value: int) -> Self:
        if not 0 <= value < 1 << 48:
            raise ValueError(f"a MAC address has 48 bits, {value:#x} has more")
        return super().__new__(cls, value)

    @classmethod
    def read(cls, text: object) -> Self:
        """Return the address that `text` writes (`02:68:6c:00:27:d8`), or raise ValueError."""
        if not isinstance(text, str) or not _WRITTEN.fullmatch(text):
            raise ValueError(f"a MAC address is six pairs like 02:68:6c:00:27:d8, not {text!r}")
        return cls(int(re.sub("[:-]", "", text), 16))

    @property
    def is_group(self) -> bool:
        """Whether this is a multicast or broadcast address, which no interface may have."""
        return bool(self & _GROUP_BIT)

    def __str__(self) -> str:
        digits = f"{int(self):012x}"
        return ":".join(digits[i : i + 2] for i in range(0, 12, 2))

    def __repr__(self) -> str:
        return f"Mac({self})"


def gateway_mac(vni: Vni) -> Mac:
    """Return the anycast gateway's MAC for an L2VNI: 02:68:6c and the VNI in three bytes.

    >>> from hyperleaf.values.numbers import Vni
    >>> str(gateway_mac(Vni(10200)))
    '02:68:6c:00:27:d8'
    """
    return Mac(_GATEWAYS | vni)


@dataclass(frozen=True, slots=True)
class MacRange:
    """MAC addresses from `first` to `last`, both included."""

    first: Mac
    last: Mac

    @classmethod
    def read(cls, text: object) -> Self:
        """Return the range written as `FIRST-LAST` with colons within the addresses."""
        first, dash, last = text.partition("-") if isinstance(text, str) else ("", "", "")
        if not dash:
            raise ValueError(
                f"a MAC range is written 02:10:00:00:00:00-02:10:00:ff:ff:ff, not {text!r}"
            )
        made = cls(Mac.read(first.strip()), Mac.read(last.strip()))
        if made.first > made.last:
            raise ValueError(f"the range starts at {made.first}, after its end {made.last}")
        return made

    def overlaps(self, other: MacRange) -> bool:
        """Tell whether any address lies in both ranges."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"
