"""A real guest's migration goes by the migration network alone, and no faster than it may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import drift, migrations, vms
from hyperleaf.lab.outcome import Figure, Skipped
from hyperleaf.lab.scenarios import moving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Told
    from hyperleaf.lab.scenarios.moving import Roads, Stage
    from hyperleaf.lab.vms import Moved, Running

KIND = "migration-network"
MIB = 2**20
# Of a migration's bytes: what else goes on meanwhile, streams of BGP and the like, is less.
ELSE = 0.05
# A limit that the lab's own speed is above of, and by how much QEMU's last burst may pass it.
PROOF_MIB, BURST = 16, 1.2
UNTOLD = 2**40


def tell(lab: Lab) -> Iterator[Told]:
    """Migrate in every cluster with a migration network, under each setting rendered for it."""
    yield from moving.carefully(KIND, _everywhere(lab))


def _everywhere(lab: Lab) -> Iterator[Told]:
    seen = False
    for cluster, objects in lab.rendered.clusters.items():
        if migrations.network(objects) is None:
            continue
        play = moving.stage(lab, cluster)
        if play is not None:
            seen = True
            yield from _tell(lab, play)
    if not seen:
        yield Skipped("no cluster with a migration network has two nodes for a real guest")


def _tell(lab: Lab, play: Stage) -> Iterator[Told]:
    with moving.roads(lab, play) as roads:
        yield from _alone(lab, play, roads)
        yield from _measured(lab, play, roads)


def _measured(lab: Lab, play: Stage, roads: Roads) -> Iterator[Told]:
    """Let a guest move under each limit that is rendered, and under one that is felt."""
    own, *policies = migrations.settings(lab.rendered.clusters[play.cluster])
    with moving.on_stage(lab, play, play.vm("mover", 4)) as guest:
        moving.address(guest)
        before = _carried(lab, play)
        moved = _there(guest, play, roads, own.limit)
        yield from _only_there(play, before, _carried(lab, play), moved)
        source = roads.handlers[play.home.name].address
        fault = "" if moved.peer == source else f"{moved.peer} came"
        title = f"{play.cluster}: the stream comes from {source}, the first node's address there"
        yield play.checked(KIND, title, fault)
        yield from _limit(play, own, moved)
        for one in policies:
            yield from _limit(play, one, _there(guest, play, roads, one.limit))
        proof = _there(guest, play, roads, PROOF_MIB * MIB)
        title = f"{play.cluster}: QEMU, told {PROOF_MIB} MiB/s, is not faster"
        fault = "" if proof.rate <= PROOF_MIB * BURST else f"{proof.rate:.1f} MiB/s"
        yield play.checked(KIND, title, fault)
        yield Figure(f"{play.cluster}: QEMU, told {PROOF_MIB} MiB/s", round(proof.rate, 1), "MiB/s")


def _there(guest: Running, play: Stage, roads: Roads, limit: int) -> Moved:
    """Let the guest move to the node of the two that it is not on."""
    source = guest.node
    target = play.away.name if source == play.home.name else play.home.name
    return vms.prepare(guest, target, roads.between(source, target, limit)).go()


def _limit(play: Stage, setting: migrations.Setting, moved: Moved) -> Iterator[Told]:
    """Tell whether QEMU was given the rendered limit, and how fast it went."""
    told = moved.limit if moved.limit != UNTOLD else 0
    words = f"{setting.limit / MIB:g} MiB/s" if setting.limit else "no limit"
    title = f"{play.cluster}: QEMU's own limit is {words}, as {setting.said_by} says"
    fault = "" if told == setting.limit else f"it is {told / MIB:g} MiB/s"
    yield play.checked(KIND, title, fault)
    bound = setting.limit / MIB * BURST if setting.limit else None
    more = ", its last burst aside" if setting.limit else ""
    name = f"{play.cluster}: a migration under {setting.said_by} ({words} in QEMU{more})"
    yield Figure(name, round(moved.rate, 1), "MiB/s", bound)


def _alone(lab: Lab, play: Stage, roads: Roads) -> Iterator[Told]:
    """Ask for a handler from everywhere: only other handlers may reach it."""
    target, source = (roads.handlers[one.name] for one in (play.away, play.home))
    attachment = migrations.network(lab.rendered.clusters[play.cluster])
    assert attachment is not None  # noqa: S101 - the cluster was chosen for it
    for node in (play.home, play.away):
        yield from drift.of_node(lab.kernel, lab.rendered, node, [attachment])
    askers = [
        (source.namespace, f"{play.home.name}'s handler", True),
        (play.home.name, f"{play.home.name} itself", False),
        (play.away.name, f"{play.away.name} itself", False),
        (play.model.namespace, f"a guest of {play.network}", False),
    ]
    for namespace, who, may in askers:
        words = ["ping", "-n", "-q", "-c", "2", "-W", "1", target.address]
        ran = lab.kernel.run(words, node=namespace, check=False)
        answered = ran.status == 0
        does = "reaches" if may else "does not reach"
        title = f"{who} {does} {play.away.name}'s handler on {attachment.name}"
        fault = "" if answered == may else ("it was answered" if answered else "no answer")
        yield play.checked(KIND, title, fault, hoped=may)


def _carried(lab: Lab, play: Stage) -> dict[tuple[str, str], int]:
    """Return how many bytes each device of both nodes has carried, but for the network's own."""
    attachment = migrations.network(lab.rendered.clusters[play.cluster])
    bridge = str(attachment.config["bridge"]) if attachment is not None else ""
    found: dict[tuple[str, str], int] = {}
    for node in (play.home.name, play.away.name):
        links = json.loads(lab.kernel.run("ip -j -d -s link", node=node).out)
        own = way(links, bridge)
        found |= {
            (node, one["ifname"]): one["stats64"]["rx"]["bytes"] + one["stats64"]["tx"]["bytes"]
            for one in links
            if one["ifname"] not in own
        }
    return found


def way(links: Sequence[Mapping[str, Any]], bridge: str) -> set[str]:
    """Return the devices that a bridge's frames pass: its ports, and what these stand on."""
    ports = {one["ifname"] for one in links if one.get("master") == bridge}
    below = {one["link"] for one in links if one["ifname"] in ports and "link" in one}
    members = {one["ifname"] for one in links if one.get("master") in below}
    return {bridge, *ports, *below, *members}


def _only_there(
    play: Stage,
    before: Mapping[tuple[str, str], int],
    after: Mapping[tuple[str, str], int],
    moved: Moved,
) -> Iterator[Told]:
    """Hold what other devices have carried against a migration's size."""
    most = moved.sent * ELSE
    wrong = [
        f"{device} of {node} {(total - before.get((node, device), 0)) / MIB:.1f} MiB"
        for (node, device), total in after.items()
        if total - before.get((node, device), 0) > most
    ]
    title = f"{play.cluster}: {moved.sent / MIB:.0f} MiB of migration, none by another network"
    fault = f"carried meanwhile: {', '.join(wrong)}" if wrong else ""
    yield play.checked(KIND, title, fault)
