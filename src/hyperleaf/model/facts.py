"""What belongs to a live world and not to an estate: addresses that somebody found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperleaf.values.addresses import Address


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found; an estate that states the same wins.

    `reflectors` are the addresses of the nodes that reflect routes.
    """

    reflectors: tuple[Address, ...] = ()


NONE = Facts()
