"""Turns YAML files into documents of plain data with their marks, and findings for what is wrong.

Reading goes on after a mistake: a line that starts with --- always starts a new document, so a
broken one costs only itself. A document whose text is broken is left out. One that is only
ambiguous is kept, the text of the refused value in its place, so that what refers to it does not
fail as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hyperleaf.spec import yaml_files
from hyperleaf.spec import yaml_refusals as refusals
from hyperleaf.spec.yaml_events import FORBIDDEN, Abandoned, Builder, Document, Exhausted
from hyperleaf.spec.yaml_syntax import explain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hyperleaf.findings import Finding

__all__ = ["Document", "read_files", "read_text"]

_DOCUMENT = re.compile(r"^---(?=[ \t\n]|\Z)", re.MULTILINE)


def read_files(paths: Sequence[Path]) -> tuple[tuple[Document, ...], tuple[Finding, ...]]:
    """Return every document of the files and folders `paths`, and what is wrong with them.

    A folder stands for the YAML files in it and below it, except hidden ones and folders that hold
    an index.json, which render wrote. A file that is named twice is read once.
    """
    files, findings = yaml_files.find(paths)
    documents: list[Document] = []
    wrong = list(findings)
    for file in files:
        data = yaml_files.content(file)
        if not isinstance(data, bytes):
            wrong.append(data)
            continue
        read, found = read_text(data, str(file))
        documents.extend(read)
        wrong.extend(found)
    return tuple(documents), tuple(wrong)


def read_text(text: bytes, file: str) -> tuple[tuple[Document, ...], tuple[Finding, ...]]:
    """Return every document of the bytes `text`, and findings that name it `file`, by place."""
    if len(text) > yaml_files.LARGEST_FILE:
        return (), (yaml_files.too_large(file),)
    decoded = yaml_files.text(text, file)
    if not isinstance(decoded, str):
        return (), (decoded,)
    builder = Builder(file)
    try:
        for first_line, piece in _pieces(decoded):
            _read_piece(builder, piece, first_line)
    except Exhausted:
        builder.give_up()
    return tuple(builder.documents), tuple(sorted(builder.findings))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield the text from each --- to the next, with the line it starts on."""
    starts = [match.start() for match in _DOCUMENT.finditer(text)]
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    line = 1
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        piece = text[start:end]
        yield line, piece
        line += piece.count("\n")


def _read_piece(builder: Builder, piece: str, first_line: int) -> None:
    import yaml  # noqa: PLC0415 - the command line starts without YAML

    strange = FORBIDDEN.search(piece)
    if strange is not None:
        _report_character(builder, piece, strange.start(), first_line)
        builder.give_up()
        return
    try:
        builder.feed(_events(piece), first_line)
    except Exhausted:
        raise
    except Abandoned:
        builder.give_up()
    except (yaml.YAMLError, ValueError) as error:  # ValueError: PyYAML's own parser on \U00110000
        trouble = explain(error, piece, builder.bracket())
        builder.report(trouble.line + first_line - 1, trouble.column, trouble.refused)
        builder.give_up()


def _events(piece: str) -> Iterator[Any]:
    import yaml  # noqa: PLC0415 - the command line starts without YAML

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return iter(yaml.parse(piece, Loader=loader))


def _report_character(builder: Builder, piece: str, start: int, first_line: int) -> None:
    line = first_line + piece.count("\n", 0, start)
    column = start - piece.rfind("\n", 0, start)
    builder.report(line, column, refusals.character(piece[start]))
