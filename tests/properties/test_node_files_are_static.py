"""A node's files follow from its cluster and its fabric: networks come and go without a restart."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING

from hypothesis import given, settings

from hyperleaf.render.nodes import node_files
from hyperleaf.render.text import text
from properties.generating import head, networks, planned

if TYPE_CHECKING:
    from properties.generating import Document

KINDS = ("br-ex", "nic", "bond")


def files(tenants: list[Document]) -> dict[str, str]:
    """Return every object that holds files of nodes, as text by its place."""
    plan = planned([*head(2, KINDS), *tenants])
    return {
        f"{cluster.cluster.name}/{one.file}": text(one.value)
        for cluster in plan.clusters
        for one in node_files(cluster)
    }


def decoded(written: str) -> str:
    return re.sub("base64,([A-Za-z0-9+/=]+)", lambda one: b64decode(one[1]).decode(), written)


@settings(max_examples=100, deadline=None)
@given(networks(), networks())
def test_whatever_networks_there_are_the_files_are_the_same_byte_for_byte(
    some: list[Document], others: list[Document]
) -> None:
    assert files(some) == files(others) != {}


def test_with_no_network_at_all_the_files_are_there_already() -> None:
    assert len(files([])) == 2


@settings(max_examples=30, deadline=None)
@given(networks())
def test_no_network_is_named_in_them(tenants: list[Document]) -> None:
    everything = "\n".join(map(decoded, files(tenants).values()))
    assert "table inet hyperleaf" in everything
    for one in tenants:
        assert one["metadata"]["name"] not in everything
        for subnet in one["spec"].get("subnets", ()):
            assert subnet not in everything
