"""Turns the events of a YAML parser into plain values, each with the marks of where it stands.

PyYAML's own constructors recurse, drop positions and let a later key win over an earlier one; here
a stack of open nodes grows and shrinks with the events, and nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.findings import Finding, Marks, Origin, Place
from hyperleaf.spec import yaml_refusals as refusals
from hyperleaf.spec.yaml_refusals import Refused
from hyperleaf.spec.yaml_scalars import plain, tagged

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_NODES: Final = 1_000_000  # of one file
MOST_DOCUMENTS: Final = 100_000  # of one file, empty ones counted
MOST_REPEATED: Final = 100_000  # nodes that aliases may add to one file
MOST_FINDINGS: Final = 1_000  # of one file; what follows would only repeat them
DEEPEST: Final = 64

# All that a YAML text may not hold, and the line breaks of Unicode: YAML 1.1 breaks a line there,
# YAML 1.2 and every editor do not.
FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

_CORE_PREFIX = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(_CORE_PREFIX + name for name in ("str", "int", "float", "bool", "null"))


class Abandoned(Exception):  # noqa: N818 - no error: its finding is already reported
    """The rest of a piece of text is not worth reading."""


class Exhausted(Abandoned):
    """The rest of the file is not worth reading."""


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping that a file holds, as plain data (dict, list, str, int, bool, None), and its marks.

    `index` is its position among the documents of its file, from zero; empty ones do not count.
    Floats do not occur: `4.18` is a string.
    """

    value: dict[str, Any]
    origin: Origin
    index: int


@dataclass(slots=True)
class _Anchor:
    """A node that aliases may repeat once it is closed, with its size in nodes and its depth."""

    value: Any = None
    children: dict[str | int, Marks] = field(default_factory=dict)
    size: int = 1
    height: int = 0
    closed: bool = False


@dataclass(slots=True, eq=False)
class _Open:
    """A mapping or list whose end has not been seen; lines and columns from one."""

    value: dict[str, Any] | list[Any]
    line: int
    column: int
    in_brackets: bool
    begun: int  # the file's count of nodes when it opened
    children: dict[str | int, Marks] = field(default_factory=dict)
    height: int = 1
    anchor: _Anchor | None = None
    is_key: bool = False
    key: str | None = None  # of the member whose value is being read
    key_line: int = 0
    key_column: int = 0
    key_is_plain: bool = False
    dropped: bool = False  # whether that member is left out

    @property
    def wants_key(self) -> bool:
        """Whether the next node is a key."""
        return self.key is None and type(self.value) is dict


class Builder:
    """Collects the documents and findings of one file from the events of its pieces."""

    def __init__(self, file: str) -> None:
        from yaml import events  # noqa: PLC0415 - the command line starts without YAML

        self.documents: list[Document] = []
        self.findings: list[Finding] = []
        self._file = file
        self._index = 0
        self._begun = 0
        self._nodes = 0
        self._repeated = 0
        self._first_line = 1
        self._reset()
        self._handlers = {
            events.ScalarEvent: self._scalar,
            events.MappingStartEvent: self._mapping,
            events.MappingEndEvent: self._close,
            events.SequenceStartEvent: self._sequence,
            events.SequenceEndEvent: self._close,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._document_start,
            events.DocumentEndEvent: self._document_end,
            events.StreamStartEvent: self._stream,
            events.StreamEndEvent: self._stream,
        }

    def feed(self, events: Iterable[Any], first_line: int) -> None:
        """Take the events of a piece of text whose first line is the file's `first_line`.

        Raises what the parser raises, and Abandoned; `give_up` then ends the document.
        """
        self._first_line = first_line
        handlers = self._handlers
        for event in events:
            handlers[type(event)](event)

    def give_up(self) -> None:
        """End a document without keeping it."""
        self._index += 1
        self._name_findings()
        self._reset()

    def bracket(self) -> tuple[int, int] | None:
        """Return where the innermost open [ or { stands, from zero within the piece."""
        if self._stack and self._stack[-1].in_brackets:
            top = self._stack[-1]
            return top.line - self._first_line, top.column - 1
        return None

    def report(self, line: int, column: int, refused: Refused) -> None:
        """Note a finding at a place of the file, about the node that is being read."""
        if len(self.findings) == MOST_FINDINGS:
            self._note(line, column, refusals.too_many_findings(MOST_FINDINGS))
            raise Exhausted
        self._note(line, column, refused)

    def _note(self, line: int, column: int, refused: Refused) -> None:
        place = Place(self._file, line, column)
        self.findings.append(
            Finding(place, refused.code, refused.message, refused.hint, self._path())
        )

    def _path(self) -> str:
        last = len(self._stack) - 1
        steps: list[str] = []
        for depth, opened in enumerate(self._stack):
            if isinstance(opened.value, list):
                # An item that is still open already hangs on its list.
                steps.append(str(len(opened.value) - (depth < last)))
            elif opened.key is not None:
                steps.append(opened.key)
        return ".".join(steps)

    def _reset(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchor] = {}
        self._root: Any = None
        self._marks = Marks(1, 1)
        self._first_finding = len(self.findings)

    def _origin(self) -> Origin:
        root = self._root if isinstance(self._root, dict) else {}
        kind, metadata = root.get("kind"), root.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return Origin(
            self._file,
            kind if isinstance(kind, str) else "",
            name if isinstance(name, str) else "",
            self._marks,
        )

    def _name_findings(self) -> None:
        """Name the document in its findings: only now its kind and name are known."""
        fresh = self.findings[self._first_finding :]
        if fresh:
            document = str(self._origin())
            self.findings[self._first_finding :] = [
                replace(finding, document=document) for finding in fresh
            ]

    def _stream(self, event: Any) -> None:
        pass

    def _document_start(self, event: Any) -> None:
        self._reset()
        line, column = event.start_mark.line + self._first_line, event.start_mark.column + 1
        self._begun += 1
        if self._begun > MOST_DOCUMENTS:
            self.report(line, column, refusals.too_many_values(MOST_DOCUMENTS, "documents"))
            raise Exhausted
        if event.version or event.tags:  # the event starts at the directive
            self.report(line, column, refusals.DIRECTIVE)

    def _document_end(self, _event: Any) -> None:
        if isinstance(self._root, dict):
            self.documents.append(Document(self._root, self._origin(), self._index))
        elif self._root is not None:
            self.report(self._marks.line, self._marks.column, refusals.no_mapping(self._root))
        if self._root is not None:
            self._index += 1
        self._name_findings()
        self._reset()

    def _count(self, line: int, column: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self.report(line, column, refusals.too_many_values(MOST_NODES))
            raise Exhausted

    def _check_depth(self, depth: int, line: int, column: int) -> None:
        if depth > DEEPEST:
            self.report(line, column, refusals.too_deep(DEEPEST))
            raise Abandoned

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        line, column = mark.line + self._first_line, mark.column + 1
        self._count(line, column)
        text = event.value
        is_plain = event.implicit[0]
        if is_plain:
            value = plain(text)
            if not text:  # an empty value stands just after what announces it
                column = max(1, mark.column)
        else:
            text = self._clean(event, line, column)
            value = self._quoted(event.tag, text)
        top = self._stack[-1] if self._stack else None
        if top is not None and top.wants_key:
            self._key(top, value, text, (line, column), is_plain=is_plain)
            value = top.key
        elif type(value) is Refused:
            self.report(line, column, value)
            value = text
            self._put(top, value, Marks(line, column))
        else:
            if not text and is_plain:
                self._check_colon(top)
            self._put(top, value, Marks(line, column))
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(value, closed=True)

    def _clean(self, event: Any, line: int, column: int) -> str:
        """Return a scalar's text without what only an escape can put there."""
        text: str = event.value
        if event.style == '"' and FORBIDDEN.search(text):
            self.report(line, column, refusals.ESCAPED_CHARACTER)
            return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
        return text

    def _quoted(self, tag: str | None, text: str) -> str | int | bool | Refused | None:
        """Return the value of a scalar that is quoted, a block, or tagged."""
        if tag is None:
            return text
        if tag in _SCALAR_TAGS:
            return tagged(tag.removeprefix(_CORE_PREFIX), text)
        return refusals.unknown_tag(tag)

    def _check_colon(self, top: _Open | None) -> None:
        if top is not None and top.key is not None and top.key_is_plain and ":" in top.key:
            self.report(top.key_line, top.key_column, refusals.key_without_value(top.key))

    def _key(
        self, top: _Open, value: Any, text: str, at: tuple[int, int], *, is_plain: bool
    ) -> None:
        """Make `text` the key of the member whose value comes next."""
        line, column = at
        top.key = text
        top.key_line, top.key_column = line, column
        top.key_is_plain = is_plain
        first = top.children.get(text)
        top.dropped = first is not None
        if type(value) is not str:
            if isinstance(value, dict | list):
                top.dropped = True
                if any(opened.is_key for opened in self._stack):
                    return  # a key within a key: the outer one is reported
            self.report(line, column, refusals.odd_key(value, text))
        elif is_plain and text == "<<":
            top.dropped = True
            self.report(line, column, refusals.MERGE_KEY)
        elif first is not None:
            self.report(line, column, refusals.duplicate_key(text, first.line, first.column))

    def _put(self, top: _Open | None, value: Any, marks: Marks) -> None:
        """Put a value where it belongs; a member of a mapping is marked at its key."""
        if top is None:
            self._root = value
            self._marks = marks
        elif isinstance(top.value, list):
            top.children[len(top.value)] = marks
            top.value.append(value)
        elif top.key is not None:
            if not top.dropped:
                marks.line, marks.column = top.key_line, top.key_column
                top.children[top.key] = marks
                top.value[top.key] = value
            top.key = None

    def _mapping(self, event: Any) -> None:
        self._open(event, {}, "map")

    def _sequence(self, event: Any) -> None:
        self._open(event, [], "seq")

    def _open(self, event: Any, value: dict[str, Any] | list[Any], tag: str) -> None:
        mark = event.start_mark
        line, column = mark.line + self._first_line, mark.column + 1
        self._count(line, column)
        self._check_depth(len(self._stack) + 1, line, column)
        if event.tag is not None and event.tag != _CORE_PREFIX + tag:
            self.report(line, column, refusals.unknown_tag(event.tag))
        opened = _Open(value, line, column, bool(event.flow_style), self._nodes)
        if event.anchor is not None:
            opened.anchor = self._anchors[event.anchor] = _Anchor()
        self._hang(opened)
        self._stack.append(opened)

    def _hang(self, opened: _Open) -> None:
        """Hang a node on its parent as soon as it opens, so that a broken text leaves a part."""
        top = self._stack[-1] if self._stack else None
        if top is not None and top.wants_key:
            opened.is_key = True
            self._key(top, opened.value, "?", (opened.line, opened.column), is_plain=False)
            return
        key = top.key if top is not None else None
        marks = Marks(opened.line, opened.column)
        marks.children = opened.children
        self._put(top, opened.value, marks)
        if top is not None:
            top.key = key  # until the node closes it belongs to the path

    def _close(self, _event: Any) -> None:
        closed = self._stack.pop()
        if closed.anchor is not None:
            anchor = closed.anchor
            anchor.value, anchor.children = closed.value, closed.children
            anchor.size = self._nodes - closed.begun + 1
            anchor.height = closed.height
            anchor.closed = True
        if self._stack:
            top = self._stack[-1]
            top.height = max(top.height, closed.height + 1)
            if not closed.is_key:
                top.key = None

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        line, column = mark.line + self._first_line, mark.column + 1
        self._count(line, column)
        anchor = self._usable(event.anchor, line, column)
        top = self._stack[-1] if self._stack else None
        if top is not None and top.wants_key:
            written = f"*{event.anchor}"
            value = written if anchor is None else anchor.value
            text = value if isinstance(value, str) else written
            self._key(top, value, text, (line, column), is_plain=False)
            return
        anchor = anchor or _Anchor()
        if top is not None:
            top.height = max(top.height, anchor.height + 1)
        marks = Marks(line, column)
        marks.children = anchor.children
        self._put(top, _copy(anchor.value), marks)

    def _usable(self, name: str, line: int, column: int) -> _Anchor | None:
        """Return what an alias repeats, charged to the file, or None where it may not."""
        anchor = self._anchors.get(name)
        if anchor is None:
            self.report(line, column, refusals.unknown_anchor(name))
            return None
        if not anchor.closed:
            self.report(line, column, refusals.endless_alias(name))
            return None
        self._check_depth(len(self._stack) + anchor.height, line, column)
        self._repeated += anchor.size
        if self._repeated > MOST_REPEATED:
            self.report(line, column, refusals.too_much_repeated(MOST_REPEATED))
            raise Exhausted
        self._nodes += anchor.size - 1
        return anchor


def _copy(value: Any) -> Any:
    """Return a copy, so that who changes one place does not change another; depth is bounded."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
