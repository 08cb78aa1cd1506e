"""Every broken file of the folder yaml has its findings beside it, word for word.

HYPERLEAF_UPDATE_GOLDEN=1 writes them anew; read the difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from golden.comparing import is_updating
from hyperleaf.spec.reading_codes import READING_CODES
from hyperleaf.spec.yaml import read_text

FOLDER = Path(__file__).parent / "yaml"
FILES = sorted(FOLDER.glob("*.yaml"))


def told(file: Path) -> str:
    """Return the findings about a file as its golden has them."""
    _, findings = read_text(file.read_bytes(), file.name)
    return "".join(
        f"{finding}\n"
        f"  hint: {finding.hint}\n"
        f"  path: {finding.path}\n"
        f"  document: {finding.document}\n"
        for finding in findings
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_broken_file_is_told_about_in_these_words(file: Path) -> None:
    golden = file.with_suffix(".txt")
    if is_updating():
        golden.write_text(told(file), encoding="utf-8")
    assert told(file) == golden.read_text(encoding="utf-8")


def test_every_broken_file_has_a_finding() -> None:
    assert [file.name for file in FILES if not told(file)] == []


def test_every_code_that_a_text_can_show_has_a_broken_file() -> None:
    shown = {
        finding.code for file in FILES for finding in read_text(file.read_bytes(), file.name)[1]
    }
    # Files and folders, sizes and counts have unit tests; HL0019 waits for a parser to come.
    assert set(READING_CODES) - shown == {
        "HL0001",
        "HL0002",
        "HL0006",
        "HL0008",
        "HL0009",
        "HL0019",
    }
