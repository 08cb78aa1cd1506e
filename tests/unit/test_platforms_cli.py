"""`up` and `down` say what they are to be told, before anybody is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hyperleaf.platforms.build import read_folder
from unit.cli_running import AWS, ROOT, ended

if TYPE_CHECKING:
    from pathlib import Path

SMALL = str(ROOT / "tests" / "platforms" / "rendered" / "small")
OVERLAY = str(ROOT / "examples" / "04-overlay")


@pytest.mark.parametrize("verb", ["up", "down"])
def test_what_it_is_about_is_said_once(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    both = ended(capsys, verb, AWS, "--rendered", SMALL, "--dry-run")
    none = ended(capsys, verb, "--dry-run")
    assert (both.status, none.status) == (2, 2)
    assert "an ESTATE, or --rendered DIR" in both.err
    assert "an ESTATE, or --rendered DIR" in none.err


def test_up_is_told_where_to_write_facts(capsys: pytest.CaptureFixture[str]) -> None:
    done = ended(capsys, "up", AWS)
    assert done.status == 2
    assert "--facts FILE" in done.err


def test_a_step_that_is_not_there_is_told_with_the_one_that_was_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = ended(capsys, "up", "--rendered", SMALL, "--dry-run", "--only", "shard")
    assert done.status == 2
    assert "there is no step 'shard'. Did you mean shared?" in done.err


def test_a_time_that_is_none_is_told_with_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    done = ended(capsys, "down", "--rendered", SMALL, "--timeout", "soon")
    assert done.status == 2
    assert "--timeout: " in done.err


@pytest.mark.parametrize("verb", ["up", "down"])
def test_where_nothing_lies_underneath_that_is_said(
    capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    done = ended(capsys, verb, OVERLAY, "--dry-run", "-o", "json")
    assert (done.status, json.loads(done.out)["steps"]) == (0, [])
    assert "Nothing underneath the clusters is for hyperleaf to make" in done.err


def test_a_folder_that_nobody_rendered_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    done = ended(capsys, "up", "--rendered", str(tmp_path), "--dry-run")
    assert done.status == 3
    assert "no folder that render wrote" in done.err


def test_an_estate_with_an_error_is_not_begun_with(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "estate.yaml").write_text("apiVersion: hyperleaf.dev/v1alpha1\nkind: Cluster\n")
    done = ended(capsys, "up", str(tmp_path), "--dry-run")
    assert done.status == 1
    assert "nothing was done" in done.err


def test_a_rendered_folder_says_the_same_as_its_estate(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    assert ended(capsys, "render", AWS, "--out", str(tmp_path / "out")).status == 0
    steps = [
        json.loads(ended(capsys, "up", *words, "--dry-run", "-o", "json").out)["steps"]
        for words in ((AWS,), ("--rendered", str(tmp_path / "out")))
    ]
    assert steps[0] == steps[1]
    assert len(steps[0]) == len(read_folder(tmp_path / "out").steps)
