"""Runs inside a lab's kernel: asks FRR's daemons of many nodes the same, by their own sockets.

Nothing of hyperleaf is imported here. Arguments: a daemon, a command whose answer is JSON, nodes.
Output is a JSON object, node to answer; null where the daemon does not answer. To start vtysh,
which knows every command there is, takes a hundred times longer than to ask.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

SECONDS = 10
BLOCK = 1 << 16
# An answer ends with three zero bytes and the command's status.
END, MARK = 4, b"\0\0\0"


def ask(path: str, command: str) -> Any:
    """Return what a daemon answers, or None."""
    said = b""
    with socket.socket(socket.AF_UNIX) as opened:
        opened.settimeout(SECONDS)
        opened.connect(path)
        opened.sendall(command.encode() + b"\0")
        while not (len(said) >= END and said[-END:-1] == MARK):
            block = opened.recv(BLOCK)
            if not block:
                return None
            said += block
    return json.loads(said[:-END].decode("utf-8", "replace") or "null")


def main(daemon: str, command: str, *nodes: str) -> None:
    """Ask every node's daemon."""
    answers = {}
    for node in nodes:
        try:
            answers[node] = ask(f"/run/frr/{node}/{daemon}.vty", command)
        except (OSError, ValueError):
            answers[node] = None
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
