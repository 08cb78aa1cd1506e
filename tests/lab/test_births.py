"""Nodes begin as a real cluster's do, and what that alone finds: each fact from a whole proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.api import load
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperleaf.lab.outcome import Proof

EXAMPLES = Path(__file__).parents[2] / "examples"
AWS, OVERLAY = "01-aws-hosted", "04-overlay"
UPLINK = 'uplink: capture.named | interfaces.type=="ovs-interface"'
NAD = "clusters/rosa/60*/*networkattachmentdefinition*"


def _proof(
    folder: Path, example: str, *changes: tuple[str, str, str], asked: Sequence[str] = ()
) -> Proof:
    """Prove what is rendered, with text replaced in the files that match."""
    made = plan(load(EXAMPLES / example).estate)
    write(render(made), folder)
    for where, old, new in changes:
        found = [path for path in folder.glob(where) if old in path.read_text()]
        assert found, f"{old!r} is in no {where}"
        for path in found:
            path.write_text(path.read_text().replace(old, new))
    return prove(folder, surroundings(made), asked=asked)


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_a_network_of_ovn_s_own_joins_two_nodes(tmp_path: Path) -> None:
    proof = _proof(tmp_path, OVERLAY)
    assert [(one.title, one.fault) for one in proof.wrong] == []
    assert "east-west: frames from rosa-1 to rosa-2 leave by Geneve" in {
        one.title for one in proof.checked
    }


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_an_overlay_s_mtu_that_is_too_high_is_seen(tmp_path: Path) -> None:
    proof = _proof(tmp_path, OVERLAY, (NAD, '\\"mtu\\":1400', '\\"mtu\\":1401'))
    assert {one.kind for one in proof.wrong} == {"mtu"}


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_tunnels_on_a_port_that_no_security_group_opens_carry_nothing(tmp_path: Path) -> None:
    leaves = ("clusters/*/40*/*", "destination-port: 4789", "destination-port: 4790")
    borders = ("borders/*/devices.json", '"port": 4789', '"port": 4790')
    apart = [
        one for one in _proof(tmp_path, AWS, leaves, borders).wrong if "same segment" in one.title
    ]
    assert apart


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_forwarding_left_restricted_keeps_tenants_from_the_outside(tmp_path: Path) -> None:
    left = ("clusters/*/10*/*", "ipForwarding: Global", "ipForwarding: Restricted")
    assert "outside" in {one.kind for one in _proof(tmp_path, AWS, left).wrong}


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_an_uplink_captured_by_its_place_is_refused(tmp_path: Path) -> None:
    by_place = ("clusters/prod/40*/*", UPLINK, 'uplink: interfaces.name=="br-ex"')
    (refused,) = _proof(tmp_path, AWS, by_place).wrong
    assert "mac-address: nothing was captured there" in refused.fault


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_a_stranger_gets_neither_routes_nor_frames_in(tmp_path: Path) -> None:
    (told,) = _proof(tmp_path, AWS, asked=["stranger"]).scenarios
    assert [one.fault for one in told.checked] == ["", "", "", ""]
