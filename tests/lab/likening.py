"""Holds what own agents leave on the nodes of an example against what a cluster's agents leave."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.api import load
from hyperleaf.lab.agents import speaks
from hyperleaf.lab.agents.likeness import differences, facts
from hyperleaf.lab.agents.own import Own
from hyperleaf.lab.agents.real import Real
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings

if TYPE_CHECKING:
    from hyperleaf.lab.agents import Agents
    from hyperleaf.lab.agents.likeness import Facts
    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Proof

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("01-aws-hosted", "02-vsphere-lab", "03-multi-network", "04-overlay")
HEARD_SECONDS = 5.0


def faults(example: str) -> list[str]:
    """Return what a proof by real agents finds wrong, and where own ones leave another network."""
    proof, theirs = _seen(example, Real())
    wrong = [f"{one.title}: {one.fault}" for one in proof.wrong]
    _, ours = _seen(example, Own())
    return wrong + differences(ours, theirs)


def _seen(example: str, agents: Agents) -> tuple[Proof, dict[str, Facts]]:
    """Prove an example with some agents, and return what its nodes were before anything was asked.

    Each guest has spoken to its gateways by then, so that no leaf has yet to learn of it.
    """
    kept: dict[str, Facts] = {}

    def look(lab: Lab) -> None:
        macs = {}
        for guest in lab.guests:
            if guest.attachment is None:
                continue
            (link,) = json.loads(
                lab.kernel.run("ip -j link show dev eth0", node=guest.namespace).out
            )
            macs[link["address"]] = guest.namespace
            for gateway in guest.gateways.values():
                words = ["ping", "-n", "-q", "-c", "2", "-W", "1", gateway]
                lab.kernel.run(words, node=guest.namespace, check=False)
        time.sleep(HEARD_SECONDS)
        for node in lab.around.nodes:
            routing = speaks(lab.rendered.clusters[node.cluster], node)
            kept[node.name] = facts(lab.kernel, node.name, macs, routing=routing)

    made = plan(load(EXAMPLES / example).estate)
    files = [(one.path, one.text) for one in render(made)]
    return prove(files, surroundings(made), agents=agents, before=look), kept
