"""Namespaces are found in whichever kernel holds them; nodes are spread; wires keep their ends."""

from __future__ import annotations

import os
from concurrent.futures import Future
from dataclasses import dataclass, field
from ipaddress import ip_interface
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from hyperleaf.lab import estate
from hyperleaf.lab.channel import Channel, Ran
from hyperleaf.lab.facts import BorderPlace, Node, Surroundings
from hyperleaf.lab.kernel import CommandError, Kernel
from hyperleaf.lab.scratch import folder
from hyperleaf.lab.wires import End, Patch, far, near, start

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Noted:
    """A channel that notes what it is asked, and answers at once."""

    status: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, command: Sequence[str] | str, **how: Any) -> Future[Ran]:
        """Note a command."""
        told = command if isinstance(command, str) else " ".join(command)
        self.asked.append((how.get("node", ""), told))
        future: Future[Ran] = Future()
        future.set_result(Ran(told, "", self.status, "", "", 0.0))
        return future


def lab(kernels: int = 2, **places: int) -> tuple[Kernel, list[Noted]]:
    channels = [Noted() for _ in range(kernels)]
    made = Kernel(cast("tuple[Channel, ...]", tuple(channels)), Path("/"), Patch(), dict(places))
    return made, channels


def around(nodes: int, borders: int) -> Surroundings:
    return Surroundings(
        segments=(),
        nodes=tuple(
            Node(f"n{number}", "prod", "prod", (ip_interface(f"192.0.2.{number + 1}/24"),))
            for number in range(nodes)
        ),
        borders=tuple(BorderPlace(f"b{number}", "borders") for number in range(borders)),
        outside=(),
        outside_gateways=(),
    )


def test_a_command_runs_in_the_kernel_of_its_node() -> None:
    kernel, (first, second) = lab(leaf=1)
    kernel.run("true", node="leaf")
    assert second.asked == [("leaf", "true")]
    assert first.asked == []


def test_a_command_beside_a_node_is_in_its_kernel_and_in_no_namespace() -> None:
    kernel, (_, second) = lab(leaf=1)
    kernel.run("true", beside="leaf")
    assert second.asked == [("", "true")]


def test_whoever_is_not_placed_is_in_the_first_kernel() -> None:
    kernel, (first, _) = lab(leaf=1)
    kernel.run("true", node="dc")
    assert first.asked == [("dc", "true")]


def test_a_guest_is_made_beside_its_leaf() -> None:
    kernel, (_, second) = lab(leaf=1)
    kernel.namespace("guest", beside="leaf")
    kernel.run("true", node="guest")
    assert second.asked == [("", "ip netns add guest"), ("guest", "true")]


def test_a_guest_that_moves_is_in_its_new_leafs_kernel() -> None:
    kernel, _ = lab(leaf=1, other=0)
    kernel.namespace("guest", beside="leaf")
    kernel.namespace("guest", beside="other")
    assert kernel.place("guest") == 0


def test_a_file_of_a_node_is_written_in_its_kernel() -> None:
    kernel, (first, second) = lab(leaf=1)
    kernel.write("/etc/netns/leaf/hyperleaf/nftables.nft", "")
    assert (len(first.asked), len(second.asked)) == (0, 1)


def test_a_file_of_nobody_is_written_in_every_kernel() -> None:
    kernel, channels = lab(leaf=1)
    kernel.write("/run/told", "")
    assert [len(one.asked) for one in channels] == [1, 1]


def test_namespaces_of_one_kernel_stand_together() -> None:
    kernel, _ = lab(a=1, b=0, c=1)
    assert kernel.by_kernel(["a", "b", "c", "nobody"]) == [[0, 2], [1, 3]]


def test_a_command_that_fails_is_an_error_where_it_must_not() -> None:
    kernel, (first, _) = lab()
    first.status = 1
    with pytest.raises(CommandError):
        kernel.run("false")
    assert kernel.run("false", check=False).status == 1


def test_within_a_kernel_a_link_is_a_veth_pair() -> None:
    kernel, (first, second) = lab(leaf=0)
    kernel.link(End("ul", "p1"), End("leaf", "ens5"), 9001)
    ((_, told),) = first.asked
    assert told == "ip -n ul link add p1 mtu 9001 type veth peer name ens5 mtu 9001 netns leaf"
    assert second.asked == []


def test_between_kernels_a_link_has_an_end_in_each() -> None:
    kernel, (first, second) = lab(leaf=1)
    kernel.link(End("leaf", "ens5"), End("ul", "p1"), 9001)
    assert "link trunk1 name p1 mtu 9001 netns ul type vlan id 1" in first.asked[0][1]
    assert "peer name ens5 mtu 9001 netns leaf" in second.asked[0][1]


def test_only_the_worlds_kernel_is_joined_to_others() -> None:
    kernel, _ = lab(3, one=1, other=2)
    with pytest.raises(ValueError, match="are joined by the world alone"):
        kernel.link(End("one", "a"), End("other", "b"), 1500)


def test_who_comes_back_has_the_same_wire() -> None:
    patch = Patch()
    ends = (End("ul", "p1"), End("leaf", "ens5"))
    other = (End("ul", "p2"), End("leaf2", "ens5"))
    assert [patch.wire(ends), patch.wire(other), patch.wire(ends)] == [1, 2, 1]


def test_every_kernel_has_a_trunk_to_the_first() -> None:
    patch = Patch()
    patch.join(1)
    patch.join(2)
    names = {kernel: [one.name for one in nics] for kernel, nics in patch.nics.items()}
    assert names == {0: ["trunk1", "trunk2"], 1: ["trunk0"], 2: ["trunk0"]}
    assert "link set dev vec1 name trunk2 addrgenmode none" in start(patch.nics[0])
    patch.let_go()


def test_a_node_cannot_take_a_trunk_down() -> None:
    made = far(7, End("leaf", "ens5"), 9001)
    assert "trunk0 netns" not in made
    assert "type vlan id 7" in near(7, 1, End("ul", "p1"), 9001)


def test_small_labs_use_every_core() -> None:
    layout = estate.layout(around(nodes=5, borders=2), cores=2)
    assert layout.kernels == 2
    assert sorted(layout.places.values()) == [0, 1, 1, 1, 1]


def test_a_lab_of_one_machine_is_one_kernel() -> None:
    assert estate.layout(around(nodes=1, borders=0), cores=2).kernels == 1


def test_no_kernel_holds_more_machines_than_it_can_bear() -> None:
    layout = estate.layout(around(nodes=42, borders=2), cores=2)
    load = [0] * layout.kernels
    load[0] = 2
    for place in layout.places.values():
        load[place] += 1
    assert max(load) <= estate.MOST


def test_what_a_lab_writes_its_users_may_read(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with folder(tmp_path) as place:
            (place / "request").write_text("")
            assert (place / "request").stat().st_mode & 0o777 == 0o644
            assert place.stat().st_mode & 0o777 == 0o755
    finally:
        assert os.umask(before) == 0o077
