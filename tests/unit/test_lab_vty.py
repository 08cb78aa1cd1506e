"""FRR's daemons answer on their own sockets as they answer vtysh."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from hyperleaf.lab import vty

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def answering(path: Path, *blocks: bytes) -> None:
    """Answer one caller in a thread, in several blocks, as a busy daemon does."""
    opened = socket.socket(socket.AF_UNIX)
    opened.bind(str(path))
    opened.listen()

    def answer() -> None:
        with opened:
            caller, _ = opened.accept()
        with caller:
            caller.recv(1024)
            for one in blocks:
                caller.sendall(one)

    threading.Thread(target=answer, daemon=True).start()


def test_an_answer_that_comes_in_blocks_is_read_to_its_end(tmp_path: Path) -> None:
    answering(tmp_path / "vty", b'{"peers"', b": {}}", b"\0\0\0", b"\0")
    assert vty.ask(str(tmp_path / "vty"), "show") == {"peers": {}}


def test_a_daemon_that_ends_meanwhile_answers_nothing(tmp_path: Path) -> None:
    answering(tmp_path / "vty", b'{"peers"')
    assert vty.ask(str(tmp_path / "vty"), "show") is None


def test_a_daemon_that_is_not_there_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    vty.main("bgpd", "show", "nobody")
    assert capsys.readouterr().out == '{"nobody": null}'
