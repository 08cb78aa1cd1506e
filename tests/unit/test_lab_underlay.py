"""What the underlay lets in to nodes, who else stands there, and what OVN makes of attachments."""

from __future__ import annotations

from ipaddress import ip_interface, ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hyperleaf.api import load
from hyperleaf.lab import groups, overlay, security
from hyperleaf.lab.facts import Allowed, Node, Surroundings
from hyperleaf.lab.reading import Attachment
from hyperleaf.lab.security import lets_in
from hyperleaf.plan.clusters import plan
from hyperleaf.render.platforms.build import platform_files
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
    """Return an example's surroundings, guarded by the groups of its templates."""
    made = plan(load(EXAMPLES / example).estate)
    with TemporaryDirectory() as folder:
        for one in platform_files(made):
            path = Path(folder) / one.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(one.text)
        return security.guarded(security.read(Path(folder)), surroundings(made))


AROUND = around("01-aws-hosted")
AWS = {one.name: one for one in AROUND.nodes}


def test_a_leaf_lets_in_tunnels_of_leaves_elsewhere_and_of_borders() -> None:
    assert lets_in(AWS["prod-1"], "udp", 4789, "10.1.0.21")
    assert lets_in(AWS["prod-1"], "udp", 4789, "172.16.0.11")


def test_a_leaf_lets_in_no_tunnel_on_another_port_or_of_whoever_is_no_leaf() -> None:
    assert not lets_in(AWS["prod-1"], "udp", 4790, "10.1.0.21")
    assert not lets_in(AWS["prod-1"], "udp", 4789, "10.0.0.11")


def test_a_reflector_hears_bgp_of_leaves_borders_and_the_other_reflector() -> None:
    for sender in ("10.0.16.99", "10.1.0.99", "172.16.0.12", "10.0.0.12"):
        assert lets_in(AWS["hub-rr1"], "tcp", 179, sender)
    assert not lets_in(AWS["hub-rr1"], "tcp", 179, "10.0.0.99")


def test_nobody_but_the_cluster_reaches_kubelet() -> None:
    assert not any(
        lets_in(AWS["prod-1"], "tcp", 10250, sender) for sender in ("10.0.16.99", "10.0.0.11")
    )
    assert any(one.members and one.protocol == "tcp" for one in AWS["prod-1"].allowed or ())


def test_only_amazon_has_security_groups() -> None:
    assert all(
        one.allowed is None
        for example in ("02-vsphere-lab", "03-multi-network", "04-overlay")
        for one in around(example).nodes
    )


def test_without_its_template_a_leaf_hears_its_own_cluster_alone() -> None:
    plain = surroundings(plan(load(EXAMPLES / "01-aws-hosted").estate))
    leaf, other = (one for one in plain.nodes if one.cluster == "prod")
    assert lets_in(leaf, "udp", 4789, other)
    assert not lets_in(leaf, "udp", 4789, "172.16.0.11")


def test_what_the_templates_let_in_suffices_for_the_fabric_and_is_no_more() -> None:
    speakers = {"10.0.16.0/20", "10.1.0.0/20", "172.16.0.11/32", "172.16.0.12/32"}
    reflectors = {"10.0.0.11/32", "10.0.0.12/32"}
    borders = {"172.16.0.11/32", "172.16.0.12/32"}
    ways = {"10.0.0.0/16", "10.1.0.0/16", "172.16.0.0/20"}
    leaf = {("udp", 4789, one) for one in speakers}
    leaf |= {("udp", port, one) for port in (3784, 4784) for one in reflectors | borders}
    reflector = {("tcp", 179, one) for one in speakers | reflectors}
    reflector |= {("udp", port, one) for port in (3784, 4784) for one in speakers | reflectors}
    too_big = {("icmp", 3, one) for one in ways}
    assert added("prod-1") == leaf | too_big
    assert added("hub-rr1") == reflector | too_big


def added(name: str) -> set[tuple[str, int, str]]:
    """Return what a node lets in on top of what its cluster's own group does."""
    plain = surroundings(plan(load(EXAMPLES / "01-aws-hosted").estate))
    own = next(one.allowed for one in plain.nodes if one.name == name) or ()
    return {
        (one.protocol, first, str(source))
        for one in (AWS[name].allowed or ())[len(own) :]
        for first, _ in one.ports
        for source in one.sources
    }


def test_of_icmp_a_type_and_a_code_are_matched() -> None:
    too_big = Allowed("icmp", ((3, 4),), (ip_network("10.0.0.0/8"),))
    assert list(groups.matches(too_big, "prod")) == [
        "ip saddr { 10.0.0.0/8 } icmp type 3 icmp code 4"
    ]


def test_one_stranger_has_an_address_that_a_leaf_could_have() -> None:
    strangers = AROUND.strangers
    found = {
        one.within: lets_in(AWS["hub-rr1"], "tcp", 179, str(one.addresses[0].ip))
        for one in strangers
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
