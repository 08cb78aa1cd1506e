"""Scenarios: what is read of a stream, who plays, and what a newcomer is called."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, ip_interface
from typing import TYPE_CHECKING

import pytest

from hyperleaf.lab import streams
from hyperleaf.lab.estate import Lab
from hyperleaf.lab.facts import Node, Surroundings
from hyperleaf.lab.guests import Guest
from hyperleaf.lab.kernel import CommandError, Ran
from hyperleaf.lab.outcome import Checked, Happened, Timeline, Told
from hyperleaf.lab.reading import Attachment, ClusterObjects, FrrConfiguration, Rendered, Selector
from hyperleaf.lab.scenarios import ALL, Story, cast, newcomer, node_joins, play, pulse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.lab.kernel import Kernel

LEAF = {"hyperleaf.dev/leaf": "fabric"}
REFLECTOR = {"hyperleaf.dev/reflector": "fabric"}
NAD = Attachment("red", "red", {})


def _line(text: str) -> Timeline:
    return Timeline("a to b", 0.05, tuple(one == "." for one in text))


def test_the_first_answer_counts_from_what_happened() -> None:
    assert streams.until_answered(_line("....XXX."), 0.2) == 0.15


def test_a_stream_that_is_answered_all_the_time_needed_no_time() -> None:
    assert streams.until_answered(_line("......"), 0.1) == 0


def test_a_stream_that_stays_silent_has_no_first_answer() -> None:
    assert streams.until_answered(_line("..XXXX"), 0.1) is None


def test_the_first_lost_packet_counts_from_what_happened() -> None:
    assert streams.until_silent(_line("XX..X."), 0.1) == 0.1


def test_a_stream_without_a_loss_was_never_silent() -> None:
    assert streams.until_silent(_line("XX...."), 0.1) is None


@pytest.mark.parametrize("name", ALL)
def test_every_scenario_says_in_a_sentence_what_happens(name: str) -> None:
    assert ALL[name].title.endswith(".")


def _node(name: str, number: int, labels: dict[str, str]) -> Node:
    return Node(name, "prod", "prod", (ip_interface(f"10.0.0.{number}/24"),), labels)


def _guest(name: str, network: str, place: str, number: int) -> Guest:
    address = ip_interface(f"172.20.0.{number}/24")
    return Guest(name, network, name, place, {4: address}, {4: "172.20.0.1"}, NAD)


def _lab(guests: list[Guest], bgp: dict[str, object] | None = None) -> Lab:
    nodes = (
        _node("leaf-1", 21, LEAF),
        _node("leaf-2", 22, LEAF),
        _node("rr-2", 12, REFLECTOR),
        _node("rr-1", 11, REFLECTOR),
    )
    around = Surroundings((), nodes, (), (), ())
    frr = FrrConfiguration("leaf", Selector({}), bgp or {}, 10, "")
    segments = {
        "red": {"transport": "evpn", "vrf": "red"},
        "blue": {"transport": "evpn", "vrf": "red"},
        "local": {"transport": "localnet", "vrf": None},
    }
    rendered = Rendered(
        {"prod": ClusterObjects("prod", frr=(frr,))}, {}, {}, {"segments": segments}, {}
    )
    kernel: Kernel | None = None
    lab = Lab(kernel, rendered, around)  # type: ignore[arg-type] # nothing runs here
    lab.guests = tuple(guests)
    return lab


def test_the_best_reflector_is_that_of_the_lowest_address() -> None:
    assert [one.name for one in cast.reflectors(_lab([]))] == ["rr-1", "rr-2"]


def test_two_guests_apart_share_a_segment_and_no_leaf() -> None:
    guests = [
        _guest("a", "red", "leaf-1", 10),
        _guest("b", "blue", "leaf-2", 11),
        _guest("c", "red", "leaf-1", 12),
        _guest("d", "red", "leaf-2", 13),
    ]
    pair = cast.apart(_lab(guests))
    assert pair is not None
    assert [one.namespace for one in pair] == ["a", "d"]


def test_guests_of_a_segment_that_is_no_fabrics_play_no_part() -> None:
    guests = [_guest("a", "local", "leaf-1", 10), _guest("b", "local", "leaf-2", 11)]
    assert cast.apart(_lab(guests)) is None


def test_two_guests_together_may_be_of_two_segments_of_a_vrf() -> None:
    guests = [_guest("a", "red", "leaf-1", 10), _guest("b", "blue", "leaf-1", 11)]
    pair = cast.together(_lab(guests), "leaf-1")
    assert pair is not None
    assert {one.network for one in pair} == {"red", "blue"}


def test_a_silent_neighbour_is_noticed_by_bfd_where_there_is_some() -> None:
    bgp: dict[str, object] = {
        "routers": [{"neighbors": [{"holdTime": "9s", "bfdProfile": "hyperleaf"}]}],
        "bfdProfiles": [{"name": "hyperleaf", "receiveInterval": 500, "detectMultiplier": 4}],
    }
    assert cast.detection(_lab([], bgp)) == (2.0, "BFD")


def test_without_bfd_a_silent_neighbour_is_noticed_by_the_hold_time() -> None:
    bgp: dict[str, object] = {"routers": [{"neighbors": [{"holdTime": "9s"}]}]}
    assert cast.detection(_lab([], bgp)) == (9.0, "hold time")


def _newcomer() -> tuple[Lab, newcomer.Newcomer]:
    model = _guest("a", "red", "leaf-1", 100)
    lab = _lab([model])
    return lab, newcomer.like(lab, model)


def test_a_newcomer_is_as_the_leaf_before_it_with_addresses_of_its_own() -> None:
    lab, new = _newcomer()
    old = cast.node(lab, "leaf-1")
    assert new.node.labels == old.labels
    assert new.node.address == IPv4Address("10.0.0.61")
    assert new.guest.place == new.node.name


def test_no_object_names_a_newcomer() -> None:
    lab, new = _newcomer()
    assert node_joins._named(lab, new, str(lab.rendered)) == ""


def test_an_object_that_names_a_newcomer_is_told() -> None:
    lab, new = _newcomer()
    objects = lab.rendered.clusters["prod"]
    named = FrrConfiguration("leaf", Selector({}), {}, 10, "neighbor 10.0.0.61 activate")
    clusters = {"prod": replace(objects, frr=(named,))}
    lab.rendered = replace(lab.rendered, clusters=clusters)
    assert node_joins._named(lab, new, str(lab.rendered)) == "an object names 10.0.0.61"


def test_an_object_that_changes_meanwhile_is_told() -> None:
    lab, new = _newcomer()
    assert node_joins._named(lab, new, "before") == "an object has changed"


BFD: dict[str, object] = {
    "routers": [{"neighbors": [{"bfdProfile": "hyperleaf"}]}],
    "bfdProfiles": [{"name": "hyperleaf"}],
}


class _Felt:
    """A pulse that has been felt."""

    def __init__(self, still: float) -> None:
        self.still = still

    def end(self) -> float:
        return self.still


def _played(
    monkeypatch: pytest.MonkeyPatch, still: float, *faults: str
) -> tuple[tuple[Told, ...], int]:
    """Play a scenario that has these faults, one a time; return what it tells, how often it ran."""
    left = list(faults)

    def tell(_: Lab) -> Iterator[Told]:
        fault = left.pop(0)
        if fault == "error":
            raise CommandError(Ran("ip", "leaf-1", 1, "", "gone", 0.1))
        yield Checked("it works", fault)

    monkeypatch.setattr(pulse, "feel", lambda _: _Felt(still))
    monkeypatch.setitem(ALL, "it", Story("It happens.", tell))
    told = play(_lab([], BFD), "it").told
    return told, len(faults) - len(left)


def test_what_went_wrong_while_the_machine_stood_still_is_gone_through_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, times = _played(monkeypatch, 1.2, "lost", "")
    assert times == 2
    assert told == (
        Happened(0.0, "the machine stood still for 1.2 s: once more"),
        Checked("it works", ""),
    )


def test_what_went_wrong_on_a_calm_machine_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    told, times = _played(monkeypatch, 0.1, "lost", "")
    assert (told, times) == ((Checked("it works", "lost"),), 1)


def test_what_goes_wrong_each_time_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    told, times = _played(monkeypatch, 1.2, "lost", "lost", "lost", "")
    assert times == 3
    assert told[-1] == Checked("it works", "lost")


def test_a_command_that_fails_is_a_fault_of_the_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = _played(monkeypatch, 0.1, "error")
    (one,) = told
    assert isinstance(one, Checked)
    assert "gone" in one.fault
