"""An AWS account for tests: real HTTP for real boto3, with faults, counts and snapshots.

moto's server in a process of its own, reached by the environment that every AWS client reads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from judges.aws_snapshot import Snapshot, taken
from judges.processes import end, tail

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "us-east-1"
LIFE_SECONDS = 3600.0
READY_SECONDS = 60.0
# Of nobody; moto takes any.
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the API that somebody made: `fault` is what came of it, where something did."""

    number: int
    service: str
    action: str
    is_mutating: bool
    fault: str | None
    words: str

    def __str__(self) -> str:
        """Return service and action."""
        return f"{self.service}:{self.action}"


@dataclass(frozen=True, slots=True)
class Aws:
    """An account that listens on loopback."""

    port: int
    log: Path

    @property
    def endpoint(self) -> str:
        """Return the URL of all its services."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """Return the variables by which a client finds it, and that keep it from anything else."""
        return {
            **KEYS,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str, region: str = REGION, *, is_counted: bool = False) -> Any:
        """Return a client of a service; its calls are not counted or disturbed, unless asked."""
        return _client(self.endpoint, service, region, is_counted)

    def calls(self) -> list[Call]:
        """Return every call since the last reset, in order."""
        found = []
        for line in self.log.read_text().splitlines():
            with suppress(ValueError):  # the line that is being written
                one = json.loads(line)
                words = (one["n"], one["service"], one["action"], one["mutating"])
                found.append(Call(*words, one["fault"], one["words"]))
        return found

    def writes(self) -> list[str]:
        """Return the calls that changed something, or tried to."""
        return [str(call) for call in self.calls() if call.is_mutating]

    def faults(self, *asked: dict[str, Any]) -> None:
        """Err from now on as asked (aws_faults.py), and no other way; counts begin anew."""
        self._ask("faults", list(asked))

    def quotas(self, **values: float) -> None:
        """Set service quotas by their codes, with `_` for `-`."""
        self._ask("quotas", {name.replace("_", "-"): value for name, value in values.items()})

    def held(self) -> int:
        """Return the number of the call that is held, or 0."""
        held: int = self._ask("state")["held"]
        return held

    def release(self) -> None:
        """Let a held call go on."""
        self._ask("release")

    def cut(self) -> None:
        """End a held call without an answer; one held before it was carried out never is."""
        self._ask("cut")

    def idle(self) -> None:
        """Wait until nothing is being carried out any more."""
        self._ask("idle")

    def reset(self) -> None:
        """Empty the account, forget faults and calls."""
        self.faults()
        request = Request(f"{self.endpoint}/moto-api/reset", method="POST")  # noqa: S310 - loopback
        with urlopen(request, timeout=30) as said:  # noqa: S310
            said.read()
        self.log.write_text("")

    def snapshot(self, *regions: str) -> Snapshot:
        """Return all that is in the account."""
        return taken(self.client, regions or (REGION,), self._ask("associations"))

    def _ask(self, what: str, body: Any = None) -> Any:
        stated = json.dumps(body).encode()
        url = f"{self.endpoint}/judge/{what}"
        with urlopen(Request(url, stated), timeout=90) as said:  # noqa: S310 - loopback
            return json.loads(said.read())


@cache
def _client(endpoint: str, service: str, region: str, is_counted: bool) -> Any:  # noqa: FBT001
    import boto3  # noqa: PLC0415 - heavy
    from botocore.config import Config  # noqa: PLC0415

    session = boto3.session.Session(
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        region_name=region,
    )
    extra = None if is_counted else "hyperleaf-judge"
    config = Config(user_agent_extra=extra, retries={"total_max_attempts": 1})
    return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]


@contextmanager
def aws(life_seconds: float = LIFE_SECONDS) -> Iterator[Aws]:
    """Run an empty account; it ends with the block, with its parent, or after so long."""
    with tempfile.TemporaryDirectory() as folder:
        log, said = Path(folder) / "calls", Path(folder) / "output"
        log.touch()
        paths = str(Path(__file__).parents[1])
        with said.open("w") as output:
            started = subprocess.Popen(
                [sys.executable, "-m", "judges.aws_server", str(log), str(life_seconds)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": paths},
                start_new_session=True,
                text=True,
            )
        try:
            yield Aws(_port(started, said), log)
        finally:
            if started.stdin:
                started.stdin.close()
            end(started)


def _port(started: subprocess.Popen[str], said: Path) -> int:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends and started.poll() is None:
        for line in said.read_text().splitlines():
            if line.isdigit():
                return int(line)
        time.sleep(0.05)
    raise RuntimeError(f"the judge of AWS does not run: {tail(said)}")
