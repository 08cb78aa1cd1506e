"""What a node's links say becomes why pods of an attachment would not fare well there, or nothing.

A migration fails, or its guest is cut off, on a node whose bridge is not as on the others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.outcome import Cause, Checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hyperleaf.lab.facts import Node, Surroundings
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Attachment, Rendered

Link = dict[str, Any]
ETHERNET = 1500


def look(kernel: Kernel, rendered: Rendered, around: Surroundings) -> Iterator[Checked]:
    """Yield of every node that guests run on whether it has what each attachment needs."""
    for cluster, objects in rendered.clusters.items():
        bridged = [one for one in objects.attachments if one.config.get("type") == "bridge"]
        for node in around.hosts(cluster) if bridged else ():
            yield from of_node(kernel, rendered, node, bridged)


def of_node(
    kernel: Kernel, rendered: Rendered, node: Node, attachments: Iterable[Attachment]
) -> Iterator[Checked]:
    """Yield whether a node has what each attachment needs there."""
    links: list[Link] = json.loads(kernel.run("ip -j -d link", node=node.name).out)
    for one in attachments:
        name, segment = segment_of(rendered, node.cluster, one)
        faults = lacking(links, one, segment)
        cause = Cause(
            str(one.source),
            one.source.file,
            f"its pods on {node.name} need what is not there",
            one.source.origin,
            rendered.line(one.source.origin),
        )
        yield Checked(
            f"{node.name} has what pods of {one.namespace}/{one.name} need",
            ", ".join(faults),
            kind="drift",
            places=(node.name,),
            subject=name,
            causes=(cause,) if faults else (),
        )


def segment_of(
    rendered: Rendered, cluster: str, attachment: Attachment
) -> tuple[str, Mapping[str, Any] | None]:
    """Return the segment that an attachment leads into, by what guests are expected on it."""
    here = (cluster, attachment.namespace, attachment.name)
    for one in rendered.expected["guests"]:
        if (one["at"], one["namespace"], one["attachment"]) == here:
            return one["network"], rendered.expected["segments"][one["network"]]
    return attachment.name, rendered.expected["segments"].get(attachment.name)


def lacking(
    links: Sequence[Link], attachment: Attachment, segment: Mapping[str, Any] | None
) -> list[str]:
    """Return what is wrong with the bridge that an attachment names, and with its way out."""
    name, mtu = attachment.config["bridge"], int(attachment.config.get("mtu", ETHERNET))
    bridge = next((one for one in links if one["ifname"] == name), None)
    if bridge is None:
        return [f"there is no bridge {name}"]
    found = _short(bridge, mtu)
    ports = uplinks(links, name)
    if not ports:
        return [*found, f"nothing leads out of {name}"]
    for port in ports:
        found += _short(port, mtu)
        found += _another(port, segment)
    return found


def uplinks(links: Sequence[Link], bridge: str) -> list[Link]:
    """Return a bridge's ports that lead out of the node: none that a plugin has made for a pod."""
    ports = (one for one in links if one.get("master") == bridge)
    return [one for one in ports if not one["ifname"].startswith("veth")]


def _short(link: Link, mtu: int) -> list[str]:
    name = link["ifname"]
    found = [] if "UP" in link["flags"] else [f"{name} is down"]
    if link["mtu"] < mtu:
        found.append(f"{name} has the MTU {link['mtu']}, its pods {mtu}")
    return found


def _another(port: Link, segment: Mapping[str, Any] | None) -> list[str]:
    """Return what is wrong with the number that a port's frames get outside, or nothing."""
    number = port.get("linkinfo", {}).get("info_data", {}).get("id")
    kinds = {"vxlan": ("VNI", "vni"), "vlan": ("VLAN", "vlan")}
    if segment is None or _kind(port) not in kinds:
        return []
    word, key = kinds[_kind(port)]
    if segment[key] is None or number == segment[key]:
        return []
    return [f"{port['ifname']} has the {word} {number}, not {segment[key]}"]


def _kind(link: Link) -> str:
    return str(link.get("linkinfo", {}).get("info_kind", ""))
