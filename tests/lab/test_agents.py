"""Own and real agents, from the same rendered objects: every promise, and the same network."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.api import load
from hyperleaf.lab.agents import components, speaks
from hyperleaf.lab.agents.likeness import differences, facts
from hyperleaf.lab.agents.own import Own
from hyperleaf.lab.agents.real import Real
from hyperleaf.lab.prove import prove
from hyperleaf.lab.root import RootError
from hyperleaf.lab.runtime import NoRuntimeError
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings

if TYPE_CHECKING:
    from hyperleaf.lab.agents import Agents
    from hyperleaf.lab.agents.likeness import Facts
    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Proof

pytestmark = pytest.mark.judge

EXAMPLES = Path(__file__).parents[2] / "examples"
# Real agents take minutes: one example always, the others where time is given.
TRIED = ["01-aws-hosted"]
if os.environ.get("HYPERLEAF_SOAK"):
    TRIED += ["02-vsphere-lab", "03-multi-network"]
HEARD_SECONDS = 5.0


@pytest.fixture(scope="module")
def there() -> None:
    """Skip where real agents are not built, fail where they must be."""
    try:
        components.check()
    except components.NoAgentsError as error:
        if os.environ.get("HYPERLEAF_JUDGES") == "required":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


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
    try:
        proof = prove(files, surroundings(made), agents=agents, before=look)
    except (NoRuntimeError, RootError) as error:
        pytest.skip(str(error))
    return proof, kept


@pytest.mark.parametrize("example", TRIED)
def test_real_agents_keep_every_promise_and_leave_what_own_ones_leave(
    there: None, example: str
) -> None:
    del there
    proof, theirs = _seen(example, Real())
    assert [(one.title, one.fault) for one in proof.wrong] == []
    _, ours = _seen(example, Own())
    assert differences(ours, theirs) == []
