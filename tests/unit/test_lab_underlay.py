"""What the underlay lets in to nodes, who else stands there, and what OVN makes of attachments."""

from __future__ import annotations

from ipaddress import ip_interface, ip_network
from pathlib import Path

import pytest

from hyperleaf.api import load
from hyperleaf.lab import groups, overlay
from hyperleaf.lab.facts import Allowed, Node, Surroundings
from hyperleaf.lab.reading import Attachment
from hyperleaf.plan.clusters import plan
from hyperleaf.surroundings import surroundings

EXAMPLES = Path(__file__).parents[2] / "examples"
NODE = Node("prod-1", "prod", "prod", (ip_interface("10.0.16.21/20"),))
CONFIG = {
    "name": "east-west",
    "type": overlay.PLUGIN,
    "topology": "layer2",
    "netAttachDefName": "app/east-west",
    "mtu": 1400,
    "subnets": "10.200.0.0/24, 2001:db8::/64",
}


def around(example: str) -> Surroundings:
    return surroundings(plan(load(EXAMPLES / example).estate))


def let_in(node: Node, protocol: str, port: int, sender: str) -> bool:
    """Tell whether a node's group lets in a packet from an address outside the cluster."""
    assert node.allowed is not None
    return any(
        one.protocol == protocol
        and any(first <= port <= last for first, last in one.ports)
        and any(ip_interface(sender).ip in source for source in one.sources)
        for one in node.allowed
    )


AWS = {one.name: one for one in around("01-aws-hosted").nodes}


def test_a_leaf_lets_in_tunnels_of_leaves_elsewhere_and_of_borders() -> None:
    assert let_in(AWS["prod-1"], "udp", 4789, "10.1.0.21")
    assert let_in(AWS["prod-1"], "udp", 4789, "172.16.0.11")


def test_a_leaf_lets_in_no_tunnel_on_another_port_or_of_whoever_is_no_leaf() -> None:
    assert not let_in(AWS["prod-1"], "udp", 4790, "10.1.0.21")
    assert not let_in(AWS["prod-1"], "udp", 4789, "10.0.0.11")


def test_a_reflector_hears_bgp_of_leaves_borders_and_the_other_reflector() -> None:
    for sender in ("10.0.16.99", "10.1.0.99", "172.16.0.12", "10.0.0.12"):
        assert let_in(AWS["hub-rr1"], "tcp", 179, sender)
    assert not let_in(AWS["hub-rr1"], "tcp", 179, "10.0.0.99")


def test_nobody_but_the_cluster_reaches_kubelet() -> None:
    assert not any(
        let_in(AWS["prod-1"], "tcp", 10250, sender) for sender in ("10.0.16.99", "10.0.0.11")
    )
    assert any(one.members and one.protocol == "tcp" for one in AWS["prod-1"].allowed or ())


def test_only_amazon_has_security_groups() -> None:
    assert all(
        one.allowed is None
        for example in ("02-vsphere-lab", "03-multi-network", "04-overlay")
        for one in around(example).nodes
    )


def test_one_stranger_has_an_address_that_a_leaf_could_have() -> None:
    strangers = around("01-aws-hosted").strangers
    found = {
        one.within: let_in(AWS["hub-rr1"], "tcp", 179, str(one.addresses[0])) for one in strangers
    }
    assert found == {True: True, False: False}


def test_members_are_told_by_their_addresses_however_late_they_join() -> None:
    rules = list(groups.rules(NODE, (Allowed("tcp", ((10250, 10259),), members=True),), 3))
    assert "add element bridge groups of-prod-4 { 10.0.16.21 }" in rules
    kept = "add rule bridge groups port3 ip saddr @of-prod-4 tcp dport { 10250-10259 } accept"
    assert kept in rules
    assert rules[-1] == "add rule bridge groups port3 counter drop"


def test_ranges_are_matched_in_their_own_version() -> None:
    sources = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
    assert list(groups.matches(Allowed("icmp", sources=sources), "prod")) == [
        "ip saddr { 10.0.0.0/8 } meta l4proto icmp",
        "ip6 saddr { 2001:db8::/32 } meta l4proto ipv6-icmp",
    ]


def test_attachments_of_one_name_share_a_switch() -> None:
    app = overlay.network(Attachment("app", "east-west", CONFIG))
    db = overlay.network(
        Attachment("db", "east-west", {**CONFIG, "netAttachDefName": "db/east-west"})
    )
    assert app == db
    assert app.switch == "east.west_ovn_layer2_switch"


def test_an_attachment_that_names_another_is_refused() -> None:
    with pytest.raises(overlay.OverlayError, match="netAttachDefName is app/east-west"):
        overlay.network(Attachment("db", "east-west", CONFIG))


def test_a_switch_knows_its_subnets() -> None:
    (command,) = overlay.switches([overlay.network(Attachment("app", "east-west", CONFIG))])
    assert "other-config:subnet=10.200.0.0/24" in command
    assert "other-config:ipv6_prefix=2001:db8::/64" in command


def test_a_guest_s_mac_follows_from_its_address() -> None:
    assert overlay.mac(ip_interface("10.200.0.254/24")) == "0a:58:0a:c8:00:fe"


def test_an_estate_with_an_overlay_alone_has_nodes() -> None:
    assert [one.name for one in around("04-overlay").nodes] == ["rosa-1", "rosa-2"]
