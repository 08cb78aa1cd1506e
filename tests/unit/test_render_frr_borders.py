"""What the data centre's borders are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.plan.clusters import plan
from hyperleaf.render.borders import border_files, devices, sheet
from unit.writing_estates import FABRIC, HUB, PROD, document, estate_of, network

if TYPE_CHECKING:
    from hyperleaf.plan.borders import BorderPlan

RED = network(
    "red",
    "vlan: 100, subnets: [172.20.100.0/24], egress: nat, dhcp: {servers: [172.16.5.10]}, "
    "attach: [{cluster: prod}]",
)
GREEN = network(
    "green", "vlan: 300, subnets: [172.20.30.0/24], egress: border, attach: [{cluster: prod}]"
)
FOREIGN = FABRIC.replace(
    "172.16.0.12}", "172.16.0.12, asn: 65100, multihop: 3, password: {secret: bgp-dc-2}}"
)


def borders(*texts: str) -> tuple[BorderPlan, ...]:
    """Return the plans of both borders."""
    return plan(estate_of(HUB, PROD, *texts)).borders


def files(*texts: str) -> dict[str, str]:
    """Return the borders' files by path."""
    return {file.path: file.text for file in border_files(plan(estate_of(HUB, PROD, *texts)))}


def conf(name: str, *texts: str) -> list[str]:
    """Return the lines of a border's FRR configuration, without their indentation."""
    return [line.strip() for line in files(*texts)[f"borders/{name}/frr.conf"].splitlines()]


def network_sheet(border: BorderPlan) -> dict[str, Any]:
    """Return what the sheet says of the first network of the first VRF."""
    made: dict[str, Any] = sheet(border)["vrfs"][0]["networks"][0]
    return made


def test_each_border_has_an_address_of_its_own_beside_the_shared_gateway() -> None:
    first, second = (network_sheet(border) for border in borders(FABRIC, RED))
    assert first["anycastGateway"] == second["anycastGateway"]
    assert first["ownAddresses"] == ["172.20.100.254/24"]
    assert second["ownAddresses"] == ["172.20.100.253/24"]


def test_a_relay_asks_from_its_own_address_and_names_the_subnet() -> None:
    (relay,) = network_sheet(borders(FABRIC, RED)[1])["dhcpRelay"]
    assert relay["giaddr"] == "172.20.100.253"
    assert relay["option82"] == {
        "linkSelection": "172.20.100.0",
        "serverIdOverride": "172.20.100.253",
    }


def test_a_default_route_is_announced_only_into_vrfs_that_leave_by_the_data_centre() -> None:
    lines = conf("dc-1", FABRIC, RED, GREEN)
    refused = "match ip address prefix-list hl-default"
    red = lines.index("route-map hl-announce-20100 deny 20")
    assert lines[red + 1] == refused
    assert "route-map hl-announce-20300 deny 20" not in lines


def test_what_a_border_drops_is_never_announced() -> None:
    lines = conf("dc-1", FABRIC, GREEN)
    assert "ip route 0.0.0.0/0 blackhole tag 1 254" in lines
    first = lines.index("route-map hl-announce-20300 deny 10")
    assert lines[first + 1] == "match tag 1"


def test_route_targets_are_written_where_another_as_would_make_others() -> None:
    assert "route-target import 65000:10100" not in conf("dc-2", FABRIC, RED)
    assert "route-target import 65000:10100" in conf("dc-2", FOREIGN, RED)
    assert "route-target export 65000:20100" in conf("dc-2", FOREIGN, RED)


def test_borders_of_one_foreign_as_hear_each_other() -> None:
    assert "neighbor 10.0.0.11 allowas-in 1" in conf("dc-2", FOREIGN, RED)


def test_a_password_is_asked_for_and_never_written() -> None:
    lines = conf("dc-2", FOREIGN, RED)
    assert [line for line in lines if "password" in line] == [
        "! To be added, for each reflector: `neighbor ADDRESS password` as in the Secret bgp-dc-2."
    ]


def test_a_leak_is_not_announced_as_the_vrfs_own() -> None:
    blue = document("VRF", "blue", "vni: 5002, leaks: [{with: red, import: [172.20.100.0/24]}]")
    front = network("front", "vlan: 200, vrf: blue, subnets: [172.20.200.0/24]")
    lines = conf("dc-1", FABRIC, RED, blue, front)
    refused = lines.index("route-map hl-announce-5002 deny 20")
    assert lines[refused + 1] == "match ip address prefix-list hl-import-5002-vrf20100"


def test_devices_hang_on_what_comes_before_them() -> None:
    made = devices(borders(FABRIC, RED, GREEN)[0])
    vrfs = {vrf["name"] for vrf in made["vrfs"]}
    bridges = {bridge["name"] for bridge in made["bridges"]}
    assert {bridge["vrf"] for bridge in made["bridges"]} == vrfs == {"vrf20100", "vrf20300"}
    assert {tunnel["bridge"] for tunnel in made["vxlans"]} == bridges


def test_devices_are_a_file_of_json() -> None:
    made = json.loads(files(FABRIC, RED)["borders/dc-1/devices.json"])
    assert made["local"] == "172.16.0.11"
