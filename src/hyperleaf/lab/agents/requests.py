"""Runs inside a lab's kernel: asks an API server many things, in phases, and prints the answers.

Nothing of hyperleaf is imported here. Arguments are the port and the token; standard input holds
phases, lists of `{"method", "path", "body", "content", "until"}`: those of a phase go out at once,
and each that is answered by an error is asked again for `until` seconds. The answers come in the
same order, a list of `[status, body]`.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

AT_ONCE = 6
AGAIN_SECONDS = 0.3
REFUSED = 400
LOCAL = threading.local()


def ask(port: int, token: str, request: dict[str, Any]) -> tuple[int, Any]:
    """Send a request, again while it is refused and its time is not over."""
    deadline = time.monotonic() + request.get("until", 0)
    while True:
        try:
            status, body = _send(port, token, request)
        except (OSError, http.client.HTTPException) as error:
            del LOCAL.connection
            status, body = 0, {"message": str(error)}
        if 0 < status < REFUSED or time.monotonic() > deadline:
            return status, body
        time.sleep(AGAIN_SECONDS)


def _send(port: int, token: str, request: dict[str, Any]) -> tuple[int, Any]:
    if not hasattr(LOCAL, "connection"):
        # The server made its certificate a moment ago; nobody else can be there.
        context = ssl._create_unverified_context()  # noqa: S323, SLF001
        LOCAL.connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=60, context=context
        )
    content = request.get("content", "application/json")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content}
    body = json.dumps(request["body"]) if "body" in request else None
    LOCAL.connection.request(request["method"], request["path"], body, headers)
    answer = LOCAL.connection.getresponse()
    raw = answer.read()
    decoded = json.loads(raw) if raw.startswith(b"{") else {"message": raw.decode()}
    return answer.status, decoded


def main() -> None:
    """Answer what standard input asks."""
    port, token = int(sys.argv[1]), sys.argv[2]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [
            answer
            for phase in json.load(sys.stdin)
            for answer in list(pool.map(lambda one: ask(port, token, one), phase))
        ]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
