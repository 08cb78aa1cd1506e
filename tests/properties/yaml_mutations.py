"""Turns good YAML files into broken ones, and tells whether what was read of them is sound."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.spec.yaml import read_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperleaf.findings import Marks

CORPUS = tuple(
    file.read_bytes() for file in sorted((Path(__file__).parent / "corpus").glob("*.yaml"))
)

PIECES: tuple[bytes, ...] = (
    *(b"---\n", b"\n---\n", b"...\n", b"\n", b"\r", b"\r\n", b"\t", b" ", b"  ", b"\0", b"\x07"),
    *(b"[", b"]", b"{", b"}", b",", b":", b": ", b"- ", b"-", b"? ", b"?", b"#", b" # "),
    *(b'"', b"'", b"|", b">", b"|2\n", b">-\n", b"@", b"`", b"%", b"%YAML 1.1\n", b"!", b"!!int "),
    *(b"&a ", b"*a", b"*a ", b"<<: *a\n", b"<<", b"yes", b"017", b"1e3", b".inf", b"~", b"null"),
    *(b"\\x00", b"\\ud800", b"\\", b"!!python/object:os.system ", b"!<", b"[[[[[[[[", b"{{ x }}"),
    *(
        "\u2028".encode(),
        b"\xc2\x85",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xf0",
    ),
    *(b"9" * 30, b"- " * 40, b"[" * 80, b"a: &a [*a, *a]\n", b"\xe2\x82", "\U0001f600".encode()),
)


def _flip(data: bytearray, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _replace(data: bytearray, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.randrange(256)


def _insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randint(0, len(data))
    data[at:at] = rng.choice(PIECES)


def _cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randint(0, len(data)) :]


def _remove(data: bytearray, rng: random.Random) -> None:
    start = rng.randint(0, len(data))
    del data[start : start + rng.choice((1, 1, 2, 8, 40))]


def _repeat(data: bytearray, rng: random.Random) -> None:
    start = rng.randint(0, len(data))
    part = data[start : start + rng.choice((1, 4, 16, 200))]
    at = rng.randint(0, len(data))
    data[at:at] = part


def _lines(change: Callable[[list[bytes], random.Random], None]) -> Callable[..., None]:
    def on_lines(data: bytearray, rng: random.Random) -> None:
        lines = bytes(data).split(b"\n")
        change(lines, rng)
        data[:] = b"\n".join(lines)

    return on_lines


def _drop_line(lines: list[bytes], rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]


def _double_line(lines: list[bytes], rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))


def _swap_lines(lines: list[bytes], rng: random.Random) -> None:
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _indent_line(lines: list[bytes], rng: random.Random) -> None:
    number = rng.randrange(len(lines))
    lines[number] = rng.choice((b" ", b"  ", b"\t", b"      ")) + lines[number]


def _outdent_line(lines: list[bytes], rng: random.Random) -> None:
    number = rng.randrange(len(lines))
    lines[number] = lines[number][rng.choice((1, 2, 4)) :]


def _end_of_line(lines: list[bytes], rng: random.Random) -> None:
    number = rng.randrange(len(lines))
    lines[number] += rng.choice(PIECES)


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(_flip, _replace, _insert, _insert, _insert, _cut, _remove, _repeat),
    *(_lines(_drop_line), _lines(_double_line), _lines(_swap_lines)),
    *(_lines(_indent_line), _lines(_outdent_line), _lines(_end_of_line)),
)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Return `data` with one to four mistakes in it."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        rng.choice(MUTATIONS)(changed, rng)
    return bytes(changed)


def unsound(data: bytes) -> list[str]:
    """Return what is wrong with what was read of `data`; an exception goes through."""
    documents, findings = read_text(data, "f")
    lines = _widths(data)
    wrong = [
        f"outside the file: {finding}"
        for finding in findings
        if not _inside(lines, finding.place.line, finding.place.column)
    ]
    wrong += [
        f"says nothing: {found!r}" for found in findings if not found.message or not found.hint
    ]
    for document in documents:
        wrong += _unmarked(document.value, document.origin.marks, lines)
    return wrong


def read_mutants(count: int, seed: int) -> list[str]:
    """Read `count` broken files and return what was unsound, with the bytes that show it."""
    rng = random.Random(seed)
    wrong: list[str] = []
    for _ in range(count):
        data = mutate(rng.choice(CORPUS), rng)
        try:
            wrong += [f"{complaint}: {data!r}" for complaint in unsound(data)]
        except Exception as error:  # noqa: BLE001 - whatever it is, its input must be known
            wrong.append(f"{error!r}: {data!r}")
    return wrong


def _widths(data: bytes) -> list[int]:
    plain = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    widths = [max(1, len(line.decode("utf-8", "replace"))) for line in plain.split(b"\n")]
    return widths[:-1] if len(widths) > 1 and plain.endswith(b"\n") else widths


def _inside(widths: list[int], line: int, column: int) -> bool:
    return 1 <= line <= len(widths) and 1 <= column <= widths[line - 1]


def _unmarked(value: Any, marks: Marks, widths: list[int]) -> list[str]:
    if not _inside(widths, marks.line, marks.column):
        return [f"{value!r} is marked outside the file, at {marks.line}:{marks.column}"]
    if not isinstance(value, dict | list):
        return [f"{value!r} is a scalar with members"] if marks.children else []
    items = value if isinstance(value, dict) else dict(enumerate(value))
    if set(items) != set(marks.children):
        return [f"{value!r} has members without marks, or marks without members"]
    return [wrong for key in items for wrong in _unmarked(items[key], marks.children[key], widths)]
