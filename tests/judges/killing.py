"""Kills an application at a given write, as a power cut would; the next one must end the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judges.clusters import clear, snapshot, writes

if TYPE_CHECKING:
    from judges.apiserver import ApiServer

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "01-aws-hosted"
LIMIT_SECONDS = 60.0


def command(server: ApiServer) -> list[str]:
    """Return the command that applies the example."""
    words = [sys.executable, "-m", "hyperleaf", "apply", str(EXAMPLE), "--cluster", "prod"]
    return [*words, "--kubeconfig", str(server.kubeconfig)]


def whole(server: ApiServer) -> dict[str, Any]:
    """Apply the example in one go and return what is then in the cluster."""
    clear(server)
    subprocess.run(command(server), check=True, capture_output=True, timeout=LIMIT_SECONDS)
    return snapshot(server)


def killed(server: ApiServer, moment: int, wanted: dict[str, Any]) -> str:
    """Kill an application after so many writes, run it again; return what is then wrong."""
    clear(server)
    before = len(writes(server))
    started = subprocess.Popen(
        command(server), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ends = time.monotonic() + LIMIT_SECONDS
    while len(writes(server)) < before + moment and started.poll() is None:
        if time.monotonic() > ends:
            return "it neither wrote nor ended"
        time.sleep(0.002)
    started.kill()
    started.wait(10)
    made = len(writes(server)) - before
    done = subprocess.run(
        command(server),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
        env=dict(os.environ),
    )
    if done.returncode:
        return f"killed after {made} writes, the next run failed: {done.stderr}"
    if snapshot(server) != wanted:
        return f"killed after {made} writes, the cluster ended up otherwise"
    return ""
