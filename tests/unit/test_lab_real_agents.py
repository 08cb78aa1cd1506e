"""What real agents say, and what two labs have in common: read from text, nothing is booted."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from hyperleaf.lab.agents import components, gate, likeness
from hyperleaf.lab.agents.real import Enactment, enactments

GIVEN, DRAWN = "02:68:6c:00:27:74", "5a:01:02:03:04:05"
QUESTION = b"\x04node\x03lab\x00"


def _query(kind: int) -> bytes:
    return struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + QUESTION + struct.pack("!HH", kind, 1)


def _enactment(node: str, policy: str, generation: int, kind: str, **said: str) -> dict[str, Any]:
    condition = {"type": kind, "status": "True", **said}
    status = {"policyGeneration": generation, "conditions": [condition]}
    return {"metadata": {"name": f"{node}.{policy}"}, "status": status}


POLICIES = {"items": [{"metadata": {"name": "red", "generation": 2}}]}


def test_the_resolver_of_a_node_knows_every_name() -> None:
    answer = gate.reply(_query(gate.A_RECORD))
    assert answer[:2] == _query(gate.A_RECORD)[:2]
    assert answer.endswith(bytes((192, 0, 2, 53)))


def test_the_resolver_has_no_other_records() -> None:
    aaaa = 28
    assert struct.unpack("!H", gate.reply(_query(aaaa))[6:8]) == (0,)


def test_a_policy_is_carried_out_once_its_enactment_is_available() -> None:
    listed = {"items": [_enactment("w1", "red", 2, "Available")]}
    assert enactments("w1", listed, POLICIES) == {"red": Enactment(done=True)}


def test_an_enactment_of_an_earlier_policy_says_nothing() -> None:
    listed = {"items": [_enactment("w1", "red", 1, "Available")]}
    assert enactments("w1", listed, POLICIES) == {}


def test_an_enactment_of_another_node_says_nothing() -> None:
    listed = {"items": [_enactment("w2", "red", 2, "Available")]}
    assert enactments("w1", listed, POLICIES) == {}


def test_a_failed_enactment_says_why() -> None:
    listed = {"items": [_enactment("w1", "red", 2, "Failing", message="no such MTU")]}
    assert enactments("w1", listed, POLICIES) == {"red": Enactment(done=False, why="no such MTU")}


def test_an_enactment_that_is_tried_again_has_not_failed() -> None:
    listed = {"items": [_enactment("w1", "red", 2, "Failing", reason="Retrying")]}
    assert enactments("w1", listed, POLICIES) == {"red": Enactment(done=False)}


def test_of_what_a_handler_tells_the_sentence_of_nmstate_is_kept() -> None:
    told = "error reconciling on node w1: NmstateError: VerificationError: mtu 8952 is 8951\nmore"
    listed = {"items": [_enactment("w1", "red", 2, "Failing", message=told)]}
    assert enactments("w1", listed, POLICIES)["red"].why == "VerificationError: mtu 8952 is 8951"


def test_missing_programs_are_named_with_what_makes_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("HYPERLEAF_CACHE", str(tmp_path))
    with pytest.raises(components.NoAgentsError, match=r"nmstate-handler.*run `make tools`"):
        components.check()


def test_who_set_a_route_and_at_which_metric_is_no_difference() -> None:
    one = {"dst": "10.0.0.0/8", "dev": "br1", "protocol": "kernel", "metric": 425, "flags": []}
    other = {"dst": "10.0.0.0/8", "dev": "br1", "protocol": "static", "flags": []}
    assert likeness.of_routes([one]) == likeness.of_routes([other])


def test_a_drawn_mac_is_no_difference_and_a_given_one_is() -> None:
    def link(kind: str, mac: str) -> Any:
        about = {"info_kind": kind}
        return {
            "ifname": "x",
            "mtu": 9000,
            "flags": ["UP"],
            "address": mac,
            "addr_info": [],
            "linkinfo": about,
        }

    def seen(kind: str, mac: str) -> likeness.Facts:
        return likeness.of_links([link(kind, mac)], {}, "")

    assert seen("vxlan", GIVEN) == seen("vxlan", DRAWN)
    assert seen("bridge", GIVEN) != seen("bridge", DRAWN)


def test_a_guest_is_named_where_its_mac_stands() -> None:
    line = "[2]:[0]:[48]:[02:00:00:00:00:01]:[32]:[10.0.0.5] 10.0.0.21"
    named = likeness.named(line, {"02:00:00:00:00:01": "g1"})
    assert named == "[2]:[0]:[48]:[g1]:[32]:[10.0.0.5] 10.0.0.21"


def test_differences_say_whose_line_it_is() -> None:
    ours, theirs = {"w1": {"link br1": ["mtu=8950"]}}, {"w1": {"link br1": ["mtu=9000"]}}
    assert likeness.differences(ours, theirs) == [
        "w1, link br1: - mtu=8950",
        "w1, link br1: + mtu=9000",
    ]
