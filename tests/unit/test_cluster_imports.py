"""What only `apply` and `status` need is not imported by anything else."""

from __future__ import annotations

import pytest

from unit.cli_running import AWS, loaded_by


@pytest.mark.parametrize("words", [["--help"], ["apply", "--help"], ["check", AWS]])
def test_a_command_that_asks_no_cluster_loads_no_client(words: list[str]) -> None:
    loaded = loaded_by(words)
    assert "hyperleaf.cli.command" in loaded
    assert not loaded & {"urllib3", "ssl", "hyperleaf.cluster.client"}
