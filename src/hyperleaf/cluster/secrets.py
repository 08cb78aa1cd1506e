"""Where a Secret's keys come from becomes its data, at the moment of application and in memory.

Nothing here is ever written to a file or a log; what was read is hidden in every later error.
"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

from hyperleaf.cluster.errors import ClusterError, told

if TYPE_CHECKING:
    from hyperleaf.cluster.reading import Item

# Kubernetes takes no Secret above one MiB.
_LIMIT = 1024 * 1024
_WORDS = re.compile(r"""[^\s"',:{}\[\]=]{8,}""")


def with_data(item: Item, live: dict[str, Any] | None, hidden: set[str]) -> dict[str, Any]:
    """Return the Secret with its data; keys that were drawn and live already are kept.

    What is read is added to `hidden`. Raises ClusterError where a file or variable is not there.
    """
    if item.sought is None:
        return item.value
    had = (live or {}).get("data") or {}
    data = {
        key: _encoded(item, key, source, had.get(key), hidden)
        for key, source in item.sought.keys.items()
    }
    return {**item.value, "data": data}


def _encoded(item: Item, key: str, source: Any, had: str | None, hidden: set[str]) -> str:
    if "text" in source:  # no secret
        return base64.b64encode(str(source["text"]).encode()).decode()
    if "bytes" in source:
        if had is not None:
            return had
        raw = token_bytes(int(source["bytes"]))
    elif "env" in source:
        raw = _of_environment(item, key, str(source["env"]))
    else:
        raw = _of_file(item, key, str(source["file"]))
    encoded = base64.b64encode(raw).decode()
    text = raw.decode(errors="replace").strip()
    # Part of it is as secret: a token within JSON, a line of a key.
    hidden |= {encoded, text, *_WORDS.findall(text)}
    return encoded


def _of_environment(item: Item, key: str, name: str) -> bytes:
    value = os.environb.get(name.encode())
    if not value:
        raise _missing(item, key, f"the environment variable {name} is not set")
    return value


def _of_file(item: Item, key: str, path: str) -> bytes:
    try:
        with Path(path).expanduser().open("rb") as file:
            value = file.read(_LIMIT + 1)
    except OSError as error:
        raise _missing(item, key, f"{path} cannot be read: {error.strerror}") from None
    if not value.strip():
        raise _missing(item, key, f"{path} is empty")
    if len(value) > _LIMIT:
        raise _missing(item, key, f"{path} is larger than a Secret may be (1 MiB)")
    return value


def _missing(item: Item, key: str, why: str) -> ClusterError:
    return ClusterError(
        told(
            "HL1210",
            f"{key} of {item.title} cannot be made: {why}",
            "the estate names it under spec.credentials; a Secret that is there already is named "
            "by `secret: NAME`",
            file=item.place.file,
            line=item.place.line,
            document=", ".join(item.sources),
        )
    )
