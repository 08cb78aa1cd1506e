"""Two states of an object become the fields in which they differ, and what a conflict is about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Object = dict[str, Any]
_SERVERS: Final = frozenset(
    {"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}
)
# By which elements of a list are the same one, the first that all of them have.
_KEYS: Final = ("name", "key", "id", "type", "ip", "mountPath", "address", "topologyKey")


class _Absent:
    """No value: other than null."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that changes; a value that is not there is ABSENT."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Contested:
    """A field that another manager owns: its value there and ours."""

    manager: str
    path: str
    theirs: Any = field(repr=False)
    ours: Any = field(repr=False)


def differences(before: Object, after: Object) -> tuple[Difference, ...]:
    """Return the fields that differ, but for those that the server alone writes.

    >>> differences({"spec": {"mtu": 1500}}, {"spec": {"mtu": 9000}})
    (Difference(path='spec.mtu', before=1500, after=9000),)
    """
    return tuple(_compared("", _stated(before), _stated(after)))


def would_write(before: Object, after: Object) -> bool:
    """Tell whether a server that answers an attempt with `after` would write anything.

    Whose a field is counts too; when somebody last applied does not.
    """
    return _kept(before) != _kept(after)


def has(live: Any, ours: Any) -> bool:
    """Tell whether everything of ours is in what lives, for servers that cannot try.

    >>> has({"a": 1, "b": [{"name": "x", "c": 2}]}, {"b": [{"name": "x"}]})
    True
    """
    if isinstance(ours, dict):
        return isinstance(live, dict) and all(
            name in live and has(live[name], value) for name, value in ours.items()
        )
    if isinstance(ours, list):
        return (
            isinstance(live, list)
            and len(live) == len(ours)
            and all(has(one, other) for one, other in zip(live, ours, strict=True))
        )
    return bool(live == ours)


def contested(causes: tuple[dict[str, str], ...], live: Object, ours: Object) -> list[Contested]:
    """Return what a server's conflict is about, one a field."""
    made = []
    for cause in causes:
        if cause.get("reason") != "FieldManagerConflict":
            continue
        path = cause.get("field", "").removeprefix(".")
        named = re.search(r'"([^"]*)"', cause.get("message", ""))
        manager = named[1] if named else cause.get("message", "")
        made.append(Contested(manager, path, value_at(live, path), value_at(ours, path)))
    return made


def value_at(value: Any, path: str) -> Any:
    """Return what stands at a path as the server writes it, ABSENT where nothing does.

    >>> value_at({"spec": {"ports": [{"name": "a", "port": 80}]}}, 'spec.ports[name="a"].port')
    80
    >>> value_at({"metadata": {"labels": {"a.b/c": "d"}}}, "metadata.labels.a.b/c")
    'd'
    """
    rest = path
    while rest:
        if rest.startswith("["):
            inside, _, rest = rest[1:].partition("]")
            value = _element(value, inside)
        else:
            rest = rest.removeprefix(".")
            name = _longest(value, rest)
            rest = rest[len(name) :]
            value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
        if value is ABSENT:
            return ABSENT
        rest = rest.removeprefix(".")
    return value


def _longest(value: Any, rest: str) -> str:
    """Return the longest key of a mapping with which the rest of a path begins: keys have dots."""
    keys = value if isinstance(value, dict) else ()
    fits = [one for one in keys if rest == one or rest.startswith((f"{one}.", f"{one}["))]
    return max(fits, key=len, default=re.split(r"[.\[]", rest, maxsplit=1)[0] or rest)


def _element(value: Any, inside: str) -> Any:
    if not isinstance(value, list):
        return ABSENT
    if inside.isdigit():
        return value[int(inside)] if int(inside) < len(value) else ABSENT
    if inside.startswith("="):
        wanted = inside[1:].strip('"')
        return next((one for one in value if str(one) == wanted), ABSENT)
    wanted_keys = dict(part.split("=", 1) for part in inside.split(",") if "=" in part)
    for one in value:
        if isinstance(one, dict) and all(
            str(one.get(name)) == text.strip('"') for name, text in wanted_keys.items()
        ):
            return one
    return ABSENT


def _stated(value: Object) -> Object:
    about = {name: one for name, one in value.get("metadata", {}).items() if name not in _SERVERS}
    rest = {name: one for name, one in value.items() if name not in {"metadata", "status"}}
    return {**rest, "metadata": about}


def _kept(value: Object) -> Object:
    about = {
        name: one
        for name, one in value.get("metadata", {}).items()
        if name not in {"generation", "managedFields", "resourceVersion"}
    }
    managed = [
        {name: one for name, one in entry.items() if name != "time"}
        for entry in value.get("metadata", {}).get("managedFields", ())
    ]
    rest = {name: one for name, one in value.items() if name != "metadata"}
    order = sorted(managed, key=lambda one: (one["manager"], one["operation"], str(one)))
    return {**rest, "metadata": about, "managed": order}


def _compared(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in _names(before, after):
            inner = f"{path}.{name}" if path else str(name)
            yield from _compared(inner, before.get(name, ABSENT), after.get(name, ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(path, before, after)
    else:
        yield Difference(path, before, after)


def _names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*before, *after]))


def _lists(path: str, before: list[Any], after: list[Any]) -> Iterator[Difference]:
    key = next((one for one in _KEYS if _tells(one, before) and _tells(one, after)), None)
    if key is not None:
        old, new = ({one[key]: one for one in side} for side in (before, after))
        for name in dict.fromkeys([*old, *new]):
            inner = f"{path}[{key}={name}]"
            yield from _compared(inner, old.get(name, ABSENT), new.get(name, ABSENT))
    elif len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _compared(f"{path}[{place}]", one, other)
    else:
        yield Difference(path, before, after)


def _tells(key: str, side: list[Any]) -> bool:
    """Tell whether every element has the key, each another value."""
    names = [one.get(key) for one in side if isinstance(one, dict)]
    plain = all(isinstance(one, str | int) for one in names)
    return len(names) == len(side) and plain and len(set(names)) == len(names)
