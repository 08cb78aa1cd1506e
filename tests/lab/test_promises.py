"""Every kind of check fails where a running lab is broken, each in its own place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hyperleaf.api import load
from hyperleaf.lab import checks, estate, leases, reading, root, runtime, scratch
from hyperleaf.lab.estate import Lab
from hyperleaf.lab.kernel import boot
from hyperleaf.lab.promises import promises
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write
from lab.mutating import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hyperleaf.lab.outcome import Checked

WRONG = "02:00:00:00:00:02"
_RELAY = "grep -q dhcrelay /proc/$one/comm && kill $one"
# What goes wrong, and where: node, command.
BROKEN = (
    # One leaf's gateway has another MAC, and another's says nothing of DHCPv6.
    ("prod-1", "ip link set dev br10100 address 02:00:00:00:00:01"),
    (
        "edge-1",
        "vtysh -N edge-1 -c conf -c 'interface br10200' -c 'no ipv6 nd managed-config-flag'",
    ),
    # A tunnel is too narrow, and routers on the way out are not heard.
    ("prod-2", "ip link set dev vx10201 mtu 8000"),
    ("prod-1", "sysctl -qw net.ipv4.conf.br-ex.rp_filter=1"),
    # Tenants leak into each other, get to a host's range, to a node, and out untranslated.
    ("prod-1", "ip route add 172.20.100.0/24 dev vrf20100 table 5002"),
    ("prod-1", "ip route add 172.20.201.0/24 dev vrf5002 table 20100"),
    (
        "edge-1",
        "vtysh -N edge-1 -c conf -c 'vrf vrf20300' -c 'no ip route 172.31.0.0/16 blackhole'",
    ),
    ("prod-2", "nft flush chain inet hyperleaf from-tenant"),
    ("prod-2", "nft flush chain inet hyperleaf postrouting"),
    # A leaf answers with another MAC for a guest elsewhere, and one of two borders relays no more.
    ("prod-1", f"bridge fdb replace {WRONG} dev vx10100 master static"),
    ("prod-1", f"ip neigh replace 172.20.100.251 lladdr {WRONG} dev br10100 nud permanent"),
    ("dc-leaf-2", f"for one in $(ip netns pids dc-leaf-2); do {_RELAY}; done; true"),
)
ROUTER = "fe80::68:6cff:fe00:27d8"
FAULTS = (
    "red@prod(g4) resolves its gateway IPv4: is 02:00:00:00:00:01, not 02:68:6c:00:27:74",
    # Advertisements are heard on all of the segment.
    f"blue-front@prod(g1) is advertised {ROUTER} managed other 8450: is {ROUTER}",
    "blue-back@prod(g0) to g0b IPv4, 8450 bytes: whole: silent",
    "blue-back@prod(g0) to outside IPv4, one more: told that 1500 do: silent",
    "blue-back@prod(g0) to red@prod(g4) IPv4: None: answered, and must not be",
    "green@edge(g3) to a host's range: 172.31.255.254: answered, and must not be",
    "blue-front@prod(g1) to prod-2 10.0.16.22: answered, and must not be",
    "blue-front@prod(g1) to outside IPv4: nat, TCP: silent",
    f"red@prod(g4) resolves red@prod(g4b) IPv4: is {WRONG}",
    "blue-front@edge on edge-1: lease of 172.20.200.0/24 by dc-leaf-2: none",
    "blue-front@edge on edge-1: lease of 2001:db8:0:200::/64 by dc-leaf-2: none",
)


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory, lab_root: Path) -> list[str]:
    """Boot the first example, break it, and return all that is found."""
    folder = tmp_path_factory.mktemp("rendered")
    made = plan(load(EXAMPLES / "01-aws-hosted").estate)
    write(render(made), folder)
    found = runtime.find("uml", lab_root)
    with (
        scratch.folder(root.cache_folder() / "lab" / "runs") as place,
        boot(lab_root, place, enter=found.enter) as kernel,
    ):
        lab = Lab(kernel, reading.read(folder), surroundings(made))
        estate.build(lab, place)
        for node, command in BROKEN:
            kernel.run(command, node=node)
        return [f"{one.title}: {one.fault}" for one in _checked(lab) if one.fault]


def _checked(lab: Lab) -> Iterator[Checked]:
    asked = list(promises(lab.rendered.expected, lab.guests, lab.around))
    yield from map(checks.checked, checks.ask(lab.kernel, asked))
    yield from leases.ask(lab.kernel, lab.rendered, lab.around)


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_broken_is_found(faults: list[str], fault: str) -> None:
    assert any(one.startswith(fault) for one in faults), "\n".join(faults)


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_what_still_works_is_no_fault(faults: list[str]) -> None:
    assert not [one for one in faults if "green@edge(g3) resolves" in one]
    assert not [one for one in faults if "by dc-leaf-1:" in one]
