"""Pages that follow from the code are as the code is, and the table of rows tells the truth."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from judges.aws_types import SUPPLIED

ROOT = Path(__file__).parents[2]
ROWS: list[dict[str, Any]] = [
    row
    for section in yaml.safe_load((ROOT / "docs" / "rows.yaml").read_text())["sections"]
    for row in section["rows"]
]


def test_every_made_page_is_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "tools" / "documents.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def test_no_row_is_missing() -> None:
    assert len(ROWS) == 102
    assert len({row["row"] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["row"])
def test_a_row_says_only_what_is(row: dict[str, Any]) -> None:
    assert row["state"] in {"done", "part", "open"}
    assert row["state"] == "open" or (row.get("check") and row.get("where"))
    assert row["state"] != "part" or row.get("note"), "say what is missing"
    for place in row.get("where", ()):
        assert (ROOT / place).exists(), place
    for check in row.get("check", ()):
        assert _exists(check), f"no such test: {check}"


def _exists(check: str) -> bool:
    """Tell whether `path::function` (or a path alone: a golden, a failing example) is there."""
    path, _, function = check.partition("::")
    file = ROOT / path
    if not function or not file.exists():
        return file.exists()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(isinstance(n, ast.FunctionDef) and n.name == function for n in ast.walk(tree))


def test_what_the_simulator_of_aws_lacks_is_told() -> None:
    page = (ROOT / "docs" / "explanation" / "underneath.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| (AWS::\S+) \| (.*) \|$", page, re.MULTILINE))
    assert told == SUPPLIED


def test_no_page_names_a_machine() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        assert not re.search(r"(?<![\w.~])/(home|root|mnt)/", page.read_text(encoding="utf-8")), (
            page
        )
