"""An AWS account on loopback, in a process of its own: moto behind the judge's own gate.

    python -m judges.aws_server LOG SECONDS

It writes its port on standard output, and ends when its standard input does, or after so long.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def _environment() -> None:
    """Let nothing of the environment reach the judge's own clients: no endpoint, no credentials."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    # moto's names of variables, and credentials of nobody.
    os.environ |= {"AWS_ACCESS_KEY_ID": "judge", "AWS_SECRET_ACCESS_KEY": "judge"}
    os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": os.devnull}
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


def main() -> None:
    """Serve until standard input ends."""
    log, seconds = Path(sys.argv[1]), float(sys.argv[2])
    _environment()
    from moto import mock_aws  # noqa: PLC0415 - after the environment is clean
    from moto.moto_server import werkzeug_app  # noqa: PLC0415
    from werkzeug.serving import make_server  # noqa: PLC0415

    from judges import aws_cloudformation, aws_faults, aws_quotas, aws_stacks  # noqa: PLC0415

    mock_aws().start(reset=False)
    aws_cloudformation.install()
    aws_quotas.install()
    moto = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    before = aws_faults.Before(moto, log)
    aws_stacks.FAILURES.reason_of = before.reason_of
    aws_cloudformation.PACES.reads_of = before.reads_of
    before.inside = aws_cloudformation.inside

    class Quiet(werkzeug_app.MotoRequestHandler):
        """Writes nothing of a request: the log of calls does."""

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Write nothing."""

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == "/judge/quotas":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["CONTENT_LENGTH"] = "0"
            aws_quotas.CHANGED.update(json.loads(body))
        if environ.get("PATH_INFO") == "/moto-api/reset":
            aws_cloudformation.forget()
            aws_quotas.CHANGED.clear()
        return before(environ, start)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Quiet)
    print(server.server_address[1], flush=True)  # noqa: T201 - this is how the port is told
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ends = threading.Timer(seconds, os._exit, (0,))
    ends.daemon = True
    ends.start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
