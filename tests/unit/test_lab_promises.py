"""The lab's own expansion of expected.json agrees with the one that is documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperleaf.api import load
from hyperleaf.lab import guests, reading
from hyperleaf.lab.checks import Answer, Probe
from hyperleaf.lab.promises import promises
from hyperleaf.lab.readings import Route
from hyperleaf.lab.states import link_local, strange
from hyperleaf.plan.clusters import plan
from hyperleaf.plan.expected import pairs
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings

TOP = Path(__file__).parents[2]
EXAMPLE = TOP / "examples" / "01-aws-hosted"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render the first example."""
    made = tmp_path_factory.mktemp("rendered")
    for file in render(plan(load(EXAMPLE).estate)):
        path = made / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
    return made


def _probes(folder: Path) -> list[Probe]:
    read = reading.read(folder)
    around = surroundings(plan(load(EXAMPLE).estate))
    return list(promises(read.expected, list(guests.of(read, around)), around))


def test_every_pair_of_guests_is_asked_as_it_is_expected(folder: Path) -> None:
    stated = reading.read(folder).expected
    # A guest with itself means two guests, and edge has one leaf only.
    names = {one["name"] for one in stated["guests"]}
    at_borders = {one["name"] for one in stated["guests"] if one["at"] == "borders"}
    expected = {
        (pair.a, pair.b, pair.family): pair.reached
        for pair in pairs(stated)
        if {pair.a, pair.b} <= names and not {pair.a, pair.b} <= at_borders
    }
    asked = {}
    for probe in _probes(folder):
        words = probe.title.replace("(", " ").replace(")", " ").split()
        if len(words) > 5 and words[3] in names and words[5].startswith("IPv"):
            asked[words[0], words[3], int(words[5][3])] = probe.reached
    alone = {key for key in expected if key[0] == key[1] and key[0].endswith("@edge")}
    assert asked == {key: value for key, value in expected.items() if key not in alone}


def test_two_guests_never_share_an_address(folder: Path) -> None:
    around = surroundings(plan(load(EXAMPLE).estate))
    made = [
        str(each.ip)
        for one in guests.of(reading.read(folder), around)
        for each in one.addresses.values()
    ]
    assert len(made) == len(set(made))


def test_a_hosted_clusters_node_files_come_by_way_of_its_hub(folder: Path) -> None:
    read = reading.read(folder)
    assert [len(read.clusters[name].machine_configs) for name in ("prod", "edge", "hub")] == [
        1,
        1,
        0,
    ]


def test_both_hosted_clusters_have_the_same_pod_addresses() -> None:
    around = surroundings(plan(load(EXAMPLE).estate))
    pods = {one.name: one.pod for one in around.nodes}
    assert pods["prod-1"] == pods["edge-1"]


def _answer(outcome: str, copies: int = 1, said: str = "", *, reached: bool = True) -> Answer:
    probe = Probe("a to b", "a", "192.0.2.1", reached, seen="192.0.2.9")
    return Answer(probe, outcome, copies, said)


def test_a_refusal_by_the_far_end_is_a_breach() -> None:
    assert _answer("refused", reached=False).fault


def test_two_answers_to_one_packet_are_a_fault() -> None:
    assert _answer("answered", 2, "192.0.2.9").fault == "2 answers to one packet"


def test_another_sender_than_promised_is_a_fault() -> None:
    assert _answer("answered", said="192.0.2.8").fault == "seen as 192.0.2.8, not as 192.0.2.9"


def test_silence_where_it_was_promised_is_no_fault() -> None:
    assert _answer("silent", reached=False).fault == ""


def test_a_gateways_link_local_address_follows_from_its_mac() -> None:
    assert str(link_local("02:68:6c:00:27:d8")) == "fe80::68:6cff:fe00:27d8"


def test_a_route_into_another_tenants_network_is_strange(folder: Path) -> None:
    stated = reading.read(folder).expected
    tos = ("172.20.200.0/24", "172.20.100.7/32", "0.0.0.0/0")
    routes = [Route("unicast", to, 20100, ("br20100",), "bgp") for to in tos]
    assert strange("red", routes, stated) == ["172.20.200.0/24"]
