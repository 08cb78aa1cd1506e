"""Clouds' libraries are imported by `up` and `down` alone, and not before they are needed."""

from __future__ import annotations

import pytest

from unit.cli_running import AWS, loaded_by


@pytest.mark.parametrize(
    "words",
    [["--help"], ["up", "--help"], ["down", "--help"], ["check", AWS], ["up", AWS], ["explain"]],
    ids=" ".join,
)
def test_what_asks_no_cloud_loads_no_library_of_one(words: list[str]) -> None:
    loaded = loaded_by(words)
    assert "hyperleaf.cli.command" in loaded
    assert not loaded & {"boto3", "botocore", "pyVmomi", "pyVim"}
