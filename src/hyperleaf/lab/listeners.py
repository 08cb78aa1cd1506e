"""Runs inside a lab's kernel: answers TCP in many namespaces with the caller's address.

Nothing of hyperleaf is imported here. The only argument is a JSON object: namespace to a list of
ports. It says `ready` once all of them are open.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import sys


def listening(port: int) -> socket.socket:
    """Open a port on every address of both families, in the namespace we are in."""
    opened = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("::", port))
    opened.listen(64)
    return opened


def main() -> None:
    """Listen until the kernel goes."""
    selector = selectors.DefaultSelector()
    for namespace, ports in json.loads(sys.argv[1]).items():
        place = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
        os.setns(place, os.CLONE_NEWNET)  # type: ignore[attr-defined,unused-ignore] # Python 3.12
        os.close(place)
        for port in ports:
            selector.register(listening(port), selectors.EVENT_READ)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for key, _ in selector.select():
            opened = key.fileobj
            assert isinstance(opened, socket.socket)  # noqa: S101 - nothing else is registered
            with contextlib.suppress(OSError):
                caller, address = opened.accept()
                with caller:
                    caller.sendall(address[0].removeprefix("::ffff:").encode() + b"\n")


if __name__ == "__main__":
    main()
