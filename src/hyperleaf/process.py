"""Turns a command into its captured output, or into an error that names command, node and input.

The only place that starts subprocesses. Each runs in a process group of its own, which is ended as
a whole; output is captured and shown only in an error, unless `VERBOSE` asks for it line by line.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import signal
import subprocess
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

VERBOSE: ContextVar[Callable[[str], None] | None] = ContextVar("VERBOSE", default=None)
"""Where commands and the lines of their output go as they come; the command line sets it."""

Result = TypeVar("Result")
_GRACE_SECONDS: Final = 2.0  # from the request to end to the kill
_LINGER_SECONDS: Final = 0.2  # a daemon may hold our pipes open after its parent has ended
_SIGHT_SECONDS: Final = 0.05  # between looks at a process that has closed nothing
_INPUT_LINES: Final = 5
_OUTPUT_LINES: Final = 20
_BLOCK_BYTES: Final = 65536


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended; bytes that are not UTF-8 are replaced in its output."""

    command: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    seconds: float
    node: str = ""
    stdin: str = field(default="", repr=False)


class ProcessError(Exception):
    """A command that did not do what it was started for."""

    def __init__(self, finished: Finished) -> None:
        super().__init__(finished)
        self.finished = finished

    def happened(self) -> str:
        """Return what went wrong, to follow the command."""
        raise NotImplementedError

    def __str__(self) -> str:
        finished = self.finished
        where = f" on {finished.node}" if finished.node else ""
        lines = [f"{shlex.join(finished.command)}{where}: {self.happened()}"]
        for title, text, count in (
            ("input", finished.stdin, _INPUT_LINES),
            ("output", finished.stdout, -_OUTPUT_LINES),
            ("errors", finished.stderr, -_OUTPUT_LINES),
        ):
            lines += _excerpt(title, text.splitlines(), count)
        return "\n".join(lines)


class ProcessFailed(ProcessError):  # noqa: N818 - says what happened
    """A command that ended with a status that was not expected."""

    def happened(self) -> str:
        """Return the status, or the signal that ended the command."""
        status = self.finished.status
        if status >= 0:
            return f"exit status {status}"
        try:
            return f"ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"ended by signal {-status}"


class ProcessTimedOut(ProcessError):  # noqa: N818 - says what happened
    """A command that was ended because it took too long."""

    def happened(self) -> str:
        """Return how long the command was waited for."""
        return f"no end after {self.finished.seconds:.1f} s"


class ProcessNotStarted(ProcessError):  # noqa: N818 - says what happened
    """A command that is not there or cannot be executed."""

    def happened(self) -> str:
        """Return why the system could not start it."""
        return f"cannot be started: {self.__cause__}"


def run(  # noqa: PLR0913 - what a process needs
    command: Sequence[str],
    *,
    stdin: str | bytes | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float,
    node: str = "",
    accept: Collection[int] = (0,),
) -> Finished:
    """Run `command` to its end and return what it wrote.

    `env` is the whole environment where it is given; `node` only names the node in errors; `accept`
    holds the exit statuses that are no failure. Raises ProcessFailed, ProcessTimedOut (the whole
    process group is then ended), ProcessNotStarted.
    """
    data = stdin.encode() if isinstance(stdin, str) else (stdin or b"")
    text = data.decode("utf-8", "replace")
    began = time.monotonic()
    say = _speaker(node)
    say(f"$ {shlex.join(command)}")
    try:
        process = _start(command, cwd=cwd, env=env)
    except (OSError, ValueError) as error:
        unborn = Finished(tuple(command), 127, "", "", 0.0, node, text)
        raise ProcessNotStarted(unborn) from error
    with _ended(process), contextlib.closing(_Streams(process, data, say)) as streams:
        in_time = streams.pump(began + timeout_seconds)
        if not in_time:
            end(process)
            streams.pump(time.monotonic() + _LINGER_SECONDS)
    finished = Finished(
        tuple(command),
        process.returncode,
        streams.text("stdout"),
        streams.text("stderr"),
        time.monotonic() - began,
        node,
        text,
    )
    if not in_time:
        raise ProcessTimedOut(finished)
    if finished.status not in accept:
        raise ProcessFailed(finished)
    return finished


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    node: str = "",
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep `command` running within the block, its output in the file `log`; then end its group.

    Raises ProcessNotStarted. Whether it is still alive is for the block to ask (`poll`).
    """
    _speaker(node)(f"$ {shlex.join(command)} &")
    with log.open("ab") as file:
        try:
            process = _start(command, cwd=cwd, env=env, output=file)
        except (OSError, ValueError) as error:
            unborn = Finished(tuple(command), 127, "", "", 0.0, node)
            raise ProcessNotStarted(unborn) from error
    try:
        yield process
    finally:
        end(process)


@contextlib.contextmanager
def serving(
    command: Sequence[str],
    *,
    log: Path,
    node: str = "",
    descriptors: Sequence[int] = (),
    grace_seconds: float = _GRACE_SECONDS,
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep `command` running within the block to talk to by its pipes; then end its group.

    Its errors go to the file `log`; it inherits `descriptors`; asked to end it has `grace_seconds`.
    Raises ProcessNotStarted.
    """
    _speaker(node)(f"$ {shlex.join(command)} |&")
    with log.open("ab") as file:
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                pass_fds=descriptors,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            unborn = Finished(tuple(command), 127, "", "", 0.0, node)
            raise ProcessNotStarted(unborn) from error
    try:
        with _ended(process, grace_seconds):
            yield process
    finally:
        end(process, grace_seconds)


def end(process: subprocess.Popen[bytes], grace_seconds: float = _GRACE_SECONDS) -> None:
    """End the process group of `process`: a request first, after `grace_seconds` the kill."""
    if grace_seconds:
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    # What the leader leaves behind in its group is killed in any case.
    _signal_group(process, signal.SIGKILL)
    process.wait()


class _Streams:
    """The pipes of a process: feeds its input, collects its output, says it line by line."""

    def __init__(
        self, process: subprocess.Popen[bytes], data: bytes, say: Callable[[str], None]
    ) -> None:
        self._process = process
        self._input = memoryview(data)
        self._said = {"stdout": 0, "stderr": 0}
        self._say = say
        self._written = {"stdout": bytearray(), "stderr": bytearray()}
        self._selector = selectors.DefaultSelector()
        for pipe, events, name in (
            (process.stdin, selectors.EVENT_WRITE, "stdin"),
            (process.stdout, selectors.EVENT_READ, "stdout"),
            (process.stderr, selectors.EVENT_READ, "stderr"),
        ):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._selector.register(pipe, events, name)

    def text(self, name: str) -> str:
        """Return what came through a pipe."""
        return self._written[name].decode("utf-8", "replace")

    def close(self) -> None:
        """Free the selector; the pipes belong to the process."""
        self._selector.close()

    def pump(self, deadline: float) -> bool:
        """Move bytes until the process has ended; return whether it did before `deadline`."""
        linger = float("inf")
        while self._selector.get_map():
            now = time.monotonic()
            if now >= min(deadline, linger):
                break
            for key, _ in self._selector.select(min(_SIGHT_SECONDS, deadline - now)):
                self._move(key)
            if linger == float("inf") and self._process.poll() is not None:
                linger = time.monotonic() + _LINGER_SECONDS
        self._say_rest()
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _move(self, key: selectors.SelectorKey) -> None:
        if key.data == "stdin":
            self._feed(key)
            return
        block = os.read(key.fd, _BLOCK_BYTES)
        if not block:
            self._close(key)
            return
        self._written[key.data] += block
        self._say_lines(key.data)

    def _feed(self, key: selectors.SelectorKey) -> None:
        try:
            self._input = self._input[os.write(key.fd, self._input[:_BLOCK_BYTES]) :]
        except BrokenPipeError:  # it reads no more; its status tells whether that was right
            self._input = self._input[:0]
        if not self._input:
            self._close(key)

    def _close(self, key: selectors.SelectorKey) -> None:
        self._selector.unregister(key.fileobj)
        pipe: IO[bytes] = key.fileobj  # type: ignore[assignment] # only pipes are registered
        pipe.close()

    def _say_lines(self, name: str) -> None:
        written = self._written[name]
        end_of_lines = written.rfind(b"\n") + 1
        start = self._said[name]
        if end_of_lines > start:
            for line in written[start:end_of_lines].decode("utf-8", "replace").splitlines():
                self._say(line)
            self._said[name] = end_of_lines

    def _say_rest(self) -> None:
        for name, written in self._written.items():
            if len(written) > self._said[name]:
                self._say(written[self._said[name] :].decode("utf-8", "replace"))
                self._said[name] = len(written)


def _start(
    command: Sequence[str],
    *,
    cwd: Path | None,
    env: Mapping[str, str] | None,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL if output else subprocess.PIPE,
        stdout=output or subprocess.PIPE,
        stderr=subprocess.STDOUT if output else subprocess.PIPE,
        cwd=cwd,
        env=None if env is None else dict(env),
        start_new_session=True,
    )


@contextlib.contextmanager
def _ended(
    process: subprocess.Popen[bytes], grace_seconds: float = _GRACE_SECONDS
) -> Iterator[None]:
    """Leave no process behind if anything cuts the block short, KeyboardInterrupt as well."""
    try:
        yield
    except BaseException:
        end(process, grace_seconds)
        raise
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _speaker(node: str) -> Callable[[str], None]:
    say = VERBOSE.get()
    if say is None:
        return lambda _line: None
    return (lambda line: say(f"{node}: {line}")) if node else say


def _excerpt(title: str, lines: Sequence[str], count: int) -> list[str]:
    """Return the first or, if `count` is negative, the last lines of a text under its title."""
    if not lines:
        return []
    few = lines[:count] if count > 0 else lines[count:]
    less = len(lines) - len(few)
    part = f" ({'first' if count > 0 else 'last'} {len(few)} of {len(lines)} lines)" if less else ""
    return [f"  {title}{part}:", *(f"    {line}" for line in few)]


def outlive() -> Callable[[int], None] | int:
    """Go on in a child that may outlive this process; no thread may run when this is called.

    The child gets a function that lets this process go with a status: from then on the child has no
    terminal and goes on alone. This process gets that status, or the child's own if it ends before.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        return lambda status: _let_go(write, status)
    os.close(write)
    with open(read, "rb") as told:  # noqa: PTH123 - a descriptor
        said = _patiently(lambda: told.read(1))
    if said:
        return said[0]
    _, how = _patiently(lambda: os.waitpid(child, 0))
    return os.waitstatus_to_exitcode(how)


def _let_go(told: int, status: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    os.write(told, bytes([status]))
    os.close(told)


def _patiently(wait: Callable[[], Result]) -> Result:
    """Wait to the end: an interrupt reaches the child as well, and how it ends is its own."""
    while True:
        try:
            return wait()
        except KeyboardInterrupt:
            continue
