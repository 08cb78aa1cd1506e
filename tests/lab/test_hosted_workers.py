"""Nodes of a hosted cluster are machines on a hub's leaves: one leaf is lost, one machine moves.

What a hub's failure does to the hosted cluster's own workloads is KubeVirt's and Kubernetes' to
show; here packets say whether the network that such nodes stand in goes on.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from hyperleaf.api import load
from hyperleaf.lab.outcome import Checked
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings

ESTATE = Path(__file__).parent / "estates" / "hosted-workers.yaml"
FAILURES = ("node-leaves", "guest-migrates")


def test_its_nodes_are_plugged_into_the_network_that_is_rendered() -> None:
    made = [
        yaml.safe_load(one.text)
        for one in render(plan(load(ESTATE).estate))
        if one.path.startswith("clusters/hub/")
    ]
    attachments = {
        f"{one['metadata']['namespace']}/{one['metadata']['name']}"
        for one in made
        if one["kind"] == "NetworkAttachmentDefinition"
    }
    (pool,) = (one for one in made if one["kind"] == "NodePool")
    named = {one["name"] for one in pool["spec"]["platform"]["kubevirt"]["additionalNetworks"]}
    assert named == attachments


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_they_live_through_the_loss_of_a_hypervisor_and_a_migration() -> None:
    made = plan(load(ESTATE).estate)
    files = [(one.path, one.text) for one in render(made)]
    proof = prove(files, surroundings(made), asked=FAILURES)
    assert [(one.title, one.fault) for one in proof.checked if one.fault] == []
    for told in proof.scenarios:
        assert not told.skipped
        # Figures aside: they are of a quiet machine.
        faults = [one for one in told.told if isinstance(one, Checked) and one.fault]
        assert [(one.title, one.fault) for one in faults] == [], told.name
