"""Clouds' libraries are imported by `up` and `down` alone, and not before they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from unit.cli_running import AWS, LIMIT_SECONDS

LOADED = "import sys; from hyperleaf.cli.command import run; run({words!r}); print(*sys.modules)"


@pytest.mark.parametrize(
    "words",
    [["--help"], ["up", "--help"], ["down", "--help"], ["check", AWS], ["up", AWS], ["explain"]],
    ids=" ".join,
)
def test_what_asks_no_cloud_loads_no_library_of_one(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=words)],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=True,
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "hyperleaf.cli.command" in loaded
    assert not loaded & {"boto3", "botocore", "pyVmomi", "pyVim"}
