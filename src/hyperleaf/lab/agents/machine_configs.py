"""MachineConfigs become the files on a node and the commands that its units run at boot."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hyperleaf.lab.reading import MachineConfig


@dataclass(frozen=True, slots=True)
class NodeFile:
    """A file that a MachineConfig writes; `mode` as chmod takes it."""

    path: str
    text: str
    mode: str


@dataclass(frozen=True, slots=True)
class NodeSetUp:
    """What MachineConfigs leave on a node: files, and what enabled units start, in order."""

    files: tuple[NodeFile, ...]
    started: tuple[str, ...]


def set_up(machine_configs: Iterable[MachineConfig]) -> NodeSetUp:
    """Return the files and start commands of MachineConfigs, merged by name as MCO does."""
    files: dict[str, NodeFile] = {}
    units: dict[str, Mapping[str, Any]] = {}
    for one in sorted(machine_configs, key=lambda one: one.name):
        config = one.config["spec"].get("config", {})
        for file in config.get("storage", {}).get("files", []):
            contents = file.get("contents", {})
            text = _content(contents.get("source", ""), contents.get("compression", ""))
            files[file["path"]] = NodeFile(file["path"], text, f"{file.get('mode', 0o644):04o}")
        for unit in config.get("systemd", {}).get("units", []):
            units[unit["name"]] = unit
    started = tuple(
        line.partition("=")[2].strip()
        for unit in units.values()
        if unit.get("enabled")
        for line in unit.get("contents", "").splitlines()
        if line.startswith("ExecStart=")
    )
    return NodeSetUp(tuple(files.values()), started)


def _content(source: str, compression: str) -> str:
    kind, _, body = source.removeprefix("data:").partition(",")
    raw = base64.b64decode(body) if kind.endswith("base64") else unquote_to_bytes(body)
    return (gzip.decompress(raw) if compression == "gzip" else raw).decode()
