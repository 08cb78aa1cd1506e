"""Attachments as the real CNI plugins carry them out, called as kubelet would call them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hyperleaf.render.attachments import attachment_manifests
from judges import root
from properties.generating import document, head, planned

pytestmark = pytest.mark.usefixtures("nft_judge")

# A node with the segment's bridge, its gateway, and two pods.
NODE = """
at() { nsenter --net="/run/netns/$1" "${@:2}"; }
ip link add br10100 type bridge
ip addr add 172.20.100.1/24 dev br10100
ip link set br10100 up
for one in one two; do ip netns add $one; done
plug() {
  CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/$2 CNI_IFNAME=net1 CNI_PATH=/usr/lib/cni \
    "/usr/lib/cni/$(grep -oP '"type":"\\K[^"]+' /tmp/input)" < /tmp/input
}
"""


def config(**options: Any) -> str:
    """Return the configuration of the one attachment of a stretched network."""
    red = document(
        "Network",
        "red",
        vlan=100,
        subnets=["172.20.100.0/24"],
        mtu=8000,
        attach=[{"cluster": "prod", "namespaces": ["red"]}],
        **options,
    )
    (plan,) = (one for one in planned([*head(), red]).clusters if one.cluster.name == "prod")
    (made,) = (
        one.value for one in attachment_manifests(plan) if one.kind.startswith("NetworkAttach")
    )
    text: str = made["spec"]["config"]
    return text


def run(script: str, text: str) -> list[str]:
    ran = root.run("bash", "-euo", "pipefail", "-c", NODE + script, text=text)
    assert ran.status == 0, f"{ran.out}\n{ran.err}"
    return ran.out.splitlines()


def test_a_pod_is_a_port_of_the_segments_bridge_with_the_networks_mtu() -> None:
    script = """
    plug ADD one >/dev/null
    echo $(ls /run/netns | wc -l) $(ip -o link show master br10100 | grep -o 'mtu [0-9]*')
    at one ip -o link show net1 | grep -o 'mtu [0-9]*'
    plug DEL one
    ip -o link show master br10100 | wc -l
    """
    assert run(script, config()) == ["2 mtu 8000", "mtu 8000", "0"]


def test_the_plugin_gives_no_address_and_leaves_the_bridges_own_alone() -> None:
    script = """
    plug ADD one | grep -c '"ips"' || true
    ip -o -4 addr show dev br10100 | grep -o '172[0-9./]*' | head -1
    """
    assert run(script, config()) == ["0", "172.20.100.1/24"]


SPOOF = """
for one in one two; do
  plug ADD $one >/dev/null
  at $one ip link set net1 up
done
at one ip addr add 172.20.100.11/24 dev net1
at two ip addr add 172.20.100.12/24 dev net1
tries() {
  if at one ping -qc2 -i0.2 -W1 172.20.100.12 >/dev/null; then echo reaches; else echo misses; fi
}
tries
at one ip link set net1 address 02:00:00:00:00:99
at two ip neigh flush dev net1
tries
"""


def test_a_guest_that_takes_another_mac_is_cut_off() -> None:
    assert run(SPOOF, config()) == ["reaches", "misses"]


def test_unless_the_estate_allows_it() -> None:
    assert json.loads(config(macspoofchk=False))["macspoofchk"] is False
    assert run(SPOOF, config(macspoofchk=False)) == ["reaches", "reaches"]
