"""Stands before moto: writes down each call, and errs, breaks off, delays or holds as a test asks.

A fault is a mapping: `kind`, which calls it is about (`service`, `action`: expressions;
`mutating`), and which of these: `first` (so many), `every` (each k-th), or `at` (the n-th); else
each of them.

| kind | what happens |
|---|---|
| throttle | the service says that it has had enough |
| error | `status` 500, 502 or 503 |
| refuse | the service refuses the call with `code` and `message` |
| drop | the connection ends `when` "before" the call is carried out, or "after" |
| hold | the call waits `when` "before" or "after" it is carried out, until it is released |
| unseen | what is made is unknown to the next `reads` calls that name it |
| slow | stacks (`stack`) are busy for `reads` descriptions |
| fail | resources (`stack`, `resource`: name or type) fail with `reason` at `verb`, `times` times |
"""

from __future__ import annotations

import io
import json
import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from judges import aws_calls
from judges.aws_gateways import ASSOCIATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from judges.aws_calls import Asked

    Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

# Calls of the judge itself: neither written down nor disturbed.
OWN = "hyperleaf-judge"
HOLD_SECONDS = 60.0
# The others are about what is made, not about a call.
ERRING = ("throttle", "error", "refuse")
OF_CALLS = frozenset({*ERRING, "drop", "hold"})
# Everything that a service gives a name of its own, and the names that a caller gives.
IDS = re.compile(r"\b[a-z]{2,8}(?:-rtb|-attach|-in)?-[0-9a-f]{8,17}\b|Z[0-9A-Z]{12,}")
GIVEN = re.compile(r"(?:^|&)(?:StackName|RoleName|UserName|InstanceProfileName)=([^&]+)")


@dataclass(slots=True)
class Fault:
    """What a test asked for, and how often it has been met."""

    asked: dict[str, Any]
    met: int = 0

    def meets(self, call: Asked) -> bool:
        """Return whether this is a call that it is about, and the one that it waits for."""
        for name, value in (("service", call.service), ("action", call.action)):
            if name in self.asked and not re.fullmatch(self.asked[name], value):
                return False
        if self.asked.get("mutating", call.is_mutating) != call.is_mutating:
            return False
        self.met += 1
        if "first" in self.asked:
            return bool(self.met <= self.asked["first"])
        if "every" in self.asked:
            return bool(self.met % self.asked["every"] == 0)
        return bool(self.met == self.asked.get("at", self.met))


@dataclass(slots=True)
class Before:
    """The middleware before moto."""

    moto: Wsgi
    log: Path
    faults: list[Fault] = field(default_factory=list)
    count: int = 0
    fresh: dict[str, int] = field(default_factory=dict)
    held: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    turn: threading.Lock = field(default_factory=threading.Lock)
    is_cut: bool = False
    # What a stack of this name holds.
    inside: Callable[[str], Iterable[str]] = lambda _: ()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer a request."""
        path = environ.get("PATH_INFO", "")
        if path.startswith("/judge/"):
            return self._control(path.rpartition("/")[2], environ, start)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        is_own = OWN in environ.get("HTTP_USER_AGENT", "") or path.startswith("/moto-api")
        if is_own:
            with self.turn:
                return list(self.moto(environ, start))
        return self._disturbed(aws_calls.asked(environ, body), environ, start)

    def _disturbed(self, call: Asked, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        with self.lock:
            self.count += 1
            number = self.count
            of_calls = [one for one in self.faults if one.asked["kind"] in OF_CALLS]
            met = [one for one in of_calls if one.meets(call)]
        kinds = {one.asked["kind"]: one.asked for one in met}
        line = {"n": number, "service": call.service, "action": call.action}
        line |= {"mutating": call.is_mutating, "fault": None, "words": call.words}
        hold, drop = kinds.get("hold"), kinds.get("drop")
        if hold and hold.get("when", "before") == "before" and not self._wait(number):
            self._note(line, "held")
            return _drop(environ, start)
        answer = self._erring(call, kinds)
        if answer is not None:
            self._note(line, next((one for one in ERRING if one in kinds), "unseen"))
            return _say(start, *answer)
        if drop and drop.get("when", "before") == "before":
            self._note(line, "drop")
            return _drop(environ, start)
        self._note(line, "hold" if hold else "drop" if drop else None)
        said = self._carry_out(call, environ)
        if hold and hold.get("when") == "after" and not self._wait(number):
            return _drop(environ, start)
        if drop:
            return _drop(environ, start)
        status, headers, parts = said
        start(status, headers)
        return parts

    def _carry_out(
        self, call: Asked, environ: dict[str, Any]
    ) -> tuple[str, list[tuple[str, str]], list[bytes]]:
        said: list[Any] = []

        def keep(status: str, headers: list[tuple[str, str]], info: object = None) -> None:
            del info
            said[:] = [status, headers]

        with self.turn:
            parts = list(self.moto(environ, keep))
        if call.is_mutating and said[0].startswith("2"):
            self._remember(call, b"".join(parts))
        return said[0], said[1], parts

    def _remember(self, call: Asked, answer: bytes) -> None:
        """Note the names of what was made, where a test wants them to be unknown for a while."""
        asked = [one.asked for one in self.faults if one.asked["kind"] == "unseen"]
        if not asked or not call.action.startswith(("Create", "Allocate")):
            return
        names = set(IDS.findall(answer.decode(errors="replace"))) - set(IDS.findall(call.words))
        given = GIVEN.findall(call.words)
        names |= set(given)
        if call.service == "cloudformation":
            names |= {inside for stack in given for inside in self.inside(stack)}
        if call.service == "s3":
            names |= {call.words.partition("?")[0].strip("/")}
        with self.lock:
            self.fresh |= dict.fromkeys(names - {""}, int(asked[0]["reads"]))

    def _erring(
        self, call: Asked, kinds: dict[str, dict[str, Any]]
    ) -> tuple[int, str, bytes] | None:
        if "throttle" in kinds:
            return aws_calls.throttled(call)
        if "error" in kinds:
            return aws_calls.broken(call, int(kinds["error"].get("status", 500)))
        if "refuse" in kinds:
            said = kinds["refuse"]
            return aws_calls.error(call, 403, said["code"], said["message"])
        if call.is_mutating:
            return None
        with self.lock:
            for name in self.fresh:
                if name in call.words and self.fresh[name] > 0:
                    self.fresh[name] -= 1
                    return aws_calls.unknown(call, name)
        return None

    def _wait(self, number: int) -> bool:
        """Hold a call; return whether it is to go on, or else to end without an answer."""
        self.go_on.clear()
        self.held = number
        went_on = self.go_on.wait(HOLD_SECONDS)
        self.held = 0
        return went_on and not self.is_cut

    def _note(self, line: dict[str, Any], fault: str | None) -> None:
        with self.lock, self.log.open("a") as log:
            log.write(json.dumps(line | {"fault": fault}) + "\n")

    def reason_of(self, stack: str, name: str, kind: str, verb: str) -> str | None:
        """Return why a resource is to fail, where a test asks for that."""
        for fault in self.faults:
            asked = fault.asked
            if asked["kind"] != "fail" or asked.get("verb", "create") != verb:
                continue
            about = re.fullmatch(asked.get("stack", ".*"), stack)
            named = asked.get("resource", ".*")
            if about and (re.fullmatch(named, name) or re.fullmatch(named, kind)):
                fault.met += 1
                if fault.met <= asked.get("times", 1):
                    return str(asked["reason"])
        return None

    def reads_of(self, stack: str) -> int:
        """Return for how many descriptions a stack is to be busy."""
        for fault in self.faults:
            about = re.fullmatch(fault.asked.get("stack", ".*"), stack)
            if fault.asked["kind"] == "slow" and about:
                return int(fault.asked["reads"])
        return 0

    def _control(self, what: str, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Do what a test asks of the judge itself."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if what == "faults":
            with self.lock:
                self.faults = [Fault(one) for one in json.loads(body)]
                self.fresh.clear()
                self.count = 0
        elif what in {"release", "cut"}:
            self.is_cut = what == "cut"
            self.go_on.set()
        elif what == "idle":
            with self.turn:
                pass
        said: dict[str, Any] = {"count": self.count, "held": self.held}
        if what == "associations":
            said = dict(ASSOCIATIONS)
        return _say(start, 200, "application/json", json.dumps(said).encode())


def _say(start: Any, status: int, kind: str, body: bytes) -> list[bytes]:
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    start(f"{status} judge", headers)
    return [body]


def _drop(environ: dict[str, Any], start: Any) -> list[bytes]:
    """End the connection without an answer."""
    with suppress(OSError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    start("500 dropped", [("Content-Length", "0")])
    return [b""]
