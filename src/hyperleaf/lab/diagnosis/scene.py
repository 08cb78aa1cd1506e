"""Rendered objects and what machines have become a scene: which object makes what, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.agents.machine_configs import set_up
from hyperleaf.lab.reading import Source
from hyperleaf.lab.readings import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.reading import (
        Attachment,
        ClusterObjects,
        FrrConfiguration,
        Rendered,
        Selector,
    )

LEAF, REFLECTOR = "hyperleaf.dev/leaf", "hyperleaf.dev/reflector"
NOTHING = Reading()
Stated = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """The object that makes something, and why it does not on a node that it is not meant for."""

    source: Source
    not_meant: str = ""

    def what(self, wrong: str) -> str:
        """Return what is wrong in words: that it is not meant, before what follows from that."""
        return self.not_meant or wrong


@dataclass(frozen=True, slots=True)
class Scene:
    """A lab at a moment: what was rendered, what surrounds it, what its machines have."""

    rendered: Rendered
    around: Surroundings
    readings: Mapping[str, Reading]

    @property
    def leaves(self) -> list[Node]:
        """Return the leaves that were looked at."""
        return [
            one for one in self.around.nodes if LEAF in one.labels and one.name in self.readings
        ]

    @property
    def reflectors(self) -> list[Node]:
        """Return the reflectors that were looked at."""
        return [
            one
            for one in self.around.nodes
            if REFLECTOR in one.labels and one.name in self.readings
        ]

    @property
    def borders(self) -> list[str]:
        """Return the borders that were looked at."""
        return [one for one in self.rendered.borders if one in self.readings]

    def reading(self, name: str) -> Reading:
        """Return what a machine has, or nothing."""
        return self.readings.get(name, NOTHING)

    def objects(self, node: Node) -> ClusterObjects:
        """Return the objects of a node's cluster."""
        return self.rendered.clusters[node.cluster]

    def segments(self, cluster: str) -> dict[str, Stated]:
        """Return the stretched networks that a cluster's leaves have."""
        return {
            name: one
            for name, one in self.rendered.expected["segments"].items()
            if one["transport"] == "evpn" and cluster in one["clusters"]
        }

    def domains(self, cluster: str) -> dict[str, Stated]:
        """Return the VRFs that a cluster's leaves have for their networks."""
        named = {one["vrf"] for one in self.segments(cluster).values() if one["vrf"]}
        return {
            name: one for name, one in self.rendered.expected["domains"].items() if name in named
        }

    def around_vrf(self, name: str) -> frozenset[str]:
        """Return a VRF's name and those of its networks."""
        return frozenset((name, *self.rendered.expected["domains"][name]["networks"]))

    def attachments(self, cluster: str, network: str) -> Iterator[Attachment]:
        """Yield the attachments by which a network's guests are plugged in."""
        for guest in self.rendered.expected["guests"]:
            if (guest["at"], guest["network"]) == (cluster, network):
                yield from (
                    one
                    for one in self.rendered.clusters[cluster].attachments
                    if (one.namespace, one.name) == (guest["namespace"], guest["attachment"])
                )


def policy(
    scene: Scene, node: Node, is_it: Callable[[Mapping[str, Any]], bool]
) -> tuple[Made, Mapping[str, Any]] | None:
    """Return the policy that makes an interface on a node, or would, and the interface."""
    found = [
        (one, interface)
        for one in scene.objects(node).policies
        for interface in one.desired.get("interfaces", [])
        if is_it(interface)
    ]
    meant = [one for one in found if one[0].selector.matches(node.labels)]
    for one, interface in meant or found:
        return Made(one.source, "" if meant else _not_meant(one.selector, node)), interface
    return None


def main(scene: Scene, name: str) -> Made | None:
    """Return what gives a speaker its neighbours."""
    return _configuration(scene, name, lambda one: bool(one.bgp.get("routers")))


def vrf(scene: Scene, name: str, device: str) -> Made | None:
    """Return what makes a VRF on a speaker."""
    wanted = f" vrf {device}"
    return _configuration(
        scene,
        name,
        lambda one: any(
            line.startswith("router bgp") and line.endswith(wanted) for line in one.raw.splitlines()
        ),
    )


def _configuration(
    scene: Scene, name: str, is_it: Callable[[FrrConfiguration], bool]
) -> Made | None:
    if name in scene.rendered.borders:
        return Made(border(scene, name, "frr.conf"))
    node = next(one for one in scene.around.nodes if one.name == name)
    found = [one for one in scene.objects(node).frr if is_it(one)]
    meant = [one for one in found if one.selector.matches(node.labels)]
    near = sorted(found, key=lambda one: -_nearness(one.selector, node))
    for one in meant or near:
        return Made(one.source, "" if meant else _not_meant(one.selector, node))
    return None


def daemons(scene: Scene, node: Node) -> Made | None:
    """Return the deployment of FRR that is meant for a node, or would be."""
    found = scene.objects(node).daemons
    meant = [one for one in found if one.selector.matches(node.labels)]
    near = sorted(found, key=lambda one: -_nearness(one.selector, node))
    for one in meant or near:
        return Made(one.source, "" if meant else _not_meant(one.selector, node))
    return None


def options(scene: Scene, node: Node) -> Source | None:
    """Return what tells a node's daemons their options."""
    meant = (one for one in scene.objects(node).daemons if one.selector.matches(node.labels))
    return next((one.settings for one in meant), None)


def node_files(scene: Scene, node: Node, path: str) -> Made | None:
    """Return what writes a node's file, its path's beginning given."""
    own = scene.objects(node).machine_configs
    for one in own:
        if any(file.path.startswith(path) for file in set_up([one]).files):
            return Made(one.source)
    for one in own:
        return Made(one.source, f"writes no {path}")
    for one in scene.rendered.strays:
        return Made(one.source, "is of no cluster that is here")
    return None


def border(scene: Scene, name: str, file: str) -> Source:
    """Return a border's file as a source; the fabric is where a border is stated."""
    return _file(scene, f"borders/{name}", file, "Fabric/")


def leases(scene: Scene, file: str, network: str) -> Source:
    """Return a file of the DHCP servers as a source."""
    return _file(scene, "dhcp", file, f"Network/{network}")


def _file(scene: Scene, folder: str, file: str, origin: str) -> Source:
    known = (one for one in scene.rendered.lines if one.startswith(origin))
    return Source(folder, file, f"{folder}/{file}", next(known, ""))


def _nearness(selector: Selector, node: Node) -> int:
    keys = {*selector.labels, *(one["key"] for one in selector.expressions)}
    return len(keys & set(node.labels)) - len(keys - set(node.labels))


def _not_meant(selector: Selector, node: Node) -> str:
    wanted = ", ".join(f"{key}={value}" for key, value in selector.labels.items())
    has = ", ".join(f"{key}={node.labels[key]}" for key in selector.labels if key in node.labels)
    return f"selects {wanted}; the node has {has or 'none of these labels'}"


def joined(values: Iterable[object]) -> str:
    """Return values as words of a sentence."""
    return ", ".join(str(one) for one in values) or "nothing"
