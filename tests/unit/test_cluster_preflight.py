"""Which NICs of a node a policy takes, though the node uses them."""

from __future__ import annotations

from typing import Any

import pytest

from hyperleaf.cluster.preflight import uses

NONE = {"enabled": False}


def nic(name: str, *ips: str, **more: Any) -> dict[str, Any]:
    addresses = [{"ip": ip, "prefix-length": 24} for ip in ips]
    ipv4 = {"enabled": bool(ips), "address": addresses}
    return {"name": name, "type": "ethernet", "ipv4": ipv4, **more}


TRUNK = {
    "interfaces": [
        {"name": "ens224", "type": "ethernet", "ipv4": NONE, "ipv6": NONE},
        {"name": "ens224.100", "type": "vlan", "vlan": {"base-iface": "ens224", "id": 100}},
        {"name": "brv100", "type": "linux-bridge", "bridge": {"port": [{"name": "ens224.100"}]}},
    ]
}
BOND = {
    "interfaces": [
        {"name": "bond0", "type": "bond", "link-aggregation": {"port": ["ens1f0", "ens1f1"]}}
    ]
}
UPLINK = {
    "interfaces": [
        {
            "name": "{{ capture.uplink.interfaces.0.name }}",
            "type": "ovs-interface",
            "ipv4": {"enabled": True},
        }
    ]
}


@pytest.mark.parametrize(
    ("desired", "live", "wanted"),
    [
        (TRUNK, [nic("ens224")], []),
        (TRUNK, [nic("ens224", "169.254.7.7")], []),
        (TRUNK, [nic("ens224", "192.168.18.5")], [("ens224", "has 192.168.18.5")]),
        (TRUNK, [nic("ens224", controller="br-ex")], [("ens224", "is a port of br-ex")]),
        (TRUNK, [nic("ens224.100", controller="brv100")], []),
        (BOND, [nic("ens1f0"), nic("ens1f1")], []),
        (BOND, [nic("ens1f0", controller="bond0")], []),
        (BOND, [nic("ens1f0", "10.0.0.5")], [("ens1f0", "has 10.0.0.5")]),
        (UPLINK, [nic("br-ex", "10.0.0.5")], []),
    ],
)
def test_a_nic_is_taken_only_where_nobody_uses_it(
    desired: dict[str, Any], live: list[dict[str, Any]], wanted: list[tuple[str, str]]
) -> None:
    assert list(uses(desired, {"interfaces": live})) == wanted


def test_the_way_of_the_default_route_is_not_taken() -> None:
    routes = {"running": [{"destination": "0.0.0.0/0", "next-hop-interface": "ens224"}]}
    state = {"interfaces": [nic("ens224")], "routes": routes}
    assert list(uses(TRUNK, state)) == [("ens224", "is the way of the default route")]
