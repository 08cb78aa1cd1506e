"""Plain data becomes YAML text that every reader, of YAML 1.1 or 1.2, reads as that data again.

PyYAML's emitter is an order of magnitude slower, wraps long lines and knows the words of YAML 1.1
only; kubectl, Argo CD and people read what is written here. The style is kubectl's: blocks, a list
as far to the left as the key it belongs to, text of several lines as a literal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Write = Callable[[str], object]

# A key must fit on one line of 1024 characters (YAML 1.1 and 1.2, implicit keys).
LONGEST_KEY = 1000
STEP = "  "
# A plain scalar starts with a letter, _ or /, so that no reader takes it for a number, a date or
# syntax; it holds neither a comment (space, #) nor a key (colon, space).
_PLAIN = re.compile(r"""[A-Za-z_/](?:[!"$-9;-~]|:(?=[!-~])|(?<=[!-~])\#|[ ](?=[!"$-~]))*""")
# Four numbers and three points are an address to everybody, never a number.
_IPV4 = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
# What may stand in a literal: printable, and no line break but the line feed.
_LITERAL = re.compile(
    "[!-~\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    "[\t\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def text(value: Any) -> str:
    """Return `value` as one YAML document, closed by a line feed.

    `value` is made of mappings with text as keys, lists, tuples, text, integers, booleans and None.
    Anything else, a float or an address that nobody turned into text, is a TypeError.
    """
    lines: list[str] = []
    _value(value, "", "", lines.append)
    lines.append("")
    return "\n".join(lines)


def documents(values: Iterable[Any]) -> str:
    """Return `values` as one YAML stream."""
    return "".join(f"---\n{text(value)}" for value in values)


def _value(value: Any, lead: str, indent: str, write: Write) -> None:
    """Write a value that stands on its own or in a list; its first line starts with `lead`."""
    if isinstance(value, str):
        _string(value, lead, indent, write)
    elif isinstance(value, Mapping) and value:
        _mapping(value, lead, indent, write)
    elif isinstance(value, list | tuple) and value:
        _sequence(value, lead, indent, write)
    else:
        write(lead + _small(value))


def _mapping(value: Mapping[str, Any], lead: str, indent: str, write: Write) -> None:
    deeper = indent + STEP
    for key, item in value.items():
        head = f"{lead}{_key(key)}:"
        lead = indent  # the first line alone has another
        if isinstance(item, str):
            _string(item, head + " ", deeper, write)
        elif isinstance(item, dict) and item:
            write(head)
            _mapping(item, deeper, deeper, write)
        elif isinstance(item, list | tuple) and item:
            write(head)
            _sequence(item, indent, indent, write)
        elif isinstance(item, Mapping) and item:
            write(head)
            _mapping(item, deeper, deeper, write)
        else:
            write(f"{head} {_small(item)}")


def _sequence(value: Iterable[Any], lead: str, indent: str, write: Write) -> None:
    deeper = indent + STEP
    for item in value:
        _value(item, lead + "- ", deeper, write)
        lead = indent


def _string(value: str, lead: str, indent: str, write: Write) -> None:
    """Write text: on one line, or its lines as a literal, indented by `indent`."""
    if "\n" not in value or not indent or not _LITERAL.fullmatch(value):
        write(lead + _inline(value))
        return
    kept = "+" if value.endswith("\n\n") else "" if value.endswith("\n") else "-"
    write(f"{lead}|{kept}")
    for line in value.removesuffix("\n").split("\n"):
        write(indent + line if line else "")


def _small(value: Any) -> str:
    """Return a value that is neither text nor a filled collection."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        written = int.__repr__(value)
        if str(value) == written:
            return written
    elif isinstance(value, Mapping):
        return "{}"
    elif isinstance(value, list | tuple):
        return "[]"
    raise TypeError(f"{value!r} is no plain data: turn it into text where it is rendered")


@lru_cache(maxsize=1 << 12)
def _key(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the key {key!r} is no text")
    if len(key) > LONGEST_KEY:
        raise ValueError(f"a key of {len(key)} characters: YAML has at most {LONGEST_KEY}")
    return _inline(key)


@lru_cache(maxsize=1 << 14)
def _inline(value: str) -> str:
    """Return text on one line: plain where no reader can mistake it, else in double quotes."""
    if _PLAIN.fullmatch(value):
        if value.lower() not in _WORDS:
            return value
    elif _IPV4.fullmatch(value):
        return value
    return f'"{_ESCAPED.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    short = _SHORT.get(character)
    if short is not None:
        return short
    number = ord(character)
    if 0xD800 <= number <= 0xDFFF:  # noqa: PLR2004 - the surrogates, which no UTF-8 has
        raise ValueError(f"half a character, U+{number:04X}, cannot be written")
    return f"\\x{number:02x}" if number <= 0xFF else f"\\u{number:04x}"  # noqa: PLR2004
