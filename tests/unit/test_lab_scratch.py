"""What a killed lab leaves is removed by the next; what another lab holds stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.lab.scratch import LOCK, folder

if TYPE_CHECKING:
    from pathlib import Path


def test_an_abandoned_folder_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "lab-dead"
    left.mkdir()
    (left / LOCK).touch()
    with folder(tmp_path):
        assert not left.exists()


def test_a_lab_beside_keeps_its_folder(tmp_path: Path) -> None:
    with folder(tmp_path) as one, folder(tmp_path) as other:
        assert one.is_dir()
        assert other.is_dir()


def test_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    with folder(tmp_path):
        pass
    assert [one.name for one in tmp_path.iterdir()] == [".lock"]
