"""Turns paths into the YAML files that they name, and bytes into text that a parser can take."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hyperleaf.findings import Finding, Place
from hyperleaf.values.rendered import INDEX

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_FILE: Final = 32 * 1024 * 1024  # bytes
_SUFFIXES = (".yaml", ".yml")
_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def find(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    """Return the files to read, each once and in order, and a finding for each path without one.

    A folder stands for its *.yaml and *.yml files, by name, and those of the folders below it; what
    is hidden is passed over, as are folders that render wrote. Links to folders are not followed.
    """
    files: dict[str, Path] = {}
    findings: list[Finding] = []
    for path in paths:
        found, wrong = _below(path) if os.path.isdir(path) else ([path], [])  # noqa: PTH112 - raises never
        findings.extend(wrong)
        for file in found:
            files.setdefault(os.path.realpath(file), file)
    return tuple(files.values()), tuple(findings)


def content(path: Path) -> bytes | Finding:
    """Return the bytes of a file, or why it is not read."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return _about(
            str(path), "HL0001", f"cannot be read: {reason}", "Check the path and your rights."
        )
    return too_large(str(path)) if len(data) > LARGEST_FILE else data


def too_large(file: str) -> Finding:
    """Return the finding about a file that is larger than we read."""
    return _about(
        file,
        "HL0002",
        f"the file is larger than {LARGEST_FILE // 1024**2} MiB and is not read",
        "Split it into several files. Is it an estate at all?",
    )


def text(data: bytes, file: str) -> str | Finding:
    """Return `data` as text with plain line feeds and no byte order mark, or why it is none."""
    if data.startswith(_WIDE_MARKS) or b"\0" in data[:2]:
        return _about(
            file,
            "HL0004",
            "the file is written in UTF-16 or UTF-32",
            "Save it as UTF-8; PowerShell: Out-File -Encoding utf8.",
        )
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # utf-8-sig counts from after the mark.
        start = error.start + (len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0)
        return _bad_byte(data, file, start)
    if "\r" in decoded:
        decoded = decoded.replace("\r\n", "\n").replace("\r", "\n")
    return decoded


def _below(folder: Path) -> tuple[list[Path], list[Finding]]:
    found: list[Path] = []
    findings: list[Finding] = []

    def unreadable(error: OSError) -> None:
        findings.append(
            _about(
                str(error.filename),
                "HL0001",
                f"cannot be read: {error.strerror}",
                "Check the path and your rights.",
            )
        )

    for here, folders, files in os.walk(folder, onerror=unreadable):
        if INDEX in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found.extend(
            Path(here, name)
            for name in sorted(files)
            if name.endswith(_SUFFIXES) and not name.startswith(".")
        )
    if not found and not findings:
        findings.append(
            _about(
                str(folder),
                "HL0009",
                "the folder holds no YAML file to read",
                f"Files end in {' or '.join(_SUFFIXES)}; what render wrote (beside {INDEX}) "
                "and what is hidden is passed over.",
            )
        )
    return found, findings


def _bad_byte(data: bytes, file: str, start: int) -> Finding:
    before = data[:start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.removeprefix(codecs.BOM_UTF8).rpartition(b"\n")[2].decode()
    return Finding(
        Place(file, before.count(b"\n") + 1, len(line) + 1),
        "HL0003",
        f"the byte 0x{data[start]:02x} is not UTF-8",
        "Save the file as UTF-8.",
    )


def _about(file: str, code: str, message: str, hint: str) -> Finding:
    return Finding(Place(file, 1, 1), code, message, hint)
