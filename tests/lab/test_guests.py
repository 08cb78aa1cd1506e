"""Real guests boot, ask for leases and move between nodes, in labs of the examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.api import load
from hyperleaf.lab import scenarios
from hyperleaf.lab.outcome import Checked, Figure, Timeline
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from hyperleaf.lab.outcome import Scenario

EXAMPLES = Path(__file__).parents[2] / "examples"
ON_FABRIC = ("guest-leases", "guest-migrates", "silent-guest-moves", "drifted-node")
ON_CABLES = ("migration-network", "guest-migrates", "guest-leases")


def _scenarios(
    folder: Path, example: str, asked: tuple[str, ...], *changes: tuple[str, str, str]
) -> dict[str, Scenario]:
    """Go through scenarios in a lab of what is rendered, text replaced in the files that match."""
    made = plan(load(EXAMPLES / example).estate)
    write(render(made), folder)
    for where, old, new in changes:
        (path,) = folder.glob(where)
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    proof = prove(folder, surroundings(made), asked=asked)
    return {one.name: one for one in proof.scenarios}


@pytest.fixture(scope="module")
def fabric(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scenario]:
    return _scenarios(tmp_path_factory.mktemp("fabric"), "01-aws-hosted", ON_FABRIC)


@pytest.fixture(scope="module")
def cables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scenario]:
    return _scenarios(tmp_path_factory.mktemp("cables"), "03-multi-network", ON_CABLES)


def _faults(told: Scenario) -> list[tuple[str, str]]:
    """Return what is not as promised, figures aside: they are of a quiet machine."""
    return [(one.title, one.fault) for one in told.told if isinstance(one, Checked) and one.fault]


def _titles(told: Scenario) -> str:
    return "\n".join(one.title for one in told.told if isinstance(one, Checked))


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
@pytest.mark.parametrize("name", ON_FABRIC)
def test_a_scenario_of_real_guests_is_as_promised(fabric: dict[str, Scenario], name: str) -> None:
    assert not fabric[name].skipped
    assert _faults(fabric[name]) == []


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_a_guest_s_sessions_survive_its_move_and_one_through_nat_does_not(
    fabric: dict[str, Scenario],
) -> None:
    titles = _titles(fabric["guest-migrates"])
    assert "TCP session to another leaf goes on" in titles
    assert "TCP session into the data centre goes on" in titles
    assert "a session through the node's NAT ends, as it must" in titles


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_a_move_is_watched_from_its_leaf_another_and_the_data_centre(
    fabric: dict[str, Scenario],
) -> None:
    told = fabric["guest-migrates"].told
    lines = [one for one in told if isinstance(one, Timeline)]
    bound = [one.name for one in told if isinstance(one, Figure) and one.limit is not None]
    assert len(lines) == 3
    assert len(bound) == 2


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_the_migration_network_carries_every_migration(cables: dict[str, Scenario]) -> None:
    told = cables["migration-network"]
    assert _faults(told) == []
    assert "room-1: QEMU's own limit is 1024 MiB/s" in _titles(told)
    assert "room-2: the stream comes from 10.20.20." in _titles(told)


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_a_guest_moves_where_there_is_no_fabric(cables: dict[str, Scenario]) -> None:
    assert _faults(cables["guest-migrates"]) == []


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_where_nothing_is_leased_no_lease_is_claimed(cables: dict[str, Scenario]) -> None:
    assert cables["guest-leases"].skipped


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_a_migration_network_s_attachment_that_names_another_bridge_is_found(
    tmp_path: Path,
) -> None:
    attachment = "clusters/room-1/60*/*networkattachmentdefinition_openshift-cnv_migration.yaml"
    told = _scenarios(
        tmp_path, "03-multi-network", ("migration-network",), (attachment, "brv20", "brv40")
    )
    assert any(
        "has the VLAN 40, not 20" in fault for _, fault in _faults(told["migration-network"])
    )


def test_every_scenario_of_real_guests_can_be_asked_for() -> None:
    assert {*ON_FABRIC, *ON_CABLES} <= set(scenarios.ALL)
