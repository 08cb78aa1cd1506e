"""Small proofs for the tests of reports: one machine of each role, a pair, a scenario."""

from __future__ import annotations

from hyperleaf.lab.outcome import (
    Cause,
    Checked,
    Figure,
    GuestSeen,
    Happened,
    NodeSeen,
    Proof,
    Scenario,
    Session,
    Skipped,
    Timeline,
)
from hyperleaf.lab.report.drawing import Domain, Drawing, Machine, Net, Wire

MACHINES = (
    Machine("rr", "reflector", "hub", "10.0.0.11"),
    Machine("leaf", "leaf", "prod", "10.0.16.21"),
    Machine("dc", "border", "borders", "172.16.0.11"),
)
DRAWING = Drawing(
    MACHINES,
    (Wire("leaf", "rr"), Wire("rr", "dc")),
    (Net("red", ("prod", "borders"), 100, 10100, "red", ("172.20.100.0/24",), "evpn"),),
    (Domain("red", 20100, "nat"),),
)
HELD = Checked("g0 to g1", "", kind="pair", ends=("g0", "g1"), places=("leaf",), subject="red")
CAUSE = Cause(
    "FRRConfiguration/hyperleaf-vrf-red",
    "clusters/prod/50-bgp/red.yaml",
    "the VNI is another one here",
    "Network/red",
    "estate.yaml:12",
    (("show evpn vni", "10101 L2 vx10101"),),
)
LINE = Timeline("leaf to dc", 0.05, (True,) * 40 + (False,) * 4 + (True,) * 16)


def machine(one: Machine, *sessions: Session) -> NodeSeen:
    """Return a machine as a lab has seen it."""
    said = {"EVPN routes": "*> [2]:[0]"}
    return NodeSeen(one.name, one.role, one.site, one.address, said, (), sessions)


def proof(*checked: Checked, scenarios: tuple[Scenario, ...] = (), up: bool = True) -> Proof:
    """Return a proof of these checks, its sessions up or not."""
    state = "Established" if up else "Active"
    reflector, leaf, border = MACHINES
    return Proof(
        checked or (HELD,),
        {"boot": 1.5, "converge": 4.0, "all": 30.5},
        "uml",
        scenarios,
        (GuestSeen("g0", "red@prod", "red", "leaf", ("172.20.100.5/24",)),),
        (
            machine(reflector, Session("10.0.16.21", state, 4), Session("172.16.0.11", state, 4)),
            machine(leaf, Session("10.0.0.11", state, 4)),
            machine(border, Session("10.0.0.11", state, 4)),
        ),
        versions={"kernel": "6.12", "FRR": "10.3"},
        drawing=DRAWING,
        estate="lab",
        began="2026-01-02T03:04:05+00:00",
    )


def lost(packets: int) -> Scenario:
    """Return a scenario that lost packets, and may have lost none."""
    told = (Happened(2.0, "rr is killed"), LINE, Figure("packets lost", packets, "packets", 0))
    return Scenario("reflector-lost", "The reflector is killed.", told, 15.0)


SKIPPED = Scenario("guest-migrates", "A guest moves.", (Skipped("there is one leaf"),), 0.1)
