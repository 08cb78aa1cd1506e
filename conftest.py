"""Every console block of the documents runs as it stands, in a folder of its own per document."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser

from hyperleaf.spec.documents import validate
from hyperleaf.spec.yaml import read_text

if TYPE_CHECKING:
    from sybil import Example

ROOT = Path(__file__).parent
LIMIT_SECONDS = 120
_ANYTHING = re.compile(r"^\.\.\.\n?|\.\.\.", re.MULTILINE)
_FILE = re.compile(r"^# file: (\S+)\n")


def _begin(namespace: dict[str, Any]) -> None:
    """Give a document an empty folder in which the examples lie as in the repository."""
    folder = tempfile.TemporaryDirectory(prefix="hyperleaf-docs-")
    (Path(folder.name) / "examples").symlink_to(ROOT / "examples")
    namespace["folder"] = folder


def _end(namespace: dict[str, Any]) -> None:
    namespace["folder"].cleanup()


def _write(example: Example) -> str | None:
    """Write a YAML block that names a file; any other must at least be sound by itself."""
    named = _FILE.match(example.parsed)
    if named:
        (Path(example.namespace["folder"].name) / named[1]).write_text(example.parsed)
        return None
    documents, unread = read_text(example.parsed.encode(), "snippet")
    _, invalid = validate(documents)
    return "".join(f"{one}\n" for one in (*unread, *invalid)) or None


def _run(example: Example) -> str | None:
    """Run each `$ command` of a block; what follows it must be what it prints (`...`: anything)."""
    for step in re.split(r"^\$ ", example.parsed, flags=re.MULTILINE)[1:]:
        command, _, wanted = step.partition("\n")
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=example.namespace["folder"].name,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        printed = done.stdout + done.stderr
        if not wanted.strip():
            if done.returncode != 0:
                return f"`{command}` ended with {done.returncode}:\n{printed}"
        elif not _fits(wanted, printed):
            return f"`{command}` printed:\n{printed}\ninstead of:\n{wanted}"
    return None


def _python(example: Example) -> str | None:
    """Run a block of Python in the document's folder."""
    done = subprocess.run(
        [sys.executable, "-c", example.parsed],
        cwd=example.namespace["folder"].name,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    return done.stderr if done.returncode else None


def _fits(wanted: str, printed: str) -> bool:
    parts = [
        re.escape(part)
        for part in re.split(r"^\.\.\.\n?|\.\.\.", wanted.strip(), flags=re.MULTILINE)
    ]
    return re.fullmatch("(?s:.*?)".join(parts), printed.strip()) is not None


pytest_collect_file = Sybil(
    parsers=[
        CodeBlockParser(language="yaml", evaluator=_write),
        CodeBlockParser(language="console", evaluator=_run),
        CodeBlockParser(language="python", evaluator=_python),
    ],
    patterns=["README.md", "docs/**/*.md", "examples/**/*.md"],
    setup=_begin,
    teardown=_end,
).pytest()
