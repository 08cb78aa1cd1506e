"""Who reaches whom, how, and which line of the estate stops the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.api import load
from hyperleaf.plan.clusters import plan
from hyperleaf.plan.trace import UnknownEndError, trace
from properties.generating import document, head, planned

if TYPE_CHECKING:
    from hyperleaf.plan.clusters import Plan
    from hyperleaf.plan.reach import Stop, Verdict

AWS = "examples/01-aws-hosted/estate.yaml"
LINES = Path(AWS).read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def aws() -> Plan:
    return plan(load(AWS).estate)


def first(estate: Plan, a: str, b: str) -> Verdict:
    """Return the verdict of the first family."""
    return trace(estate, a, b)[0]


def stop(estate: Plan, a: str, b: str) -> Stop:
    """Return what keeps A from B."""
    verdict = first(estate, a, b)
    assert not verdict.reached
    assert verdict.stopped_by is not None
    return verdict.stopped_by


def tenant(name: str, vlan: int, **spec: Any) -> dict[str, Any]:
    """Return a network of both clusters on a VLAN, its subnet 172.20.VLAN.0/24 unless stated."""
    attach = [{"cluster": one, "namespaces": [name]} for one in ("prod", "edge")]
    stated = {"vlan": vlan, "subnets": [f"172.20.{vlan}.0/24"], "attach": attach, **spec}
    return document("Network", name, **stated)


# On the AWS example


@pytest.mark.parametrize(
    ("a", "b", "how"),
    [
        ("blue-front@prod", "blue-front@edge", "same segment"),
        ("red", "red", "same segment"),
        ("blue-back", "blue-front@edge", "routed in VRF"),
        ("red", "outside", "nat"),
        ("green", "outside", "border"),
        ("outside", "green", "border"),
        ("red", "border", "same segment"),
        ("border", "red", "same segment"),
        ("blue-front@borders", "blue-back", "routed in VRF"),
        ("red", "172.20.100.1", "same segment"),
        ("blue-back", "172.20.200.1", "routed in VRF"),
        ("blue-back", "172.20.200.77", "routed in VRF"),
        ("red", "8.8.8.8", "nat"),
    ],
)
def test_one_end_reaches_the_other(aws: Plan, a: str, b: str, how: str) -> None:
    assert first(aws, a, b).how == how


@pytest.mark.parametrize(
    ("a", "b", "line"),
    [
        ("red", "green", "spec:"),
        ("blue-front", "red", "  vrf: blue"),
        ("outside", "red", "  egress: nat "),
        ("red", "172.20.30.9", "spec:"),
        ("red", "10.0.16.5", "  networks: {machine: [10.0.16.0/20]}"),
        ("red", "node:edge", "  underlay: {cidrs: [10.0.0.0/16, 10.1.0.0/16"),
        ("red", "172.16.5.10", "  underlay: {cidrs: [10.0.0.0/16, 10.1.0.0/16"),
        ("red", "10.132.0.9", "  networks: {machine: [10.0.16.0/20]}"),
        ("red", "172.31.0.10", "  networks: {machine: [10.0.16.0/20]}"),
        ("blue-front", "fd00:ec2::254", "  underlay: {cidrs: [10.0.0.0/16, 10.1.0.0/16"),
        ("red", "169.254.169.254", "  underlay: {cidrs: [10.0.0.0/16, 10.1.0.0/16"),
        ("red", "192.168.7.7", "  egress: nat "),
        ("node:prod", "red", "  networks: {machine: [10.0.16.0/20]}"),
        ("blue-back", "172.20.100.1", "spec: {vlan: 201, vrf: blue"),
    ],
)
def test_the_line_that_stops_a_packet_is_named(aws: Plan, a: str, b: str, line: str) -> None:
    assert LINES[stop(aws, a, b).place.line - 1].startswith(line)


def test_ipv6_is_judged_where_an_end_has_it(aws: Plan) -> None:
    four, six = trace(aws, "blue-front", "outside")
    assert (four.family, four.how) == (4, "nat")
    assert (six.family, six.reached) == (6, False)
    assert six.stopped_by is not None
    assert six.stopped_by.document == "Cluster/prod"


def test_a_family_that_no_end_has_is_not_judged(aws: Plan) -> None:
    assert [one.family for one in trace(aws, "red", "outside")] == [4]


def test_hops_name_devices_numbers_and_lines(aws: Plan) -> None:
    hops = first(aws, "blue-back", "blue-front@edge").hops
    told = " ".join(f"{hop.where} {hop.what}" for hop in hops)
    for word in ("br10201", "172.20.201.1", "02:68:6c:00:27:d9", "vrf5002", "VNI 5002", "br10200"):
        assert word in told
    assert [hop.place.line for hop in hops if hop.place is not None]


def test_out_by_the_node_the_sender_is_the_node(aws: Plan) -> None:
    assert first(aws, "red", "outside").hops[-1].what == "sees the node as the sender"


# Leaks


def joined(*, forth: list[str], back: list[str] | None, egress: str = "none") -> Plan:
    """Return two tenants of which a leak takes `forth` and gives `back`."""
    leak: dict[str, Any] = {"with": "b", "import": forth}
    if back is not None:
        leak["export"] = back
    return planned([*head(), tenant("a", 1, leaks=[leak], egress=egress), tenant("b", 2)])


def test_a_leak_in_both_directions_joins_two_tenants() -> None:
    both = joined(forth=["172.20.2.0/24"], back=["172.20.1.0/24"])
    assert first(both, "a", "b").how == "leak"
    assert first(both, "b", "a").how == "leak"


def test_a_leak_gives_all_subnets_unless_told_which() -> None:
    assert first(joined(forth=["172.20.2.0/24"], back=None), "b", "a").how == "leak"


def test_a_leak_in_one_direction_joins_nobody() -> None:
    one = joined(forth=["172.20.2.0/24"], back=[])
    assert stop(one, "a", "b").document == "Network/a"
    assert "way back" in stop(one, "a", "b").reason


def test_a_leak_takes_prefixes_exactly_as_the_other_has_them() -> None:
    wide = joined(forth=["172.20.0.0/16"], back=None)
    assert "exactly" in stop(wide, "a", "b").reason


def test_a_third_tenant_is_not_reached_through_the_second() -> None:
    chain = planned(
        [
            *head(),
            tenant("a", 1, leaks=[{"with": "b", "import": ["172.20.2.0/24"]}]),
            tenant("b", 2, leaks=[{"with": "c", "import": ["172.20.3.0/24"]}]),
            tenant("c", 3),
        ]
    )
    assert (first(chain, "a", "b").how, first(chain, "b", "c").how) == ("leak", "leak")
    assert not first(chain, "a", "c").reached


def test_two_tenants_that_leave_by_their_nodes_do_not_meet_there() -> None:
    both = planned([*head(), tenant("a", 1, egress="nat"), tenant("b", 2, egress="nat")])
    assert not first(both, "a", "b").reached


def test_a_default_route_taken_from_the_nodes_leaves_by_them() -> None:
    leak = {"with": "default", "import": ["0.0.0.0/0"]}
    assert first(planned([*head(), tenant("a", 1, leaks=[leak])]), "a", "outside").how == "nat"


def test_without_a_subnet_in_the_main_table_no_answer_comes_back() -> None:
    leak = {"with": "default", "import": ["0.0.0.0/0"], "export": ["172.20.9.0/24"]}
    estate = planned([*head(), tenant("a", 1, leaks=[leak])])
    assert "no answer finds its way back" in stop(estate, "a", "outside").reason


def test_a_private_range_that_is_leaked_depends_on_the_nodes_routes() -> None:
    leak = {"with": "default", "import": ["192.168.0.0/16"]}
    verdict = first(planned([*head(), tenant("a", 1, leaks=[leak])]), "a", "192.168.7.7")
    assert (verdict.how, verdict.assumes) == (
        "nat",
        "the nodes' main table has the route 192.168.0.0/16 exactly",
    )


def test_hosts_are_not_reached_whatever_is_leaked() -> None:
    leak = {"with": "default", "import": ["10.0.16.0/20"]}
    estate = planned([*head(), tenant("a", 1, leaks=[leak])])
    assert "belongs to hosts" in stop(estate, "a", "node:prod").reason


def test_a_static_route_leads_by_a_guest() -> None:
    route = {"to": "10.66.0.0/16", "via": "172.20.1.9"}
    verdict = first(planned([*head(), tenant("a", 1, routes=[route])]), "a", "10.66.1.1")
    assert (verdict.how, verdict.assumes) == (
        "routed in VRF",
        "the guest at 172.20.1.9 forwards it",
    )


def test_a_data_centre_host_is_reached_by_the_border_if_the_data_centre_routes_it() -> None:
    verdict = first(planned([*head(), tenant("a", 1, egress="border")]), "a", "192.168.7.7")
    assert (verdict.how, bool(verdict.assumes)) == ("border", True)


# Other transports


def test_a_vlan_is_one_segment_within_a_cluster_and_none_between_two() -> None:
    estate = planned([*head(), tenant("a", 1, transport="vlan", uplink="trunk", subnets=[])])
    assert first(estate, "a@prod", "a@prod").how == "same segment"
    assert "ends at the cluster" in stop(estate, "a@prod", "a@edge").reason


def test_nothing_routes_an_overlay() -> None:
    estate = planned([*head(), tenant("a", 1, transport="overlay"), tenant("b", 2)])
    assert "without a gateway of ours" in stop(estate, "a", "b").reason
    assert "without a gateway of ours" in stop(estate, "a", "outside").reason
    assert "does not stretch" in stop(estate, "a", "border").reason


def test_a_segment_without_subnets_carries_frames_and_nothing_else() -> None:
    estate = planned([*head(), tenant("a", 1, subnets=[]), tenant("b", 2)])
    assert first(estate, "a@prod", "a@edge").how == "same segment"
    assert "no IPv4 subnet" in stop(estate, "a", "b").reason


# Ends


def guest(name: str, *attachments: str) -> dict[str, Any]:
    """Return a VirtualMachine of namespace a with a NIC per attachment."""
    names = [f"nic-{number}" for number, _ in enumerate(attachments)]
    addresses = "ethernets: {eth0: {addresses: [172.20.1.77/24]}}"
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name, "namespace": "a"},
        "spec": {
            "template": {
                "spec": {
                    "domain": {
                        "devices": {"interfaces": [{"name": one, "bridge": {}} for one in names]}
                    },
                    "networks": [
                        {"name": one, "multus": {"networkName": attachment}}
                        for one, attachment in zip(names, attachments, strict=True)
                    ],
                    "volumes": [{"name": "init", "cloudInitNoCloud": {"networkData": addresses}}],
                }
            }
        },
    }


def test_a_guest_is_found_by_its_name_and_keeps_its_own_address() -> None:
    estate = planned([*head(), tenant("a", 1), guest("web", "a")])
    for name in ("web", "a/web"):
        verdict = first(estate, name, "a")
        assert (str(verdict.source.address(4)), verdict.how) == ("172.20.1.77", "same segment")


def test_a_guest_takes_the_nic_that_reaches() -> None:
    estate = planned([*head(), tenant("a", 1), tenant("b", 2), guest("web", "a", "b/b")])
    assert first(estate, "web", "b").how == "same segment"
    assert first(estate, "web", "a").how == "same segment"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("gren", "did you mean green?"),
        ("red@prd", "did you mean prod?"),
        ("node:hubb", "did you mean hub?"),
        ("green@prod", "attached in edge, not in prod"),
    ],
)
def test_a_word_that_names_nothing_is_told_what_it_may_mean(
    aws: Plan, word: str, hint: str
) -> None:
    with pytest.raises(UnknownEndError, match=hint):
        trace(aws, word, "outside")


def test_a_guest_on_the_pod_network_alone_is_told_so() -> None:
    estate = planned([*head(), tenant("a", 1), guest("web")])
    with pytest.raises(UnknownEndError, match="no NIC on a network of this estate"):
        trace(estate, "a/web", "a")


@pytest.mark.parametrize(("a", "b"), [("outside", "border"), ("node:hub", "8.8.8.8")])
def test_one_end_must_be_a_guest(aws: Plan, a: str, b: str) -> None:
    with pytest.raises(ValueError, match="one end must be a guest"):
        trace(aws, a, b)


def test_addresses_of_two_families_have_nothing_to_say_to_each_other(aws: Plan) -> None:
    with pytest.raises(ValueError, match="no address family in common"):
        trace(aws, "172.20.100.7", "2001:db8::1")


# What the lab has taught


def test_a_leak_leads_to_the_others_gateway_as_well() -> None:
    both = joined(forth=["172.20.2.0/24"], back=["172.20.1.0/24"])
    assert first(both, "a", "172.20.2.1").how == "leak"
    assert first(both, "b", "172.20.1.1").how == "leak"


def test_a_gateway_behind_a_leak_in_one_direction_is_not_reached() -> None:
    assert stop(joined(forth=["172.20.2.0/24"], back=[]), "a", "172.20.2.1")


def test_a_host_behind_the_borders_leaves_by_them_whatever_leaves_take_from_their_nodes() -> None:
    leak = {"with": "default", "import": ["0.0.0.0/0"]}
    estate = planned([*head(), tenant("a", 1, egress="border", leaks=[leak])])
    assert first(estate, "a", "outside").how == "nat"
    assert first(estate, "a@borders", "outside").how == "border"


def test_of_nodes_and_hosts_behind_the_borders_the_data_centre_decides(aws: Plan) -> None:
    with pytest.raises(ValueError, match="data centre decides"):
        trace(aws, "green@borders", "node:prod")


def test_another_clusters_nodes_are_hosts_by_their_ipv6_too() -> None:
    fabric, hub, prod, edge = head()
    edge["spec"]["networks"]["machine"].append("2001:db8:a::/64")
    dual = tenant("a", 1, subnets=["172.20.1.0/24", "2001:db8:0:1::/64"], egress="border")
    estate = planned([fabric, hub, prod, edge, dual])
    assert "belongs to hosts" in stop(estate, "a@prod", "2001:db8:a::5").reason


def public(*, egress: str) -> Plan:
    """Return a tenant that leaves by its nodes, and one with public addresses."""
    other = tenant("b", 2, subnets=["198.18.2.0/24"], egress=egress)
    return planned([*head(), tenant("a", 1, egress="nat"), other])


def test_public_addresses_behind_the_borders_are_found_by_way_of_the_outside() -> None:
    estate = public(egress="border")
    assert first(estate, "a", "b@borders").how == "nat"
    assert first(estate, "a", "198.18.2.1").how == "nat"


def test_public_addresses_on_leaves_are_not() -> None:
    assert stop(public(egress="border"), "a", "b@prod")


def test_nor_are_those_that_the_data_centre_gives_no_way_in() -> None:
    assert stop(public(egress="none"), "a", "b@borders")


def test_nor_are_private_ones() -> None:
    estate = planned([*head(), tenant("a", 1, egress="nat"), tenant("b", 2, egress="border")])
    assert stop(estate, "a", "b@borders")


def test_a_data_centre_keeps_its_vrfs_apart() -> None:
    estate = planned([*head(), tenant("a", 1, egress="border"), tenant("b", 2, egress="border")])
    assert "keeps VRFs apart" in stop(estate, "a", "b").reason
