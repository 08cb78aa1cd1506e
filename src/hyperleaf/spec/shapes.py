"""Shapes of plain data: each reads a value, collecting every mistake, and has a JSON Schema."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Path = tuple[str | int, ...]
Kind = Literal["missing", "unknown", "choice", "value", "type"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at `path` of a document; `known` is what could stand there instead."""

    path: Path
    kind: Kind
    message: str
    known: tuple[str, ...] = ()
    description: str | None = None


class Shape(ABC):
    """What a value must look like."""

    __slots__ = ()

    @abstractmethod
    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return what `value` means; each thing wrong is added to `problems`."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such values, everything inline."""


@dataclass(frozen=True, slots=True, eq=False)  # annotations hash their shapes
class Scalar(Shape):
    """A value of ours; `reader` raises ValueError where a text or number is none."""

    reader: Callable[[object], Any]
    described: Mapping[str, Any]

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the reader's value."""
        try:
            return self.reader(value)
        except ValueError as error:
            problems.append(Problem(path, "value", str(error)))
            return None

    def schema(self) -> dict[str, Any]:
        """Return the schema as stated."""
        return dict(self.described)


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """A text that matches `pattern` from its start to its end."""

    pattern: str | None = None

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the text."""
        if not isinstance(value, str):
            quoted = f'; put it in quotes: "{value}"' if isinstance(value, int) else ""
            problems.append(Problem(path, "type", f"must be a text, not {told(value)}{quoted}"))
        elif self.pattern is not None and not re.search(self.pattern, value):
            problems.append(Problem(path, "type", f"must match {self.pattern}, not {told(value)}"))
        return value

    def schema(self) -> dict[str, Any]:
        """Return the schema of a string."""
        return {"type": "string"} | ({"pattern": self.pattern} if self.pattern else {})


@dataclass(frozen=True, slots=True)
class Flag(Shape):
    """True or false."""

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the flag."""
        if not isinstance(value, bool):
            problems.append(Problem(path, "type", f"must be true or false, not {told(value)}"))
        return value

    def schema(self) -> dict[str, Any]:
        """Return the schema of a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Whole(Shape):
    """A whole number within bounds, both included."""

    least: int | None = None
    most: int | None = None

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the number."""
        if isinstance(value, bool) or not isinstance(value, int):
            problems.append(Problem(path, "type", f"must be a whole number, not {told(value)}"))
        elif self.least is not None and value < self.least:
            problems.append(Problem(path, "type", f"must be at least {self.least}, not {value}"))
        elif self.most is not None and value > self.most:
            problems.append(Problem(path, "type", f"must be at most {self.most}, not {value}"))
        return value

    def schema(self) -> dict[str, Any]:
        """Return the schema of an integer."""
        bounds = {"minimum": self.least, "maximum": self.most}
        return {"type": "integer"} | {k: v for k, v in bounds.items() if v is not None}


@dataclass(frozen=True, slots=True)
class Choice(Shape):
    """One of some words."""

    words: tuple[str, ...]

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the word."""
        if value not in self.words:
            *others, last = [repr(word) for word in self.words]
            expected = f"{', '.join(others)} or {last}" if others else last
            problems.append(
                Problem(path, "choice", f"must be {expected}, not {told(value)}", known=self.words)
            )
        return value

    def schema(self) -> dict[str, Any]:
        """Return the schema of an enumeration."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Sequence(Shape):
    """A list of one kind of item."""

    item: Shape
    least: int = 0
    most: int | None = None

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the items as a tuple."""
        if not isinstance(value, list):
            problems.append(Problem(path, "type", f"must be a list, not {told(value)}"))
            return ()
        if len(value) < self.least or (self.most is not None and len(value) > self.most):
            exactly = "exactly" if self.least == self.most else "at least"
            items = "item" if self.least == 1 else "items"
            message = f"must have {exactly} {self.least} {items}, not {len(value)}"
            problems.append(Problem(path, "type", message))
        read = self.item.read
        return tuple([read(one, (*path, index), problems) for index, one in enumerate(value)])

    def schema(self) -> dict[str, Any]:
        """Return the schema of an array."""
        schema: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.least:
            schema["minItems"] = self.least
        if self.most is not None:
            schema["maxItems"] = self.most
        return schema


@dataclass(frozen=True, slots=True)
class Named(Shape):
    """A mapping with keys of the user's own."""

    key: Shape
    member: Shape

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the mapping."""
        if not isinstance(value, dict):
            problems.append(Problem(path, "type", f"must be a mapping, not {told(value)}"))
            return {}
        return {
            self.key.read(key, (*path, key), problems): self.member.read(
                member, (*path, key), problems
            )
            for key, member in value.items()
        }

    def schema(self) -> dict[str, Any]:
        """Return the schema of a mapping."""
        return {"type": "object", "additionalProperties": self.member.schema()}


def told(value: object) -> str:
    """Return a value as a message names it, cut where it is long."""
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= _MOST_TOLD else f"{text[:_MOST_TOLD]}..."


_MOST_TOLD = 60
