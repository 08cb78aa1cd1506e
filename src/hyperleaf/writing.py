"""Rendered files become a folder, whole or not at all.

The tree is written beside its place and swapped in by renaming. Files that stay as they were keep
their times, being the same file by another link, and a render that changes nothing touches nothing.
Only what an earlier render made is ever replaced: its index says what that was.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from hyperleaf.values.rendered import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SCRATCH = ".hyperleaf-"
_LOCK = "lock"


class File(Protocol):
    """A file to be: `path` lies within the folder, its parts divided by slashes."""

    @property
    def path(self) -> str:
        """Where it lies."""

    @property
    def text(self) -> str:
        """What it holds."""


class WritingError(Exception):
    """The folder cannot be written; nothing in it was changed."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a render changed in the folder, by path."""

    folder: Path
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def is_same(self) -> bool:
        """Whether nothing was touched."""
        return not (self.added or self.changed or self.removed)


def write(files: Iterable[File], folder: Path) -> Written:
    """Make `folder` hold exactly `files`, one of which must be the index.

    Raises WritingError when the folder holds what no render made, when another render is writing
    it, or when a path leads out of it. The folder is then as before, whatever happens.
    """
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    with _alone(place):
        before = _made_before(place)
        scratch = Path(tempfile.mkdtemp(prefix=_prefix(place), dir=place.parent))
        try:
            written = _fill(files, scratch / "new", place, before)
            if not written.is_same:
                _swap(scratch / "new", place, scratch / "old")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return written


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the folder's lock, having cleared away what a killed render left beside it."""
    lock = place.parent / f"{_prefix(place)}{_LOCK}"
    handle = _locked(lock, place)
    try:
        for left in list(place.parent.iterdir()):
            if left.name.startswith(_prefix(place)) and left != lock:
                _recover(left, place)
        yield
    finally:
        lock.unlink()
        os.close(handle)


def _locked(lock: Path, place: Path) -> int:
    """Return the lock's open file, once it is ours and still the one that others would open."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_ino == lock.stat().st_ino:
                return handle
        except BlockingIOError:
            os.close(handle)
            raise WritingError(f"another render is writing {place}: wait for it") from None
        except FileNotFoundError:  # the one who held it is done, and removed it
            pass
        os.close(handle)


def _prefix(place: Path) -> str:
    return f".{place.name}{_SCRATCH}"


def _recover(left: Path, place: Path) -> None:
    """Put back a folder that a render was killed while swapping; remove its unfinished work."""
    old = left / "old"
    if old.exists() and not place.exists():
        old.rename(place)
    shutil.rmtree(left, ignore_errors=True)


def _made_before(place: Path) -> frozenset[str]:
    """Return the files of an earlier render; WritingError where anything else is in the folder."""
    if not place.exists():
        return frozenset()
    if not place.is_dir():
        raise WritingError(f"{place} is a file: name a folder")
    present = {one.relative_to(place).as_posix() for one in place.rglob("*") if not _is_folder(one)}
    known = _index(place / INDEX) if present else frozenset()
    if known is None:
        raise WritingError(f"{place} was not rendered: it has no {INDEX} of ours; choose another")
    strange = sorted(present - known)
    if strange:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise WritingError(
            f"{place} holds {strange[0]}{more}, which no render made: move it, or choose another"
        )
    return frozenset(present)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _index(path: Path) -> frozenset[str] | None:
    """Return the files that an index names; None where it is not one of ours."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(value, dict) or "hyperleaf" not in value:
        return None
    return frozenset(value.get("files", ()))


def _fill(files: Iterable[File], new: Path, place: Path, before: frozenset[str]) -> Written:
    """Write the new tree; what is the same in the old one is linked, not copied."""
    new.mkdir()
    seen: dict[str, str] = {}
    folders: set[Path] = {new}
    for file in files:
        if file.path in seen:
            raise WritingError(f"{file.path} is rendered twice")
        target = new / _inside(file.path)
        if target.parent not in folders:
            target.parent.mkdir(parents=True, exist_ok=True)
            folders.add(target.parent)
        seen[file.path] = _put(file.text.encode(), target, place / file.path, before, file.path)
    if INDEX not in seen:
        raise WritingError(f"nothing was rendered: no {INDEX} among the files")
    return Written(
        folder=place,
        added=tuple(sorted(path for path, how in seen.items() if how == "added")),
        changed=tuple(sorted(path for path, how in seen.items() if how == "changed")),
        removed=tuple(sorted(before - seen.keys())),
        unchanged=sum(how == "unchanged" for how in seen.values()),
    )


def _inside(path: str) -> PurePosixPath:
    made = PurePosixPath(path)
    if made.is_absolute() or ".." in made.parts or not made.parts:
        raise WritingError(f"{path} leads out of the folder")
    return made


def _put(data: bytes, target: Path, old: Path, before: frozenset[str], path: str) -> str:
    """Write or link one file and return how it compares with the old one."""
    if path not in before:
        target.write_bytes(data)
        return "added"
    if old.is_symlink() or old.read_bytes() != data:
        target.write_bytes(data)
        return "changed"
    try:
        target.hardlink_to(old)
    except OSError:  # a file system without links
        shutil.copy2(old, target)
    return "unchanged"


def _swap(new: Path, place: Path, old: Path) -> None:
    """Put the new tree in place of the old one; between two renames, undo or redo is possible."""
    if not place.exists():
        new.rename(place)
        return
    new.chmod(place.stat().st_mode)
    place.rename(old)
    try:
        new.rename(place)
    except BaseException:
        old.rename(place)
        raise
