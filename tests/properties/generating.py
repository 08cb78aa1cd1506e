"""Hypothesis strategies for whole estates, as documents of plain data, and what becomes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from hyperleaf.model.resolve import resolve
from hyperleaf.plan.clusters import Plan, plan
from hyperleaf.spec.documents import validate
from hyperleaf.spec.yaml import read_text

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

Document = dict[str, Any]
API = "hyperleaf.dev/v1alpha1"
EGRESS = ("nat", "border", "none")


def document(kind: str, name: str, **spec: Any) -> Document:
    """Return a document of the language."""
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def head(replicas: int = 2, kinds: tuple[str, ...] = ("br-ex",)) -> list[Document]:
    """Return a fabric with two borders, a hub, and two hosted clusters with a pool per kind."""
    primary = {
        "br-ex": {"kind": "br-ex"},
        "nic": {"nic": "eth0"},
        "bond": {"kind": "bond", "nic": "bond0"},
    }
    hosted = [
        document(
            "Cluster",
            name,
            role="hosted",
            hub="hub",
            version="4.16.8",
            platform={"baremetal": {}},
            networks={"machine": [machine]},
            nodePools=[
                {
                    "name": f"pool-{kind}",
                    "replicas": replicas,
                    "leaf": True,
                    "uplinks": {"primary": primary[kind]},
                }
                for kind in kinds
            ],
        )
        for name, machine in (("prod", "10.0.16.0/20"), ("edge", "10.1.0.0/20"))
    ]
    return [
        document(
            "Fabric",
            "corp",
            asn=65000,
            underlay={"cidrs": ["10.0.0.0/15", "172.16.0.0/24"], "mtu": 9001},
            reflectors={"cluster": "hub", "addresses": ["10.0.0.11", "10.0.0.12"]},
            borders=[
                {"name": "dc-1", "address": "172.16.0.11", "mtu": 8951},
                {"name": "dc-2", "address": "172.16.0.12", "mtu": 8951},
            ],
        ),
        document(
            "Cluster",
            "hub",
            role="hub",
            version="4.16.8",
            platform={"baremetal": {}},
            networks={"machine": ["10.0.0.0/20"]},
        ),
        *hosted,
    ]


@st.composite
def network(draw: DrawFn, vlan: int, vrf: str | None) -> Document:
    """Draw a network on a VLAN whose subnets follow from it, so that none overlap."""
    subnets = [f"172.{20 + (vlan >> 8)}.{vlan & 255}.0/24"]
    if draw(st.booleans()):
        subnets.append(f"2001:db8:0:{vlan:x}::/64")
    spec: dict[str, Any] = {"vlan": vlan, "subnets": subnets}
    if vrf is None:
        spec["egress"] = draw(st.sampled_from(EGRESS))
    else:
        spec["vrf"] = vrf
    if draw(st.booleans()):
        spec["dhcp"] = {"servers": ["172.16.0.53"]}
    clusters = draw(st.sets(st.sampled_from(["prod", "edge"]), min_size=1))
    spec["attach"] = [
        {"cluster": cluster, "namespaces": [f"tenant-{vlan}"]} for cluster in sorted(clusters)
    ]
    return document("Network", f"net-{vlan}", **spec)


@st.composite
def networks(draw: DrawFn, most: int = 8) -> list[Document]:
    """Draw networks on different VLANs, some of them in one of two shared VRFs, and the VRFs."""
    vlans = draw(st.lists(st.integers(1, 1000), min_size=1, max_size=most, unique=True))
    made, used = [], set()
    for vlan in vlans:
        vrf = draw(st.sampled_from([None, None, "shared-1", "shared-2"]))
        used.add(vrf)
        made.append(draw(network(vlan, vrf)))
    vrfs = [
        document("VRF", name, vni=vni, egress=draw(st.sampled_from(EGRESS)))
        for name, vni in (("shared-1", 5001), ("shared-2", 5002))
        if name in used
    ]
    return [*vrfs, *made]


def text_of(documents: list[Document]) -> bytes:
    """Return documents as YAML text (of which JSON is a part)."""
    return "\n---\n".join(json.dumps(one) for one in documents).encode()


def planned(documents: list[Document]) -> Plan:
    """Return the plan of an estate; anything found in it on the way is a mistake of the test."""
    read, unread = read_text(text_of(documents), "estate.yaml")
    texts, invalid = validate(read)
    estate, unresolved = resolve(texts)
    assert not (*unread, *invalid, *unresolved)
    return plan(estate)
