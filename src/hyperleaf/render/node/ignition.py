"""Files and units become an Ignition configuration, the form in which a machine takes them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = "3.4.0"
READABLE, EXECUTABLE = 0o644, 0o755
DATA_URL = "data:text/plain;charset=utf-8;base64,"


@dataclass(frozen=True, slots=True)
class File:
    """A whole file of a node; `mode` is Unix permissions."""

    path: str
    text: str
    mode: int = READABLE


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit that starts at boot."""

    name: str
    text: str


def ignition(files: Iterable[File], units: Iterable[Unit]) -> dict[str, Any]:
    """Return the configuration (Ignition 3.4.0), as a MachineConfig's `spec.config` holds it."""
    return {
        "ignition": {"version": VERSION},
        "storage": {
            "files": [
                {
                    "path": one.path,
                    "mode": one.mode,
                    "overwrite": True,
                    "contents": {"source": DATA_URL + b64encode(one.text.encode()).decode()},
                }
                for one in files
            ]
        },
        "systemd": {
            "units": [{"name": one.name, "enabled": True, "contents": one.text} for one in units]
        },
    }
