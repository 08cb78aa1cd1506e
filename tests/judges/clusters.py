"""What tests of an application need around a judge's API server: counts, snapshots, a gate."""

from __future__ import annotations

import json
import selectors
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from judges.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judges.apiserver import ApiServer

Object = dict[str, Any]
MARK = "app.kubernetes.io/managed-by=hyperleaf"
# What the tests' estates render, but for namespaces.
KINDS = (
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("apps/v1", "DaemonSet"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("nmstate.io/v1", "NodeNetworkConfigurationPolicy"),
    ("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition"),
    ("frrk8s.metallb.io/v1beta1", "FRRConfiguration"),
    ("operator.openshift.io/v1", "Network"),
    ("hypershift.openshift.io/v1beta1", "NodePool"),
)


def ours(server: ApiServer) -> Iterator[tuple[str, Object]]:
    """Yield every object with our mark, namespaces last, with its path."""
    for version, kind in (*KINDS, ("v1", "Namespace")):
        resource = server.resource(version, kind)
        assert resource is not None, kind
        _, answer = server.request("GET", f"{resource.path}/{resource.plural}?labelSelector={MARK}")
        for one in answer.get("items", ()):
            yield server.path_of({**one, "apiVersion": version, "kind": kind}) or "", one


def clear(server: ApiServer) -> None:
    """Delete all that bears our mark; namespaces at once, as nobody is there to empty them."""
    for path, _ in list(ours(server)):
        server.request("DELETE", path)
        if path.startswith("/api/v1/namespaces/") and path.count("/") == 4:
            _, left = server.request("GET", path)
            if "spec" in left:
                left["spec"]["finalizers"] = []
                server.request("PUT", f"{path}/finalize", left)


def snapshot(server: ApiServer) -> dict[str, Object]:
    """Return all that bears our mark, without what differs from one making to the next."""
    return {path: _timeless(one) for path, one in ours(server)}


def _timeless(one: Object) -> Object:
    about = {
        name: value
        for name, value in one["metadata"].items()
        if name not in {"uid", "resourceVersion", "creationTimestamp", "generation"}
    }
    entries = [
        {name: value for name, value in entry.items() if name != "time"}
        for entry in about.get("managedFields", ())
    ]
    about["managedFields"] = sorted(entries, key=str)
    rest = {name: value for name, value in one.items() if name not in {"metadata", "status"}}
    return {**rest, "metadata": about}


def writes(server: ApiServer, *, tries: bool = False) -> list[str]:
    """Return the requests of ours that wrote, in order, from the server's audit log; or tried to.

    Tries (`dryRun`) write nothing.
    """
    made = []
    for line in server.audit.read_text().splitlines():
        with suppress(ValueError):  # the line that is being written
            event = json.loads(line)
            of_us = event.get("userAgent") == "hyperleaf"
            if of_us and ("dryRun=All" in event["requestURI"]) is tries:
                made.append(f"{event['verb']} {event['requestURI'].partition('?')[0]}")
    return made


@dataclass(slots=True)
class Gate:
    """Passes connections on to a server until it is shut, as a network does that goes away.

    As a proxy it is asked for a server first (`CONNECT`), and notes which.
    """

    port: int
    target: int
    is_proxy: bool = False
    asked: list[str] = field(default_factory=list)
    _shut: threading.Event = field(default_factory=threading.Event)

    def shut(self) -> None:
        """Cut every connection, and take no more."""
        self._shut.set()

    def run(self) -> None:
        """Pass bytes on."""
        with (
            socket.create_server(("127.0.0.1", self.port)) as door,
            selectors.DefaultSelector() as known,
        ):
            known.register(door, selectors.EVENT_READ)
            while not self._shut.is_set():
                for key, _ in known.select(0.02):
                    if key.fileobj is door:
                        self._enter(door, known)
                    else:
                        _pass_on(key.fileobj, key.data, known)
            for key in list(known.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]

    def _enter(self, door: socket.socket, known: selectors.BaseSelector) -> None:
        one, _ = door.accept()
        other = socket.create_connection(("127.0.0.1", self.target))
        if self.is_proxy:
            self.asked.append(one.recv(4096).decode().split()[1])
            one.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        known.register(one, selectors.EVENT_READ, other)
        known.register(other, selectors.EVENT_READ, one)


def _pass_on(one: Any, other: socket.socket, known: selectors.BaseSelector) -> None:
    try:
        block = one.recv(65536)
        if block:
            other.sendall(block)
            return
    except OSError:
        pass
    for each in (one, other):
        with suppress(KeyError, ValueError):
            known.unregister(each)
        each.close()


@contextmanager
def gate(server: ApiServer, folder: Path, *, is_proxy: bool = False) -> Iterator[tuple[Gate, Path]]:
    """Offer a gate before a server, and a kubeconfig that goes through it."""
    made = Gate(free_port(), server.port, is_proxy)
    config = json.loads(server.kubeconfig.read_text())
    through = f"127.0.0.1:{made.port}"
    stated = {"proxy-url": f"http://{through}"} if is_proxy else {"server": f"https://{through}"}
    config["clusters"][0]["cluster"] |= stated
    kubeconfig = folder / "through-the-gate"
    kubeconfig.write_text(json.dumps(config))
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    try:
        yield made, kubeconfig
    finally:
        made.shut()
        thread.join(10)


def as_user(server: ApiServer, folder: Path, token: str) -> Path:
    """Return a kubeconfig of another user."""
    config = json.loads(server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    place = folder / "another-user"
    place.write_text(json.dumps(config))
    return place
