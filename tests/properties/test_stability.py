"""Rendering depends on no count of nodes, and a network's coming or going moves nobody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from hyperleaf.render.estate import render
from properties.generating import head, networks, planned

if TYPE_CHECKING:
    from properties.generating import Document

# What lists everything on purpose: the places of sources, and what reaches what.
LISTS = {"index.json", "expected.json"}


def files(documents: list[Document]) -> dict[str, str]:
    """Return everything rendered, text by path."""
    return {file.path: file.text for file in render(planned(documents))}


@settings(max_examples=10, deadline=None)
@given(networks())
def test_rendering_three_thirty_and_three_thousand_nodes_differs_in_replica_counts_alone(
    tenants: list[Document],
) -> None:
    few, more, many = (files([*head(count), *tenants]) for count in (3, 30, 3000))
    assert few.keys() == more.keys() == many.keys()
    for path in few:
        assert _uncounted(few[path]) == _uncounted(more[path]) == _uncounted(many[path]), path


def _uncounted(text: str) -> str:
    return re.sub(r'("?replicas"?: ?)"?\d+"?', r"\1N", text)


@settings(max_examples=30, deadline=None)
@given(networks(), st.data())
def test_a_network_that_goes_changes_only_the_objects_that_name_it(
    tenants: list[Document], data: st.DataObject
) -> None:
    nets = [one for one in tenants if one["kind"] == "Network"]
    gone = data.draw(st.sampled_from(nets))
    name = gone["metadata"]["name"]
    before = files([*head(), *tenants])
    after = files([*head(), *(one for one in tenants if one is not gone)])
    for path in before.keys() | after.keys():
        if before.get(path) == after.get(path) or path in LISTS:
            continue
        texts = before.get(path, "") + after.get(path, "")
        assert _names(name, gone, texts), path


def _names(name: str, gone: Document, text: str) -> bool:
    """Tell whether a text names the network, its VRF, its namespace or its numbers."""
    vlan = gone["spec"]["vlan"]
    own = gone["spec"].get("vrf", name)
    return any(
        word in text for word in (name, own, f"tenant-{vlan}", f"{10000 + vlan}", f"{20000 + vlan}")
    )


@settings(max_examples=30, deadline=None)
@given(networks(), st.data())
def test_a_network_that_goes_changes_no_file_of_the_nodes_by_a_byte(
    tenants: list[Document], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from([one for one in tenants if one["kind"] == "Network"]))
    before = files([*head(), *tenants])
    after = files([*head(), *(one for one in tenants if one is not gone)])
    static = {path for path in before.keys() | after.keys() if "/20-machine-configs/" in path}
    assert static
    for path in static:
        assert before.get(path) == after.get(path), path


@settings(max_examples=30, deadline=None)
@given(networks(), st.data())
def test_a_network_that_goes_takes_no_number_of_another_with_it(
    tenants: list[Document], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from([one for one in tenants if one["kind"] == "Network"]))
    rest = [one for one in tenants if one is not gone]
    before = planned([*head(), *tenants]).estate
    after = planned([*head(), *rest]).estate
    for name, network in after.networks.items():
        twin = before.networks[name]
        assert (network.vni, network.gateway_mac, network.mtu, network.gateways) == (
            twin.vni,
            twin.gateway_mac,
            twin.mtu,
            twin.gateways,
        )
    for name, vrf in after.vrfs.items():
        assert (vrf.vni, vrf.table) == (before.vrfs[name].vni, before.vrfs[name].table)


@settings(max_examples=20, deadline=None)
@given(networks(), st.randoms())
def test_the_order_of_documents_matters_nowhere(tenants: list[Document], chance: object) -> None:
    documents = [*head(), *tenants]
    shuffled = list(documents)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = files(documents), files(shuffled)
    before.pop("index.json")
    after.pop("index.json")
    assert before == after
