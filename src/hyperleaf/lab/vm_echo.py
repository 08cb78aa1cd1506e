"""Runs inside a lab's kernel: returns every line that TCP sessions bring, for as long as they last.

Nothing of hyperleaf is imported here. The first argument is a file: it ends once that is there;
FILE.began is there once all ends are open. The second is a JSON list of them, each with its
`namespace`, a `device` to be bound to or nothing, and a `port`.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
from pathlib import Path

LOOK_SECONDS = 0.5


def listening(device: str, port: int) -> socket.socket:
    """Open a port on every address, in the namespace we are in."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if device:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    opened.bind(("0.0.0.0", port))  # noqa: S104 - those of the namespace
    opened.listen(16)
    return opened


def main() -> None:
    """Return what comes until the file is there."""
    until_file = Path(sys.argv[1])
    selector = selectors.DefaultSelector()
    for one in json.loads(sys.argv[2]):
        place = os.open(f"/run/netns/{one['namespace']}", os.O_RDONLY)
        os.setns(place, os.CLONE_NEWNET)  # type: ignore[attr-defined,unused-ignore] # Python 3.12
        os.close(place)
        selector.register(listening(one["device"], one["port"]), selectors.EVENT_READ, "door")
    Path(f"{until_file}.began").touch()
    while not until_file.exists():
        for key, _ in selector.select(LOOK_SECONDS):
            opened = key.fileobj
            assert isinstance(opened, socket.socket)  # noqa: S101 - nothing else is registered
            if key.data == "door":
                caller, _ = opened.accept()
                selector.register(caller, selectors.EVENT_READ, "session")
                continue
            try:
                block = opened.recv(4096)
                opened.sendall(block)
            except OSError:
                block = b""
            if not block:
                selector.unregister(opened)
                opened.close()


if __name__ == "__main__":
    main()
