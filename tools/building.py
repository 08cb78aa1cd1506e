"""Turns a recipe into a folder of the cache: built beside its place, renamed when complete."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

RECIPES = Path(__file__).parent / "recipes"
TAIL_LINES = 25


class BuildError(Exception):
    """A build went wrong: carries what ran, the end of its output and what to do."""


class UnavailableError(Exception):
    """This machine cannot build a judge: says what it lacks and how to get it."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A real component to build: its name, the recipe folders and pins its key is made of."""

    name: str
    recipes: tuple[str, ...]
    pins: tuple[str, ...]
    build: Callable[[Workshop], None]

    def key(self) -> str:
        """Return the first 12 hexadecimal digits of the hash over everything that was pinned."""
        digest = hashlib.sha256("\n".join((self.name, platform.machine(), *self.pins)).encode())
        for recipe in self.recipes:
            for path in sorted((RECIPES / recipe).rglob("*")):
                if path.is_file() and "target" not in path.parts:
                    digest.update(f"\0{path.relative_to(RECIPES)}\0".encode())
                    digest.update(path.read_bytes())
        return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where one build happens: `folder` becomes the judge, `scratch` is thrown away."""

    folder: Path
    scratch: Path
    cache: Path

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        minutes: float = 20,
    ) -> str:
        """Run a niced command without standard input and return its standard output.

        BuildError carries the command, its folder and the end of its output.
        """
        words = ["nice", *(str(word) for word in command)]
        started = subprocess.Popen(
            words,
            cwd=cwd or self.scratch,
            env=os.environ | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = started.communicate(timeout=minutes * 60)
        except BaseException as interruption:
            # The group, because compilers are grandchildren.
            os.killpg(started.pid, signal.SIGKILL)
            out, err = started.communicate()
            if isinstance(interruption, subprocess.TimeoutExpired):
                raise _failure(words, cwd, out + err, f"still ran after {minutes} min") from None
            raise
        if started.returncode:
            raise _failure(words, cwd, out + err, f"exit status {started.returncode}")
        return out


def _failure(words: Sequence[str], cwd: Path | None, output: str, what: str) -> BuildError:
    tail = "\n".join(f"    {line}" for line in output.strip().splitlines()[-TAIL_LINES:])
    where = f" (in {cwd})" if cwd else ""
    return BuildError(f"{what}: {shlex.join(words[1:])}{where}\n{tail}")


def cache_folder() -> Path:
    """Return $HYPERLEAF_CACHE or ~/.cache/hyperleaf."""
    return Path(os.environ.get("HYPERLEAF_CACHE") or Path.home() / ".cache" / "hyperleaf")


@contextmanager
def only_run(cache: Path) -> Iterator[None]:
    """Hold the cache's lock, so that two runs do not build the same thing into each other."""
    (cache / "judges").mkdir(parents=True, exist_ok=True)
    with (cache / "judges" / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("judges: another run is building; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for abandoned in (cache / "judges").glob(".*.making"):
            _discard(abandoned)
        yield


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder, symbolic links not followed."""
    return sum(
        entry.stat(follow_symlinks=False).st_size
        for parent, _, names in os.walk(folder)
        for entry in (Path(parent) / name for name in names)
    )


def built(judge: Judge, cache: Path) -> Path | None:
    """Return the judge's folder when it has been built from the recipe as it is now."""
    folder = cache / "judges" / f"{judge.name}-{judge.key()}"
    return folder if (folder / "recipe.json").is_file() else None


def ensure(judge: Judge, cache: Path) -> str:
    """Build the judge unless that was done before; return a line about it for people.

    A link `judges/<name>` points at the current build: tests follow it.
    """
    judges = cache / "judges"
    folder = judges / f"{judge.name}-{judge.key()}"
    if built(judge, cache):
        _point(judges / judge.name, folder)
        return f"{judge.name:<10} ready"
    print(f"{judge.name:<10} building ...", flush=True)
    begun = time.monotonic()
    making = judges / f".{folder.name}.making"
    workshop = Workshop(folder=making / "judge", scratch=making / "scratch", cache=cache)
    workshop.folder.mkdir(parents=True)
    workshop.scratch.mkdir()
    try:
        judge.build(workshop)
        seconds = round(time.monotonic() - begun, 1)
        megabytes = round(size_of(workshop.folder) / 1e6, 1)
        facts = {"name": judge.name, "key": judge.key(), "seconds": seconds, "MB": megabytes}
        (workshop.folder / "recipe.json").write_text(json.dumps(facts) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        workshop.folder.rename(folder)
    finally:
        _discard(making)
    _point(judges / judge.name, folder)
    return f"{judge.name:<10} built in {seconds} s, {megabytes} MB"


def _point(link: Path, folder: Path) -> None:
    """Let the link name the folder, in one step for those who read it meanwhile."""
    if link.is_symlink() and link.readlink() == Path(folder.name):
        return
    fresh = link.with_name(f".{link.name}-link.making")
    fresh.symlink_to(folder.name)
    fresh.rename(link)


def _discard(making: Path) -> None:
    """Remove what a build left beside its result; modules of Go are read-only folders."""

    def writable(action: Callable[..., object], path: str, _: object) -> None:
        Path(path).parent.chmod(0o700)
        action(path)

    if making.is_symlink():
        making.unlink()
    shutil.rmtree(making, onerror=writable)
    if making.exists():
        print(f"judges: could not remove {making}", file=sys.stderr)
