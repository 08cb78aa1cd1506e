"""Models of the language: classes whose annotations say what may be written, read from plain data.

A library for this would cost more time to import than all the rest of `check` (ADR 0007).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from hyperleaf.spec.shapes import (
    Choice,
    Named,
    Path,
    Problem,
    Sequence,
    Shape,
    Text,
    Whole,
    told,
)
from hyperleaf.values.units import Duration

if TYPE_CHECKING:
    from typing import Self

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Declared:
    """What a class says of a field beside its type."""

    default: Any
    description: str
    alias: str | None
    least: int | None
    most: int | None
    pattern: str | None


def field(  # noqa: PLR0913 - each by its name
    *,
    default: Any = _MISSING,
    description: str = "",
    alias: str | None = None,
    least: int | None = None,
    most: int | None = None,
    pattern: str | None = None,
) -> Any:
    """Declare a field: without `default` it must be written.

    `least` and `most` bound a number, or the items of a list; `pattern` is what a text matches.
    """
    return Declared(default, description, alias, least, most, pattern)


@dataclass(frozen=True, slots=True)
class Member:
    """A field as compiled; `attribute` is its name in Python, its key the one in YAML."""

    attribute: str
    shape: Shape
    required: bool
    nullable: bool
    description: str
    default: Any


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Model:
    """What every model of the language shares: camelCase keys, no unknown one, never changed.

    What was not written is looked up on the class, where the defaults stand.
    """

    _declared: ClassVar[dict[str, Declared]] = {}
    _members: ClassVar[dict[str, Member]]

    def __init_subclass__(cls) -> None:
        """Put the defaults where attributes are looked up, and keep what was declared."""
        super().__init_subclass__()
        declared = dict(cls._declared)
        for name, value in list(vars(cls).items()):
            if isinstance(value, Declared):
                declared[name] = value
                if value.default is _MISSING:
                    delattr(cls, name)
                else:
                    setattr(cls, name, value.default)
        cls._declared = declared

    def __init__(self, **given: Any) -> None:
        """Take values as they are: `read` is what examines them."""
        self.__dict__.update(given)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, one.attribute) == getattr(other, one.attribute)
            for one in self.members().values()
        )

    __hash__ = None  # type: ignore[assignment]  # mappings within have no hash either

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({given})"

    @classmethod
    def members(cls) -> dict[str, Member]:
        """Return the fields by their keys, compiled at the first call."""
        if "_members" not in vars(cls):
            hints = get_type_hints(cls, include_extras=True)
            made = (_member(cls, name, hints[name]) for name in hints if name[0] != "_")
            cls._members = dict(made)
        return cls._members

    @classmethod
    def read(cls, value: object) -> tuple[Self, tuple[Problem, ...]]:
        """Return the model that `value` writes, which is whole only where there is no problem."""
        problems: list[Problem] = []
        model = Record(cls).read(value, (), problems)
        return model, tuple(problems)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of the model, everything inline."""
        return Record(cls).schema()


@dataclass(frozen=True, slots=True)
class Record(Shape):
    """A mapping with the keys of a model."""

    model: type[Model]

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the model; keys that are unknown or missing are problems of their own."""
        if not isinstance(value, dict):
            problems.append(Problem(path, "type", f"must be a mapping, not {told(value)}"))
            return self.model()
        members = self.model.members()
        given: dict[str, Any] = {}
        for key, one in value.items():
            member = members.get(key)
            if member is None:
                problems.append(Problem((*path, key), "unknown", "", tuple(members), ""))
            elif one is None and member.nullable:
                given[member.attribute] = None
            else:
                before = len(problems)
                given[member.attribute] = member.shape.read(one, (*path, key), problems)
                if len(problems) > before:
                    _describe(problems, before, member.description)
        if len(given) < len(members):
            problems.extend(
                Problem((*path, key), "missing", "", description=member.description)
                for key, member in members.items()
                if member.required and key not in value
            )
        return self.model(**given)

    def schema(self) -> dict[str, Any]:
        """Return the schema of an object with the model's own words."""
        members = self.model.members()
        schema: dict[str, Any] = {
            "type": "object",
            "description": " ".join((self.model.__doc__ or "").split()),
            "properties": {key: _member_schema(member) for key, member in members.items()},
            "required": [key for key, member in members.items() if member.required],
            "additionalProperties": False,
        }
        if not schema["required"]:
            del schema["required"]
        return schema


def _describe(problems: list[Problem], first: int, description: str) -> None:
    """Let what no inner field has described be described by this one."""
    for index in range(first, len(problems)):
        if problems[index].description is None:
            problems[index] = replace(problems[index], description=description)


def _member_schema(member: Member) -> dict[str, Any]:
    schema = member.shape.schema()
    if member.description:
        schema["description"] = member.description
    default = member.default
    if isinstance(default, Duration):
        schema["default"] = str(default)
    elif isinstance(default, bool | str):
        schema["default"] = default
    elif isinstance(default, int):
        schema["default"] = int(default)
    return schema


def _member(cls: type[Model], name: str, annotation: Any) -> tuple[str, Member]:
    declared = cls._declared.get(name)
    shape, nullable = _shape(annotation, declared)
    default = getattr(cls, name, _MISSING)
    return (declared.alias if declared and declared.alias else camel(name)), Member(
        attribute=name,
        shape=shape,
        required=default is _MISSING,
        nullable=nullable,
        description=declared.description if declared else "",
        default=None if default is _MISSING else default,
    )


def camel(name: str) -> str:
    """Return a Python name as YAML's keys are written.

    >>> camel("gateway_mac")
    'gatewayMac'
    """
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _shape(annotation: Any, declared: Declared | None = None) -> tuple[Shape, bool]:
    """Return the shape that an annotation means, and whether null stands for its absence."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:
        inner, *others = [one for one in arguments if one is not NoneType]
        if others:
            raise TypeError(f"{annotation} is a choice between types")
        return _shape(inner, declared)[0], NoneType in arguments
    return _one_shape(annotation, origin, arguments, declared), False


def _one_shape(
    annotation: Any, origin: Any, arguments: tuple[Any, ...], declared: Declared | None
) -> Shape:
    shape: Shape
    if origin is Annotated:
        shape = next(one for one in arguments if isinstance(one, Shape))
        if isinstance(shape, Text) and declared is not None and declared.pattern:
            shape = Text(declared.pattern)
    elif origin is Literal:
        shape = Choice(arguments)
    elif origin is dict:
        shape = Named(_shape(arguments[0])[0], _shape(arguments[1])[0])
    elif origin is tuple:
        exact = None if arguments[1] is Ellipsis else len(arguments)
        least = declared.least if declared else None
        shape = Sequence(_shape(arguments[0])[0], exact or least or 0, exact)
    elif annotation is int:
        shape = Whole(declared.least, declared.most) if declared else Whole()
    elif isinstance(annotation, type) and issubclass(annotation, Model):
        shape = Record(annotation)
    else:
        raise TypeError(f"{annotation!r} is no type of the language")
    return shape
