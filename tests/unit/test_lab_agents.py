"""The lab's own agents: captures, policies, FRR text, MachineConfigs."""

from __future__ import annotations

import json

import pytest

from hyperleaf.lab.agents import frr_text, policies
from hyperleaf.lab.agents.captures import CaptureError, State, fill, resolve
from hyperleaf.lab.agents.machine_configs import set_up
from hyperleaf.lab.reading import FrrConfiguration, MachineConfig, Policy, Selector

CAPTURE = {
    "defaults": 'routes.running.destination=="0.0.0.0/0"',
    "main": "capture.defaults | routes.running.table-id==254",
    "named": "interfaces.name==capture.main.routes.running.0.next-hop-interface",
    "uplink": 'capture.named | interfaces.type=="ovs-interface"',
}
SOURCE = "{{ capture.main.routes.running.0.source }}"


def _link(name: str, kind: str, mac: str) -> dict[str, object]:
    return {"ifname": name, "address": mac, "mtu": 9001, "linkinfo": {"info_kind": kind}}


ADDRESSES = json.dumps([_link("eth0", "veth", "0a:00:00:00:00:01")])
ROUTES = json.dumps(
    [
        {"dst": "default", "dev": "br1", "gateway": "10.9.0.1", "table": "20100"},
        {"dst": "default", "dev": "eth0", "gateway": "10.0.0.1", "prefsrc": "10.0.0.21"},
        {"dst": "10.0.0.0/20", "dev": "eth0", "prefsrc": "10.0.0.21"},
    ]
)


def _state(kind: str = "ovs-interface") -> State:
    return policies.state(ADDRESSES, ROUTES, [("eth0", kind)])


def _policy(name: str = "one") -> Policy:
    desired = {"interfaces": [{"name": "lo", "type": "loopback", "ipv4": {"address": [SOURCE]}}]}
    return Policy(name, Selector({}), CAPTURE, desired)


def test_default_routes_of_both_families_are_told_apart() -> None:
    routes = [
        {"dst": "default", "gateway": "fe80::1", "dev": "br-ex"},
        {"dst": "default", "gateway": "10.0.0.1", "dev": "br-ex", "prefsrc": "10.0.0.21"},
    ]
    running = policies.state("[]", json.dumps(routes), ())["routes"]["running"]
    assert [one["destination"] for one in running] == ["::/0", "0.0.0.0/0"]


def test_the_address_is_the_source_of_the_main_tables_default_route() -> None:
    assert fill(SOURCE, resolve(CAPTURE, _state())) == "10.0.0.21"


def test_a_default_route_of_a_tenants_table_is_not_taken() -> None:
    found = resolve(CAPTURE, _state())
    assert [one["next-hop-interface"] for one in found["main"]["routes"]["running"]] == ["eth0"]


def test_a_template_that_finds_nothing_fails() -> None:
    found = resolve(CAPTURE, _state("ethernet"))
    with pytest.raises(CaptureError, match="nothing was captured"):
        fill("{{ capture.uplink.interfaces.0.mac-address }}", found)


def test_captures_stay_as_they_were_found_first() -> None:
    first, _ = policies.enact(_policy(), _state(), None)
    moved = policies.state(ADDRESSES, ROUTES.replace("10.0.0.21", "10.0.0.99"), ())
    _, interfaces = policies.enact(_policy(), moved, first)
    assert interfaces[0]["ipv4"]["address"] == ["10.0.0.21"]


def test_a_tunnel_learns_nothing_from_frames_where_the_policy_says_so() -> None:
    vxlan = {"id": 7, "local": "10.0.0.1", "base-iface": "eth0", "destination-port": 4789}
    one = {"name": "vx7", "type": "vxlan", "mtu": 8450, "vxlan": {**vxlan, "learning": False}}
    made = list(policies.links([one]))
    assert made[0] == "link add vx7 type vxlan id 7 local 10.0.0.1 dev eth0 dstport 4789 nolearning"


def test_a_gateways_subnet_is_routed_in_its_vrf() -> None:
    bridge = {
        "name": "br7",
        "type": "linux-bridge",
        "ipv4": {"address": [{"ip": "172.20.7.1", "prefix-length": 24}]},
    }
    vrf = {"name": "vrf9", "type": "vrf", "vrf": {"port": ["br7"], "route-table-id": 9}}
    (route,) = policies.subnet_routes([bridge, vrf])
    assert route.startswith("route replace 172.20.7.0/24 dev br7 ")
    assert route.endswith("table 9")


def test_an_interface_that_the_agent_does_not_know_is_refused() -> None:
    with pytest.raises(policies.UnsupportedError, match="ib0"):
        list(policies.links([{"name": "ib0", "type": "infiniband"}]))


def test_raw_blocks_follow_the_typed_part_by_priority() -> None:
    typed = {"routers": [{"asn": 65000, "neighbors": [{"address": "10.0.0.1", "asn": 65000}]}]}
    late = FrrConfiguration("a", Selector({}), {}, 20, "! late")
    early = FrrConfiguration("b", Selector({}), typed, 10, "! early")
    text = frr_text.text([late, early], "node")
    places = [text.index(one) for one in ("neighbor 10.0.0.1 remote-as 65000", "! early", "! late")]
    assert places == sorted(places)


def test_a_machine_configs_file_is_decoded_and_an_enabled_unit_started() -> None:
    config = {
        "storage": {
            "files": [
                {
                    "path": "/etc/x",
                    "mode": 0o755,
                    "contents": {"source": "data:text/plain;base64,aGk="},
                }
            ]
        },
        "systemd": {
            "units": [
                {"name": "on", "enabled": True, "contents": "[Service]\nExecStart=/bin/true\n"},
                {"name": "off", "contents": "[Service]\nExecStart=/bin/false\n"},
            ]
        },
    }
    made = set_up([MachineConfig("m", {"spec": {"config": config}})])
    assert [(one.path, one.text, one.mode) for one in made.files] == [("/etc/x", "hi", "0755")]
    assert made.started == ("/bin/true",)


def _bridge(**settings: object) -> State:
    port = {"bridge": {"port": [{"name": "vx7", "vlan": {}}]}}
    return {"name": "br7", "type": "linux-bridge", "ipv6": {"enabled": True}, **port, **settings}


PORT = {"name": "vx7", "type": "vxlan", "ipv6": {"enabled": False}}


def test_a_bridges_port_keeps_ipv6_whatever_the_policy_says() -> None:
    assert policies.without_ipv6([_bridge(ipv6={"enabled": False}), PORT]) == ["br7"]


def test_a_link_local_address_follows_from_the_mac() -> None:
    macs = {"br7": "02:68:6c:00:27:74", "vx7": "02:00:00:00:00:07"}
    made = list(policies.link_locals([_bridge(), PORT], macs, "w1"))
    assert made == ["addr replace fe80::68:6cff:fe00:2774/64 dev br7"]


def test_a_stable_privacy_address_is_another_on_each_node() -> None:
    private = _bridge(ipv6={"enabled": True, "addr-gen-mode": "stable-privacy"})
    macs = {"br7": "02:68:6c:00:27:74"}
    one, other = (list(policies.link_locals([private], macs, node)) for node in ("w1", "w2"))
    assert one != other


def test_a_device_that_exists_is_not_made_again() -> None:
    made = list(policies.links([_bridge()], {"br7"}))
    assert [line for line in made if line.startswith("link add")] == []
    assert made != []


def test_what_shall_be_absent_goes_tunnels_before_bridges_before_vrfs() -> None:
    gone = [
        {"name": name, "type": kind, "state": "absent"}
        for name, kind in (("vrf9", "vrf"), ("br7", "linux-bridge"), ("vx7", "vxlan"))
    ]
    made = list(policies.links(gone, {"vrf9", "br7", "vx7"}))
    assert made == [f"link del dev {name}" for name in ("vx7", "br7", "vrf9")]


def test_what_is_absent_already_stays_so() -> None:
    assert list(policies.links([{"name": "vx7", "type": "vxlan", "state": "absent"}])) == []


def test_a_port_that_says_nothing_of_vlans_is_a_trunk_as_the_handler_makes_it() -> None:
    silent = _bridge(bridge={"port": [{"name": "vx7"}]})
    assert list(policies.trunks([silent])) == ["vlan add vid 2-4094 dev vx7"]
    assert list(policies.trunks([_bridge()])) == []
