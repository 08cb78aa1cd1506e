"""The way to an API server becomes what each request bears: a token, a certificate, a name.

Keys reach the TLS library through memory alone: what a kubeconfig holds is never written to a file.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hyperleaf import process
from hyperleaf.cluster.errors import AccessError, told

if TYPE_CHECKING:
    from hyperleaf.cluster.kubeconfig import Access, Plugin

PLUGIN_SECONDS = 60
# Tokens of files are read anew as the kubelet turns them.
FILE_SECONDS = 60.0
_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


@dataclass(slots=True)
class Signer:
    """Hands out headers; asks a plugin or a file again when what it said has run out."""

    access: Access
    _token: str | None = field(default=None, repr=False)
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def headers(self) -> dict[str, str]:
        """Return what a request says of who asks."""
        access = self.access
        made: dict[str, str] = {}
        token = self._current()
        if token:
            made["Authorization"] = f"Bearer {token}"
        elif access.basic is not None:
            pair = base64.b64encode(":".join(access.basic).encode()).decode()
            made["Authorization"] = f"Basic {pair}"
        if access.impersonated:
            made["Impersonate-User"] = access.impersonated
        return made

    def renew(self) -> bool:
        """Forget a token that was refused; tell whether another can be had."""
        with self._lock:
            had, self._until = self._token, 0.0
        return had is not None and (
            self.access.plugin is not None or self.access.token_file is not None
        )

    def secrets(self) -> tuple[str, ...]:
        """Return what must not be repeated by anyone."""
        access = self.access
        words = [access.token, self._token, access.basic[1] if access.basic else None]
        words += [one.decode(errors="replace") for one in (access.key,) if one]
        return tuple(one for one in words if one)

    def _current(self) -> str | None:
        access = self.access
        if access.token_file is None and access.plugin is None:
            return access.token
        with self._lock:
            if time.time() >= self._until:
                if access.plugin is not None:
                    self._token, self._until = _asked(access.plugin, access)
                elif access.token_file is not None:
                    self._token = _read(access)
                    self._until = time.time() + FILE_SECONDS
            return self._token


def _read(access: Access) -> str:
    try:
        return (access.token_file or os.devnull).read_text().strip()  # type: ignore[union-attr]
    except OSError as error:
        raise _wrong(
            access, f"its token's file cannot be read: {error.strerror}", "check the file's rights"
        ) from None


def _asked(plugin: Plugin, access: Access) -> tuple[str, float]:
    """Run a credential plugin; return its token and when that runs out (seconds since 1970)."""
    if plugin.version not in _VERSIONS:
        raise _wrong(
            access, f"exec speaks {plugin.version}", f"the versions in use are {_VERSIONS}"
        )
    spec: dict[str, Any] = {"interactive": False}
    if plugin.told_of_the_cluster:
        spec["cluster"] = {"server": access.server}
    info = {"apiVersion": plugin.version, "kind": "ExecCredential", "spec": spec}
    environment = {**os.environ, **dict(plugin.environment)}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(info)
    # What it prints is a credential: nobody may listen.
    quiet = process.VERBOSE.set(None)
    try:
        ran = process.run(
            [plugin.command, *plugin.arguments], env=environment, timeout_seconds=PLUGIN_SECONDS
        )
    except process.ProcessError as error:
        raise _wrong(
            access,
            f"its credential plugin {plugin.command}: {error.happened()}",
            "run `kubectl get nodes` with the same context to see what it says",
        ) from None
    finally:
        process.VERBOSE.reset(quiet)
    try:
        status = json.loads(ran.stdout)["status"]
        token = str(status["token"])
    except (ValueError, KeyError, TypeError):
        raise _wrong(
            access, f"its credential plugin {plugin.command} hands out no token", "log in anew"
        ) from None
    return token, _runs_out(status.get("expirationTimestamp"))


def _runs_out(stated: Any) -> float:
    with contextlib.suppress(ValueError, TypeError):
        return datetime.fromisoformat(str(stated)).timestamp() - 5
    return float("inf")


def tls(access: Access) -> ssl.SSLContext | None:
    """Return how connections are protected; None for plain HTTP."""
    if not access.server.startswith("https://"):
        return None
    context = ssl.create_default_context()
    try:
        if not access.is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif access.authority is not None:
            context = ssl.create_default_context(cadata=access.authority.decode("ascii"))
            # Clusters' own authorities are older than RFC 5280's stricter reading.
            context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if access.certificate is not None and access.key is not None:
            _load(context, access.certificate + b"\n" + access.key)
    except (ssl.SSLError, ValueError, OSError):
        raise _wrong(
            access, "its certificates cannot be read", "have `kubectl` try the same context"
        ) from None
    return context


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """Give the TLS library a certificate and its key, which it takes from files only."""
    handle = os.memfd_create("client", os.MFD_CLOEXEC)
    try:
        os.write(handle, pem)
        # A key with a passphrase would ask for it on the terminal.
        context.load_cert_chain(f"/proc/self/fd/{handle}", password="")
    finally:
        os.close(handle)


def _wrong(access: Access, message: str, hint: str) -> AccessError:
    return AccessError(
        told("HL1201", f"context {access.context!r} of the kubeconfig: {message}", hint)
    )
