"""A serving process (see `inside.py`) becomes something that carries out commands, many at once.

A request is a file, as a terminal's line loses what is not read at once; its number goes down the
process's input, the answer comes back as a line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from hyperleaf.lab.errors import NoProofError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from subprocess import Popen


class KernelError(NoProofError):
    """A kernel that did not boot or no longer answers."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended inside a kernel; 124 is one whose time was over."""

    command: str
    node: str
    status: int
    out: str
    err: str
    seconds: float

    def __str__(self) -> str:
        said = (self.out + self.err).strip()
        where = f" on {self.node}" if self.node else ""
        return f"{self.command}{where}: exit status {self.status}\n{said}"


@dataclass(slots=True)
class Channel:
    """One kernel's commands: each that `ask` starts has a future."""

    process: Popen[bytes]
    requests: Path
    log: Path
    _asked: dict[int, tuple[Future[Ran], str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next: int = 1
    _ready: threading.Event = field(default_factory=threading.Event)

    def ask(
        self, command: Sequence[str] | str, *, node: str = "", stdin: str = "", seconds: float = 30
    ) -> Future[Ran]:
        """Start a command, text by a shell, in a node's namespaces; it ends by itself in time."""
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        told = command if isinstance(command, str) else shlex.join(command)
        future: Future[Ran] = Future()
        with self._lock:
            number, self._next = self._next, self._next + 1
            request = {"command": words, "node": node, "stdin": stdin, "seconds": seconds}
            try:
                (self.requests / f"request-{number}").write_text(json.dumps(request))
            except OSError as error:
                raise KernelError(f"the lab cannot be told what to do: {error}") from error
            self._asked[number] = (future, told, node)
            assert self.process.stdin is not None  # noqa: S101 - serving() opened it
            try:
                self.process.stdin.write(f"{number}\n".encode())
                self.process.stdin.flush()
            except (OSError, ValueError) as error:  # ended, or closed at the lab's end
                raise KernelError(f"the lab's kernel has ended; see {self.log}") from error
        return future

    def start_listening(self) -> Self:
        """Read answers until the process ends, in a thread."""
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def ready(self, deadline: float) -> bool:
        """Wait until the process answers, or until `deadline` on the monotonic clock."""
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._ready.wait(0.05):
                return True
        return self._ready.is_set()

    def last_words(self) -> list[str]:
        """Return the end of what the kernel wrote on its console."""
        return self.log.read_text(errors="replace").splitlines()[-15:]

    def _listen(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - serving() opened it
        with contextlib.suppress(ValueError):  # closed at the lab's end
            for line in self.process.stdout:
                with contextlib.suppress(ValueError):
                    self._answered(json.loads(line))
        with self._lock:
            for future, *_ in self._asked.values():
                if not future.done():
                    future.set_exception(KernelError(f"the lab's kernel ended; see {self.log}"))
            self._asked.clear()

    def _answered(self, answer: dict[str, Any]) -> None:
        if answer["id"] == 0:
            self._ready.set()
            return
        with self._lock:
            future, told, node = self._asked.pop(answer["id"])
        (self.requests / f"request-{answer['id']}").unlink(missing_ok=True)
        future.set_result(
            Ran(told, node, answer["status"], answer["out"], answer["err"], answer["seconds"])
        )
