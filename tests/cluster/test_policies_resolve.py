"""Real nmstate resolves every rendered policy on every kind of node, to that node's own values.

The nodes' states lie in states/, each with what it is and what is expected of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from hyperleaf.api import load
from hyperleaf.plan.clusters import Plan, plan
from hyperleaf.render.policies import evpn_policies, reflector_policies
from hyperleaf.render.uplinks import uplink_policies
from judges.nmstate import PolicyError
from properties.generating import head, networks, planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.render.manifest import Manifest
    from judges.nmstate import Nmstate
    from properties.generating import Document

pytestmark = pytest.mark.judge

STATES = {
    path.stem: yaml.safe_load(path.read_text())
    for path in sorted((Path(__file__).parent / "states").glob("*.yaml"))
}
SOUND = [name for name, one in STATES.items() if "refusal" not in one["node"]]
REFUSED = [name for name, one in STATES.items() if "refusal" in one["node"]]
EXAMPLES = Path(__file__).parents[2] / "examples"
PRIMARIES: dict[str, Document] = {
    "br-ex": {"kind": "br-ex"},
    "nic": {"nic": "eth0"},
    "bond": {"kind": "bond", "nic": "bond0"},
    "vlan": {"kind": "vlan", "nic": "ens1.20"},
}
TENANTS: list[Document] = [
    {
        "apiVersion": "hyperleaf.dev/v1alpha1",
        "kind": "Network",
        "metadata": {"name": "red"},
        "spec": {
            "vlan": 100,
            "subnets": ["172.20.100.0/24", "2001:db8::/64"],
            "attach": [{"cluster": "prod", "namespaces": ["red"]}],
        },
    }
]


def policies(whole: Plan) -> Iterator[Manifest]:
    for cluster in whole.clusters:
        if cluster.leaves is not None:
            yield from evpn_policies(cluster.leaves)


def of_class(kind: str, tenants: list[Document]) -> list[Manifest]:
    """Return the policies of leaves whose uplink is found by `kind`."""
    estate = head()
    for document in estate:
        for pool in document["spec"].get("nodePools", ()):
            pool["uplinks"] = {"primary": PRIMARIES[kind]}
    return list(policies(planned([*estate, *tenants])))


def interfaces(state: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in state["interfaces"] if one["type"] == kind]


def check(resolved: dict[str, Any], node: dict[str, Any]) -> None:
    """Assert that every device has this node's values, and that nothing else was captured."""
    own = {"ip": node["address"], "prefix-length": 32}
    for tunnel in interfaces(resolved, "vxlan"):
        assert tunnel["vxlan"]["local"] == node["address"]
        assert tunnel["vxlan"]["base-iface"] == node["device"]
    for vrf in interfaces(resolved, "vrf"):
        assert vrf["ipv4"]["address"] == [own]
    for lo in interfaces(resolved, "loopback"):
        assert lo["ipv4"]["address"] == [{"ip": "127.0.0.1", "prefix-length": 8}, own]
    macs = {one["mac-address"].upper() for one in interfaces(resolved, "linux-bridge")}
    assert {mac for mac in macs if not mac.startswith("02:68:6C")} <= {node["mac"].upper()}
    assert "{{" not in json.dumps(resolved)


@pytest.mark.parametrize("name", SOUND)
def test_a_node_of_any_kind_gets_its_own_values(nmstate: Nmstate, name: str) -> None:
    node, state = STATES[name]["node"], STATES[name]["state"]
    made = of_class(node["uplink"], TENANTS)
    assert len(made) == 3
    for manifest in made:
        check(nmstate.resolve(manifest.value, state), node)


@pytest.mark.parametrize("name", SOUND)
def test_a_router_s_mac_is_its_node_s(nmstate: Nmstate, name: str) -> None:
    node, state = STATES[name]["node"], STATES[name]["state"]
    (vrf,) = [one for one in of_class(node["uplink"], TENANTS) if "-vrf-" in one.name]
    bridges = interfaces(nmstate.resolve(vrf.value, state), "linux-bridge")
    macs = {one["name"]: one["mac-address"].upper() for one in bridges}
    assert macs == {"br20100": node["mac"].upper(), "br10100": "02:68:6C:00:27:74"}


@pytest.mark.parametrize("name", REFUSED)
def test_a_node_that_cannot_be_a_leaf_is_refused_with_the_reason(
    nmstate: Nmstate, name: str
) -> None:
    node, state = STATES[name]["node"], STATES[name]["state"]
    for manifest in of_class(node["uplink"], TENANTS):
        with pytest.raises(PolicyError, match=node["refusal"]):
            nmstate.resolve(manifest.value, state)


def test_a_node_whose_default_route_names_no_source_becomes_a_leaf_when_pinned(
    nmstate: Nmstate,
) -> None:
    estate = [*head(), *TENANTS]
    estate[0]["spec"]["vtep"] = {"pinned": {"w-1": "10.0.17.11"}}
    for manifest in policies(planned(estate)):
        resolved = nmstate.resolve(manifest.value, STATES["no-source"]["state"])
        node = {"address": "10.0.17.11", "device": "br-ex", "mac": "02:6C:0A:00:11:0B"}
        check(resolved, node)


@pytest.mark.parametrize("name", [one for one in SOUND if STATES[one]["node"]["uplink"] == "br-ex"])
def test_every_policy_of_the_aws_example_resolves(nmstate: Nmstate, name: str) -> None:
    whole = plan(load(EXAMPLES / "01-aws-hosted").estate)
    reflectors = [one.reflectors for one in whole.clusters if one.reflectors is not None]
    made = [*policies(whole), *(each for one in reflectors for each in reflector_policies(one))]
    assert len(made) == 7
    for manifest in made:
        check(nmstate.resolve(manifest.value, STATES[name]["state"]), STATES[name]["node"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tenants=networks())
def test_whatever_the_networks_their_policies_resolve(
    nmstate: Nmstate, tenants: list[Document]
) -> None:
    for manifest in of_class("br-ex", tenants):
        check(nmstate.resolve(manifest.value, STATES["br-ex"]["state"]), STATES["br-ex"]["node"])


def stated(value: Any, resolved: Any) -> Any:
    """Return of `resolved` what `value` states, so that the two compare."""
    if isinstance(value, dict) and isinstance(resolved, dict):
        return {key: stated(one, resolved.get(key)) for key, one in value.items()}
    if isinstance(value, list) and isinstance(resolved, list) and len(value) == len(resolved):
        return [stated(*pair) for pair in zip(value, resolved, strict=True)]
    return resolved


def understood(nmstate: Nmstate, manifest: Manifest, state: dict[str, Any]) -> dict[str, set[str]]:
    """Return the fields that nmstate has otherwise than they are written, by interface."""
    resolved = {one["name"]: one for one in nmstate.resolve(manifest.value, state)["interfaces"]}
    desired = manifest.value["spec"]["desiredState"]["interfaces"]
    assert resolved.keys() == {one["name"] for one in desired}
    differing = {}
    for one in desired:
        kept = stated(one, resolved[one["name"]])
        fields = {key for key in one if str(kept[key]).lower() != str(one[key]).lower()}
        if fields:
            differing[one["name"]] = fields
    return differing


@pytest.mark.parametrize("example", ["02-vsphere-lab", "03-multi-network"])
def test_policies_of_other_uplinks_say_what_nmstate_understands(
    nmstate: Nmstate, example: str
) -> None:
    made = [
        manifest
        for cluster in plan(load(EXAMPLES / example).estate).clusters
        for uplink in cluster.uplinks
        for manifest in uplink_policies(uplink)
    ]
    assert made
    for manifest in made:
        assert understood(nmstate, manifest, {"interfaces": []}) == {}


def test_nmstate_keeps_all_of_a_policy_but_what_was_captured(nmstate: Nmstate) -> None:
    (vrf,) = [one for one in of_class("nic", TENANTS) if "-vrf-" in one.name]
    assert understood(nmstate, vrf, STATES["nic"]["state"]) == {
        "vx20100": {"vxlan"},
        "br20100": {"mac-address"},
        "vx10100": {"vxlan"},
        "vrf20100": {"ipv4"},
    }
