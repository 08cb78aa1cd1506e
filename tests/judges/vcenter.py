"""A vCenter on loopback: govmomi's simulator, whose calls are counted and fail when asked to."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from judges import cache
from judges.processes import running, tail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER = "administrator@vsphere.local"
PASSWORD = "judge-Vc3nter-pa55"  # noqa: S105 - of a server that lives for one test, on loopback
READY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the vCenter got; `body` is its XML, of calls that change something."""

    number: int
    method: str
    object: str
    mutating: bool
    held: bool
    body: str = ""


@dataclass(frozen=True, slots=True)
class Vcenter:
    """A running vCenter: `server` as an estate names it, `ca` the certificate to be trusted."""

    server: str
    control: str
    ca: Path

    def log(self) -> list[Call]:
        """Return every call so far."""
        with urllib.request.urlopen(f"{self.control}/log", timeout=30) as answer:  # noqa: S310
            return [Call(**one) for one in json.load(answer) or ()]

    def changes(self) -> list[Call]:
        """Return the calls so far that change something."""
        return [one for one in self.log() if one.mutating]

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Set what goes wrong from now on, counted from now; nothing without faults.

        A fault: `kind` (slow, drop, lose, hold, holdAfter, busy, soap), `nth` call of a `method`
        (or of those that are `mutating`), `always` from then on, `seconds`, `fault`.
        """
        body = json.dumps([{"nth": 1} | one for one in faults]).encode()
        request = urllib.request.Request(f"{self.control}/faults", body, method="POST")  # noqa: S310
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310

    def held(self, seconds: float = 30.0) -> Call:
        """Wait until a call is held, and return it."""
        ends = time.monotonic() + seconds
        while True:
            found = next((one for one in self.log() if one.held), None)
            if found is not None:
                return found
            if time.monotonic() > ends:
                raise TimeoutError("no call was held")
            time.sleep(0.02)

    def session(self) -> Any:
        """Return pyVmomi's service instance, logged in, which says what is really there."""
        from pyVim.connect import SmartConnect  # noqa: PLC0415 - no other judge needs it

        host, _, port = self.server.partition(":")
        trusted = ssl.create_default_context(cafile=str(self.ca))
        connect: Any = SmartConnect
        return connect(host=host, port=int(port), user=USER, pwd=PASSWORD, sslContext=trusted)


@contextmanager
def vcenter(folder: Path, *flags: str) -> Iterator[Vcenter]:
    """Run a vCenter with its own inventory until the block ends; flags as its source says."""
    folder.mkdir(parents=True, exist_ok=True)
    ca, log = folder / "vcenter-ca.pem", folder / "vcenter.log"
    command = cache.folder("vcenter") / "vcenter"
    words: list[str | Path] = [command, "-ca", ca, "-user", USER, "-password", PASSWORD, *flags]
    with running(words, log, stdin=subprocess.PIPE) as started:
        ends = time.monotonic() + READY_SECONDS
        while not (found := _told(log)):
            if started.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"the vCenter is not ready:\n{tail(log)}")
            time.sleep(0.02)
        yield Vcenter(found["url"].removeprefix("https://"), found["control"], ca)


def _told(log: Path) -> dict[str, str]:
    for line in log.read_text().splitlines():
        if line.startswith("{") and line.endswith("}"):
            found: dict[str, str] = json.loads(line)
            return found
    return {}
