"""However a proof ends, nothing is left behind, and the next one passes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lab import proving

if TYPE_CHECKING:
    from pathlib import Path

# Samples; tests/soak.py goes on to the whole counts.
RUNS, KILLS = 5, 5
PATIENCE_SECONDS = 5.0
pytestmark = pytest.mark.judge


@pytest.fixture
def place(tmp_path: Path, lab_root: Path) -> proving.Place:
    """Return a cache that nobody else uses."""
    return proving.place(tmp_path, lab_root)


def test_runs_in_a_row_leave_nothing_behind(place: proving.Place) -> None:
    assert [proving.run_once(place) for _ in range(RUNS)] == [""] * RUNS


def test_after_a_kill_at_any_moment_the_next_run_cleans_up_and_passes(
    place: proving.Place,
) -> None:
    for number in range(KILLS):
        assert not proving.kill_once(place, random.Random(number)), f"moment {number}"


def test_two_proofs_side_by_side_do_not_disturb_each_other(place: proving.Place) -> None:
    ended = [proving.finish(one) for one in [proving.start(place), proving.start(place)]]
    assert [status for status, _ in ended] == [0, 0], ended
    assert not proving.left(place)


@pytest.mark.parametrize("seconds", [0.5, 3, 9])
def test_an_interrupt_ends_clean_and_soon(place: proving.Place, seconds: float) -> None:
    process = proving.start(place)
    time.sleep(seconds)
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    status, said = proving.finish(process)
    assert status == 130, said
    assert "Traceback" not in said
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert not proving.left(place)


def test_a_lab_that_is_kept_answers_until_it_is_let_go(
    place: proving.Place, tmp_path: Path
) -> None:
    process = proving.start(place, "--keep")
    assert process.wait(proving.LIMIT_SECONDS) == 0

    def lab(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HYPERLEAF_CACHE": str(place.cache)}
        command = [sys.executable, "-m", "hyperleaf", "lab", *words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    (listed,) = json.loads(lab("list", "-o", "json").stdout)
    assert {"prod-1", "prod-2", "g0"} <= set(listed["nodes"])
    assert "Established" in lab("exec", "prod-1", "vtysh", "-c", "show bgp neighbors").stdout
    assert lab("exec", "g0", "--", "sh", "-c", "exit 7").returncode == 7
    assert lab("exec", "nobody", "true").returncode == 3
    pcap = tmp_path / "packets.pcap"
    assert lab("capture", "prod-1", "lo", "--seconds", "1", "--out", str(pcap)).returncode == 0
    assert pcap.read_bytes()[:4] in {b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"}
    assert lab("down").returncode == 0
    assert not proving.left(place)
