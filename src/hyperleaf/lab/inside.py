"""Runs inside a lab's kernel: each number that comes in becomes a command, its end a line of JSON.

Nothing of hyperleaf is imported here: the file is copied beside the root and runs by itself.
The first argument is the line to serve, or `-` for standard input and output; the second the folder
of requests. A number names the file of a request there: `command` (a list of words), `node` (a
namespace, or none), `stdin` and `seconds`; the answer has `id`, `status`, `out`, `err`, `seconds`.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import termios
import threading
import time
import tty
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

WORKERS = 48
TIMED_OUT = 124
NOT_STARTED = 127
BLOCK = 2048


def execute(request: dict[str, Any]) -> dict[str, Any]:
    """Run one command to its end, or end its whole group when its time is over.

    What it reads and writes are files: daemons that it leaves behind may hold them open.
    """
    words = list(request["command"])
    if request.get("node"):
        words = ["ip", "netns", "exec", request["node"], *words]
    began = time.monotonic()
    files = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr")]
    try:
        _fill(files[0], (request.get("stdin") or "").encode())
        for one in files[1:]:
            fcntl.fcntl(one, fcntl.F_SETFL, os.O_APPEND)
        try:
            process = subprocess.Popen(
                words, stdin=files[0], stdout=files[1], stderr=files[2], start_new_session=True
            )
        except OSError as error:
            return {"status": NOT_STARTED, "out": "", "err": str(error), "seconds": 0.0}
        status = _ended(process, request["seconds"])
        out, err = (_whole(one).decode("utf-8", "replace") for one in files[1:])
    finally:
        for one in files:
            os.close(one)
    seconds = round(time.monotonic() - began, 3)
    return {"status": status, "out": out, "err": err, "seconds": seconds}


def _fill(file: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.lseek(file, 0, os.SEEK_SET)


def _whole(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


def _ended(process: subprocess.Popen[bytes], seconds: float) -> int:
    """Wait for a process's end; return its status, or that its time was over."""
    waiting = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(waiting, select.POLLIN)
        in_time = bool(poll.poll(seconds * 1000))
    finally:
        os.close(waiting)
    if not in_time:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return process.returncode if in_time else TIMED_OUT


def serve(reading: int, writing: int, requests: Path) -> None:
    """Answer requests until the line is closed, many at once."""
    lock = threading.Lock()

    def say(line: dict[str, Any]) -> None:
        block = memoryview((json.dumps(line) + "\n").encode())
        with lock:
            while block:
                block = block[os.write(writing, block[:BLOCK]) :]

    def answer(number: int) -> None:
        request = json.loads(requests.joinpath(f"request-{number}").read_text())
        say({"id": number, **execute(request)})

    say({"id": 0, "status": 0, "out": "", "err": "", "seconds": 0.0})
    pool = ThreadPoolExecutor(WORKERS)
    with os.fdopen(reading, "rb") as lines:
        for line in lines:
            pool.submit(answer, int(line))
    # Nobody is there any more: what still runs ends with the kernel.
    os._exit(0)


def main(line: str, requests: str) -> None:
    """Serve a terminal's line, or standard input and output."""
    if line == "-":
        serve(sys.stdin.fileno(), sys.stdout.fileno(), Path(requests))
        return
    terminal = os.open(line, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(terminal, termios.TCSANOW)
    serve(os.dup(terminal), terminal, Path(requests))


if __name__ == "__main__":
    main(*sys.argv[1:])
