"""What changes between two estates is told in the estate's words, and only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings

from hyperleaf.plan.difference import differences, reasons_of
from hyperleaf.plan.meaning import meaning
from properties.generating import document, head, networks, planned

if TYPE_CHECKING:
    from properties.generating import Document


def told(old: list[Document], new: list[Document]) -> list[str]:
    """Return the sentences about two estates."""
    before, after = planned(old), planned(new)
    changes = differences(meaning(before), meaning(after), reasons_of(after))
    return [one.sentence for one in changes]


def red(**spec: Any) -> Document:
    """Return a tenant of the cluster prod."""
    attach = [{"cluster": "prod", "namespaces": ["red"]}]
    return document("Network", "red", **{"vlan": 100, "attach": attach, **spec})


ONE = ["172.20.1.0/24"]


def test_nothing_is_said_of_two_estates_that_are_the_same() -> None:
    assert told([*head(), red(subnets=ONE)], [*head(), red(subnets=ONE)]) == []


def test_the_order_of_documents_means_nothing() -> None:
    documents = [*head(), red(subnets=ONE), document("VRF", "blue", vni=5002)]
    assert told(documents, documents[::-1]) == []


def test_a_subnet_more_is_gained_with_its_gateway_and_addresses_on_borders() -> None:
    assert told([*head(), red(subnets=ONE)], [*head(), red(subnets=[*ONE, "10.9.1.0/24"])]) == [
        "border dc-1 gains own address in red 10.9.1.254/24",
        "border dc-2 gains own address in red 10.9.1.253/24",
        "network red gains subnet 10.9.1.0/24",
        "network red gains gateway 10.9.1.1/24",
    ]


def test_a_smaller_path_lowers_the_mtu_and_is_named_as_the_reason() -> None:
    vpn = head()
    vpn[0]["spec"]["paths"] = [{"between": ["borders", "prod"], "mtu": 1446}]
    sentences = told([*head(), red()], [*vpn, red()])
    assert (
        "network red changes mtu 8951 -> 1396 (because of the path between borders and prod "
        "(1446 bytes, less 50 for VXLAN))" in sentences
    )


def test_a_new_network_is_told_in_one_sentence() -> None:
    (sentence,) = told(head(), [*head(), red(subnets=ONE)])
    assert sentence == (
        "network red is new: role vm, transport evpn, vlan 100, vni 10100, vrf red, "
        "subnets 172.20.1.0/24, mtu 8951, in prod"
    )


def test_a_network_that_goes_is_told_in_one_sentence() -> None:
    assert told([*head(), red(subnets=ONE)], head()) == ["network red is gone"]


def test_a_pool_comes_and_goes_as_a_whole() -> None:
    more = head()
    more[3]["spec"]["nodePools"].append({"name": "arm", "arch": "arm64", "leaf": True})
    assert told(head(), more) == ["cluster edge gains pool arm: 2 x arm64, leaves"]
    assert told(more, head()) == ["cluster edge loses pool arm"]


def test_a_replica_more_is_a_change_of_one_number() -> None:
    assert told(head(2), head(3)) == [
        "cluster edge changes pool pool-br-ex replicas 2 -> 3",
        "cluster prod changes pool pool-br-ex replicas 2 -> 3",
    ]


def test_a_network_that_moves_to_another_vrf_says_so_once() -> None:
    vrfs = [document("VRF", name, vni=vni) for name, vni in (("one", 5001), ("two", 5002))]
    before = [*head(), *vrfs, red(vrf="one")]
    assert told(before, [*head(), *vrfs, red(vrf="two")]) == ["network red changes vrf one -> two"]


def test_an_attachment_more_names_its_cluster() -> None:
    attach = [{"cluster": "prod", "namespaces": ["red", "test"]}]
    assert told([*head(), red()], [*head(), red(attach=attach)]) == [
        "network red gains attachment test/red in prod"
    ]


def test_egress_that_changes_is_told_of_the_vrf() -> None:
    assert told([*head(), red(subnets=ONE)], [*head(), red(subnets=ONE, egress="nat")]) == [
        "VRF red changes egress none -> nat"
    ]


@settings(max_examples=40, deadline=None)
@given(networks(), networks())
def test_there_and_back_differ_in_the_same_things(
    one: list[Document], other: list[Document]
) -> None:
    first, second = meaning(planned([*head(), *one])), meaning(planned([*head(), *other]))
    forth, back = differences(first, second), differences(second, first)
    assert {(c.kind, c.name, c.field) for c in forth} == {(c.kind, c.name, c.field) for c in back}
    assert differences(first, first) == ()
