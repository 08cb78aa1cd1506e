"""Turns libyaml's complaint about a text into a sentence, a hint and a place inside the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperleaf.spec.yaml_refusals import DIRECTIVE, Refused, odd_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_QUOTE_IT = "Put the text in quotes."
_ONE_DEEPER = "Members of one mapping, and items of one list, start in the same column."


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong at a line and column, both from one, within a piece of text."""

    line: int
    column: int
    refused: Refused


@dataclass(frozen=True, slots=True)
class _Scene:
    """The complaint with what stands around it; positions from zero."""

    lines: Sequence[str]
    complaint: str
    at: tuple[int, int]
    begun: tuple[int, int]
    bracket: tuple[int, int] | None

    @property
    def text(self) -> str:
        """The line the complaint is about."""
        return self.lines[self.at[0]] if self.at[0] < len(self.lines) else ""

    @property
    def sign(self) -> str:
        """The character the complaint is about; empty at the end of the text."""
        return self.text[self.at[1] : self.at[1] + 1]

    @property
    def before(self) -> str:
        """What stands before it on its line."""
        return self.text[: self.at[1]].strip()

    def trouble(self, at: tuple[int, int], code: str, message: str, hint: str) -> Trouble:
        """Return the trouble, its place moved inside the text if it is past an end."""
        last = len(self.lines) - 1
        while last > 0 and not self.lines[last]:
            last -= 1
        line, column = at if at[0] <= last else (last, len(self.lines[last]))
        width = max(1, len(self.lines[line]))
        return Trouble(line + 1, min(column + 1, width), Refused(code, message, hint))


def explain(error: Any, text: str, bracket: tuple[int, int] | None) -> Trouble:
    """Return the `error` that PyYAML raised about `text` in our words.

    `bracket` is where the innermost [ or { stands that was open then, from zero.
    """
    problem = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None) or ""
    at = _position(getattr(error, "problem_mark", None), (0, 0))
    scene = _Scene(
        lines=text.split("\n"),
        complaint=f"{context}: {problem}",
        at=at,
        begun=_position(getattr(error, "context_mark", None), at),
        bracket=bracket,
    )
    for words, tell in _TELLERS:
        if any(word in scene.complaint for word in words):
            return (_tab(scene) if tell in _MAY_BE_A_TAB else None) or tell(scene)
    return scene.trouble(
        scene.at, "HL0019", f"this is not YAML: {problem}", "Compare with a file that is read."
    )


def _position(mark: Any, otherwise: tuple[int, int]) -> tuple[int, int]:
    return otherwise if mark is None else (mark.line, mark.column)


def _tab(scene: _Scene) -> Trouble | None:
    """Return the trouble if a tab indents the line, or stands where a token must start."""
    indent = scene.text[: len(scene.text) - len(scene.text.lstrip())]
    column = indent.find("\t") if scene.bracket is None else -1
    if column < 0 and scene.sign == "\t":
        column = scene.at[1]
    if column < 0:
        return None
    return scene.trouble(
        (scene.at[0], column), "HL0010", "a tab cannot indent YAML", "Indent with spaces."
    )


def _indented_block(scene: _Scene) -> Trouble:
    return scene.trouble(scene.at, "HL0010", "a tab cannot indent YAML", "Indent with spaces.")


def _open_quote(scene: _Scene) -> Trouble:
    return scene.trouble(
        scene.begun,
        "HL0011",
        "the quote that opens here is never closed",
        "Close it at the end of the text; within '...' a quote is written twice.",
    )


def _escape(scene: _Scene) -> Trouble:
    return scene.trouble(
        scene.at,
        "HL0017",
        'a backslash in "..." starts an escape, and this one is none',
        "Write \\\\ for a backslash, or use single quotes.",
    )


def _open_bracket(scene: _Scene, at: tuple[int, int]) -> Trouble:
    return scene.trouble(
        at,
        "HL0012",
        "the bracket that opens here is never closed",
        "Close [ with ] and { with }.",
    )


def _comma(scene: _Scene) -> Trouble:
    if scene.at[0] > scene.begun[0] or not scene.sign:
        return _open_bracket(scene, scene.begun)
    return scene.trouble(
        scene.at,
        "HL0012",
        "a comma or the closing bracket is missing before this",
        "Separate items with commas; close [ with ] and { with }.",
    )


def _content(scene: _Scene) -> Trouble:
    if not scene.sign and scene.bracket is not None:
        return _open_bracket(scene, scene.bracket)
    if scene.sign in ("]", "}"):
        return _closes_nothing(scene)
    if scene.sign == ",":
        return scene.trouble(
            scene.at,
            "HL0012",
            "nothing stands before this comma",
            "Remove the comma, write the missing item, or put the text in quotes.",
        )
    return _character(scene)


def _closes_nothing(scene: _Scene) -> Trouble:
    return scene.trouble(
        scene.at,
        "HL0012",
        f"this {scene.sign} closes nothing",
        "Remove it, open it before, or put the text in quotes.",
    )


def _no_colon(scene: _Scene) -> Trouble:
    return scene.trouble(
        scene.begun,
        "HL0013",
        "this line is neither a 'key: value' nor an item of a list",
        "A colon and a space stand between a key and its value.",
    )


def _colon(scene: _Scene) -> Trouble:
    if ": " in scene.before:
        return scene.trouble(
            scene.at,
            "HL0015",
            "a second ': ' on the line: a value that holds one needs quotes",
            _QUOTE_IT,
        )
    start = len(scene.text) - len(scene.text.lstrip())
    return scene.trouble(
        (scene.at[0], min(start, scene.at[1])),
        "HL0014",
        "this key is indented deeper than its neighbours, or the line before it lacks its colon",
        f"{_ONE_DEEPER} A colon and a space stand between a key and its value.",
    )


def _indent(scene: _Scene) -> Trouble:
    if scene.sign in ("]", "}"):
        return _closes_nothing(scene)
    if scene.sign == ":":
        nothing = odd_key(None, "")
        return scene.trouble(scene.at, nothing.code, nothing.message, nothing.hint)
    if scene.before and scene.before[-1] in "'\"]}":
        return _after_the_end(scene)
    if scene.sign == "-" and scene.before:
        return scene.trouble(
            scene.at,
            "HL0014",
            "a list with dashes starts on the line below its key",
            "Move it to the next line, or write it as [a, b]; a text that starts with '- ' needs "
            "quotes.",
        )
    return scene.trouble(
        scene.at, "HL0014", "this line's indentation fits nothing above it", _ONE_DEEPER
    )


def _after_the_end(scene: _Scene) -> Trouble:
    return scene.trouble(
        scene.at,
        "HL0018",
        "text stands where a value has already ended",
        "Quote the whole text or nothing of it; after | and > the text starts on the next line.",
    )


def _document(scene: _Scene) -> Trouble:
    for number in range(min(scene.at[0], len(scene.lines) - 1), -1, -1):
        line = scene.lines[number]
        if line.startswith("%"):
            return _directive(scene, (number, 0))
        if line.strip():
            break
    return _after_the_end(scene)


def _directive(scene: _Scene, at: tuple[int, int] | None = None) -> Trouble:
    return scene.trouble(at or scene.begun, DIRECTIVE.code, DIRECTIVE.message, DIRECTIVE.hint)


def _character(scene: _Scene) -> Trouble:
    sign = scene.sign or "this"
    return scene.trouble(
        scene.at, "HL0016", f"a text without quotes cannot start with {sign}", _QUOTE_IT
    )


def _alias(scene: _Scene) -> Trouble:
    sign = scene.lines[scene.begun[0]][scene.begun[1] : scene.begun[1] + 1]
    return scene.trouble(
        scene.begun,
        "HL0016",
        f"a text without quotes cannot start with {sign}: it is a reference and needs a name",
        _QUOTE_IT,
    )


def _tag(scene: _Scene) -> Trouble:
    return scene.trouble(
        scene.begun,
        "HL0026",
        "a text that starts with ! is a tag, and this one is not known",
        "Remove it, or put the text in quotes.",
    )


# In this order: the words of libyaml, and of PyYAML's own parser where libyaml is missing.
_TELLERS: tuple[tuple[tuple[str, ...], Callable[[_Scene], Trouble]], ...] = (
    (("found a tab character",), _indented_block),
    (("unexpected end of stream", "unexpected document"), _open_quote),
    (("escape", "hexdecimal", "hexadecimal"), _escape),
    (("scanning a directive", "parsing a directive", "YAML document", "directive"), _directive),
    (("<document start>",), _document),
    (("',' or ']'", "',' or '}'"), _comma),
    (("node content",), _content),
    (("could not find expected ':'",), _no_colon),
    (("mapping values",), _colon),
    (("a tag", "tag handle"), _tag),
    (("an anchor", "an alias"), _alias),
    (("cannot start any token", "mapping keys"), _character),
    (("block scalar",), _after_the_end),
    (("expected key", "<block end>", "'-' indicator", "sequence entries"), _indent),
)
_MAY_BE_A_TAB = (_no_colon, _colon, _character, _indent)
