"""What a lab is told to expect is what the model says of every pair."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hyperleaf.api import load
from hyperleaf.model.fabric import BORDERS
from hyperleaf.plan.clusters import plan
from hyperleaf.plan.endpoints import Endpoint, guest, guests, node, outside
from hyperleaf.plan.expected import Pair, expected, pairs
from hyperleaf.plan.reach import reach
from hyperleaf.plan.routes import Tables
from properties.generating import document, head, network, planned

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from hyperleaf.plan.clusters import Plan

EXAMPLES = sorted(Path("examples").rglob("*.yaml"))
VRFS = ("shared-1", "shared-2")


@st.composite
def leak(draw: DrawFn, others: list[str], subnets: list[str]) -> dict[str, Any]:
    """Draw a leak with another VRF or the nodes, of prefixes that exist and of some that do not."""
    prefixes = st.lists(st.sampled_from([*subnets, "0.0.0.0/0", "172.16.0.0/12"]), max_size=3)
    made: dict[str, Any] = {"with": draw(st.sampled_from([*others, "default"]))}
    made["import"] = draw(prefixes)
    if draw(st.booleans()):
        made["export"] = draw(prefixes)
    return made


@st.composite
def joined(draw: DrawFn) -> list[dict[str, Any]]:
    """Draw an estate whose VRFs leak into each other, some networks bare, some on a trunk."""
    vlans = draw(st.lists(st.integers(1, 1000), min_size=2, max_size=5, unique=True))
    made = [draw(network(vlan, draw(st.sampled_from([None, *VRFS])))) for vlan in vlans]
    names = [*VRFS, *(one["metadata"]["name"] for one in made if "vrf" not in one["spec"])]
    subnets = [subnet for one in made for subnet in one["spec"]["subnets"]]
    vrfs = [
        document("VRF", name, vni=vni, egress=draw(st.sampled_from(["nat", "border", "none"])))
        for name, vni in zip(VRFS, (5001, 5002), strict=True)
    ]
    for one in (*vrfs, *made):
        if "vrf" not in one["spec"] and draw(st.booleans()):
            others = [name for name in names if name != one["metadata"]["name"]]
            one["spec"]["leaks"] = [draw(leak(others, subnets))]
    bare: dict[str, Any] = {"transport": draw(st.sampled_from(["evpn", "vlan", "overlay"]))}
    if bare["transport"] != "overlay":
        bare["vlan"] = 2000
    where = [{"cluster": name, "namespaces": ["bare"]} for name in ("edge", "prod")]
    documents = [*head(), *vrfs, *made, document("Network", "bare", **bare, attach=where)]
    if draw(st.booleans()):
        fabric, _, prod, *_ = documents
        fabric["spec"]["underlay"]["cidrs"].append("2001:db8:ffff::/64")
        prod["spec"]["networks"]["machine"].append("2001:db8:ffff::/64")
    return documents


def ends(plan: Plan) -> dict[str, Endpoint]:
    """Return every end that pairs are about, by name."""
    behind = [
        guest(plan, one, BORDERS)
        for one in plan.estate.networks.values()
        if one.transport == "evpn" and plan.borders
    ]
    leaves = [node(one) for one in plan.estate.clusters.values() if one.leaf_pools]
    return {one.label: one for one in (*guests(plan), *behind, outside(), *leaves)}


def agree(plan: Plan) -> list[Pair]:
    """Assert that each pair is what `reach` says of it, and return them all."""
    known, tables = ends(plan), Tables(plan)
    stated = list(pairs(expected(plan)))
    for pair in stated:
        verdict = reach(
            plan, known[pair.a], known[pair.b], pair.family, tables=tables, with_hops=False
        )
        assert (pair.reached, pair.how) == (verdict.reached, verdict.how), (pair, verdict)
    return stated


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_pairs_of_an_example_are_what_reach_says(example: Path) -> None:
    made = plan(load(example).estate)
    assert bool(agree(made)) == bool(made.estate.networks)


@settings(deadline=None, max_examples=60, phases=[Phase.generate])
@given(joined())
def test_the_pairs_of_any_estate_are_what_reach_says(documents: list[dict[str, Any]]) -> None:
    agree(planned(documents))


def test_every_guest_is_asked_about_every_other_in_both_directions() -> None:
    stated = {(one.a, one.b) for one in pairs(expected(plan(load(EXAMPLES[0]).estate)))}
    assert {("red@prod", "green@edge"), ("green@edge", "red@prod")} <= stated
    assert ("red@prod", "red@prod") in stated


def test_no_two_guests_have_the_same_address() -> None:
    for example in EXAMPLES:
        stated = expected(plan(load(example).estate))
        taken = [one for end in stated["guests"] for one in end["addresses"].values()]
        assert len(taken) == len(set(taken))
