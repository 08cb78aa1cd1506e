"""`hyperleaf install-config`: the installer's files with credentials in them, for its one run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hyperleaf.cli import ending
from hyperleaf.cli.loading import Asked, about_an_estate, sound
from hyperleaf.cli.screen import say, say_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.credentials import Credential
    from hyperleaf.model.estate import Estate

# Far more than any credential has.
_LIMIT = 1 << 20
_PUBLIC_KEYS = ("ssh-", "ecdsa-", "sk-")
_LOGIN = ("username", "password")


@click.command("install-config", short_help="Write the installer's files, credentials included.")
@about_an_estate
@click.option(
    "--out",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False),
    help="Where to write: a folder outside of Git, for the installer alone.",
)
@click.option("--cluster", metavar="NAME", help="Which cluster, where several are to be installed.")
def command(asked: Asked, *, out: str, cluster: str | None) -> int:
    """Write install-config.yaml, and agent-config.yaml on bare metal, for openshift-install.

    Credentials are read now, from the files and variables that the estate names, into files that
    only you can read (mode 0600). What `render` writes is the same without them. The installer
    removes the files when it has read them.

    \b
    Examples:
      hyperleaf install-config lab --out ~/installing
      openshift-install create cluster --dir ~/installing
      hyperleaf install-config lab --cluster hub --out ~/installing
    """  # noqa: D301 - click's mark for a block that is not wrapped
    folder = Path(out).expanduser()
    _keep_out_of_git(folder)
    loaded = sound(asked, lambda estate: _wanted(estate, cluster))
    wanted = _wanted(loaded.estate, cluster)
    files = _files(wanted)
    _write(folder, files)
    if asked.output == "json":
        say_json({"cluster": wanted.name, "files": [str(folder / name) for name in files]})
        return ending.FINE
    for name in files:
        say(f"{folder / name}", stream=sys.stdout)
    how = "agent create image" if wanted.install and wanted.install.hosts else "create cluster"
    say(f"Now, with the openshift-install of {wanted.version}:", stream=sys.stderr)
    say(f"  openshift-install {how} --dir {folder}", stream=sys.stderr)
    return ending.FINE


def _wanted(estate: Estate, name: str | None) -> Cluster:
    """Return the cluster that is asked for, or the only one that is to be installed."""
    installed = {one.name: one for one in estate.clusters.values() if one.install is not None}
    if name is None and len(installed) == 1:
        return next(iter(installed.values()))
    if name not in installed:
        said = f"No installation of {name!r} is stated" if name else "Say which --cluster"
        names = ", ".join(installed) or "none"
        raise click.UsageError(f"{said}; those with `install` are {names}.")
    return installed[name]


def _keep_out_of_git(folder: Path) -> None:
    """Refuse a folder within a Git work tree: what is secret does not belong there."""
    for one in (folder.absolute(), *folder.absolute().parents):
        if (one / ".git").exists():
            raise click.UsageError(
                f"{folder} lies in the Git work tree {one}, where credentials do not belong; "
                "choose another --out."
            )


def _files(cluster: Cluster) -> dict[str, str]:
    """Return the files by name; the credentials are in the first."""
    from hyperleaf.render.install import (  # noqa: PLC0415 - findings first
        AGENT_CONFIG,
        INSTALL_CONFIG,
        agent_config,
        install_config,
        with_credentials,
    )
    from hyperleaf.render.text import text  # noqa: PLC0415

    install = cluster.install
    if install is None:
        return {}
    config = with_credentials(install_config(cluster, install), _values(cluster))
    files = {INSTALL_CONFIG: text(config)}
    if install.hosts:
        files[AGENT_CONFIG] = text(agent_config(cluster, install))
    return files


def _values(cluster: Cluster) -> dict[str, str]:
    """Return the credentials that the installer needs, each examined; none is ever repeated."""
    given = cluster.credentials
    values: dict[str, str] = {}
    if pull := given.get("pullSecret"):
        values["pullSecret"] = _pull_secret(pull, _read(pull))
    if ssh := given.get("sshKey"):
        values["sshKey"] = _public_key(ssh, _read(ssh))
    if (cloud := given.get("cloud")) and cluster.platform.kind == "vsphere":
        values |= _login(cloud, _read(cloud))
    return values


def _read(credential: Credential) -> str:
    """Return a credential; CouldNotRunError names its place where there is none."""
    if credential.source == "env":
        value = os.environ.get(credential.place, "")
        if not value.strip():
            raise _unusable(credential, "it is not set")
        return value
    path = Path(credential.place).expanduser()
    try:
        with path.open("rb") as file:
            raw = file.read(_LIMIT)
    except OSError as error:
        raise _unusable(credential, error.strerror or "it cannot be read") from None
    if not raw.strip():
        raise _unusable(credential, "it is empty")
    return raw.decode(errors="replace")


def _pull_secret(credential: Credential, value: str) -> str:
    try:
        read = json.loads(value)
    except ValueError:
        raise _unusable(credential, "it holds no JSON") from None
    if not isinstance(read, dict) or not isinstance(read.get("auths"), dict):
        raise _unusable(credential, "it holds no `auths`, as a pull secret does")
    return json.dumps(read, separators=(",", ":"))


def _public_key(credential: Credential, value: str) -> str:
    key = value.strip()
    if not key.startswith(_PUBLIC_KEYS):
        raise _unusable(credential, "it holds no public key of SSH")
    return key


def _login(credential: Credential, value: str) -> Mapping[str, str]:
    """Return what logs in to a vCenter, written as YAML with `username` and `password`."""
    from hyperleaf.spec.yaml import read_text  # noqa: PLC0415 - vSphere only

    documents, _ = read_text(value.encode(), "credentials")
    read: dict[str, Any] = documents[0].value if len(documents) == 1 else {}
    if not all(isinstance(read.get(name), str) and read[name] for name in _LOGIN):
        raise _unusable(credential, "it holds no `username` and `password` as YAML texts")
    return {name: read[name] for name in _LOGIN}


def _unusable(credential: Credential, why: str) -> ending.CouldNotRunError:
    where = "variable" if credential.source == "env" else "file"
    return ending.CouldNotRunError(
        f"{credential.name} cannot be taken from the {where} {credential.place}: {why}"
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files that nobody else can read; what is there already is never replaced."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise ending.CouldNotRunError(
            f"{folder / there[0]} is there already, and is not replaced: remove it first"
        )
    for name, text in files.items():
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
