"""Names, attributes and text become markup in which nothing of the text can be taken for markup."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

VOID: Final = frozenset({"meta", "link", "br", "hr", "input"})
# XML has no way to write these, escaped or not (XML 1.0, 2.2).
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Safe(str):
    """Markup that has been made here; every other text is escaped when it goes into markup."""

    __slots__ = ()


def printable(text: str) -> str:
    """Return a text with what no document may hold replaced."""
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


def safe(text: str) -> Safe:
    """Return a text as markup: as it is where it was made here, else escaped."""
    return text if isinstance(text, Safe) else Safe(escape(printable(text), quote=True))


def joined(parts: Iterable[str]) -> Safe:
    """Return several parts as one, each escaped where it must be."""
    return Safe("".join(map(safe, parts)))


def tag(name: str, /, *children: str, **attributes: str | float | bool | None) -> Safe:
    """Return an element; an attribute that is None or False is left out, True is bare.

    A word of Python's takes a trailing underscore, a dash is an underscore.

    >>> tag("b", "1 < 2", class_="x", aria_label="'", hidden=True)
    '<b class="x" aria-label="&#x27;" hidden>1 &lt; 2</b>'
    """
    words = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Safe(f"<{name}{words}>")
    return Safe(f"<{name}{words}>{joined(children)}</{name}>")


def _attribute(key: str, value: str | float | bool | None) -> str:  # noqa: FBT001 - HTML's own
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f' {name}="{escape(printable(text), quote=True)}"'
