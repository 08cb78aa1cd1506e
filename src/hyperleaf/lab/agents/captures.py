"""Captures of a policy and a node's state become the values that its desired state refers to.

The language is nmstate's, as far as policies use it: `[capture.NAME |] PATH==VALUE`, where a value
is text in quotes, a number or the path of another capture; templates `{{ capture.NAME.PATH }}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

State = dict[str, Any]
_EXPRESSION = re.compile(
    r"(?:capture\.(?P<source>[\w-]+)\s*\|\s*)?(?P<path>[\w.-]+?)==(?P<value>.+)"
)
_TEMPLATE = re.compile(r"\{\{\s*(capture\.[^}\s]+)\s*\}\}")
# Where lists of things lie in a state; what follows is a property of each.
LISTS = (("routes", "running"), ("interfaces",))


class CaptureError(Exception):
    """A capture that cannot be resolved on this node: nmstate's words where it has some."""


def resolve(capture: Mapping[str, str], state: State) -> dict[str, State]:
    """Return what each capture finds, in the order in which they are written."""
    found: dict[str, State] = {}
    for name, expression in capture.items():
        parsed = _EXPRESSION.fullmatch(expression.strip())
        if parsed is None:
            raise CaptureError(f"capture {name}: cannot be read: {expression}")
        source = found.get(parsed["source"], {}) if parsed["source"] else state
        if parsed["source"] and parsed["source"] not in found:
            raise CaptureError(f"Failed to find capture {parsed['source']}")
        found[name] = _filtered(parsed["path"].split("."), _value(parsed["value"], found), source)
    return found


def fill(desired: Any, captured: Mapping[str, State]) -> Any:
    """Return a desired state with every template replaced by what was captured."""
    match desired:
        case dict():
            return {key: fill(value, captured) for key, value in desired.items()}
        case list():
            return [fill(value, captured) for value in desired]
        case str():
            return _TEMPLATE.sub(lambda found: str(look(found[1], captured)), desired)
        case _:
            return desired


def look(path: str, captured: Mapping[str, State]) -> Any:
    """Return what a path such as capture.NAME.interfaces.0.name leads to."""
    _, name, *steps = path.split(".")
    if name not in captured:
        raise CaptureError(f"Failed to find capture {name}")
    here: Any = captured[name]
    for step in steps:
        try:
            here = here[int(step)] if isinstance(here, list) else here[step]
        except (KeyError, IndexError, ValueError) as error:
            raise CaptureError(f"{path}: nothing was captured there") from error
    return here


def _value(text: str, captured: Mapping[str, State]) -> str:
    text = text.strip()
    if text.startswith('"'):
        return text.strip('"')
    return str(look(text, captured)) if text.startswith("capture.") else text


def _filtered(path: list[str], value: str, source: State) -> State:
    for where in LISTS:
        if tuple(path[: len(where)]) == where:
            rest = path[len(where) :]
            items: Any = source
            for step in where:
                items = items.get(step, {} if step != where[-1] else [])
            kept = [one for one in items if str(_property(one, rest)) == value]
            return {"routes": {"running": kept}} if where[0] == "routes" else {"interfaces": kept}
    raise CaptureError(f"no list at {'.'.join(path)}")


def _property(value: Any, path: list[str]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
