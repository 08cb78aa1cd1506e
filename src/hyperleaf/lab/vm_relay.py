"""Runs inside a lab's kernel: carries a migration's stream, as the nodes' virt-handlers do.

Nothing of hyperleaf is imported here. QEMU speaks through a socket of its own pod; the stream
crosses between nodes by TCP, from one handler's address to the other's. Arguments: `out SOCKET FROM
TO PORT` listens on a socket and goes by TCP from one address to another; `in SOCKET ADDRESS PORT`
listens there and goes on to a socket. One stream, then it ends; `SOCKET.ready`
is there once it listens, and at its end it says a line of JSON: the TCP `peer` and how many `bytes`
went along.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from pathlib import Path

BLOCK = 1 << 20
OPENED_SECONDS = 20


class Count:
    """How many bytes went along."""

    def __init__(self) -> None:
        self.bytes = 0

    def pump(self, source: socket.socket, target: socket.socket) -> None:
        """Carry what comes from one end to the other, until either is closed."""
        block = memoryview(bytearray(BLOCK))
        try:
            while size := source.recv_into(block):
                target.sendall(block[:size])
                self.bytes += size
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


def family(address: str) -> socket.AddressFamily:
    """Return an address's family."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def say(text: str) -> None:
    """Say a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def out(path: str, own: str, other: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Take QEMU's stream, and go to the other node by TCP."""
    waiting = socket.socket(socket.AF_UNIX)
    waiting.bind(path)
    waiting.listen(1)
    Path(f"{path}.ready").touch()
    inner, _ = waiting.accept()
    outer = socket.socket(family(other), socket.SOCK_STREAM)
    outer.bind((own, 0))
    outer.settimeout(OPENED_SECONDS)
    outer.connect((other, port))
    outer.settimeout(None)
    return inner, outer


def into(path: str, own: str, port: int) -> tuple[socket.socket, socket.socket]:
    """Take the other node's stream, and hand it to the QEMU that waits for it."""
    waiting = socket.socket(family(own), socket.SOCK_STREAM)
    waiting.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    waiting.bind((own, port))
    waiting.listen(1)
    Path(f"{path}.ready").touch()
    outer, _ = waiting.accept()
    end = time.monotonic() + OPENED_SECONDS
    while True:
        inner = socket.socket(socket.AF_UNIX)
        try:
            inner.connect(path)
        except OSError:
            inner.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return inner, outer


def main() -> None:
    """Carry one stream."""
    way, path, *words = sys.argv[1:]
    if way == "out":
        inner, outer = out(path, words[0], words[1], int(words[2]))
    else:
        inner, outer = into(path, words[0], int(words[1]))
    peer = outer.getpeername()[0]
    count = Count()
    pairs = ((inner, outer), (outer, inner))
    carriers = [threading.Thread(target=count.pump, args=pair) for pair in pairs]
    for one in carriers:
        one.start()
    for one in carriers:
        one.join()
    say(json.dumps({"peer": peer, "bytes": count.bytes}))


if __name__ == "__main__":
    main()
