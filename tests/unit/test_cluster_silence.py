"""Servers that do not answer: what is said of each kind of silence, and how long one is borne."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from hyperleaf.cluster.answers import unreachable
from hyperleaf.cluster.client import Client
from hyperleaf.cluster.errors import AccessError
from hyperleaf.cluster.kubeconfig import read_access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """\
clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
users: [{name: u, user: {token: sha256~nobody}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
"""
SOMEWHERE = HTTPConnection("api.example.com")


class _Empty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering(port: int = 0) -> Iterator[int]:
    with HTTPServer(("127.0.0.1", port), _Empty) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(5)


def nobodys_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def client(folder: Path, port: int) -> Client:
    file = folder / "config"
    file.write_text(CONFIG % port)
    return Client(read_access(str(file)))


def test_a_refused_connection_is_told_as_such_and_soon(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(AccessError) as caught:
        client(tmp_path, nobodys_port()).request("GET", "/version")
    assert "does not answer: the connection is refused" in caught.value.finding.message
    assert time.monotonic() - began < 6


def test_a_server_that_answered_once_may_be_away_for_longer(tmp_path: Path) -> None:
    with answering() as port:
        asks = client(tmp_path, port)
        asks.request("GET", "/version")
    back = threading.Event()

    def come_back() -> None:
        time.sleep(3.5)
        with answering(port):
            back.wait(30)

    thread = threading.Thread(target=come_back, daemon=True)
    thread.start()
    assert asks.request("GET", "/version") == {}
    back.set()
    thread.join(5)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectTimeoutError("late"), "no connection within 10 s"),
        (NewConnectionError(SOMEWHERE, "No route to host"), "there is no way to it"),
        (NameResolutionError("api", SOMEWHERE, socket.gaierror()), "its name is not known"),
    ],
)
def test_each_silence_is_told_as_what_it_is(tmp_path: Path, error: Exception, said: str) -> None:
    message = unreachable(client(tmp_path, 1).access, error).finding.message
    assert message.endswith(f"does not answer: {said}")
