"""Whether an object is as we applied it is told by what the server noted of us, without asking it.

The server notes for each manager which fields it applied (`managedFields`). Where these are just
the fields of ours, and each lives with the value of ours, applying again writes nothing. Whatever
is not that plain (a number written otherwise, a field no longer stated) is for the server to say.
"""

from __future__ import annotations

import json
from typing import Any, Final

from hyperleaf.values.rendered import MANAGER

Object = dict[str, Any]
# What tells an object is not managed by anyone.
_NAMES: Final = frozenset({"apiVersion", "kind"})
_METADATA: Final = frozenset({"name", "namespace"})


def is_settled(live: Object, ours: Object) -> bool:
    """Tell whether applying `ours` is known to write nothing; False where that is not known."""
    noted = _noted(live, ours["apiVersion"])
    if noted is None or "deletionTimestamp" in live["metadata"]:
        return False
    stated = {name: value for name, value in ours.items() if name not in _NAMES}
    about = {name: one for name, one in ours["metadata"].items() if name not in _METADATA}
    try:
        return _same(noted, live, {**stated, "metadata": about})
    except (ValueError, TypeError, AttributeError):
        return False


def _noted(live: Object, api_version: str) -> Object | None:
    for entry in live["metadata"].get("managedFields", ()):
        if (entry.get("manager"), entry.get("operation")) == (MANAGER, "Apply") and not entry.get(
            "subresource"
        ):
            fields: Object | None = entry.get("fieldsV1")
            return fields if entry.get("apiVersion") == api_version else None
    return None


def _same(noted: Object, live: Any, ours: Any) -> bool:
    """Compare below one field: `noted` says how the server divides it."""
    parts = {name: inner for name, inner in noted.items() if name != "."}
    if not parts:  # a value, or a list or mapping that is one to the server
        return type(live) is type(ours) and bool(live == ours)
    if isinstance(ours, dict):
        names = {f"f:{name}" for name in ours}
        return names == parts.keys() and all(
            name[2:] in live and _same(inner, live[name[2:]], ours[name[2:]])
            for name, inner in parts.items()
        )
    return isinstance(ours, list) and _same_list(parts, live, ours)


def _same_list(parts: Object, live: list[Any], ours: list[Any]) -> bool:
    """Compare a list whose elements are managed each by itself; their order counts, too."""
    places = []
    for name, noted in parts.items():
        there, here = (_place(name, side) for side in (live, ours))
        if there is None or here is None:
            return False
        if name.startswith("k:") and not _same(noted, live[there], ours[here]):
            return False
        places.append((here, there))
    inner = [there for _, there in sorted(places)]
    return len(ours) == len(parts) and inner == sorted(inner)


def _place(name: str, side: list[Any]) -> int | None:
    """Return where the element is that the server calls so (`k:` by keys, `v:` by its value)."""
    kind, _, text = name.partition(":")
    value = json.loads(text)
    if kind == "v":
        found = [place for place, one in enumerate(side) if one == value]
    else:
        found = [
            place
            for place, one in enumerate(side)
            if all(one.get(key) == part for key, part in value.items())
        ]
    return found[0] if len(found) == 1 else None
