"""Starts FRR for a node inside a kernel and loads its configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperleaf.lab.kernel import Kernel, Ran

# A second where nothing else runs; forty leaves on two busy cores start together.
START_SECONDS = 120
VTY = Path(__file__).with_name("vty.py")
# mgmtd first: it owns the configuration of zebra and staticd; these three need not be asked for.
ALWAYS = ("mgmtd", "zebra", "staticd")
ASKED_FOR = ("bfdd", "bgpd")
# A lab's kernel has one processor for all its nodes: who must answer within a second comes first.
FIRST = {"bfdd": "nice -n -15 "}
# Every daemon's own pathspace: one kernel holds many nodes.
_START = """
mkdir -p /etc/frr/$1 /run/frr/$1 && touch /etc/frr/$1/vtysh.conf
cat > /etc/frr/$1/frr.conf
chown -R frr:frr /etc/frr/$1 /run/frr/$1
"""
_BESIDE = """
cat > /etc/frr/$1/neighbours.py
python3 /etc/frr/$1/neighbours.py </dev/null >/run/frr/$1.beside 2>&1 &
echo $! > /run/frr/$1/neighbours.pid
"""
_LOAD = "exec vtysh -N $1 -f /etc/frr/$1/frr.conf"


def start(kernel: Kernel, node: str, configuration: str, options: Mapping[str, str]) -> None:
    """Start a node's daemons as FRR's file of daemons, `options`, says; load the configuration."""
    lines = [_START]
    for daemon in (*ALWAYS, *(one for one in ASKED_FOR if options.get(one) == "yes")):
        # The mark of options for the shell: what the deployment says is words, as in `daemons`.
        told = options.get(f"{daemon}_options", "")
        command = f"{FIRST.get(daemon, '')}/usr/lib/frr/{daemon} -d -N $1 {told}"
        lines.append(f"{command} </dev/null >/run/frr/$1.said 2>&1")
        lines.append(f"[ $? = 0 ] || {{ echo {daemon}; cat /run/frr/$1.said; exit 1; }}")
    kernel.run(
        ["sh", "-c", "\n".join(lines), "sh", node],
        node=node,
        stdin=configuration,
        seconds=START_SECONDS,
    )
    kernel.run(["sh", "-c", _LOAD, "sh", node], node=node, seconds=START_SECONDS)


def stand_beside(kernel: Kernel, node: str, program: str) -> None:
    """Start what runs beside a node's FRR and lets addresses move between leaves."""
    if program:
        kernel.run(["sh", "-c", _BESIDE, "sh", node], node=node, stdin=program)


def load(kernel: Kernel, node: str) -> Ran:
    """Load a node's configuration, as it lies there."""
    return kernel.run(["sh", "-c", _LOAD, "sh", node], node=node, seconds=START_SECONDS)


def vtysh(kernel: Kernel, node: str, command: str) -> str:
    """Return what FRR answers on a node."""
    return kernel.run(["vtysh", "-N", node, "-c", command], node=node).out


def established(kernel: Kernel, nodes: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Return how many EVPN sessions of each node are up, how many it has, the prefixes heard."""
    (kernel.scratch / VTY.name).write_text(VTY.read_text())
    words = ["python3", f"/lab/{VTY.name}", "bgpd", "show bgp l2vpn evpn summary json"]
    groups = [[nodes[one] for one in group] for group in kernel.by_kernel(nodes)]
    asked = [kernel.ask([*words, *group], beside=group[0]) for group in groups]
    told: dict[str, Any] = {}
    for future in asked:
        told |= json.loads(kernel.end(future, 30).out)
    return {node: _counted(told[node] or {}) for node in nodes}


def _counted(summary: Mapping[str, Any]) -> tuple[int, int, int]:
    peers = summary.get("peers", {})
    up = sum(one["state"] == "Established" for one in peers.values())
    return up, len(peers), sum(one.get("pfxRcd", 0) for one in peers.values())
