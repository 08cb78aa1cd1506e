"""Steps, what examining them finds, what bears our mark; and what a carrier of steps offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hyperleaf.findings import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.build import Build

    # Takes up what goes on, in a few words: it is shown beside the step's name.
    Tell = Callable[[str], None]


class Reference(NamedTuple):
    """An output of an earlier step."""

    of: str
    output: str


class NotYet(NamedTuple):
    """What stands for an output that is known once its step is carried out."""

    of: str
    output: str

    def __str__(self) -> str:
        return f"<{self.output} of {self.of}>"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be made: `body` says what, with references; `place` is the estate's line."""

    name: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    sources: tuple[str, ...] = ()
    place: Place = Place("", 1, 1)  # noqa: RUF009 - a tuple, which nobody changes


class Verb(StrEnum):
    """What is done to a thing."""

    CREATE = "create"
    CHANGE = "change"
    REPLACE = "replace"
    DELETE = "delete"
    TAG = "tag"
    WAIT = "wait"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Change:
    """What would be done to a thing: `details` has a line each, of what is in it or differs."""

    verb: Verb
    what: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What examining a step found: nothing is left to do where there are no changes.

    `outputs` is None where they are known only once the step is carried out. `about` says in a few
    words what is there. A finding that is an error keeps every step from being carried out.
    """

    changes: tuple[Change, ...] = ()
    outputs: Mapping[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Owned:
    """A thing that bears our mark: `where` it is, what it is called, and what it consists of.

    `key` is what its carrier finds it by; `takes` says what is lost with it, in few words. `after`
    are the keys of what must be gone before; None: everything that stands before it in the order
    of removal.
    """

    kind: str
    where: str
    name: str
    contents: tuple[str, ...] = ()
    takes: str = ""
    key: str = ""
    after: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What carriers are made with: the build, and how its caller wants it carried out.

    `timeout` is how long a step may take, `longest_pause` how long is waited between two looks at
    what is under way, in seconds. `regions` are those to look for our mark in beside the build's.
    `shared` holds what carriers of one platform
    have in common (connections), by a name of theirs.
    """

    build: Build
    profile: str | None = None
    timeout: float = 3600.0
    longest_pause: float = 5.0
    may_replace: bool = False
    regions: tuple[str, ...] = ()
    shared: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


class Carrier(Protocol):
    """Knows one kind of step. Whatever fails is a PlatformError, with no credential in it."""

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Compare a step with the world, changing nothing; `inputs` is its body, resolved.

        A reference whose step is not carried out yet stands there as a NotYet.
        """

    def from_nothing(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Return what a step would do where nothing is, asking nobody: outputs None, no findings.

        So a dry run goes on where the platform cannot be asked.
        """

    def carry_out(self, step: Step, inputs: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
        """Make the world as the step says and return its outputs; nothing is a NotYet any more.

        It may have been killed in the middle before, and is then carried on with.
        """

    def owned(self) -> tuple[Owned, ...]:
        """Return everything of this kind that bears our mark, in the order of its removal.

        Also what no step makes any more.
        """

    def remove(self, owned: Owned, tell: Tell) -> None:
        """Remove a thing that bears our mark; one that is gone already is fine."""


def references(value: Any) -> Iterator[Reference]:
    """Yield every reference within a value."""
    if isinstance(value, dict):
        if value.keys() == {"of", "output"}:
            yield Reference(str(value["of"]), str(value["output"]))
            return
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references(one)


def resolve(value: Any, outputs: Mapping[str, Mapping[str, Any] | None]) -> Any:
    """Return a value with its references replaced by outputs, by the names of their steps.

    What is not known, the step's outputs being None or lacking it, becomes a NotYet.
    """
    if isinstance(value, dict):
        if value.keys() == {"of", "output"}:
            known = outputs.get(value["of"]) or {}
            return known.get(value["output"], NotYet(value["of"], value["output"]))
        return {name: resolve(one, outputs) for name, one in value.items()}
    if isinstance(value, list):
        return [resolve(one, outputs) for one in value]
    return value
