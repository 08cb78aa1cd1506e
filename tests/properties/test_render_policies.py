"""Whatever the networks: policies that stand alone, names that fit, tunnels that fit the uplink."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings

from hyperleaf.render.policies import evpn_policies
from hyperleaf.render.text import text
from properties.generating import head, networks, planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.render.manifest import Manifest
    from properties.generating import Document

KINDS = ("br-ex", "nic", "bond")
UNDERLAY = 9001
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
CAPTURED = re.compile(r"capture\.([a-z-]+)")


def clusters(tenants: list[Document]) -> Iterator[list[Manifest]]:
    for cluster in planned([*head(kinds=KINDS), *tenants]).clusters:
        if cluster.leaves is not None:
            yield list(evpn_policies(cluster.leaves))


def interfaces(manifest: Manifest) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = manifest.value["spec"]["desiredState"]["interfaces"]
    return made


@settings(max_examples=40, deadline=None)
@given(networks())
def test_names_are_labels_and_each_its_own(tenants: list[Document]) -> None:
    for policies in clusters(tenants):
        names = [one.name for one in policies]
        assert len(set(names)) == len(names)
        assert all(NAME.fullmatch(name) for name in names)


@settings(max_examples=40, deadline=None)
@given(networks())
def test_no_device_of_a_node_is_in_two_policies(tenants: list[Document]) -> None:
    for policies in clusters(tenants):
        of_class: dict[str, list[str]] = {}
        for one in policies:
            label = text(one.value["spec"]["nodeSelector"])
            of_class.setdefault(label, []).extend(made["name"] for made in interfaces(one))
        assert len(of_class) == len(KINDS)
        assert all(len(set(names)) == len(names) for names in of_class.values())


@settings(max_examples=40, deadline=None)
@given(networks())
def test_every_port_is_made_by_the_policy_that_joins_it(tenants: list[Document]) -> None:
    for one in (policy for policies in clusters(tenants) for policy in policies):
        made = {interface["name"] for interface in interfaces(one)}
        bridged = [
            port["name"] for i in interfaces(one) for port in i.get("bridge", {}).get("port", ())
        ]
        routed = [port for i in interfaces(one) for port in i.get("vrf", {}).get("port", ())]
        assert set(bridged) | set(routed) <= made
        assert len(set(bridged + routed)) == len(bridged + routed)


@settings(max_examples=40, deadline=None)
@given(networks())
def test_no_tunnel_carries_more_than_the_uplink_leaves_it(tenants: list[Document]) -> None:
    for one in (policy for policies in clusters(tenants) for policy in policies):
        for interface in interfaces(one):
            assert interface.get("mtu", 0) <= UNDERLAY - 50


@settings(max_examples=40, deadline=None)
@given(networks())
def test_what_is_captured_is_used_and_what_is_used_is_captured(tenants: list[Document]) -> None:
    for one in (policy for policies in clusters(tenants) for policy in policies):
        spec = one.value["spec"]
        used = set(CAPTURED.findall(text(spec)))
        unused = spec["capture"].keys() - used
        assert used <= spec["capture"].keys()
        # A node's own policy has no bridge; there the capture refuses nodes of another class.
        assert unused <= {"uplink"}
