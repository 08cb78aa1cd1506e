"""Rendered templates of a cloud become what nodes' security groups let in, on top of the cluster's.

A group is a leaf's or a reflector's by its name in the template: whoever makes nodes puts them into
it. What the template forgets, no packet passes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.lab.facts import Allowed
from hyperleaf.values.rendered import BUILD, OF_CLUSTER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hyperleaf.lab.facts import Node, Surroundings

# Which group a node is in, by the label that says what it is.
GROUPS: Final = {
    "hyperleaf.dev/leaf": "LeavesGroup",
    "hyperleaf.dev/reflector": "ReflectorsGroup",
}
SECURITY_GROUP: Final = "AWS::EC2::SecurityGroup"


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A group of a cluster's template: its file below the folder, the documents it follows from."""

    cluster: str
    name: str
    file: str
    origin: str
    allowed: tuple[Allowed, ...]


def read(folder: Path) -> tuple[SecurityGroup, ...]:
    """Return the groups that the templates of a rendered folder make for each cluster."""
    return tuple(_read(folder)) if (folder / BUILD).is_file() else ()


def _read(folder: Path) -> Iterator[SecurityGroup]:
    for step in json.loads((folder / BUILD).read_text())["steps"]:
        body: Mapping[str, Any] = step["with"]
        cluster, file = body.get("tags", {}).get(OF_CLUSTER), body.get("template")
        if cluster is None or file is None or not (folder / file).is_file():
            continue
        for name, one in json.loads((folder / file).read_text())["Resources"].items():
            if one["Type"] == SECURITY_GROUP:
                rules = one["Properties"].get("SecurityGroupIngress", ())
                allowed = tuple(_allowed(rule) for rule in rules)
                yield SecurityGroup(cluster, name, file, ", ".join(step["from"]), allowed)


def _allowed(rule: Mapping[str, Any]) -> Allowed:
    """Return a rule of a template; ports are, of ICMP, a type and a code."""
    source = ip_network(rule.get("CidrIp") or rule["CidrIpv6"])
    ports = ((int(rule["FromPort"]), int(rule["ToPort"])),)
    return Allowed(rule["IpProtocol"], ports, (source,))


def of(groups: tuple[SecurityGroup, ...], node: Node) -> Iterator[SecurityGroup]:
    """Yield the groups that a node is in."""
    wanted = {name for label, name in GROUPS.items() if label in node.labels}
    yield from (one for one in groups if one.cluster == node.cluster and one.name in wanted)


def guarded(groups: tuple[SecurityGroup, ...], around: Surroundings) -> Surroundings:
    """Return surroundings in which nodes let in what their groups say; where nobody filters, all.

    The surroundings themselves know only what a cluster's own group lets in.
    """
    nodes = tuple(
        one
        if one.allowed is None
        else replace(
            one,
            allowed=(*one.allowed, *(rule for group in of(groups, one) for rule in group.allowed)),
        )
        for one in around.nodes
    )
    return replace(around, nodes=nodes)


def lets_in(node: Node, protocol: str, port: int, sender: Node | str) -> bool:
    """Tell whether a node hears somebody: a node, who may be a member, or an address."""
    address = ip_address(sender) if isinstance(sender, str) else sender.address
    is_member = not isinstance(sender, str) and sender.cluster == node.cluster
    return node.allowed is None or any(
        one.protocol == protocol
        and any(first <= port <= last for first, last in one.ports)
        and ((one.members and is_member) or any(address in cut for cut in one.sources))
        for one in node.allowed
    )
