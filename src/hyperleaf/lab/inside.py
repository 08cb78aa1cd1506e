"""Runs inside a lab's kernel: each number that comes in becomes a command, its end a line of JSON.

Nothing of hyperleaf is imported here: the file is copied into the root and runs by itself.
A number names the file of a request beside this: `command` (a list of words), `node` (a namespace,
or none), `stdin` and `seconds`; the answer has `id`, `status`, `out`, `err` and `seconds`.
"""

from __future__ import annotations

import json
import os
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

WORKERS = 16
HERE = Path(__file__).parent
TIMED_OUT = 124
NOT_STARTED = 127


def execute(request: dict[str, Any]) -> dict[str, Any]:
    """Run one command to its end, or end its whole group when its time is over."""
    words = list(request["command"])
    if request.get("node"):
        words = ["ip", "netns", "exec", request["node"], *words]
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return {"status": NOT_STARTED, "out": "", "err": str(error), "seconds": 0.0}
    try:
        out, err = process.communicate(
            (request.get("stdin") or "").encode(), timeout=request["seconds"]
        )
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        status = TIMED_OUT
    return {
        "status": status,
        "out": out.decode("utf-8", "replace"),
        "err": err.decode("utf-8", "replace"),
        "seconds": round(time.monotonic() - began, 3),
    }


def serve(channel: int) -> None:
    """Answer requests from a channel until it is closed, many at once."""
    tty.setraw(channel, termios.TCSANOW)
    lock = threading.Lock()

    def say(line: dict[str, Any]) -> None:
        block = memoryview((json.dumps(line) + "\n").encode())
        with lock:
            while block:
                block = block[os.write(channel, block[:2048]) :]

    def answer(number: int) -> None:
        request = json.loads(HERE.joinpath(f"request-{number}").read_text())
        say({"id": number, **execute(request)})

    say({"id": 0, "status": 0, "out": "", "err": "", "seconds": 0.0})
    with ThreadPoolExecutor(WORKERS) as pool, os.fdopen(os.dup(channel), "rb") as lines:
        for line in lines:
            pool.submit(answer, int(line))


if __name__ == "__main__":
    serve(os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY))
