"""The HyperShift operator's own installer prints the objects that it would install."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from judges import cache

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 60
JUDGE = "hypershift-install"
Document = dict[str, Any]


def render(words: Sequence[str]) -> list[Document]:
    """Return what `hypershift install render` prints with these flags."""
    command = [str(cache.folder(JUDGE) / JUDGE), "render", *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    made: list[Document] = []
    for one in yaml.safe_load_all(ran.stdout):
        if one:
            made.extend(one["items"] if one["kind"] == "List" else [one])
    return made
