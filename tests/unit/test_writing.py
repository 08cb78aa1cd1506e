"""A rendered folder is whole or untouched, and never at the cost of anybody's files."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.writing import WritingError, write

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Text:
    """A file to be."""

    path: str
    text: str


def tree(**texts: str) -> list[Text]:
    """Return files `a/NAME` with their index, as a render yields them."""
    files = [Text(f"a/{name}", text) for name, text in texts.items()]
    names = [file.path for file in files]
    index = json.dumps({"hyperleaf": 1, "files": [*names, "index.json"]})
    return [*files, Text("index.json", index)]


def held(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def aged(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (1, 1))


def test_a_new_folder_holds_exactly_the_files(tmp_path: Path) -> None:
    write(tree(one="1", two="2"), tmp_path / "deep" / "out")
    assert held(tmp_path / "deep" / "out").keys() == {"a/one", "a/two", "index.json"}


def test_what_is_rendered_no_more_is_removed(tmp_path: Path) -> None:
    write(tree(one="1", two="2"), tmp_path / "out")
    assert write(tree(one="1"), tmp_path / "out").removed == ("a/two",)
    assert not (tmp_path / "out" / "a" / "two").exists()


def test_the_same_render_again_touches_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(tree(one="1", two="2"), out)
    aged(out)
    assert write(tree(one="1", two="2"), out).is_same
    assert {path.stat().st_mtime for path in [out, *out.rglob("*")]} == {1}


def test_a_file_that_stays_as_it_was_keeps_its_time(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(tree(one="1", two="2"), out)
    aged(out)
    assert write(tree(one="1", two="3"), out).changed == ("a/two",)
    assert (out / "a" / "one").stat().st_mtime == 1


def test_a_folder_without_our_index_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(WritingError, match="was not rendered"):
        write(tree(one="1"), tmp_path)
    assert held(tmp_path) == {"mine": "precious"}


def test_an_index_of_somebody_else_does_not_make_a_folder_ours(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"files": ["index.json"]}')
    with pytest.raises(WritingError, match="was not rendered"):
        write(tree(one="1"), tmp_path)


def test_a_file_that_somebody_put_among_ours_is_not_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(tree(one="1"), out)
    (out / ".git").mkdir()
    (out / ".git" / "HEAD").write_text("ref")
    with pytest.raises(WritingError, match=r"\.git/HEAD, which no render made"):
        write(tree(one="2"), out)
    assert held(out)["a/one"] == "1"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tree(one="1"), tmp_path / "out")
    assert held(tmp_path / "out")["a/one"] == "1"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(WritingError, match="is a file"):
        write(tree(one="1"), tmp_path / "out")


def broken() -> Iterator[Text]:
    yield Text("a/one", "2")
    raise KeyboardInterrupt


def test_an_interrupted_render_leaves_the_old_tree_and_nothing_beside_it(tmp_path: Path) -> None:
    write(tree(one="1"), tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        write(broken(), tmp_path / "out")
    assert held(tmp_path / "out")["a/one"] == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_interrupted_first_render_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(broken(), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_failure_between_the_two_renames_puts_the_old_tree_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write(tree(one="1"), out)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError("no space")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no space"):
        write(tree(one="2"), out)
    assert held(out)["a/one"] == "1"


def test_a_render_killed_between_the_two_renames_is_undone_by_the_next(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(tree(one="1"), out)
    aged(out)
    left = tmp_path / ".out.hyperleaf-killed"
    left.mkdir()
    out.rename(left / "old")
    assert write(tree(one="1"), out).is_same
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_renders_at_once_do_not_mix(tmp_path: Path) -> None:
    def nested() -> Iterator[Text]:
        with pytest.raises(WritingError, match="another render"):
            write(tree(one="2"), tmp_path / "out")
        yield from tree(one="1")

    write(nested(), tmp_path / "out")
    assert held(tmp_path / "out")["a/one"] == "1"


def test_renders_into_two_folders_beside_each_other_are_independent(tmp_path: Path) -> None:
    def nested() -> Iterator[Text]:
        write(tree(one="2"), tmp_path / "out.2")
        yield from tree(one="1")

    write(nested(), tmp_path / "out")
    assert held(tmp_path / "out.2")["a/one"] == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.2"]


@pytest.mark.parametrize("path", ["../out2/x", "/etc/x", "a/../../x"])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(WritingError, match="leads out"):
        write([Text(path, ""), *tree(one="1")], tmp_path / "out")


def test_a_path_twice_is_a_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(WritingError, match="twice"):
        write([Text("a/one", ""), *tree(one="1")], tmp_path / "out")


def test_a_link_to_the_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    write(tree(one="1"), tmp_path / "out")
    assert (tmp_path / "out").is_symlink()
    assert held(tmp_path / "real")["a/one"] == "1"
