"""Turns the text of a plain scalar into null, a boolean, an integer or a string.

The core schema of YAML 1.2, less what readers disagree about: kubectl and many others still read
YAML 1.1, so a word that means one thing here and another there is refused, not guessed at.

Floats do not exist. No field of an estate is one, but many a version looks like one: `4.20` read as
a float loses its zero. So digits, a point and digits are a string as written; every other form of a
float (`1e3`, `.5`, `.inf`) is refused.
"""

from __future__ import annotations

import re

from hyperleaf.spec.yaml_refusals import Refused, shown

_NULLS = ("", "~", "null", "Null", "NULL")
_TRUES = ("true", "True", "TRUE")
_FALSES = ("false", "False", "FALSE")
# https://yaml.org/type/bool.html, as Go's yaml v2 (and so kubectl) reads it.
_OLD_TRUES = ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON")
_OLD_FALSES = ("n", "N", "no", "No", "NO", "off", "Off", "OFF")

_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_WRITTEN = re.compile(r"[0-9]+\.[0-9]+")
_OCTAL = re.compile(r"[-+]?0[0-9]+|[-+]?0o[0-7]+")
_OLD_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?)")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|"
    r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_NUMERIC_STARTS = frozenset("0123456789+-.")
_MOST_DIGITS = 20
_LEAST, _MOST = -(2**63), 2**64 - 1


def plain(text: str) -> str | int | bool | Refused | None:
    """Return what the plain scalar `text` means, or why it is refused."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_STARTS:
        return text
    if _DECIMAL.fullmatch(text):
        return _integer(text, 10)
    if _HEX.fullmatch(text):
        return _integer(text, 16)
    if _WRITTEN.fullmatch(text):
        return text
    return _number_elsewhere(text) or text


def tagged(tag: str, text: str) -> str | int | bool | Refused | None:
    """Return the scalar `text` as the core schema's `tag` (without its prefix) has it.

    A text the tag does not fit is refused, like every float.
    """
    if tag == "str":
        return text
    value = plain(text)
    if isinstance(value, Refused):
        return value
    fits = {
        "int": isinstance(value, int) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "null": value is None,
    }
    if fits.get(tag, False):
        return value
    return Refused(
        "HL0027",
        f"{shown(text)} is not what its tag !!{tag} says",
        "Leave the tag out: a value's form says what it is.",
    )


def _integer(text: str, base: int) -> int | Refused:
    if len(text) <= _MOST_DIGITS and _LEAST <= (number := int(text, base)) <= _MOST:
        return number
    return Refused(
        "HL0034",
        f"the number {shown(text)} does not fit in 64 bits",
        "Put it in quotes if it is a name and not a number.",
    )


def _number_elsewhere(text: str) -> Refused | None:
    """Return the refusal of a text that is a number to some reader of YAML."""
    if _OCTAL.fullmatch(text) or _OLD_INTEGER.fullmatch(text):
        return Refused(
            "HL0032",
            f"{shown(text)} is one number to some readers of YAML, and another or a text to others",
            f'Write it as a decimal number, or in quotes: "{text}".',
        )
    if _FLOAT.fullmatch(text):
        return Refused(
            "HL0033",
            f"{shown(text)} is a floating-point number, and no field takes one",
            f'Put it in quotes if it is a name or an identifier: "{text}".',
        )
    return None


def _old_boolean(word: str, meaning: str) -> Refused:
    return Refused(
        "HL0031",
        f"{shown(word)} without quotes is a text here, but kubectl reads it as {meaning}",
        f'Write {meaning}, or the word in quotes: "{word}".',
    )


_WORDS: dict[str, bool | Refused | None] = {
    **dict.fromkeys(_NULLS),
    **dict.fromkeys(_TRUES, True),
    **dict.fromkeys(_FALSES, False),
    **{word: _old_boolean(word, "true") for word in _OLD_TRUES},
    **{word: _old_boolean(word, "false") for word in _OLD_FALSES},
}
