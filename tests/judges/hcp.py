"""HyperShift's own command line for users prints the objects that it would create."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from judges import cache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 60
Document = dict[str, Any]


class RefusalError(Exception):
    """The command refused its flags, in its own words."""


def render(words: Sequence[str], files: Mapping[str, str]) -> list[Document]:
    """Return the objects of `hcp create cluster kubevirt`, with `files` in its working folder.

    RefusalError where it ends otherwise.
    """
    command = [str(cache.folder("hcp") / "hcp"), "create", "cluster", "kubevirt", *words]
    with tempfile.TemporaryDirectory(prefix="judge-hcp-") as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text)
        ran = subprocess.run(
            [*command, "--render"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    if ran.returncode:
        raise RefusalError(ran.stderr or ran.stdout)
    return [one for one in yaml.safe_load_all(ran.stdout) if one]
