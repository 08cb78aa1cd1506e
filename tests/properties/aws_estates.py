"""Hypothesis strategies for estates on AWS: whatever changes what is made underneath them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from properties.generating import document

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    from properties.generating import Document

NEAR, FAR = "us-east-1", "eu-central-1"
DATA_CENTRE = "172.16.0.0/12"
NAMES = ("edge", "prod", "prod-2", "prod2")


@st.composite
def estates(draw: DrawFn) -> list[Document]:
    """Draw a hub and up to three hosted clusters, with or without a fabric and borders."""
    names = ["hub", *draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))]
    fabric = draw(st.booleans())
    clusters = [draw(cluster(name, place, fabric=fabric)) for place, name in enumerate(names)]
    return [*([draw(fabrics(len(names)))] if fabric else []), *clusters]


@st.composite
def fabrics(draw: DrawFn, clusters: int) -> Document:
    """Draw a fabric whose reflectors may be known already, or not."""
    ranges = draw(
        st.sampled_from([["10.0.0.0/12"], [f"10.{one}.0.0/20" for one in range(clusters)]])
    )
    spec: dict[str, Any] = {
        "asn": 65000,
        "underlay": {"cidrs": [*ranges, "172.16.0.0/20"], "mtu": 9001},
        "reflectors": {"cluster": "hub"},
        "borders": [
            {"name": f"dc-{one}", "address": f"172.16.0.{10 + one}"}
            for one in range(draw(st.integers(0, 2)))
        ],
    }
    if draw(st.booleans()):
        spec["reflectors"]["addresses"] = ["10.0.0.11", "10.0.0.12"]
    if draw(st.booleans()):
        spec["bfd"] = {"enabled": False}
    return document("Fabric", "corp", **spec)


@st.composite
def cluster(draw: DrawFn, name: str, place: int, *, fabric: bool) -> Document:
    """Draw a cluster; its ranges follow from its place, so that none overlap."""
    region = NEAR if name == "hub" else draw(st.sampled_from([NEAR, NEAR, FAR]))
    spec: dict[str, Any] = {
        "version": "4.16.8",
        "platform": {"aws": draw(aws(region))},
        "networks": {"machine": [f"10.{place}.0.0/20"]},
    }
    if draw(st.booleans()):
        spec["networks"]["machine"] += [f"10.{place}.16.0/24", f"fd00:{place}::/64"]
    if draw(st.booleans()):
        spec["baseDomain"] = "example.com"
    if name == "hub":
        return document("Cluster", name, role="hub", **spec)
    pool = {"name": "metal", "instanceType": "m5.metal"} | ({"leaf": True} if fabric else {})
    return document("Cluster", name, role="hosted", hub="hub", nodePools=[pool], **spec)


@st.composite
def aws(draw: DrawFn, region: str) -> dict[str, Any]:
    """Draw a platform: a VPC to be or one that is there, a way to the data centre or none."""
    made: dict[str, Any] = {"region": region}
    zones = [f"{region}{letter}" for letter in "abcd"]
    if draw(st.integers(0, 3)) == 0:
        there = draw(st.lists(st.sampled_from(zones), min_size=1, max_size=4, unique=True))
        made["vpc"] = {
            "id": "vpc-0a1b2c3d",
            "privateSubnets": {zone: f"subnet-0a{zone[-1]}" for zone in there},
            "publicSubnets": {zone: f"subnet-0b{zone[-1]}" for zone in there},
        }
    elif draw(st.booleans()):
        made["zones"] = draw(st.lists(st.sampled_from(zones), min_size=1, max_size=3, unique=True))
    made["nat"] = draw(st.sampled_from(["one", "perZone"]))
    resolver = draw(st.sampled_from([None, True, False]))
    if resolver is not None:
        made["resolver"] = resolver
    way = draw(st.sampled_from([None, "transitGateway", "directConnect", "vpn"]))
    if way is not None:
        made["onPrem"] = {"via": way} | draw(_end(way))
        if draw(st.booleans()):
            made["onPrem"]["cidrs"] = [DATA_CENTRE]
    return made


def _end(way: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return what may be said of a way's other end, or nothing."""
    there = {
        "transitGateway": {"id": "tgw-0a1b2c3d"},
        "directConnect": {"id": "9ed3b54a-1ad2-4f3c-8e43-0d2c1e8b4f3a"},
        "vpn": {"peer": {"address": "203.0.113.1", "asn": 4_200_000_000}},
    }
    return st.sampled_from([{}, there[way]])
