"""A kubeconfig, or a pod's service account, becomes the way to an API server.

As kubectl reads it: the file that is named, those of KUBECONFIG (the first that has a name wins),
~/.kube/config, and within a pod its service account. What is read is never repeated in an error.
"""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hyperleaf.cluster.errors import AccessError, told

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SECTIONS = {"clusters": "cluster", "users": "user", "contexts": "context"}
_MEND = "name another with --kubeconfig or --context, or have `kubectl config view` look at it"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A program that hands out credentials (`exec` of a kubeconfig)."""

    command: str
    version: str
    arguments: tuple[str, ...] = field(repr=False)
    environment: tuple[tuple[str, str], ...] = field(repr=False)
    told_of_the_cluster: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Where an API server is and who asks; PEM texts are bytes. Nothing secret is in its repr."""

    server: str
    context: str
    authority: bytes | None = None
    is_verified: bool = True
    server_name: str | None = None
    proxy: str | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    basic: tuple[str, str] | None = field(default=None, repr=False)
    plugin: Plugin | None = None
    impersonated: str | None = None


def read_access(
    file: str | None = None,
    context: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Access:
    """Return the way to the cluster of a context, the current one unless said.

    Raises AccessError where there is no kubeconfig, or where it does not say what is needed.
    """
    files = _files(file, environment)
    if not files:
        if (SERVICE_ACCOUNT / "token").is_file() and "KUBERNETES_SERVICE_HOST" in environment:
            return _of_the_pod(environment)
        raise _wrong(
            file or "~/.kube/config",
            "there is no kubeconfig",
            "log in to the cluster, or name its file with --kubeconfig",
        )
    merged = _merged(files)
    name = context or merged.current
    if not name:
        raise _wrong(str(files[0]), "no context is current, and none is named", _MEND)
    return _access(merged, name)


@dataclass(frozen=True, slots=True)
class _Config:
    """Kubeconfigs merged: each entry with the file that it stands in."""

    file: Path
    current: str
    entries: dict[tuple[str, str], tuple[dict[str, Any], Path]]

    def entry(self, section: str, name: str, asker: str) -> tuple[dict[str, Any], Path]:
        """Return an entry and its file."""
        if (section, name) not in self.entries:
            known = sorted(one for kind, one in self.entries if kind == section)
            there = f"; there is {', '.join(known[:8])}" if known else "; there is none"
            raise _wrong(str(self.file), f"{asker} no {section[:-1]} {name!r}{there}", _MEND)
        return self.entries[section, name]


def _files(file: str | None, environment: Mapping[str, str]) -> list[Path]:
    if file is not None:
        return [Path(file).expanduser()]
    named = [Path(one) for one in environment.get("KUBECONFIG", "").split(os.pathsep) if one]
    home = Path(environment.get("HOME") or "~").expanduser() / ".kube" / "config"
    return [one for one in named or [home] if one.is_file()]


def _merged(files: list[Path]) -> _Config:
    entries: dict[tuple[str, str], tuple[dict[str, Any], Path]] = {}
    current = ""
    for file in files:
        value = _parsed(file)
        current = current or str(value.get("current-context") or "")
        for section, inner in _SECTIONS.items():
            for one in value.get(section) or ():
                if not isinstance(one, dict) or not isinstance(one.get(inner) or {}, dict):
                    raise _wrong(str(file), f"{section} holds something else than names", _MEND)
                entries.setdefault((section, str(one.get("name"))), (one.get(inner) or {}, file))
    return _Config(files[0], current, entries)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        value = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong(str(file), f"it cannot be read: {error.strerror}", _MEND) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # The parser's own words quote the line, which may be a token.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise _wrong(str(file), f"it is no YAML{where}", _MEND) from None
    if not isinstance(value, dict):
        raise _wrong(str(file), "it is no kubeconfig", _MEND)
    return value


def _access(config: _Config, name: str) -> Access:
    stated, _ = config.entry("contexts", name, "it has")
    asker = f"context {name!r} names"
    cluster, beside = config.entry("clusters", str(stated.get("cluster")), asker)
    user: dict[str, Any] = {}
    owner = beside
    if stated.get("user"):
        user, owner = config.entry("users", str(stated["user"]), asker)
    server = cluster.get("server")
    if not isinstance(server, str) or not server.startswith(("https://", "http://")):
        raise _wrong(str(beside), f"the cluster of context {name!r} has no server", _MEND)
    if user.get("auth-provider"):
        raise _wrong(
            str(owner),
            f"the user of context {name!r} uses auth-provider, which Kubernetes has removed",
            "use a credential plugin (`exec`) or a token",
        )
    pair = (user.get("username"), user.get("password"))
    return Access(
        server=server.rstrip("/"),
        context=name,
        authority=_pem(cluster, "certificate-authority", beside),
        is_verified=not cluster.get("insecure-skip-tls-verify"),
        server_name=cluster.get("tls-server-name"),
        proxy=cluster.get("proxy-url"),
        certificate=_pem(user, "client-certificate", owner),
        key=_pem(user, "client-key", owner),
        token=user.get("token"),
        token_file=owner.parent / user["tokenFile"] if user.get("tokenFile") else None,
        basic=(str(pair[0]), str(pair[1])) if all(pair) else None,
        plugin=_plugin(user.get("exec"), owner),
        impersonated=user.get("as"),
    )


def _pem(stated: dict[str, Any], name: str, file: Path) -> bytes | None:
    """Return a PEM text that stands in the kubeconfig, or in a file that it names."""
    inline, beside = stated.get(f"{name}-data"), stated.get(name)
    if inline:
        try:
            return base64.b64decode(inline, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise _wrong(str(file), f"{name}-data is no base64", _MEND) from None
    if not beside:
        return None
    place = file.parent / str(beside)
    try:
        return place.read_bytes()
    except OSError as error:
        raise _wrong(str(place), f"{name} cannot be read: {error.strerror}", _MEND) from None


def _plugin(stated: Any, file: Path) -> Plugin | None:
    if not stated:
        return None
    if not isinstance(stated, dict) or not stated.get("command"):
        raise _wrong(str(file), "exec names no command", _MEND)
    command = str(stated["command"])
    # As kubectl: a path with a folder in it is relative to the kubeconfig.
    if "/" in command:
        command = str(file.parent / command)
    return Plugin(
        command=command,
        version=str(stated.get("apiVersion")),
        arguments=tuple(str(one) for one in stated.get("args") or ()),
        environment=tuple(
            (str(one.get("name")), str(one.get("value"))) for one in stated.get("env") or ()
        ),
        told_of_the_cluster=bool(stated.get("provideClusterInfo")),
    )


def _of_the_pod(environment: Mapping[str, str]) -> Access:
    host = environment["KUBERNETES_SERVICE_HOST"]
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    return Access(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        context="the pod's service account",
        authority=(SERVICE_ACCOUNT / "ca.crt").read_bytes(),
        token_file=SERVICE_ACCOUNT / "token",
    )


def _wrong(file: str, message: str, hint: str) -> AccessError:
    return AccessError(told("HL1201", f"the kubeconfig cannot be used: {message}", hint, file=file))
