"""Rendered policies on a node with a real br-ex, NetworkManager and nmstate: what the kernel has.

One User-Mode Linux is booted for all facts; apply_policies.sh is its first process.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.api import load
from hyperleaf.plan.clusters import plan
from hyperleaf.render.policies import evpn_policies
from hyperleaf.render.uplinks import uplink_policies
from judges import cache, root
from properties.generating import document, head, planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.render.manifest import Manifest
    from judges.frr import Frr
    from judges.nmstate import Nmstate

pytestmark = pytest.mark.judge

HERE = Path(__file__).parent
EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS = 540
ENTER = """
root=$1
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmp "$root/tmp"
cp -r "$2"/. "$root/tmp/"
exec chroot "$root" /usr/bin/linux.uml mem=1G root=/dev/root rootfstype=hostfs rootflags=/ rw \
  init=/tmp/init seccomp=on con=null con0=fd:0,fd:1 quiet uml_dir=/tmp/ </dev/null 2>&1
"""
ATTACHED = [{"cluster": "prod", "namespaces": ["red"]}]
RED = document(
    "Network", "red", vlan=100, subnets=["172.20.100.0/24", "2001:db8::/64"], attach=ATTACHED
)
BLUE = document("Network", "blue", vlan=200, subnets=["172.20.200.0/24"], attach=ATTACHED)
# Those of the uplinks' policies that need neither a lease nor a name of the node.
OTHERS = ("trunk", "storage", "storage-hv-1", "guests")


def policies() -> Iterator[Manifest]:
    for cluster in planned([*head(), RED, BLUE]).clusters:
        if cluster.cluster.name == "prod" and cluster.leaves is not None:
            yield from evpn_policies(cluster.leaves)
    wanted = {f"hyperleaf-uplink-hypervisors-{name}" for name in OTHERS}
    for cluster in plan(load(EXAMPLES / "03-multi-network").estate).clusters:
        for uplink in cluster.uplinks:
            yield from (one for one in uplink_policies(uplink) if one.name in wanted)


@pytest.fixture(scope="module")
def console(nmstate: Nmstate, frr_judge: Frr, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Boot the node and return all it printed."""
    del nmstate, frr_judge  # they make sure that nmstate and the root are built
    folder = tmp_path_factory.mktemp("node")
    shutil.copy2(cache.folder("nmstate") / "nmstatectl", folder / "nmstatectl")
    shutil.copy2(HERE / "apply_policies.sh", folder / "init")
    (folder / "init").chmod(0o755)
    for number, one in enumerate(policies()):
        spec = {key: value for key, value in one.value["spec"].items() if key != "nodeSelector"}
        (folder / f"policy-{number}-{one.name}.json").write_text(json.dumps(spec))
    words = [*root.namespaces(), "sh", "-euc", ENTER, "sh"]
    arguments = [str(cache.folder("root") / "root"), str(folder)]
    ended = subprocess.run(
        [*words, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return ended.stdout


@pytest.fixture(scope="module")
def links(console: str) -> dict[str, Any]:
    """Return the kernel's links by name."""
    return {one["ifname"]: one for one in json.loads(said(console, "links"))}


@pytest.fixture(scope="module")
def addresses(console: str) -> dict[str, list[str]]:
    """Return each link's addresses with their lengths."""
    return {
        one["ifname"]: [f"{info['local']}/{info['prefixlen']}" for info in one["addr_info"]]
        for one in json.loads(said(console, "addresses"))
    }


def said(console: str, what: str) -> str:
    found = re.search(rf"^@@{what} (.*?)\r?$", console, re.MULTILINE)
    assert found, console[-3000:]
    return found[1]


def test_every_policy_applies_and_what_is_applied_again_stays(console: str) -> None:
    applied = re.findall(r"^@@applied (\d+) (\S+) (.*?)\r?$", console, re.MULTILINE)
    assert len(applied) == len(list(policies())) + 2, console[-3000:]
    assert [one for one in applied if one[0] != "0"] == []


def test_tunnels_start_at_the_node_s_address_and_leave_by_br_ex(links: dict[str, Any]) -> None:
    for name in ("vx20100", "vx10100", "vx20200", "vx10200"):
        about = links[name]["linkinfo"]["info_data"]
        assert (about["local"], about["link"], about["port"]) == ("10.0.17.5", "br-ex", 4789)
        assert about["learning"] is False
        assert links[name]["mtu"] == 8951


def test_tunnels_are_ports_of_their_bridges_and_these_of_their_vrf(links: dict[str, Any]) -> None:
    assert {
        name: links[name]["master"] for name in ("vx10100", "br10100", "vx20100", "br20100")
    } == {
        "vx10100": "br10100",
        "br10100": "vrf20100",
        "vx20100": "br20100",
        "br20100": "vrf20100",
    }


def test_the_router_s_mac_is_br_ex_s_and_the_gateway_s_is_its_own(links: dict[str, Any]) -> None:
    assert links["br20100"]["address"] == links["br-ex"]["address"] == "0a:58:11:22:33:44"
    assert links["br10100"]["address"] == "02:68:6c:00:27:74"


def test_the_gateway_s_link_local_address_follows_from_its_mac(
    addresses: dict[str, list[str]],
) -> None:
    assert addresses["br10100"] == [
        *("172.20.100.1/24", "2001:db8::1/64", "fe80::68:6cff:fe00:2774/64")
    ]


def test_a_router_s_bridge_has_ipv6_only_where_its_vrf_has(addresses: dict[str, list[str]]) -> None:
    assert addresses["br20100"] == ["fe80::858:11ff:fe22:3344/64"]
    assert addresses["br20200"] == []


def test_the_node_s_address_names_the_node_and_each_of_its_vrfs(
    addresses: dict[str, list[str]],
) -> None:
    assert addresses["lo"] == ["127.0.0.1/8", "10.0.17.5/32", "::1/128"]
    for device in ("vrf20100", "vrf20200"):
        # With IPv6 on, so that the way back is taken, a device has a link-local address too.
        assert [one for one in addresses[device] if ":" not in one] == ["10.0.17.5/32"]


def test_the_node_keeps_its_own_addresses_and_its_way_out(
    console: str, addresses: dict[str, list[str]]
) -> None:
    assert addresses["br-ex"][:2] == ["10.0.17.5/20", "169.254.169.2/29"]
    (default,) = [one for one in json.loads(said(console, "routes")) if one["dst"] == "default"]
    assert (default["dev"], default["prefsrc"]) == ("br-ex", "10.0.17.5")


def test_no_bridge_filters_vlans_or_runs_a_spanning_tree(links: dict[str, Any]) -> None:
    virtual = [one["linkinfo"] for one in links.values() if "linkinfo" in one]
    bridges = [one["info_data"] for one in virtual if one.get("info_kind") == "bridge"]
    assert len(bridges) == 7
    for about in bridges:
        assert (about["vlan_filtering"], about["stp_state"]) == (0, 0)


def test_vlans_of_a_bond_reach_guests_by_bridges(links: dict[str, Any]) -> None:
    assert links["trunk"]["linkinfo"]["info_data"]["mode"] == "802.3ad"
    assert {links[name]["master"] for name in ("ens1f0", "ens1f1")} == {"trunk"}
    assert links["trunk.40"]["linkinfo"]["info_data"]["id"] == 40
    assert links["trunk.40"]["master"] == "brv40"


def test_untagged_frames_reach_a_bridge_of_the_nic(links: dict[str, Any]) -> None:
    assert links["ens3f0"]["master"] == "bruguests"


def test_a_node_s_own_address_outlives_the_pool_s_policy(addresses: dict[str, list[str]]) -> None:
    assert addresses["ens2f1"] == ["10.20.30.11/24"]
