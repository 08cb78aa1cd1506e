"""Secrets that a cluster's objects refer to and that nobody renders: what they hold, and whence.

A value stands nowhere: a file or a variable is read, and what must be random is drawn, by whoever
applies the objects, and only where the Secret is not there yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hyperleaf.model.credentials import Credential

# Random bytes, as many as the algorithm's key has.
Generated = Literal["aescbc"]
GENERATED_BYTES: dict[Generated, int] = {"aescbc": 32}


@dataclass(frozen=True, slots=True)
class WantedKey:
    """One key of a Secret: read from where a credential is, drawn, or `text` that is no secret."""

    key: str
    credential: Credential | None = None
    generated: Generated | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class WantedSecret:
    """A Secret to be made once, before anything that refers to it."""

    namespace: str
    name: str
    type: str
    labels: tuple[tuple[str, str], ...]
    keys: tuple[WantedKey, ...]
    source: str
