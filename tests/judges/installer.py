"""OpenShift's installer, its own packages behind a small command, judges what it is told."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judges import cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SECONDS = 120


def config(files: Mapping[str, str]) -> str:
    """Return what is wrong with install-config.yaml (and agent-config.yaml), empty if nothing."""
    with tempfile.TemporaryDirectory(prefix="judge-installer-") as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return _ran("config", folder)[1]


def machine_sets(objects: Iterable[dict[str, Any]]) -> str:
    """Return what is wrong with MachineSets, what they tell a cloud included."""
    with tempfile.TemporaryDirectory(prefix="judge-installer-") as folder:
        path = Path(folder) / "sets.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in objects), encoding="utf-8")
        return _ran("machinesets", str(path))[1]


def workers(install_config: str) -> list[dict[str, Any]]:
    """Return the worker MachineSets that the installer makes of an install-config.yaml."""
    with tempfile.TemporaryDirectory(prefix="judge-installer-") as folder:
        (Path(folder) / "install-config.yaml").write_text(install_config, encoding="utf-8")
        out, wrong = _ran("workers", folder)
        if wrong:
            raise ValueError(wrong)
        return [json.loads(line) for line in out.splitlines()]


def _ran(question: str, place: str) -> tuple[str, str]:
    """Return what the command prints, and what it says is wrong."""
    command = str(cache.folder("installer") / "installer")
    ran = subprocess.run(
        [command, question, place], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return ran.stdout, "" if ran.returncode == 0 else ran.stderr or f"ended by {ran.returncode}"
