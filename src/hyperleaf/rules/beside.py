"""Rules about attachments and FRR configurations that somebody wrote by hand beside an estate."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model import labels
from hyperleaf.rules.names import namespaces_of
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.beside import HandWritten
    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate

CONFIG = ("spec", "config")
BRIDGES = frozenset({"bridge", "cnv-bridge"})
OVERLAY = "ovn-k8s-cni-overlay"
# Only our devices have such names (HL0403).
OURS = re.compile(r"br[0-9]+|brv[0-9]+|bru.+")


def _of_kind(estate: Estate, kind: str) -> Iterator[HandWritten]:
    return (one for one in estate.hand_written if one.kind == kind)


def _plugins(one: HandWritten) -> list[dict[str, Any]] | None:
    """Return the CNI configurations of an attachment; None where it is no JSON."""
    spec = one.value.get("spec")
    text = spec.get("config") if isinstance(spec, dict) else None
    try:
        read = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if not isinstance(read, dict):
        return None
    chained = read.get("plugins")
    found = chained if isinstance(chained, list) else [read]
    return [{**read, **plugin} for plugin in found if isinstance(plugin, dict)]


def _attachments(estate: Estate) -> Iterator[tuple[HandWritten, dict[str, Any]]]:
    for one in _of_kind(estate, "NetworkAttachmentDefinition"):
        for plugin in _plugins(one) or ():
            yield one, plugin


def _full(one: HandWritten) -> str:
    return f"{one.namespace}/{one.name}"


def _our_bridges(estate: Estate) -> dict[str, str]:
    """Return the bridges that our policies make, each with its network's name."""
    made: dict[str, str] = {}
    for network in estate.networks.values():
        if network.vni is not None:
            made[f"br{int(network.vni)}"] = network.name
        elif network.transport == "vlan" and network.vlan is not None:
            made[f"brv{int(network.vlan)}"] = network.name
            if any(estate.clusters[name].compatibility for name in network.clusters):
                made[f"br-{int(network.vlan)}"] = network.name
        elif network.transport == "untagged" and network.uplink is not None:
            made[f"bru{network.uplink}"] = network.name
    return made


@rule(
    Code(
        "HL0830",
        "A VLAN id in an attachment does nothing",
        "A bridge per network does not filter VLANs, so that a tag in the attachment changes "
        "nothing: it only looks as if it kept guests apart.",
        "Remove `vlan` from the attachment.",
        '"bridge": "br10100", "vlan": 100',
        '"bridge": "br10100"',
    ),
    Severity.WARNING,
)
def attachment_has_no_inert_vlan(estate: Estate) -> Iterator[Fault]:
    """Find an attachment with a tag on a bridge of ours."""
    ours = _our_bridges(estate)
    for one, plugin in _attachments(estate):
        bridge = plugin.get("bridge")
        if plugin.get("type") in BRIDGES and plugin.get("vlan") and bridge in ours:
            yield Fault(
                one.origin,
                CONFIG,
                f"`vlan` {plugin['vlan']} in attachment {_full(one)} does nothing on {bridge}, the "
                f"bridge of network {ours[bridge]}",
                "remove `vlan`: the bridge carries this one network",
            )


@rule(
    Code(
        "HL0831",
        "An attachment names a bridge that nothing makes",
        "The bridge plugin makes a bridge that it does not find, connected to nothing: the guest "
        "starts and reaches nobody.",
        "Name a bridge of one of the networks.",
        '"bridge": "br10999"',
        '"bridge": "br10100"',
    ),
    Severity.WARNING,
)
def attachment_finds_its_bridge(estate: Estate) -> Iterator[Fault]:
    """Find an attachment whose bridge no policy of the estate makes."""
    ours = _our_bridges(estate)
    for one, plugin in _attachments(estate):
        bridge = plugin.get("bridge")
        if plugin.get("type") in BRIDGES and isinstance(bridge, str) and bridge not in ours:
            known = f"the estate's are {in_words(sorted(ours)[:6])}"
            yield Fault(
                one.origin,
                CONFIG,
                f"no policy of this estate makes bridge {bridge} of attachment {_full(one)}"
                + (": it is named like ours" if OURS.fullmatch(bridge) else ""),
                f"name a bridge that exists on the nodes; {known}",
            )


@rule(
    Code(
        "HL0832",
        "An overlay's attachment does not name itself",
        "OVN-Kubernetes finds the attachment by `netAttachDefName`, which must be its own "
        "namespace and name; otherwise the guest's pod fails.",
        "Write NAMESPACE/NAME of the attachment itself.",
        '"netAttachDefName": "app/west"',
        '"netAttachDefName": "app/east"',
    )
)
def overlay_names_itself(estate: Estate) -> Iterator[Fault]:
    """Find an overlay's attachment whose netAttachDefName is another's."""
    for one, plugin in _attachments(estate):
        if plugin.get("type") == OVERLAY and plugin.get("netAttachDefName") != _full(one):
            yield Fault(
                one.origin,
                CONFIG,
                f"`netAttachDefName` of attachment {_full(one)} is "
                f"{plugin.get('netAttachDefName')!r}",
                f'write "netAttachDefName": "{_full(one)}"',
            )


@rule(
    Code(
        "HL0833",
        "An attachment gives addresses that guests never see",
        "A guest's address comes from DHCP or cloud-init. What IPAM gives to its pod's end of the "
        "bridge is not handed on, and is not supported for guests.",
        "Remove `ipam`.",
        '"bridge": "br10100", "ipam": {"type": "whereabouts"}',
        '"bridge": "br10100"',
    ),
    Severity.WARNING,
)
def attachment_has_no_ipam(estate: Estate) -> Iterator[Fault]:
    """Find IPAM in a bridge attachment for guests."""
    for one, plugin in _attachments(estate):
        if plugin.get("type") in BRIDGES and plugin.get("ipam"):
            yield Fault(
                one.origin,
                CONFIG,
                f"`ipam` of attachment {_full(one)} does not reach guests",
                "remove `ipam`; use `dhcp` of the network, or cloud-init",
            )


@rule(
    Code(
        "HL0834",
        "An attachment's configuration is no JSON",
        "`spec.config` is a text with a CNI configuration in JSON; with anything else no pod that "
        "uses it starts.",
        "Correct the JSON.",
        '"bridge": "br10100",}',
        '"bridge": "br10100"}',
    )
)
def attachment_is_json(estate: Estate) -> Iterator[Fault]:
    """Find an attachment whose configuration cannot be read."""
    for one in _of_kind(estate, "NetworkAttachmentDefinition"):
        spec = one.value.get("spec")
        stated = isinstance(spec, dict) and "config" in spec
        if stated and _plugins(one) is None:
            yield Fault(
                one.origin,
                CONFIG,
                f"the configuration of attachment {_full(one)} is no JSON object",
                "correct it: names and texts in double quotes, no comma before a closing bracket",
            )


@rule(
    Code(
        "HL0835",
        "An attachment has the name of a rendered one",
        "An attachment is found by its namespace and name: whichever is applied last stays.",
        "Remove the one written by hand, or give it another name.",
        "name: red, namespace: red}\nspec:",
        "name: old-red, namespace: red}\nspec:",
    )
)
def attachment_is_not_ours(estate: Estate) -> Iterator[Fault]:
    """Find a hand-written attachment that a network's would replace."""
    written = list(_of_kind(estate, "NetworkAttachmentDefinition"))
    if not written:
        return
    ours = {
        (namespace, attachment.name): (network, attachment)
        for network in estate.networks.values()
        for attachment in network.attachments
        for namespace in namespaces_of(network, attachment)
    }
    for one in written:
        if (one.namespace, one.name) in ours:
            network, attachment = ours[(one.namespace, one.name)]
            yield Fault(
                one.origin,
                ("metadata", "name"),
                f"attachment {_full(one)} follows from {network.origin} too, at "
                f"{network.origin.place('spec', 'attach', attachment.index)}",
                "remove this one, or give it another name",
            )


def _clusters_hit(estate: Estate, one: HandWritten) -> list[Cluster]:
    """Return the clusters with nodes of ours that an FRRConfiguration selects for certain."""
    spec = one.value.get("spec")
    selector = spec.get("nodeSelector") if isinstance(spec, dict) else None
    wanted = selector.get("matchLabels") if isinstance(selector, dict) else None
    if isinstance(selector, dict) and selector.get("matchExpressions"):
        return []
    fabric = estate.fabric
    if fabric is None:
        return []
    hit = []
    for cluster in estate.clusters.values():
        for pool in cluster.leaf_pools:
            known = {**pool.labels, labels.LEAF: fabric.name, labels.POOL: pool.name}
            if all(known.get(key) == value for key, value in (wanted or {}).items()):
                hit.append(cluster)
                break
    return hit


def _member(value: Any, *path: str) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


@rule(
    Code(
        "HL0836",
        "A foreign FRR configuration has another AS",
        "frr-k8s merges all configurations of a node or none: with two AS numbers for the default "
        "router the node gets no configuration at all, and drops out of the fabric.",
        "Use the fabric's AS, a VRF, or a node selector without leaves.",
        "asn: 64512",
        "asn: 65000",
    )
)
def foreign_router_has_our_as(estate: Estate) -> Iterator[Fault]:
    """Find a hand-written default router on leaves with an AS of its own."""
    fabric = estate.fabric
    if fabric is None:
        return
    for one in _of_kind(estate, "FRRConfiguration"):
        routers = _member(one.value, "spec", "bgp", "routers")
        clusters = _clusters_hit(estate, one)
        for index, router in enumerate(routers if isinstance(routers, list) else ()):
            asn = _member(router, "asn")
            if clusters and asn != fabric.asn and not _member(router, "vrf"):
                yield Fault(
                    one.origin,
                    ("spec", "bgp", "routers", index, "asn"),
                    f"FRRConfiguration {_full(one)} has AS {asn} on leaves of "
                    f"{in_words(cluster.name for cluster in clusters)}, where the fabric has "
                    f"{int(fabric.asn)}, at {fabric.origin.place('spec', 'asn')}: the node would "
                    "get neither",
                    "use the fabric's AS, a `vrf`, or a `nodeSelector` without leaves",
                )


@rule(
    Code(
        "HL0837",
        "A foreign FRR configuration has raw text on leaves",
        "Raw blocks of all configurations are joined by priority, then name: lines can end up "
        "within a block of the fabric's (leaf 10, VRFs 20), and nothing checks the result before "
        "the node loads it.",
        "Use typed fields, a priority above 100, or a node selector without leaves.",
        '  raw: {rawConfig: "ip prefix-list any permit any"}\n',
        "",
    ),
    Severity.WARNING,
)
def foreign_text_keeps_apart(estate: Estate) -> Iterator[Fault]:
    """Find a raw block of somebody else on leaves."""
    for one in _of_kind(estate, "FRRConfiguration"):
        clusters = _clusters_hit(estate, one)
        if clusters and _member(one.value, "spec", "raw", "rawConfig"):
            priority = _member(one.value, "spec", "raw", "priority") or 0
            yield Fault(
                one.origin,
                ("spec", "raw"),
                f"FRRConfiguration {_full(one)} adds raw text (priority {priority}) on leaves of "
                f"{in_words(cluster.name for cluster in clusters)}",
                "use typed fields, or a `nodeSelector` without leaves",
            )
