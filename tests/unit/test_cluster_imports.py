"""What only `apply` and `status` need is not imported by anything else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from unit.cli_running import AWS, LIMIT_SECONDS

LOADED = "import sys; from hyperleaf.cli.command import run; run({words!r}); print(*sys.modules)"


@pytest.mark.parametrize("words", [["--help"], ["apply", "--help"], ["check", AWS]])
def test_a_command_that_asks_no_cluster_loads_no_client(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=words)],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=True,
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "hyperleaf.cli.command" in loaded
    assert not loaded & {"urllib3", "ssl", "hyperleaf.cluster.client"}
