"""Runs inside a lab's kernel: returns every line that TCP sessions bring, for as long as they last.

Nothing of hyperleaf is imported here. The only argument is a JSON list of ends, each with its
`namespace`, a `device` to be bound to or nothing, and a `port`. It says `ready` once all are open.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys


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
    """Return what comes until the kernel goes."""
    selector = selectors.DefaultSelector()
    for one in json.loads(sys.argv[1]):
        place = os.open(f"/run/netns/{one['namespace']}", os.O_RDONLY)
        os.setns(place, os.CLONE_NEWNET)  # type: ignore[attr-defined,unused-ignore] # Python 3.12
        os.close(place)
        selector.register(listening(one["device"], one["port"]), selectors.EVENT_READ, "door")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for key, _ in selector.select():
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
