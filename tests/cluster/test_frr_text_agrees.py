"""The lab's own text of a node's FRR configuration and the real controller's say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.api import load
from hyperleaf.lab.agents import frr_text, speaks
from hyperleaf.lab.reading import read
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.render.frr_objects import frr_manifests
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.reading import ClusterObjects
    from judges.frrk8s import FrrK8s

TOP = Path(__file__).parents[2]
GOLDEN = TOP / "tests" / "golden" / "frr"
# Every estate whose nodes run FRR.
ESTATES = {
    "01-aws-hosted": TOP / "examples" / "01-aws-hosted",
    **{name: GOLDEN / name / "estate.yaml" for name in ("foreign-borders", "leaks", "two-teams")},
}
# Opens a context; what is not nested in it ends it.
OPENS = re.compile(r"(router bgp|route-map|vrf|interface|bfd$)")
NESTED = re.compile(r"(address-family|profile) ")
GLOBAL = re.compile(r"(log|hostname|bgp route-map|ipv?6? (prefix-list|nht)) ")
Statements = dict[tuple[str, ...], list[str]]


def statements(text: str) -> Statements:
    """Return a configuration's statements by context, those of a repeated context together."""
    found: Statements = {}
    context: tuple[str, ...] = ()
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("exit-address-family") or (line == "exit" and len(context) > 1):
            context = context[:1]
        elif line.startswith("exit"):
            context = ()
        elif OPENS.match(line) and not (
            context and context[0].startswith("router bgp") and line.startswith("vrf ")
        ):
            context = (line,)
            found.setdefault(context, [])
        elif context and NESTED.match(line):
            context = (context[0], line)
            found.setdefault(context, [])
        elif line and not line.startswith("!"):
            context = () if GLOBAL.match(line) else context
            found.setdefault(context, []).append(line)
    return found


def nodes(folder: Path, estate: str) -> Iterator[tuple[Node, ClusterObjects]]:
    """Yield each kind of node that runs FRR, with the objects of its cluster."""
    made = plan(load(ESTATES[estate]).estate)
    write(render(made), folder)
    rendered, seen = read(folder), set()
    for node in surroundings(made).nodes:
        kind = (node.cluster, *sorted(node.labels))
        if kind not in seen and speaks(rendered.clusters[node.cluster], node):
            seen.add(kind)
            yield node, rendered.clusters[node.cluster]


def own(node: Node, objects: ClusterObjects) -> str:
    """Return the lab's text."""
    meant = [one for one in objects.frr if one.selector.matches(node.labels)]
    return frr_text.text(meant, node.name)


def secret_names(bgp: dict[str, Any]) -> Iterable[str]:
    for router in bgp.get("routers", []):
        for one in router.get("neighbors", []):
            if "passwordSecret" in one:
                yield one["passwordSecret"]["name"]


def real(frr_k8s: FrrK8s, estate: str, node: Node) -> str:
    """Return the controller's text."""
    made = plan(load(ESTATES[estate]).estate)
    cluster = next(one for one in made.clusters if one.cluster.name == node.cluster)
    configurations = [one.value for one in frr_manifests(cluster)]
    names = {name for one in configurations for name in secret_names(one["spec"].get("bgp", {}))}
    secrets = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name},
            "type": "kubernetes.io/basic-auth",
            "stringData": {"username": "bgp", "password": frr_text.password(name)},
        }
        for name in sorted(names)
    ]
    about = {"name": node.name, "labels": dict(node.labels)}
    made_of = {"apiVersion": "v1", "kind": "Node", "metadata": about}
    converted = frr_k8s.convert(made_of, configurations, secrets)
    assert converted.conversion == "success"
    return converted.frr_conf


@pytest.mark.judge
@pytest.mark.parametrize("estate", ESTATES)
def test_both_texts_have_the_same_statements_in_the_same_contexts(
    frr_k8s: FrrK8s, tmp_path: Path, estate: str
) -> None:
    compared = 0
    for node, objects in nodes(tmp_path, estate):
        # Its pod has its node's name; here it runs on this machine.
        named = re.sub(
            "^hostname .*", f"hostname {node.name}", real(frr_k8s, estate, node), flags=re.MULTILINE
        )
        assert statements(own(node, objects)) == statements(named), node.name
        compared += 1
    assert compared
