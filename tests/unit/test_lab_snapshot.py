"""What machines say in one go is told apart, and cut where it is very long."""

from __future__ import annotations

import json

from hyperleaf.lab.outcome import NodeSeen, Session
from hyperleaf.lab.snapshot import seen

MACHINE = NodeSeen("prod-1", "leaf", "prod", "10.0.16.21")
VERSION = "FRRouting 10.3 (prod-1) on Linux(6.12).\nCopyright 1996\nconfigured with:\n    '--x'\n"
PEERS = {"10.0.0.11": {"state": "Established", "pfxRcd": 7, "hostname": "lab"}}


def _frr(*answers: str) -> str:
    return "\x1efrr\n" + "".join(f"{VERSION}{one}\n" for one in answers)


FIRST = _frr(json.dumps({"peers": PEERS}), "a summary")
SAID = (
    '\x1elinks\n[{"ifname": "lo"}]\n'
    "\x1eNeighbours\n10.0.0.1 dev br-ex\n\n"
    "\x1eRoutes, vrf5002\n\n" + _frr("a VNI", "a configuration", "a route")
)


def test_devices_are_what_ip_says() -> None:
    assert seen(MACHINE, FIRST, SAID, 1000).links == ({"ifname": "lo"},)


def test_sessions_are_read() -> None:
    assert seen(MACHINE, FIRST, SAID, 1000).sessions == (
        Session("10.0.0.11", "Established", 7, "lab"),
    )


def test_every_answer_has_its_title() -> None:
    assert seen(MACHINE, FIRST, SAID, 1000).said == {
        "Neighbours": "10.0.0.1 dev br-ex",
        "BGP sessions": "a summary",
        "VNIs": "a VNI",
        "FRR configuration": "a configuration",
        "EVPN routes": "a route",
    }


def test_what_is_too_long_is_cut_at_a_line_and_says_so() -> None:
    said = "\x1eNeighbours\n" + "10.0.0.1 dev br-ex\n" * 10
    told = seen(MACHINE, "", said, 50).said["Neighbours"].splitlines()
    assert told == ["10.0.0.1 dev br-ex"] * 2 + ["... cut here, after 50 characters"]


def test_a_machine_that_said_nothing_is_still_there() -> None:
    assert seen(MACHINE, "", "", 1000) == MACHINE


def test_an_answer_that_breaks_off_loses_no_other() -> None:
    made = seen(MACHINE, "", "\x1elinks\n[{\x1eNeighbours\nfe80::1\n", 1000)
    assert (made.links, made.said) == ((), {"Neighbours": "fe80::1"})
