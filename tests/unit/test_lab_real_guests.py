"""Real guests of a lab: what they boot, how they are plugged in, what is said of their moves."""

from __future__ import annotations

import socket
import stat
import struct
import threading
import time
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.lab import drift, guest_image, migrations, vm_talk, vms
from hyperleaf.lab.facts import Node
from hyperleaf.lab.guests import Guest
from hyperleaf.lab.outcome import Checked
from hyperleaf.lab.reading import Attachment, ClusterObjects
from hyperleaf.lab.root import RootError
from hyperleaf.lab.scenarios import drifted_node, guest_leases, migration_network, moving

if TYPE_CHECKING:
    from pathlib import Path

MAC = "02:68:76:00:00:01"
LEASE: dict[str, Any] = {
    "subnet": "172.20.100.0/24",
    "router": "172.20.100.1",
    "ranges": [["172.20.100.2", "172.20.100.252"]],
    "mtu": 8450,
}
TOLD = {"ip": "172.20.100.7/24", "router": "172.20.100.1", "told": "8450", "mtu": "8450"}


def _attachment(**config: Any) -> Attachment:
    return Attachment("red", "red", {"type": "bridge", "bridge": "br1", "mtu": 8450, **config})


def _link(name: str, **more: Any) -> dict[str, Any]:
    return {"ifname": name, "flags": ["UP"], "mtu": 8450, **more}


def _kind(kind: str, number: int) -> dict[str, Any]:
    return {"info_kind": kind, "info_data": {"id": number}}


def test_what_a_kernel_unpacks_as_it_boots_is_found() -> None:
    packed = guest_image.ZSTD + b"kernel"
    image = bytearray(4 * guest_image.SECTOR)
    image[0x1F1] = 1  # two sectors with the one that every image begins with
    struct.pack_into("<II", image, 0x248, 16, len(packed) + 4)
    begin = 2 * guest_image.SECTOR + 16
    image[begin : begin + len(packed)] = packed
    assert guest_image.payload(bytes(image)) == packed


def test_a_kernel_packed_in_another_way_is_left_as_it_is() -> None:
    assert guest_image.payload(bytes(4 * guest_image.SECTOR)) == b""


def test_an_archive_holds_files_by_name_one_after_the_other() -> None:
    packed = guest_image.archive([guest_image.Entry("init", stat.S_IFREG | 0o755, b"hello")])
    name = packed[110:115]
    assert (packed[:6], name, packed[116:121]) == (b"070701", b"init\0", b"hello")


def test_an_archive_is_aligned_and_ends_with_its_mark() -> None:
    packed = guest_image.archive([guest_image.Entry("a", stat.S_IFREG, b"12345")])
    assert len(packed) % 4 == 0
    assert b"TRAILER!!!" in packed[-32:]


def test_the_kernel_is_the_package_that_the_newest_one_depends_on() -> None:
    needs = "linux-image-6.12.107+deb13-cloud-amd64 (= 6.12.107-1)\n"
    assert guest_image.kernel_package(needs) == "linux-image-6.12.107+deb13-cloud-amd64"


def test_a_package_without_a_kernel_is_an_error() -> None:
    with pytest.raises(RootError):
        guest_image.kernel_package("libc6")


def test_a_guest_boots_with_its_modules_in_order(tmp_path: Path) -> None:
    for one in guest_image.MODULES:
        (tmp_path / f"{one}.ko").write_bytes(b"module")
    (tmp_path / "busybox").write_bytes(b"busybox")
    packed = guest_image.files(tmp_path, tmp_path / "busybox")
    places = [
        packed.index(f"modules/{n}-{m}.ko".encode()) for n, m in enumerate(guest_image.MODULES)
    ]
    assert places == sorted(places)


def test_a_guest_has_the_mac_that_its_plugin_was_asked_for() -> None:
    words = vms.qemu(vms.Vm("v", _attachment(), MAC), vms.Pod("v-1", "leaf"))
    nic = next(one for one in words if one.startswith("virtio-net-pci"))
    assert f"mac={MAC},host_mtu=8450" in nic


def test_a_pods_own_nic_does_not_have_its_guests_mac() -> None:
    lines = vms.binding(vms.Vm("v", _attachment(), MAC))
    own = next(line for line in lines if line.startswith("link set eth0 down address"))
    assert MAC not in own


def test_a_pods_bridge_and_tap_have_the_networks_mtu() -> None:
    lines = vms.binding(vms.Vm("v", _attachment(mtu=1400), MAC))
    assert [line.split()[2] for line in lines if "mtu 1400" in line] == ["k6t-eth0", "tap0"]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("64Mi", 64 * 2**20), ("1Gi", 2**30), ("1G", 10**9), ("1.5Ki", 1536), ("7", 7), (None, 0)],
)
def test_a_quantity_is_so_many_bytes(text: str | None, amount: int) -> None:
    assert migrations.quantity(text) == amount


def test_what_is_no_quantity_is_an_error() -> None:
    with pytest.raises(ValueError, match="no quantity: fast"):
        migrations.quantity("fast")


def _virtualization(**own: Any) -> dict[str, Any]:
    return {
        "kind": "HyperConverged",
        "metadata": {"name": "kubevirt-hyperconverged"},
        "spec": {"liveMigrationConfig": own},
    }


POLICY = {
    "kind": "MigrationPolicy",
    "metadata": {"name": "databases"},
    "spec": {
        "bandwidthPerMigration": "4Gi",
        "selectors": {"virtualMachineInstanceSelector": {"tier": "db"}},
    },
}


def test_a_clusters_own_limit_comes_before_its_policies() -> None:
    own = _virtualization(bandwidthPerMigration="1Gi")
    found = migrations.settings(ClusterObjects("c", values=(POLICY, own)))
    assert [one.limit for one in found] == [2**30, 4 * 2**30]


def test_a_policy_is_for_guests_with_its_labels() -> None:
    found = migrations.settings(ClusterObjects("c", values=(POLICY,)))
    assert found[1].guests == {"tier": "db"}


def test_without_settings_a_migration_has_no_limit() -> None:
    assert migrations.settings(ClusterObjects("c"))[0].limit == 0


def test_the_migration_network_is_found_among_the_attachments() -> None:
    there = Attachment(migrations.HANDLERS, "fast", {"type": "bridge"})
    own = _virtualization(network="fast")
    objects = ClusterObjects("c", values=(own,), attachments=(_attachment(), there))
    assert migrations.network(objects) is there


def test_a_migration_network_without_an_attachment_is_an_error() -> None:
    objects = ClusterObjects("c", values=(_virtualization(network="fast"),))
    with pytest.raises(LookupError):
        migrations.network(objects)


def test_each_handler_has_an_address_of_its_own() -> None:
    config = {"ipam": {"type": "whereabouts", "range": "10.0.0.0/29", "exclude": ["10.0.0.2/32"]}}
    found = [migrations.plugged(config, place)[1] for place in range(2)]
    assert found == ["10.0.0.1", "10.0.0.3"]


def test_a_handlers_address_begins_where_the_range_does() -> None:
    config = {"ipam": {"range": "10.0.0.0/24", "range_start": "10.0.0.100"}}
    changed, address = migrations.plugged(config, 0)
    assert address == "10.0.0.100"
    assert changed["ipam"]["addresses"] == [{"address": "10.0.0.100/24"}]


def test_a_migrations_way_is_its_bridge_with_all_below() -> None:
    links = [
        _link("brv20"),
        _link("bond0.20", master="brv20", link="bond0"),
        _link("veth1", master="brv20"),
        _link("bond0"),
        _link("ens1f0", master="bond0"),
        _link("brv40"),
        _link("bond0.40", master="brv40", link="bond0"),
    ]
    own = {"brv20", "bond0.20", "veth1", "bond0", "ens1f0"}
    assert migration_network.way(links, "brv20") == own


SOUND = [
    _link("br1"),
    _link("vx1", master="br1", linkinfo=_kind("vxlan", 10100)),
    _link("vethpod", master="br1"),
]
SEGMENT = {"vni": 10100, "vlan": 100}


def test_a_node_that_has_what_pods_need_lacks_nothing() -> None:
    assert drift.lacking(SOUND, _attachment(), SEGMENT) == []


def test_a_node_without_the_bridge_is_named_for_it() -> None:
    assert drift.lacking([], _attachment(), SEGMENT) == ["there is no bridge br1"]


def test_a_bridge_that_leads_nowhere_is_told() -> None:
    links = [SOUND[0], SOUND[2]]
    assert drift.lacking(links, _attachment(), SEGMENT) == ["nothing leads out of br1"]


def test_a_bridge_of_less_mtu_is_told() -> None:
    links = [{**SOUND[0], "mtu": 8350}, *SOUND[1:]]
    assert drift.lacking(links, _attachment(), SEGMENT) == ["br1 has the MTU 8350, its pods 8450"]


def test_an_uplink_that_is_down_is_told() -> None:
    links = [SOUND[0], {**SOUND[1], "flags": []}]
    assert drift.lacking(links, _attachment(), SEGMENT) == ["vx1 is down"]


def test_a_tunnel_of_another_vni_is_told() -> None:
    links = [SOUND[0], _link("vx1", master="br1", linkinfo=_kind("vxlan", 10101))]
    assert drift.lacking(links, _attachment(), SEGMENT) == ["vx1 has the VNI 10101, not 10100"]


def test_another_vlan_is_told() -> None:
    links = [SOUND[0], _link("ens2.7", master="br1", linkinfo=_kind("vlan", 7))]
    assert drift.lacking(links, _attachment(), SEGMENT) == ["ens2.7 has the VLAN 7, not 100"]


def test_only_the_broken_node_may_be_named() -> None:
    found = [Checked("a", "broken", places=("n1",)), Checked("b", "", places=("n2",))]
    assert drifted_node._named(found, "n1") == ""
    assert drifted_node._named(found, "n2") == "named were n1"


def test_a_lease_as_it_must_be_has_no_fault() -> None:
    assert guest_leases.fault(TOLD, LEASE) == ""


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("ip", "172.20.101.7/24", "172.20.101.7/24 is of another subnet"),
        ("ip", "172.20.100.253/24", "172.20.100.253 is in none of the ranges"),
        ("router", "172.20.100.254", "its router is 172.20.100.254, not 172.20.100.1"),
        ("told", "", "its MTU is not told, not 8450"),
        ("mtu", "1500", "its NIC has the MTU 1500, not 8450"),
    ],
)
def test_a_lease_that_says_another_thing_is_told(key: str, value: str, said: str) -> None:
    assert guest_leases.fault({**TOLD, key: value}, LEASE) == said


def test_a_neighbours_mac_is_read() -> None:
    assert moving.neighbour("10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE") == (
        "02:00:00:00:00:01"
    )


def test_an_unknown_neighbour_has_no_mac() -> None:
    assert moving.neighbour("10.0.0.1 dev eth0  FAILED") == ""


def _stage(address: str, **segment: Any) -> moving.Stage:
    node = Node("n1", "c", "c", (ip_interface("10.0.0.1/24"),))
    model = Guest("red@c", "red", "g0", "n1", {4: ip_interface(address)}, {4: "172.20.100.1"})
    segment = {"transport": "evpn", "gateways": [], **segment}
    return moving.Stage(
        "c", "red", segment, _attachment(), model, node, node, model, None, None, outside=""
    )


def test_a_guest_on_a_segment_with_leases_asks_for_one() -> None:
    assert _stage("172.20.100.252/24", lease=[LEASE]).vm("v", 1).address == "dhcp"


@pytest.mark.parametrize("address", ["172.20.100.252/24", "198.18.0.16/15"])
def test_a_guest_without_a_lease_has_an_address_of_its_subnet(address: str) -> None:
    found = ip_interface(_stage(address).vm("v", 1).address)
    assert found.network == ip_interface(address).network
    assert found.ip != ip_interface(address).ip


def _answer(listening: socket.socket, said: bytes) -> None:
    """Play a guest's console: what an earlier question left, then the answer to this one."""
    caller, _ = listening.accept()
    number = caller.recv(4096).split()[0]
    caller.sendall(b"late\n>1 0\n<" + number + b"\n" + said + b"\n>" + number + b" 3\n")
    caller.close()


def test_a_guests_answer_is_the_one_to_the_question(tmp_path: Path) -> None:
    path = str(tmp_path / "ask")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(1)
    thread = threading.Thread(target=_answer, args=(listening, b"hello\nworld"))
    thread.start()
    lines = vm_talk.Lines(path, time.monotonic() + 5)
    said = vm_talk.ask_guest({"words": "true"}, lines)
    thread.join()
    lines.socket.close()
    listening.close()
    assert said == {"status": 3, "out": "hello\nworld"}


def _answer_late(listening: socket.socket) -> None:
    """Play a guest that reads its console only as one more line comes."""
    caller, _ = listening.accept()
    said = b""
    while said.count(b"\n") < 2:  # the question, and the nudge
        said += caller.recv(4096)
    number = said.split()[0]
    caller.sendall(b"<" + number + b"\nhello\n>" + number + b" 0\n<\n> 0\n")
    caller.close()


def test_a_guest_that_missed_a_question_is_nudged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vm_talk, "NUDGE_SECONDS", 0.02)
    path = str(tmp_path / "ask")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(1)
    thread = threading.Thread(target=_answer_late, args=(listening,))
    thread.start()
    lines = vm_talk.Lines(path, time.monotonic() + 5, nudging=True)
    said = vm_talk.ask_guest({"words": "true"}, lines)
    thread.join()
    lines.socket.close()
    listening.close()
    assert said == {"status": 0, "out": "hello"}
