"""Runs inside a lab's kernel: talks to a real guest, or to the QEMU that it runs in.

Nothing of hyperleaf is imported here. Input is a JSON object with `socket` and either `words`, a
command for the guest's shell, or `commands`, which QEMU is given by QMP in their order, and then,
where there is an `until`, the command `ask` in it again and again till its answer's `status` is one
of `ends`. Output is a JSON object: `status` and `out` of the command, or `answers`, `last`
(the answer that ended the waiting) and `seconds` (how long that took). An error is `error`.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from typing import Any

OPENED_SECONDS = 20
AGAIN_SECONDS = 0.1
# A guest that has just arrived may miss an interrupt of its serial port: one more byte brings the
# next. To its shell that is an empty line, whose answer nobody reads.
NUDGE_SECONDS = 3.0


class Lines:
    """Lines that come and go on a socket."""

    def __init__(self, path: str, deadline: float, *, nudging: bool = False) -> None:
        self.deadline = deadline
        self.nudging = nudging
        self.socket = opened(path)
        self.rest = b""

    def send(self, text: str) -> None:
        """Send a line."""
        self.socket.sendall(text.encode() + b"\n")

    def next(self) -> str:
        """Return the next line; TimeoutError once the time is over."""
        while b"\n" not in self.rest:
            block = self._block()
            if not block:
                raise ConnectionError("the other end is gone")
            self.rest += block
        line, _, self.rest = self.rest.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def _block(self) -> bytes:
        """Return what comes next; TimeoutError once the time is over."""
        while True:
            rest = max(0.01, self.deadline - time.monotonic())
            self.socket.settimeout(min(rest, NUDGE_SECONDS) if self.nudging else rest)
            try:
                return self.socket.recv(65536)
            except TimeoutError:
                if not self.nudging or time.monotonic() >= self.deadline:
                    raise
                self.send("")


def opened(path: str) -> socket.socket:
    """Open a socket that may be there in a moment only."""
    end = time.monotonic() + OPENED_SECONDS
    while True:
        found = socket.socket(socket.AF_UNIX)
        try:
            found.connect(path)
        except OSError:
            found.close()
            if time.monotonic() > end:
                raise
            time.sleep(AGAIN_SECONDS)
        else:
            return found


def ask_guest(asked: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """Let the guest's shell run a command."""
    # What an earlier question left unread goes by: only our own number counts.
    number = str(time.monotonic_ns())
    lines.send(f"{number} {asked['words']}")
    while lines.next() != f"<{number}":
        pass
    said: list[str] = []
    while not (line := lines.next()).startswith(f">{number} "):
        said.append(line)
    return {"status": int(line.partition(" ")[2]), "out": "\n".join(said)}


def command(lines: Lines, words: dict[str, Any]) -> Any:
    """Give QEMU a command, and return its answer; what it reports meanwhile goes by."""
    lines.send(json.dumps(words))
    while True:
        said = json.loads(lines.next())
        if "error" in said:
            raise ConnectionError(f"{words['execute']}: {said['error']['desc']}")
        if "return" in said:
            return said["return"]


def ask_qemu(asked: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """Give QEMU commands, and wait for what they lead to."""
    lines.next()  # its greeting
    command(lines, {"execute": "qmp_capabilities"})
    answers = [command(lines, one) for one in asked["commands"]]
    began, last = time.monotonic(), None
    until = asked.get("until")
    while until:
        last = command(lines, {"execute": until["ask"]})
        if last.get("status") in until["ends"]:
            break
        time.sleep(AGAIN_SECONDS)
    return {"answers": answers, "last": last, "seconds": round(time.monotonic() - began, 3)}


def main() -> None:
    """Talk, and say what was answered."""
    asked = json.load(sys.stdin)
    try:
        guest = "words" in asked
        lines = Lines(asked["socket"], time.monotonic() + asked["seconds"], nudging=guest)
        said = ask_guest(asked, lines) if guest else ask_qemu(asked, lines)
    except OSError as error:  # a time that is over is one of them
        said = {"error": str(error) or type(error).__name__}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
