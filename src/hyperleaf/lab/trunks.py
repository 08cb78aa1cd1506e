"""Rendered port groups of a vCenter become what a virtual switch keeps from nodes' other NICs.

A virtual switch knows the MAC of each NIC that it has handed out, and no other: frames for guests
of a hypervisor that is a guest itself reach it only where the port group is promiscuous or learns
MACs, and theirs leave it only where forged transmits are accepted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.values.rendered import BUILD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hyperleaf.lab.facts import Nic, Surroundings

# What a port group may keep from a NIC: frames to MACs of others, frames from them, VLANs.
OTHERS: Final = "others"
FORGED: Final = "forged"
TAGGED: Final = "tagged"
# How standard and distributed switches say that every VLAN passes.
_TRUNKS: Final = frozenset({"4095", "0-4094"})


@dataclass(frozen=True, slots=True)
class PortGroup:
    """A port group that is made for a cluster, the documents it follows from, what it drops."""

    cluster: str
    name: str
    switch: str
    origin: str
    drops: frozenset[str]
    stated: str


def read(folder: Path) -> tuple[PortGroup, ...]:
    """Return the port groups that the steps of a rendered folder make, for each cluster."""
    return tuple(_read(folder)) if (folder / BUILD).is_file() else ()


def _read(folder: Path) -> Iterator[PortGroup]:
    for step in json.loads((folder / BUILD).read_text())["steps"]:
        if step["kind"] == "vsphere.portGroup":
            body = step["with"]
            stated = {name: body[name] for name in ("vlans", "security", "macLearning")}
            for source in step["from"]:
                yield PortGroup(
                    cluster=source.removeprefix("Cluster/"),
                    name=body["name"],
                    switch=body["switch"],
                    origin=source,
                    drops=frozenset(_drops(body)),
                    stated=json.dumps(stated),
                )


def _drops(body: Mapping[str, Any]) -> Iterator[str]:
    security = body["security"]
    if not (security["allowPromiscuous"] or body["macLearning"]):
        yield OTHERS
    if not security["forgedTransmits"]:
        yield FORGED
    if body["vlans"] not in _TRUNKS:
        yield TAGGED


def plugged(groups: tuple[PortGroup, ...], around: Surroundings) -> Surroundings:
    """Return surroundings in which NICs are kept from what their port groups drop.

    What is known of no port group lets everything pass: somebody else has made it.
    """
    known = {(one.cluster, one.name): one.drops for one in groups}

    def kept(cluster: str, nic: Nic) -> Nic:
        drops = known.get((cluster, nic.port_group), frozenset())
        return replace(nic, drops=drops) if drops else nic

    nodes = tuple(
        replace(one, nics=tuple(kept(one.cluster, nic) for nic in one.nics)) for one in around.nodes
    )
    return replace(around, nodes=nodes)


def rules(port: str, mac: str, drops: frozenset[str]) -> str:
    """Return what nft is given for the switch's port that a NIC with this MAC is plugged into."""
    come, go = [], []
    if FORGED in drops:
        come.append(f"ether saddr != {mac} counter drop")
    if OTHERS in drops:
        # Broadcasts and multicasts go to everybody.
        own = f"ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 ether daddr != {mac}"
        go.append(f"{own} counter drop")
    if TAGGED in drops:
        come.append("ether type 8021q counter drop")
        go.append("ether type 8021q counter drop")
    return _chain(f"{port}-come", "prerouting", f'iifname != "{port}" accept', come) + _chain(
        f"{port}-go", "postrouting", f'oifname != "{port}" accept', go
    )


def _chain(name: str, hook: str, others: str, dropped: list[str]) -> str:
    lines = "\n".join(f"  {one}" for one in (others, *dropped))
    hooked = f"type filter hook {hook} priority 0"
    return f"table bridge trunks {{\n chain {name} {{\n  {hooked}\n{lines}\n }}\n}}\n"
