"""HyperShift's own command line prints the objects that it would create, on KubeVirt and on AWS."""

from __future__ import annotations

import json
import os
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
    return _objects([*command, "--render"], files)


def render_aws(
    options: Mapping[str, Any], files: Mapping[str, str], kubeconfig: Path
) -> list[Document]:
    """Return the objects of a cluster on AWS, from options as HyperShift's command line holds them.

    Infrastructure and roles are files that the options name; the API server of `kubeconfig` is
    asked whether HyperShift is there. RefusalError where it ends otherwise.
    """
    command = [str(cache.folder("hcp") / "hcp-aws")]
    return _objects(command, files, json.dumps(options), {"KUBECONFIG": str(kubeconfig)})


def _objects(
    command: Sequence[str],
    files: Mapping[str, str],
    text: str = "",
    env: Mapping[str, str] | None = None,
) -> list[Document]:
    with tempfile.TemporaryDirectory(prefix="judge-hcp-") as folder:
        for name, content in files.items():
            (Path(folder) / name).write_text(content)
        ran = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | dict(env or {}),
            input=text,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    if ran.returncode:
        raise RefusalError(ran.stderr or ran.stdout)
    return [one for one in yaml.safe_load_all(ran.stdout) if one]
