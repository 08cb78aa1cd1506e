"""Turns what the reader refuses in a parsed YAML text into code, sentence and hint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_CORE_PREFIX = "tag:yaml.org,2002:"
_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Refused:
    """What is not read, and why."""

    code: str
    message: str
    hint: str


def shown(text: str) -> str:
    """Return `text` in quotes, on one line, and no longer than a message can bear."""
    return repr(text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}...")


def character(sign: str) -> Refused:
    """Return the refusal of a character that YAML, or one of its readers, has no place for."""
    return Refused(
        "HL0005",
        f"the character U+{ord(sign):04X} cannot stand in YAML",
        "Remove it: it is a control character or a mark that editors do not show.",
    )


def too_many_values(most: int, what: str = "values") -> Refused:
    """Return the refusal of a file that holds more than `most` of `what`."""
    return Refused(
        "HL0006", f"the file holds more than {most:,} {what}", "Split it into several files."
    )


def too_deep(deepest: int) -> Refused:
    """Return the refusal of a node below `deepest` others."""
    return Refused(
        "HL0007",
        f"mappings and lists are nested more than {deepest} deep",
        "No field needs that: look for brackets or dashes too many.",
    )


def too_many_findings(most: int) -> Refused:
    """Return the refusal to look for more than `most` findings."""
    return Refused(
        "HL0008",
        f"the file is not read further: {most:,} findings are enough",
        "Mend these first. Is this file an estate at all?",
    )


ESCAPED_CHARACTER = Refused(
    "HL0017",
    "an escape in this text gives a character that no value may hold",
    "Remove the escape: control characters and halves of characters mean nothing here.",
)

DIRECTIVE = Refused("HL0020", "directives are not read", "Remove the line that starts with %.")


def key_without_value(key: str) -> Refused:
    """Return the refusal of {vlan:100} and - fe80::, a key with a colon and no value."""
    return Refused(
        "HL0021",
        f"{shown(key)} is a key without a value",
        "A space follows the colon after a key; put an address that ends in a colon in quotes.",
    )


def duplicate_key(key: str, line: int, column: int) -> Refused:
    """Return the refusal of a key that already stands at `line` and `column`."""
    return Refused(
        "HL0022",
        f"the key {shown(key)} stands twice in this mapping, first at line {line}, column {column}",
        "Remove one of the two: readers disagree which one counts.",
    )


MERGE_KEY = Refused(
    "HL0023",
    "the merge key << is not read",
    "Write the members out; an alias to a whole value is fine.",
)


def odd_key(value: Any, text: str) -> Refused:
    """Return the refusal of a key that is no string; `text` is what was written."""
    if isinstance(value, Refused):
        return value
    if isinstance(value, dict):
        what, hint = "a mapping", "Fill a template's {{ }} in first, or put the text in quotes."
    elif isinstance(value, list):
        what, hint = "a list", "Put it in quotes if it is a text."
    elif not text:
        what, hint = "nothing", "Write the key before the colon."
    else:
        what, hint = text, f'Put it in quotes: "{text}".'
    return Refused("HL0024", f"a key is a text, and this is {what}", hint)


def no_mapping(root: Any) -> Refused:
    """Return the refusal of a document that is a list or a scalar."""
    what = "a list" if isinstance(root, list) else shown(str(root))
    return Refused(
        "HL0025",
        f"a document is a mapping with apiVersion and kind, not {what}",
        "Write one document for each object, with a line --- between them.",
    )


def unknown_tag(tag: str) -> Refused:
    """Return the refusal of a tag outside the core schema."""
    short = f"!!{tag.removeprefix(_CORE_PREFIX)}" if tag.startswith(_CORE_PREFIX) else tag
    return Refused(
        "HL0026",
        f"the tag {shown(short)} is not read",
        "Remove it; put a text that starts with ! in quotes.",
    )


def unknown_anchor(name: str) -> Refused:
    """Return the refusal of an alias that names nothing before it."""
    return Refused(
        "HL0028",
        f"no value before this is anchored as &{name}",
        "Anchor the value first; put a text that starts with * in quotes.",
    )


def endless_alias(name: str) -> Refused:
    """Return the refusal of an alias within the value that it repeats."""
    return Refused(
        "HL0029",
        f"*{name} stands within the value that &{name} names, which would have no end",
        "Write the value out.",
    )


def too_much_repeated(most: int) -> Refused:
    """Return the refusal of aliases that repeat more than `most` values."""
    return Refused(
        "HL0030",
        f"aliases repeat more than {most:,} values in this file",
        "Write the values out; aliases of aliases multiply.",
    )
