"""The figure draws what objects ask for, and colours it by what was seen."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_interface
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from hyperleaf.lab.facts import BorderPlace, Node, Surroundings
from hyperleaf.lab.outcome import Checked
from hyperleaf.lab.reading import Border, ClusterObjects, FrrConfiguration, Rendered, Selector
from hyperleaf.lab.report.drawing import Astray, Drawing, Machine, Wire, drawing
from hyperleaf.lab.report.figure import seen, standalone
from hyperleaf.lab.report.layout import place
from unit.cli_running import AWS, ended
from unit.report_proofs import DRAWING, HELD, MACHINES, proof

if TYPE_CHECKING:
    from pathlib import Path

LEAF, REFLECTOR = "hyperleaf.dev/leaf", "hyperleaf.dev/reflector"


def _rendered(*neighbours: str) -> Rendered:
    """Return objects by which leaves name these neighbours."""
    bgp = {"routers": [{"asn": 65000, "neighbors": [{"address": one} for one in neighbours]}]}
    leaf = FrrConfiguration("leaf", Selector({LEAF: "corp"}), bgp, 10, "")
    border = Border("dc", "", {}, {"vtep": {"address": "172.16.0.11"}, "neighbours": []})
    return Rendered(
        {"prod": ClusterObjects("prod", frr=(leaf,)), "hub": ClusterObjects("hub")},
        {"dc": border},
        {},
        {"segments": {}, "domains": {}, "guests": []},
        {},
    )


def _around(*, marked: bool = True) -> Surroundings:
    label = {LEAF: "corp"} if marked else {}
    return Surroundings(
        (),
        (
            Node("rr", "hub", "hub", (ip_interface("10.0.0.11/20"),), {REFLECTOR: "corp"}),
            Node("leaf", "prod", "prod", (ip_interface("10.0.16.21/20"),), label),
        ),
        (BorderPlace("dc", "borders"),),
        (),
        (),
    )


def test_a_session_is_there_because_an_object_names_its_other_end() -> None:
    assert drawing(_rendered("10.0.0.11"), _around()).wires == (Wire("leaf", "rr"),)


def test_an_object_that_is_not_meant_for_a_node_draws_nothing() -> None:
    assert drawing(_rendered("10.0.0.11"), _around(marked=False)).wires == ()


def test_a_neighbour_that_nobody_is_goes_astray() -> None:
    made = drawing(_rendered("10.0.0.13"), _around())
    assert (made.wires, made.astray) == ((), (Astray("leaf", "10.0.0.13"),))


def test_machines_have_the_roles_of_their_labels() -> None:
    roles = [one.role for one in drawing(_rendered(), _around()).machines]
    assert roles == ["reflector", "leaf", "border"]


def test_a_session_that_both_ends_see_up_is_up() -> None:
    assert seen(proof()).sessions == {("leaf", "rr"): "up", ("rr", "dc"): "up"}


def test_a_session_that_one_end_does_not_see_is_down() -> None:
    made = proof()
    rest = tuple(replace(one, sessions=()) if one.name == "leaf" else one for one in made.nodes)
    assert seen(replace(made, nodes=rest)).sessions["leaf", "rr"] == "down"


def test_a_session_of_machines_that_nobody_asked_is_only_planned() -> None:
    assert seen(replace(proof(), nodes=())).sessions == {}


def test_faults_are_counted_on_the_machines_that_they_are_about() -> None:
    wrong = Checked("x", "silent", places=("leaf", "dc"))
    assert seen(proof(HELD, wrong)).faults == {"leaf": 1, "dc": 1}


def test_the_figure_is_an_image_that_stands_alone() -> None:
    root = ET.fromstring(standalone(DRAWING, "a <lab>").partition("\n")[2])  # noqa: S314 - ours
    assert root.attrib["aria-label"] == "a <lab>"
    assert root.attrib["role"] == "img"


def test_a_session_that_is_down_is_crossed_out() -> None:
    assert 'class="cross"' in standalone(DRAWING, "", seen(proof(up=False)))
    assert 'class="cross"' not in standalone(DRAWING, "", seen(proof()))


def test_text_of_a_drawing_is_never_markup() -> None:
    strange = replace(DRAWING.networks[0], name="</svg><script>")
    assert "<script" not in standalone(replace(DRAWING, networks=(strange,)), "")


def _many(leaves: int, sites: int) -> Drawing:
    made = [
        Machine(f"c{n % sites}-{n}", "leaf", f"c{n % sites}", f"10.0.{n}.1") for n in range(leaves)
    ]
    wires = tuple(Wire(one.name, "rr") for one in made)
    return replace(DRAWING, machines=(*MACHINES, *made), wires=wires)


@pytest.mark.parametrize(("leaves", "sites"), [(1, 1), (16, 2), (40, 2), (40, 9), (200, 3)])
def test_no_two_cards_overlap(leaves: int, sites: int) -> None:
    boxes = [card.box for card in place(_many(leaves, sites)).cards.values()]
    assert not [
        (a, b)
        for number, a in enumerate(boxes)
        for b in boxes[number + 1 :]
        if a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom
    ]


@pytest.mark.parametrize(("leaves", "sites"), [(1, 1), (40, 2), (40, 9)])
def test_everything_lies_in_the_figure(leaves: int, sites: int) -> None:
    made = place(_many(leaves, sites))
    boxes = [one.box for one in (*made.reflectors, *made.sites)]
    assert min(box.x for box in boxes) >= 0
    assert max(box.right for box in boxes) <= 1180
    assert max(box.bottom for box in boxes) <= made.height


def test_the_command_draws_an_estate_without_a_lab(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "lab.svg"
    assert ended(capsys, "figure", AWS, "--out", str(out)).status == 0
    drawn = re.findall(r'data-machine="([^"]*)"', out.read_text())
    assert {"hub-rr1", "hub-rr2", "dc-leaf-1", "edge-1", "prod-3"} <= set(drawn)


def test_the_command_counts_the_leaves_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert "and 2 more like these" in ended(capsys, "figure", AWS, "--leaves", "1").out


def test_the_command_refuses_a_folder_that_is_no_render(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(capsys, "figure", AWS, "--rendered", str(tmp_path)).status == 3
