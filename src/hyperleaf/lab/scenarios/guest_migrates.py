"""A real guest moves to another node while packets go to it and sessions are open: who notices."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperleaf.lab import daemons, migrations, sessions, streams, vms, world
from hyperleaf.lab.outcome import Figure, Skipped
from hyperleaf.lab.scenarios import moving
from hyperleaf.lab.sessions import End

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.outcome import Told
    from hyperleaf.lab.vms import Running

KIND = "guest-migrates"
GAP_LIMIT_SECONDS = 0.6
BEFORE_SECONDS, AFTER_SECONDS = 1.5, 3.0
OUTSIDE = "outside"
NODES_NAT = "a session through the node's NAT ends, as it must: another node translates now"


@dataclass(frozen=True, slots=True)
class State:
    """What a guest is known by: its boot, its gateway's MAC, its MAC's moves as its node counts."""

    boot: str
    gateway: str
    moves: int


def tell(lab: Lab) -> Iterator[Told]:
    """Let a guest move from a leaf to another under streams and with sessions open."""
    play = moving.stage(lab)
    if play is None:
        yield Skipped(moving.NO_STAGE)
        return
    yield from moving.carefully(KIND, _tell(lab, play))


def _tell(lab: Lab, play: moving.Stage) -> Iterator[Told]:
    objects = lab.rendered.clusters[play.cluster]
    limit = migrations.settings(objects)[0].limit
    with moving.roads(lab, play) as roads, moving.on_stage(lab, play, play.vm("moved", 2)) as guest:
        address = moving.address(guest)
        ends = _ends(lab, play)
        with sessions.echoes(lab.kernel, ends):
            sessions.open_all(guest, ends)
            before = _state(lab, play, guest)
            route = roads.between(play.home.name, play.away.name, limit)
            yield from _move(lab, play, guest, address, route)
            yield from _same(play, before, _state(lab, play, guest))
            yield from _sessions(play, guest, ends)
        yield from _lease(play, guest, address)


def _move(
    lab: Lab, play: moving.Stage, guest: Running, address: str, route: vms.Route
) -> Iterator[Told]:
    """Migrate under streams; yield the streams, the gaps that they saw, the migration's time."""
    ways = [streams.Way(title, one, address) for title, one, _ in _watchers(play)]
    move = vms.prepare(guest, play.away.name, route)
    sent = streams.start(lab.kernel, ways)
    time.sleep(BEFORE_SECONDS)
    yield sent.happened(f"the guest begins to move from {play.home.name} to {play.away.name}")
    began = sent.seconds()
    moved = move.go()
    yield sent.happened("the guest runs there")
    time.sleep(AFTER_SECONDS)
    lines = sent.end()
    yield from lines
    yield Figure("live migration of a real guest", moved.seconds, "s")
    yield Figure("the guest stands still, as QEMU counts", moved.standstill, "s")
    for line, (title, _, bound) in zip(lines, _watchers(play), strict=True):
        limit = GAP_LIMIT_SECONDS if bound else None
        gap = line.between(began, len(line.answered) * line.every).gap_seconds
        yield Figure(f"gap seen {title}", round(gap, 2), "s", limit)
    for line, (title, one, _) in zip(lines, _watchers(play), strict=True):
        fault = "" if any(line.answered[-20:]) else "no packet of the last second was answered"
        yield play.checked(KIND, f"the guest is reached after it moved, {title}", fault, one)


def _watchers(play: moving.Stage) -> list[tuple[str, Guest, bool]]:
    """Return from where the guest is watched, and whether a limit is set for the gap seen there."""
    found = [
        (f"from its first leaf, {play.home.name}", play.neighbour, False),
        (f"from another leaf, {play.other.place}" if play.other else "", play.other, True),
        ("from the data centre", play.beyond, True),
    ]
    return [(title, one, bound) for title, one, bound in found if one is not None]


def _ends(lab: Lab, play: moving.Stage) -> list[End]:
    """Return the other ends of the guest's sessions: another leaf, the data centre, the outside."""
    found = [
        End(name, one.namespace, moving.ipv4(one), one.vrf)
        for name, one in (("leaf", play.other), ("dc", play.beyond))
        if one is not None
    ]
    if play.outside:
        address = next(str(one.ip) for one in lab.around.outside if one.version == moving.IPV4)
        found.append(End(OUTSIDE, world.OUTSIDE, address))
    return found


def _state(lab: Lab, play: moving.Stage, guest: Running) -> State:
    gateway = next(iter(play.gateways), "")
    words = "cat /proc/sys/kernel/random/boot_id"
    if gateway:
        words += f"; ping -q -c 1 -W 2 {gateway} >/dev/null; ip neigh show {gateway}"
    boot, *known = guest.run(words)[1].splitlines()
    mac = moving.neighbour(known[0]) if known else ""
    return State(boot, mac, moves(lab, play, guest))


def moves(lab: Lab, play: moving.Stage, guest: Running) -> int:
    """Return the MAC mobility sequence number that a guest's node announces it with, 0 for none."""
    if play.segment["transport"] != "evpn":
        return 0
    asked = f"show evpn mac vni {play.segment['vni']} json"
    known = json.loads(daemons.vtysh(lab.kernel, guest.node, asked) or "{}").get("macs", {})
    return int(known.get(guest.vm.mac, {}).get("localSequence", 0))


def _same(play: moving.Stage, before: State, after: State) -> Iterator[Told]:
    """Compare what must have stayed as it was, and what must have been counted."""
    fault = "" if after.boot == before.boot else "it has booted"
    yield play.checked(KIND, "the guest's memory came along", fault)
    if play.gateways:
        gateway, mac = next(iter(play.gateways.items()))
        wrong = [one or "nothing" for one in (before.gateway, after.gateway) if one != mac]
        fault = f"the guest knows {wrong[0]}" if wrong else ""
        yield play.checked(KIND, f"its gateway {gateway} stays {mac}", fault)
    if play.segment["transport"] == "evpn":
        fault = "" if after.moves > before.moves else f"{before.moves}, then {after.moves}"
        yield play.checked(KIND, "the fabric counts the move (EVPN MAC mobility)", fault)


def _sessions(play: moving.Stage, guest: Running, ends: Sequence[End]) -> Iterator[Told]:
    """Tell which sessions go on: within fabric and data centre all, through a node's NAT none."""
    names = {"leaf": "to another leaf", "dc": "into the data centre", OUTSIDE: "to the outside"}
    going = sessions.go_on(guest, ends)
    translated = play.outside == "nat"
    for end in ends:
        if end.name == OUTSIDE and translated:
            fault = "it goes on" if going[end.name] else ""
            yield play.checked(KIND, NODES_NAT, fault, hoped=False)
        else:
            fault = "" if going[end.name] else "it has ended"
            other = {"leaf": play.other, "dc": play.beyond}.get(end.name)
            yield play.checked(
                KIND, f"the guest's TCP session {names[end.name]} goes on", fault, other
            )


def _lease(play: moving.Stage, guest: Running, address: str) -> Iterator[Told]:
    """Ask for the lease once more from the new leaf: the address must stay."""
    if guest.vm.address != "dhcp":
        return
    client = "timeout 20 udhcpc -f -q -n -t 8 -T 1 -A 1 -O mtu -i eth0 -s /bin/told"
    status, said = guest.run(f"{client} -r {address}", 40)
    told = str(guest.told("lease")["ip"]).partition("/")[0]
    fault = "" if told == address else f"it is given {told}"
    if status:
        fault = f"nobody answers: {said}"
    yield play.checked(KIND, f"its lease of {address} is confirmed at {guest.node}", fault)
