"""What nodes hold as files, as the real programs and a real kernel take it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.plan.nodes import NodePlan
from hyperleaf.render.node import dispatcher, nftables, sysctl
from judges import root

if TYPE_CHECKING:
    from judges.nft import Nft

HOSTS = tuple(ip_network(text) for text in ("10.0.0.0/16", "169.254.0.0/16", "10.132.0.0/14"))
HOSTS_6 = (ip_network("2001:db8:a::/64"), ip_network("fd97::/64"))
NODES = NodePlan("prod", ("Cluster/prod",), hosted=True, host_ranges=HOSTS, uplinks=("br-ex",))
BOTH = replace(NODES, host_ranges=(*HOSTS, *HOSTS_6), uplinks=("br-ex", "ens1f0.100"))
NESTED = replace(BOTH, host_ranges=(*BOTH.host_ranges, ip_network("10.0.4.0/22")))
ANYWHERE = replace(NODES, uplinks=())

SEGMENT = """
ip link add br10100 type bridge
ip link add vx10100 type vxlan id 10100 local 192.0.2.1 dstport 4789
ip link set vx10100 master br10100
ip link set br10100 up
ip link set vx10100 up
"""
# A guest on a segment; beyond the uplink the world and a host; storage beyond another NIC. The
# world knows no way to the guest: whatever comes back was translated.
LEAF = """
at() { nsenter --net="/run/netns/$1" "${@:2}"; }
for one in guest world storage; do ip netns add $one; at $one ip link set lo up; done
ip link add br10100 type bridge
ip addr add 172.20.100.1/24 dev br10100
ip link add to-guest master br10100 type veth peer name eth0 netns guest
ip link add br-ex type veth peer name eth0 netns world
ip link add eth9 type veth peer name eth0 netns storage
ip addr add 10.0.1.1/24 dev br-ex
ip addr add 10.30.0.1/24 dev eth9
for one in lo br10100 to-guest br-ex eth9; do ip link set $one up; done
at guest ip addr add 172.20.100.11/24 dev eth0
at world ip addr add 10.0.1.5/24 dev eth0
at world ip addr add 203.0.113.10/32 dev lo
at storage ip addr add 10.30.0.5/24 dev eth0
for one in guest world storage; do at $one ip link set eth0 up; done
at guest ip route add default via 172.20.100.1
at storage ip route add default via 10.30.0.1
ip route add default via 10.0.1.5
sysctl -qw net.ipv4.ip_forward=1
tries() {
  if at "$1" ping -qc2 -i0.2 -W1 "$2" >/dev/null; then said=reaches; else said=misses; fi
  echo "$1 $said $2"
}
"""
judged = pytest.mark.usefixtures("nft_judge")


def run(script: str, file: str) -> str:
    """Return what a script prints in namespaces of its own; the file lies in /tmp/input."""
    ran = root.run("bash", "-euo", "pipefail", "-c", script, text=file)
    assert ran.status == 0, f"{ran.out}\n{ran.err}"
    return ran.out


@pytest.mark.parametrize(
    "nodes", [NODES, BOTH, NESTED, ANYWHERE], ids=["ipv4", "both", "nested", "any-uplink"]
)
def test_nft_takes_the_filters(nft_judge: Nft, nodes: NodePlan) -> None:
    assert nft_judge.check(nftables.nftables(nodes)) == []


@judged
def test_loading_the_filters_again_leaves_one_of_each() -> None:
    script = "nft -f /tmp/input; nft list ruleset; echo ====; nft -f /tmp/input; nft list ruleset"
    once, again = run(script, nftables.nftables(BOTH)).split("====\n")
    assert once == again != ""


@judged
@pytest.mark.parametrize(
    ("without", "filtered", "who", "where"),
    [
        ("reaches", "reaches", "guest", "172.20.100.1"),
        ("misses", "reaches", "guest", "203.0.113.10"),
        ("reaches", "misses", "guest", "10.0.1.1"),
        ("reaches", "misses", "guest", "10.30.0.5"),
    ],
    ids=["gateway", "the-world-by-nat", "the-node", "another-nic"],
)
def test_a_guest_with_and_without_the_filters(
    without: str, filtered: str, who: str, where: str
) -> None:
    script = f"{LEAF}\ntries {who} {where}\nnft -f /tmp/input\ntries {who} {where}\n"
    printed = run(script, nftables.nftables(NODES)).splitlines()
    assert printed == [f"{who} {without} {where}", f"{who} {filtered} {where}"]


@judged
def test_a_host_beyond_the_uplink_is_out_of_reach_because_its_range_is_named() -> None:
    script = f"""{LEAF}
    cat > /tmp/unnamed <<'END'\n{nftables.nftables(replace(NODES, host_ranges=()))}\nEND
    for rules in /tmp/unnamed /tmp/input; do nft -f $rules; tries guest 10.0.1.5; done
    """
    printed = run(script, nftables.nftables(NODES)).splitlines()
    assert printed == ["guest reaches 10.0.1.5", "guest misses 10.0.1.5"]


@judged
def test_nobody_outside_opens_a_way_to_a_guest_by_the_return_routes() -> None:
    script = f"""{LEAF}
    at world ip route add 172.20.100.0/24 via 10.0.1.1
    tries world 172.20.100.11
    nft -f /tmp/input
    tries world 172.20.100.11
    """
    printed = run(script, nftables.nftables(NODES)).splitlines()
    assert printed == ["world reaches 172.20.100.11", "world misses 172.20.100.11"]


@judged
def test_the_gateway_address_hides_the_nodes_listening_ports() -> None:
    script = f"""{LEAF}
    knock() {{ at guest timeout 2 bash -c '</dev/tcp/172.20.100.1/22' 2>/dev/null || echo $?; }}
    knock
    nft -f /tmp/input
    knock
    """
    printed = run(script, nftables.nftables(NODES)).splitlines()
    assert printed == ["1", "124"]  # refused by the host itself; nothing heard until timeout


@judged
def test_the_script_sets_both_flags_when_a_tunnel_comes_up() -> None:
    script = f"{SEGMENT}\nsh /tmp/input vx10100 up\nbridge -d link show dev vx10100"
    flags = run(script, dispatcher.dispatcher())
    assert " learning off " in flags
    assert " neigh_suppress on " in flags


@judged
@pytest.mark.parametrize(
    "call",
    ["vx10100 down", "vx10100 pre-down", "vx10100", "", "vx up", "vx10100x up", "br10100 up"],
)
def test_the_script_leaves_every_other_occasion_and_name_alone(call: str) -> None:
    script = f"{SEGMENT}\nsh /tmp/input {call}\nbridge -d link show dev vx10100"
    flags = run(script, dispatcher.dispatcher())
    assert " learning on " in flags
    assert " neigh_suppress off " in flags


def test_a_shell_reads_the_script() -> None:
    checked = ["sh", "-n"] if shutil.which("shellcheck") is None else ["shellcheck", "-"]
    subprocess.run(checked, input=dispatcher.dispatcher(), text=True, check=True, timeout=30)


@judged
def test_systemd_applies_every_setting_to_a_segment() -> None:
    script = f"""{SEGMENT}
    SYSTEMD_LOG_LEVEL=warning /usr/lib/systemd/systemd-sysctl /tmp/input 2>&1
    cd /proc/sys/net; grep -r . ipv4/conf/br10100 ipv6/conf/br10100 2>/dev/null || true
    """
    printed = run(script, sysctl.sysctl()).splitlines()
    for one in sysctl.settings():
        if sysctl.BRIDGES in one.key:
            path = one.key.replace(sysctl.BRIDGES, "br10100").removeprefix("net.")
            assert f"{path.replace('.', '/')}:{one.value}" in printed


@judged
def test_udev_applies_settings_to_a_segment_that_appears_later() -> None:
    script = f"""{SEGMENT}
    /usr/lib/systemd/systemd-sysctl --prefix=/net/ipv4/conf/br10100 /tmp/input
    cat /proc/sys/net/ipv4/conf/br10100/arp_accept /proc/sys/net/ipv4/ip_forward
    """
    printed = run(script, sysctl.sysctl())
    assert printed.split() == ["1", "0"]


@pytest.mark.parametrize(
    "one", [one for one in sysctl.settings() if "*" not in one.key], ids=lambda one: one.key
)
def test_the_kernel_has_every_setting_of_the_node(one: sysctl.Setting) -> None:
    assert Path("/proc/sys", *one.key.split(".")).is_file()
