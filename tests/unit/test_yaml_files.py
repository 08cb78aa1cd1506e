"""Which files a path stands for."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from hyperleaf.spec import yaml_files
from hyperleaf.spec.yaml import read_files

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def write(folder: Path, *names: str) -> None:
    """Write a small document to each name below a folder."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"name: {name.replace('/', '-')}\n", encoding="utf-8")


def read(*paths: Path) -> list[str]:
    """Return the names that are read from paths, and the codes of findings."""
    documents, findings = read_files(paths)
    return [str(document.value["name"]) for document in documents] + [
        finding.code for finding in findings
    ]


def test_a_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path, "estate.txt")
    assert read(tmp_path / "estate.txt") == ["estate.txt"]


def test_a_folder_is_read_by_name_with_the_folders_below_it(tmp_path: Path) -> None:
    write(tmp_path, "b.yaml", "a.yml", "z/c.yaml", "k/d.yaml", "k/m/e.yaml")
    assert read(tmp_path) == ["a.yml", "b.yaml", "k-d.yaml", "k-m-e.yaml", "z-c.yaml"]


def test_other_files_of_a_folder_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "b.json", "c.txt", "yaml")
    assert read(tmp_path) == ["a.yaml"]


def test_what_is_hidden_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", ".b.yaml", ".git/c.yaml")
    assert read(tmp_path) == ["a.yaml"]


def test_what_render_wrote_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "out/index.json", "out/b.yaml", "out/prod/c.yaml")
    assert read(tmp_path) == ["a.yaml"]


def test_a_folder_that_render_wrote_has_nothing_to_read(tmp_path: Path) -> None:
    write(tmp_path, "index.json", "a.yaml")
    assert read(tmp_path) == ["HL0009"]


def test_a_folder_without_yaml_is_told_about(tmp_path: Path) -> None:
    assert read(tmp_path) == ["HL0009"]


def test_a_missing_path_is_told_about_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml")
    assert read(tmp_path / "none.yaml", tmp_path) == ["a.yaml", "HL0001"]


def test_a_missing_path_is_named_where_it_was_looked_for(tmp_path: Path) -> None:
    _, (finding,) = read_files([tmp_path / "none.yaml"])
    assert finding.place.file == str(tmp_path / "none.yaml")


def test_a_link_that_leads_nowhere_is_told_about(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("nowhere")
    assert read(tmp_path) == ["HL0001"]


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, ".data/a.yaml")
    (tmp_path / "a.yaml").symlink_to(".data/a.yaml")
    assert read(tmp_path) == [".data-a.yaml"]


def test_a_ring_of_folders_has_an_end(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml")
    (tmp_path / "ring").symlink_to(tmp_path)
    assert read(tmp_path) == ["a.yaml"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "b.yaml")
    assert read(tmp_path / "b.yaml", tmp_path, tmp_path / ".." / tmp_path.name) == [
        "b.yaml",
        "a.yaml",
    ]


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w').write('name: piped')"]):
        assert read(pipe) == ["piped"]


def test_a_file_above_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_files, "LARGEST_FILE", 8)
    write(tmp_path, "a.yaml")
    assert read(tmp_path) == ["HL0002"]


def test_a_file_of_the_limit_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.yaml")
    monkeypatch.setattr(yaml_files, "LARGEST_FILE", (tmp_path / "a.yaml").stat().st_size)
    assert read(tmp_path) == ["a.yaml"]


def test_the_readers_module_starts_without_the_parsers() -> None:
    program = (
        "import sys, hyperleaf.spec.yaml_files, hyperleaf.spec.yaml; print('yaml' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
