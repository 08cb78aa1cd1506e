"""The lab's own expansion of expected.json agrees with the one that is documented."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from hyperleaf.api import load
from hyperleaf.lab import decoys, guests, leases, reading
from hyperleaf.lab.checks import Answer, Probe
from hyperleaf.lab.promises import promises
from hyperleaf.lab.readings import Route
from hyperleaf.lab.states import link_local, strange
from hyperleaf.plan.clusters import plan
from hyperleaf.plan.expected import pairs
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

TOP = Path(__file__).parents[2]
EXAMPLE = TOP / "examples" / "01-aws-hosted"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render the first example."""
    made = tmp_path_factory.mktemp("rendered")
    write(render(plan(load(EXAMPLE).estate)), made)
    return made


def _probes(folder: Path) -> list[Probe]:
    read = reading.read(folder)
    around = surroundings(plan(load(EXAMPLE).estate))
    return list(promises(read.expected, list(guests.of(read, around)), around))


def test_every_pair_of_guests_is_asked_as_it_is_expected(folder: Path) -> None:
    stated = reading.read(folder).expected
    # A guest with itself means two guests, and edge has one leaf only.
    names = {one["name"] for one in stated["guests"]}
    expected = {
        (pair.a, pair.b, pair.family): pair.reached
        for pair in pairs(stated)
        if {pair.a, pair.b} <= names
    }
    asked = {}
    for probe in _probes(folder):
        words = probe.title.replace("(", " ").replace(")", " ").split()
        if probe.kind == "pair":
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


def _answer(outcome: str, said: str = "", *, copies: int = 1, left: int = 64, **asked: Any) -> str:
    """Return the fault of an answer to a probe that shall be answered, if nothing else is said."""
    probe = Probe("a to b", "a", "192.0.2.1", **({"reached": True} | asked))
    return Answer(probe, outcome, copies, said, left).fault


def test_an_answer_where_one_was_promised_is_no_fault() -> None:
    assert _answer("answered") == ""


def test_silence_where_an_answer_was_promised_is_a_fault() -> None:
    assert _answer("silent", "unreachable (1), says 192.0.2.9")


def test_a_refusal_by_the_far_end_is_a_breach() -> None:
    assert _answer("refused", reached=False)


def test_silence_where_it_was_promised_is_no_fault() -> None:
    assert _answer("silent", reached=False) == ""


def test_two_answers_to_one_packet_are_a_fault() -> None:
    assert _answer("answered", copies=2) == "2 answers to one packet"


def test_another_sender_than_promised_is_a_fault() -> None:
    said = _answer("answered", "192.0.2.8", seen="192.0.2.9")
    assert said == "seen as 192.0.2.8, not as 192.0.2.9"


def test_within_a_segment_no_router_may_be_passed() -> None:
    assert _answer("answered", left=63, routed=False) == "passes 1 routers, and may pass none"
    assert _answer("answered", left=64, routed=False) == ""


def test_between_segments_a_router_must_be_passed() -> None:
    assert _answer("answered", left=64, routed=True) == "passes no router, and must"
    assert _answer("answered", left=62, routed=True) == ""


def test_another_mac_than_promised_is_a_fault_and_a_second_one_too() -> None:
    right, wrong = "02:68:6c:00:27:d8", "02:68:6c:00:27:d9"
    assert _answer("answered", right, asks="who", says=right) == ""
    assert _answer("answered", wrong, asks="who", says=right)
    assert _answer("answered", f"{right}, {wrong}", asks="who", says=right)


def test_an_advertisement_with_other_flags_is_a_fault() -> None:
    promised = "fe80::1 managed other 8450"
    assert _answer("answered", "fe80::1 other 8450", asks="router", says=promised)
    assert _answer("answered", promised, asks="router", says=promised) == ""


def test_a_packet_that_is_too_big_must_hear_the_right_mtu() -> None:
    asked: dict[str, Any] = {"reached": False, "told": 8450, "size": 8451}
    assert _answer("told", "8450 by 172.20.200.1", **asked) == ""
    assert _answer("told", "8400 by 172.20.200.1", **asked)
    assert _answer("silent", **asked)
    assert _answer("answered", **asked)


def test_within_a_segment_a_packet_that_is_too_big_hears_nothing() -> None:
    assert _answer("told", "8450 by 172.20.200.1", reached=False, size=8455)


def _probe(folder: Path, kind: str, words: str) -> Probe:
    return next(one for one in _probes(folder) if one.kind == kind and words in one.title)


def test_a_guests_own_frames_and_routed_packets_are_told_apart(folder: Path) -> None:
    assert _probe(folder, "pair", "blue-front@prod(g1b) to blue-front@edge").routed is False
    assert _probe(folder, "pair", "blue-front@prod(g1b) to blue-back@prod").routed is True


def test_a_guest_behind_the_borders_asks_as_well(folder: Path) -> None:
    assert _probe(folder, "outside", "green@borders(h7) to outside IPv4: border").reached
    assert not _probe(folder, "outside", "red@borders(h8) to outside IPv4: None").reached


def test_every_forbidden_range_is_tried_at_an_address_that_answers(folder: Path) -> None:
    stated = reading.read(folder).expected
    around = surroundings(plan(load(EXAMPLE).estate))
    ranges = {ip_network(one) for some in stated["forbidden"]["ranges"].values() for one in some}
    tried = list(decoys.addresses(stated, around))
    assert len(tried) == len(ranges)
    assert all(any(one in subnet for one in tried) for subnet in ranges)
    own = {one.ip for node in around.nodes for one in node.addresses}
    assert not own & set(tried)


def test_guests_try_each_of_these_addresses(folder: Path) -> None:
    asked = {one.target for one in _probes(folder) if one.kind == "service"}
    assert {"172.31.255.254", "10.1.255.254", "fd00:ec2::254", "169.254.169.254"} <= asked


LEASE = {
    "subnet": "172.20.100.0/24",
    "router": "172.20.100.1",
    "ranges": [["172.20.100.2", "172.20.100.252"]],
    "mtu": 8450,
    "dns": ["172.16.5.53"],
}
TOLD = {"ip": "172.20.100.9", "router": "172.20.100.1", "mtu": "8450", "dns": "172.16.5.53"}


def _lease(**changes: str) -> str:
    return leases.fault(json.dumps(TOLD | changes), "", LEASE)


def test_a_lease_as_promised_is_no_fault() -> None:
    assert _lease() == ""


@pytest.mark.parametrize(
    "change",
    [
        {"ip": "172.20.101.9"},
        {"ip": "172.20.100.253"},
        {"router": "172.20.100.254"},
        {"mtu": "1500"},
        {"mtu": ""},
        {"dns": ""},
    ],
    ids=str,
)
def test_a_lease_that_differs_is_a_fault(change: dict[str, str]) -> None:
    assert _lease(**change)


def test_no_lease_is_a_fault() -> None:
    assert leases.fault("", "udhcpc: no lease, failing", LEASE) == "none: udhcpc: no lease, failing"


def test_a_lease_of_ipv6_tells_no_router_and_no_mtu() -> None:
    lease = {"subnet": "2001:db8::/64", "ranges": [["2001:db8::2", "2001:db8::9"]], "router": None}
    told = {"ip": "2001:db8::3", "router": "", "mtu": "", "dns": ""}
    assert leases.fault(json.dumps(told), "", lease) == ""
    assert leases.fault(json.dumps(told | {"ip": "2001:db8::a"}), "", lease)


def test_a_gateways_link_local_address_follows_from_its_mac() -> None:
    assert str(link_local("02:68:6c:00:27:d8")) == "fe80::68:6cff:fe00:27d8"


def test_a_route_into_another_tenants_network_is_strange(folder: Path) -> None:
    stated = reading.read(folder).expected
    tos = ("172.20.200.0/24", "172.20.100.7/32", "0.0.0.0/0")
    routes = [Route("unicast", to, 20100, ("br20100",), "bgp") for to in tos]
    assert strange("red", routes, stated) == ["172.20.200.0/24"]
