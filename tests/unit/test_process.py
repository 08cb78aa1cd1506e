"""How commands are started, heard, and ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.process import (
    VERBOSE,
    Finished,
    ProcessFailed,
    ProcessNotStarted,
    ProcessTimedOut,
    run,
    running,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def sh(script: str, **options: object) -> Finished:
    """Run a shell script."""
    return run(["sh", "-c", script], **{"timeout_seconds": 10, **options})  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Wait up to three seconds for a process to go."""
    deadline = time.monotonic() + 3
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


@pytest.fixture
def heard() -> Iterator[list[str]]:
    lines: list[str] = []
    token = VERBOSE.set(lines.append)
    yield lines
    VERBOSE.reset(token)


def test_output_and_errors_are_captured_apart() -> None:
    finished = sh("echo out; echo err >&2")
    assert (finished.stdout, finished.stderr, finished.status) == ("out\n", "err\n", 0)


def test_input_reaches_the_command() -> None:
    assert run(["cat"], stdin="grüß", timeout_seconds=10).stdout == "grüß"


def test_input_may_be_bytes() -> None:
    assert run(["wc", "-c"], stdin=b"\xff\0\xff", timeout_seconds=10).stdout.strip() == "3"


def test_no_input_is_an_empty_one() -> None:
    assert run(["cat"], timeout_seconds=10).stdout == ""


def test_input_and_output_larger_than_a_pipe_pass() -> None:
    assert run(["cat"], stdin="x" * 1_000_000, timeout_seconds=10).stdout == "x" * 1_000_000


def test_a_command_need_not_read_its_input() -> None:
    assert run(["true"], stdin="x" * 1_000_000, timeout_seconds=10).status == 0


def test_output_that_is_not_utf_8_is_shown_all_the_same() -> None:
    assert sh(r"printf 'a\377b'").stdout == "a\ufffdb"


def test_the_environment_is_the_one_given() -> None:
    assert sh("echo $COLOUR $HOME", env={"COLOUR": "red"}).stdout == "red\n"


def test_the_folder_is_the_one_given(tmp_path: Path) -> None:
    assert sh("pwd -P", cwd=tmp_path).stdout.strip() == str(tmp_path.resolve())


def test_a_status_that_is_not_expected_is_an_error() -> None:
    with pytest.raises(ProcessFailed) as caught:
        sh("exit 3")
    assert caught.value.finished.status == 3


def test_a_status_that_is_expected_is_none() -> None:
    assert sh("exit 3", accept=(0, 3)).status == 3


def test_an_error_names_command_node_input_and_output() -> None:
    with pytest.raises(ProcessFailed) as caught:
        sh("echo seen; echo 'no such device' >&2; exit 2", stdin="link add\n", node="leaf-1")
    assert str(caught.value).splitlines() == [
        "sh -c 'echo seen; echo '\"'\"'no such device'\"'\"' >&2; exit 2' on leaf-1: exit status 2",
        "  input:",
        "    link add",
        "  output:",
        "    seen",
        "  errors:",
        "    no such device",
    ]


def test_an_error_shows_the_head_of_the_input_and_the_tail_of_the_output() -> None:
    lines = "".join(f"{number}\n" for number in range(1, 101))
    with pytest.raises(ProcessFailed) as caught:
        sh("cat; exit 1", stdin=lines)
    text = str(caught.value).splitlines()
    assert text[1:7] == ["  input (first 5 of 100 lines):", *(f"    {n}" for n in range(1, 6))]
    assert text[7:] == ["  output (last 20 of 100 lines):", *(f"    {n}" for n in range(81, 101))]


def test_an_error_names_the_signal_that_ended_the_command() -> None:
    with pytest.raises(ProcessFailed, match="ended by SIGKILL"):
        sh("kill -9 $$")


def test_a_command_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ProcessNotStarted, match="no-such-command on leaf-1: cannot be started"):
        run(["no-such-command"], timeout_seconds=10, node="leaf-1")


def test_a_command_that_takes_too_long_is_ended_with_what_it_said() -> None:
    with pytest.raises(ProcessTimedOut, match="no end after 0") as caught:
        sh("echo begun; sleep 60", timeout_seconds=0.3)
    assert caught.value.finished.stdout == "begun\n"


def test_a_command_that_closed_its_output_is_ended_in_time_too() -> None:
    with pytest.raises(ProcessTimedOut):
        sh("exec >&- 2>&- <&-; sleep 60", timeout_seconds=0.3)


def test_children_are_ended_with_their_command() -> None:
    with pytest.raises(ProcessTimedOut) as caught:
        sh("sleep 60 & echo $!; wait", timeout_seconds=0.3)
    assert gone(int(caught.value.finished.stdout))


def test_a_command_that_will_not_end_is_killed() -> None:
    with pytest.raises(ProcessTimedOut) as caught:
        sh("trap '' TERM; echo $$; while :; do sleep 0.1; done", timeout_seconds=0.3)
    assert gone(int(caught.value.finished.stdout))


def test_a_daemon_that_holds_the_pipes_does_not_hold_us() -> None:
    finished = sh("setsid sleep 30 & echo $!")
    os.kill(int(finished.stdout), signal.SIGKILL)
    assert finished.seconds < 5


def test_an_interrupt_ends_the_command(heard: list[str]) -> None:
    def interrupt() -> None:
        while len(heard) < 2:
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        sh("echo $$; sleep 60")
    thread.join()
    assert gone(int(heard[1]))


def test_nothing_is_said_unless_it_is_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    sh("echo out; echo err >&2")
    assert capfd.readouterr() == ("", "")


def test_verbose_says_the_command_and_its_lines(heard: list[str]) -> None:
    sh("echo one; printf two", node="leaf-1")
    assert heard == ["leaf-1: $ sh -c 'echo one; printf two'", "leaf-1: one", "leaf-1: two"]


def test_verbose_says_a_line_before_the_command_ends(tmp_path: Path) -> None:
    flag = tmp_path / "heard"
    token = VERBOSE.set(lambda line: flag.touch() if line == "ready" else None)
    finished = sh(f"echo ready; until [ -e {flag} ]; do sleep 0.02; done; echo answered")
    VERBOSE.reset(token)
    assert finished.stdout == "ready\nanswered\n"


def test_a_command_in_the_background_ends_with_its_block(tmp_path: Path) -> None:
    with running([sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "l") as one:
        assert one.poll() is None
    assert gone(one.pid)


def test_what_a_command_in_the_background_left_behind_ends_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(["sh", "-c", "sleep 60 & echo $!"], log=log) as process:
        process.wait(10)
    assert gone(int(log.read_text()))


def test_no_file_stays_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    sh("echo out")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_command_in_the_background_writes_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running(["sh", "-c", "echo out; echo err >&2"], log=log) as process:
        process.wait(10)
    assert log.read_text() == "out\nerr\n"


def test_a_command_in_the_background_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProcessNotStarted), running(["no-such-command"], log=tmp_path / "log"):
        pass
