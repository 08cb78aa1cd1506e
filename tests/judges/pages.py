"""Pages of the documents are followed: their blocks, the files they state, their commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


@dataclass(frozen=True, slots=True)
class Page:
    """A page, by its text."""

    text: str

    def blocks(self, language: str) -> list[str]:
        """Return the page's blocks of a language."""
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)

    def write_files(self, folder: Path) -> None:
        """Write the files that its blocks of YAML are, by their first line."""
        for text in self.blocks("yaml"):
            name = re.match(r"# file: (\S+)\n", text)
            assert name is not None
            (folder / name[1]).write_text(text, encoding="utf-8")


def how_to(name: str) -> Page:
    """Return a guide by its file's name."""
    return Page((HOW_TO / name).read_text(encoding="utf-8"))


def ran(
    folder: Path, block: str, environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a block of commands in a folder, up to the first that fails, for so long at most."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-ec", block],
        cwd=folder,
        env={**os.environ, **environment, "PATH": path, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def followed(folder: Path, block: str, environment: Mapping[str, str], seconds: float) -> str:
    """Run a block that must succeed and return all that it printed."""
    done = ran(folder, block, environment, seconds)
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
