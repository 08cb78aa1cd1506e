"""What a machine lacks for a lab is said in a sentence that tells what to do."""

from __future__ import annotations

import errno
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from hyperleaf.lab import root, runtime
from hyperleaf.process import Finished, ProcessFailed

if TYPE_CHECKING:
    from pathlib import Path

ORDINARY = 4242


@pytest.fixture
def ordinary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be an ordinary user without a name, whose subordinate ids stand in a file."""
    monkeypatch.setattr(os, "geteuid", lambda: ORDINARY)
    monkeypatch.setattr(os, "getuid", lambda: ORDINARY)
    monkeypatch.setattr(runtime, "SUBUID", tmp_path / "subuid")
    monkeypatch.setattr(runtime, "SUBGID", tmp_path / "subgid")
    monkeypatch.setattr(shutil, "which", str)
    return tmp_path


def test_an_ordinary_user_is_root_by_his_subordinate_ids(ordinary: Path) -> None:
    (ordinary / "subuid").write_text(f"somebody:100000:65536\n{ORDINARY}:165536:65536\n")
    (ordinary / "subgid").write_text(f"{ORDINARY}:231072:65536\n")
    words = runtime.namespaces()
    assert "--map-users=165536,0,65536" in words
    assert "--map-groups=231072,0,65536" in words


def test_who_has_no_subordinate_ids_is_told_how_to_get_them(ordinary: Path) -> None:
    (ordinary / "subuid").write_text(f"{ORDINARY}:165536:65536\n")
    told = f"{ordinary}/subgid gives you no 65,536 ids: usermod --add-subgids 100000-165535 {4242}"
    with pytest.raises(runtime.NoRuntimeError, match=f"^{re.escape(told)}$"):
        runtime.namespaces()


def test_a_range_that_is_too_short_is_none(ordinary: Path) -> None:
    (ordinary / "subuid").write_text(f"{ORDINARY}:165536:1000\n")
    with pytest.raises(runtime.NoRuntimeError, match="--add-subuids"):
        runtime.namespaces()


def test_a_root_needs_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--user" not in runtime.namespaces()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        ProcessFailed(Finished(("tar",), 2, "", "tar: x: No space left on device", 0.0, "")),
    ],
)
def test_a_full_disk_is_one_sentence(tmp_path: Path, error: Exception) -> None:
    assert isinstance(error, OSError | ProcessFailed)
    said = root._told(error, tmp_path)
    assert said.startswith(f"{tmp_path}: No space left on device; ")
    assert "HYPERLEAF_CACHE" in said


def test_any_other_failure_is_told_as_it_is(tmp_path: Path) -> None:
    assert root._told(OSError(errno.EPERM, "Not permitted"), tmp_path) == "[Errno 1] Not permitted"


def test_a_closed_folder_is_named_with_what_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ORDINARY)
    closed = tmp_path / "closed"
    (closed / "lab").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(root.RootError, match=rf"chmod o\+x .*{closed}, or name another folder"):
        root._searchable(closed / "lab")
