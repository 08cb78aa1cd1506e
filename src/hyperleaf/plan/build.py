"""What is to be made underneath the clusters: steps in the order in which they are carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that nobody knows yet: what a step says once it is carried out."""

    step: str
    output: str


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One step; `body` is plain data in which a Ref may stand anywhere a value may.

    `sources` are the documents of the estate that it follows from, as `Cluster/hub`.
    """

    name: str
    kind: str
    body: Mapping[str, Any]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Build:
    """All steps, and what facts are made of once they are carried out; `owner` marks all of it."""

    owner: str
    steps: tuple[BuildStep, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
