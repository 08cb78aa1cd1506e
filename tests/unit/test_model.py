"""Numbers, MTUs and references follow from the estate by rule."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

import pytest

from hyperleaf.api import check
from hyperleaf.findings import Severity
from unit.writing_estates import FABRIC, HUB, PROD, document, estate_of, network, resolved

RED = network(
    "red", "vlan: 100, subnets: [172.20.100.0/24], egress: nat, attach: [{cluster: prod}]"
)


def test_a_network_without_numbers_gets_them_from_its_vlan() -> None:
    estate = estate_of(FABRIC, HUB, PROD, RED)
    red = estate.networks["red"]
    assert red.vni == 10100
    assert str(red.gateway_mac) == "02:68:6c:00:27:74"
    assert red.gateways == (ip_interface("172.20.100.1/24"),)
    assert estate.vrfs["red"].vni == 20100
    assert estate.vrfs["red"].table == 20100


def test_stated_numbers_win() -> None:
    red = network(
        "red",
        "vlan: 100, vni: 777, gatewayMac: '02:00:00:00:00:07', gateways: [172.20.100.254],"
        "subnets: [172.20.100.0/24], attach: [{cluster: prod}]",
    )
    made = estate_of(FABRIC, HUB, PROD, red).networks["red"]
    assert made.vni == 777
    assert str(made.gateway_mac) == "02:00:00:00:00:07"
    assert made.gateways == (ip_interface("172.20.100.254/24"),)


def test_a_gateway_outside_every_subnet_is_kept_apart() -> None:
    red = network("red", "vlan: 100, gateways: [172.20.101.1], subnets: [172.20.100.0/24]")
    made = estate_of(FABRIC, HUB, PROD, red).networks["red"]
    assert made.gateways == (ip_interface("172.20.100.1/24"),)
    assert made.stray_gateways == (ip_address("172.20.101.1"),)


def test_a_set_becomes_a_network_for_each_vlan() -> None:
    vlans = document("NetworkSet", "lab", "vlans: '5-7, 9', transport: vlan, uplink: trunk")
    assert list(estate_of(vlans).networks) == ["lab-5", "lab-6", "lab-7", "lab-9"]


@pytest.mark.parametrize("vlans", ["9-5", "0-3", "4090-4099"])
def test_a_set_of_impossible_vlans_is_refused(vlans: str) -> None:
    _, findings = resolved(document("NetworkSet", "lab", f"vlans: '{vlans}', transport: vlan"))
    assert [finding.code for finding in findings] == ["HL0108"]


def test_without_borders_a_network_gets_the_underlay_less_vxlan() -> None:
    fabric = FABRIC[: FABRIC.index("  borders")]
    assert estate_of(fabric, HUB, PROD, RED).networks["red"].mtu == 8951


@pytest.mark.parametrize(
    ("via", "mtu"), [("transitGateway", 8450), ("directConnect", 8951), ("vpn", 1396)]
)
def test_the_way_to_the_data_centre_decides_the_mtu(via: str, mtu: int) -> None:
    prod = PROD.replace("{baremetal: {}}", f"{{aws: {{region: r, onPrem: {{via: {via}}}}}}}")
    red = estate_of(FABRIC, HUB, prod, RED).networks["red"]
    assert red.mtu == mtu
    assert str(mtu + 50) in red.path_mtu.why


def test_a_stretched_network_takes_the_least_of_all_its_paths() -> None:
    edge = PROD.replace("prod", "edge").replace("10.0.16.0/20", "10.1.0.0/20")
    fabric = FABRIC + "  paths: [{between: [prod, edge], mtu: 1500}]\n"
    both = network("both", "vlan: 1, attach: [{cluster: prod}, {cluster: edge}]")
    estate = estate_of(fabric, HUB, PROD, edge, both, RED)
    assert estate.networks["both"].mtu == 1450
    assert estate.networks["red"].mtu == 8951


def test_a_machine_network_may_be_smaller_than_the_underlay() -> None:
    prod = PROD.replace("{machine: [10.0.16.0/20]}", "{machine: [10.0.16.0/20], mtu: 1500}")
    assert estate_of(FABRIC, HUB, prod, RED).networks["red"].mtu == 1450


def test_a_hosted_cluster_has_other_default_ranges_than_its_hub() -> None:
    clusters = estate_of(FABRIC, HUB, PROD).clusters
    assert clusters["hub"].ranges.service == (ip_network("172.30.0.0/16"),)
    assert clusters["prod"].ranges.service == (ip_network("172.31.0.0/16"),)
    assert clusters["prod"].ranges.stated == {"machine"}


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ((FABRIC, HUB, PROD, RED, RED), "HL0101"),
        ((FABRIC, FABRIC.replace("corp", "other"), HUB), "HL0102"),
        ((FABRIC, HUB, PROD, RED, document("VRF", "red", "vni: 5")), "HL0103"),
        ((FABRIC, HUB, RED), "HL0104"),
        ((FABRIC.replace("cluster: hub,", "cluster: hub, pool: x,"), HUB), "HL0105"),
        ((FABRIC, HUB, PROD, network("a", "vlan: 1, vrf: nobody")), "HL0106"),
        ((FABRIC, HUB, document("VRF", "b", "vni: 5, leaks: [{with: nobody}]")), "HL0107"),
    ],
)
def test_a_reference_that_fails_is_a_finding(texts: tuple[str, ...], code: str) -> None:
    _, findings = resolved(*texts)
    assert [finding.code for finding in findings] == [code]


def test_all_that_fails_is_found_at_once() -> None:
    _, findings = resolved(
        FABRIC, network("a", "vlan: 1, vrf: nobody, attach: [{cluster: nowhere}]")
    )
    assert sorted(finding.code for finding in findings) == ["HL0104", "HL0104", "HL0106"]


EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("example", "document"),
    [
        ("01-aws-hosted/estate.yaml", "kind: Fabric"),
        ("01-aws-hosted/estate.yaml", "metadata: {name: hub}"),
        ("01-aws-hosted/estate.yaml", "metadata: {name: prod}"),
        ("03-multi-network/trunk.yaml", "kind: Cluster"),
    ],
)
def test_a_document_with_a_typo_is_told_of_once(
    tmp_path: Path, example: str, document: str
) -> None:
    text = (EXAMPLES / example).read_text()
    before, named, after = text.partition(document)
    file = tmp_path / "estate.yaml"
    file.write_text(before + named + after.replace("\nspec:\n", "\nspec:\n  rolle: x\n", 1))
    wrong = [one.code for one in check(file).findings if one.severity is Severity.ERROR]
    assert wrong == ["HL0055"]


def test_a_vrf_with_a_typo_is_told_of_once(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    shared = document("VRF", "blue", "vni: 5, egres: nat")
    leaking = document("VRF", "b", "vni: 6, leaks: [{with: blue}]")
    both = network("a", "vlan: 1, subnets: [172.20.1.0/24], vrf: blue")
    file.write_text(f"{FABRIC}---\n{HUB}---\n{PROD}---\n{shared}---\n{leaking}---\n{both}")
    wrong = [one.code for one in check(file).findings if one.severity is Severity.ERROR]
    assert wrong == ["HL0055"]


def test_a_finding_stands_where_the_reference_is_written() -> None:
    _, findings = resolved(network("a", "attach: [{cluster: nowhere}]"))
    (finding,) = findings
    assert (finding.place.line, finding.place.column) == (5, 18)
