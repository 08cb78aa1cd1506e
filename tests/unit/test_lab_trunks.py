"""What a rendered port group lets pass is what a lab's virtual switch lets pass to a node's NIC."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.api import load
from hyperleaf.lab import trunks
from hyperleaf.lab.reading import read
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from hyperleaf.lab.facts import Nic

EXAMPLE = Path(__file__).parents[2] / "examples" / "02-vsphere-lab"
MAC = "0a:00:00:00:10:01"


def nics(folder: Path, old: str = "", new: str = "") -> set[Nic]:
    """Return the trunk NICs of the example's nodes, its rendered port group changed by hand."""
    made = plan(load(EXAMPLE).estate)
    write(render(made), folder)
    build = folder / "platforms" / "build.json"
    text = build.read_text()
    assert old in text
    build.write_text(text.replace(old, new) if old else text)
    around = trunks.plugged(read(folder).trunks, surroundings(made))
    return {nic for node in around.nodes for nic in node.nics}


def test_the_rendered_trunk_keeps_nothing_from_hypervisors(tmp_path: Path) -> None:
    (nic,) = nics(tmp_path)
    assert (nic.device, nic.port_group, nic.drops) == ("ens224", "Trunk", frozenset())


def test_without_promiscuous_mode_frames_of_others_are_dropped(tmp_path: Path) -> None:
    (nic,) = nics(tmp_path, '"allowPromiscuous": true', '"allowPromiscuous": false')
    assert nic.drops == {trunks.OTHERS}


def test_a_switch_that_learns_macs_need_not_be_promiscuous(tmp_path: Path) -> None:
    old = '"allowPromiscuous": true, "macChanges": true, "forgedTransmits": true}, "macLearning"'
    new = old.replace("true", "false", 1)
    (nic,) = nics(tmp_path, f"{old}: false", f"{new}: true")
    assert nic.drops == frozenset()


def test_rejected_transmits_and_a_single_vlan_are_dropped(tmp_path: Path) -> None:
    (nic,) = nics(tmp_path, '"forgedTransmits": true', '"forgedTransmits": false')
    assert nic.drops == {trunks.FORGED}
    (nic,) = nics(tmp_path / "again", '"vlans": "4095"', '"vlans": "1925"')
    assert nic.drops == {trunks.TAGGED}


def test_a_port_group_that_nobody_renders_lets_everything_pass(tmp_path: Path) -> None:
    (nic,) = nics(tmp_path, '"name": "Trunk"', '"name": "Other"')
    assert nic.drops == frozenset()


def test_a_switch_without_learning_passes_broadcasts_and_the_nics_own_frames() -> None:
    text = trunks.rules("n1x0", MAC, frozenset({trunks.OTHERS}))
    assert (
        "ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 "
        f"ether daddr != {MAC} counter drop" in text
    )
    assert "saddr" not in text
