"""Rendered migration settings become the way that migrations' streams take, and QEMU's limits.

With a migration network each node's virt-handler is plugged into it (its NIC is `migration0`), and
the stream goes there. Without one it goes by the cluster's pod network: Geneve between the nodes'
addresses, as the underlay's filters expect it. A MigrationPolicy's settings come before the
cluster's own.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import vms
from hyperleaf.lab.world import batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Attachment, ClusterObjects

HANDLERS = "openshift-cnv"
DEVICE = "migration0"
# What OVN-Kubernetes' tunnels take of the underlay's MTU, and their port.
ROOM, GENEVE = 100, 6081
# Handlers' addresses on the pod network: nobody else is in their namespaces.
PODS = "203.0.113."
_BINARY = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_DECIMAL = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class NoNetworkError(LookupError):
    """A migration network that nothing leads to."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How fast a migration may go, in bytes a second (0: as fast as it can), and who says so.

    `guests` are the labels of the guests that a policy is for; a cluster's own is for all.
    """

    said_by: str
    limit: int
    guests: Mapping[str, str] = field(default_factory=dict)


def quantity(text: str | int | None) -> int:
    """Return the bytes of a Kubernetes quantity (`64Mi`, `1G`), 0 for none; ValueError if none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", str(text or 0))
    factors = _BINARY | _DECIMAL
    if found is None or found[2] not in factors:
        raise ValueError(f"no quantity: {text}")
    return int(float(found[1]) * factors[found[2]])


def settings(objects: ClusterObjects) -> list[Setting]:
    """Return a cluster's own setting first, then those of its policies."""
    own = _own(objects)
    found = [
        Setting(
            "HyperConverged/kubevirt-hyperconverged" if own else "KubeVirt's default",
            quantity(own.get("bandwidthPerMigration")),
        )
    ]
    for one in objects.values:
        if one["kind"] == "MigrationPolicy":
            spec = one["spec"]
            found.append(
                Setting(
                    f"MigrationPolicy/{one['metadata']['name']}",
                    quantity(spec.get("bandwidthPerMigration")),
                    dict(spec.get("selectors", {}).get("virtualMachineInstanceSelector", {})),
                )
            )
    return found


def network(objects: ClusterObjects) -> Attachment | None:
    """Return the attachment of the network that a cluster's migrations go by, if it has one.

    NoNetworkError where the cluster names one that is not there.
    """
    name = _own(objects).get("network")
    if not name:
        return None
    for one in objects.attachments:
        if (one.namespace, one.name) == (HANDLERS, name):
            return one
    raise NoNetworkError(f"the migration network {name} has no attachment in {HANDLERS}")


def _own(objects: ClusterObjects) -> dict[str, Any]:
    for one in objects.values:
        if one["kind"] == "HyperConverged":
            return dict(one["spec"].get("liveMigrationConfig", {}))
    return {}


def plugged(config: Mapping[str, Any], place: int) -> tuple[dict[str, Any], str]:
    """Return a plugin's configuration with an address of its range, and that address.

    Whereabouts, which gives each handler the range's next one, is not in the lab: we count instead.
    """
    ipam = config["ipam"]
    subnet = ip_network(ipam["range"])
    without = [ip_network(one) for one in ipam.get("exclude", ())]
    first = ip_address(ipam["range_start"]) if "range_start" in ipam else subnet[1]
    free = (
        one
        for one in subnet.hosts()
        if int(one) >= int(first) and not any(one in each for each in without)
    )
    address = next(one for number, one in enumerate(free) if number == place)
    static = {"type": "static", "addresses": [{"address": f"{address}/{subnet.prefixlen}"}]}
    return {**config, "ipam": static}, str(address)


@contextlib.contextmanager
def handlers(
    kernel: Kernel, objects: ClusterObjects, nodes: Sequence[Node]
) -> Iterator[dict[str, vms.Handler]]:
    """Give each node the place where its migrations leave and arrive, for the block."""
    attachment = network(objects)
    found: dict[str, vms.Handler] = {}
    configs: dict[str, dict[str, Any]] = {}
    try:
        for place, node in enumerate(nodes):
            handler = vms.Handler(f"handler-{node.name}", f"{PODS}{place + 1}")
            if attachment is not None:
                configs[node.name], address = plugged(attachment.config, place)
                handler = vms.Handler(handler.namespace, address)
            kernel.namespace(handler.namespace, beside=node.name)
            batch(kernel, handler.namespace, ["link set lo up"])
            found[node.name] = handler
        for node in nodes:
            handler = found[node.name]
            if node.name in configs:
                config, name = configs[node.name], handler.namespace
                vms.cni(kernel, config, "ADD", name, node.name, device=DEVICE)
            else:
                _join(kernel, node, [one for one in nodes if one is not node], found)
        yield found
    finally:
        for name, handler in found.items():
            if name in configs:
                config, pod = configs[name], handler.namespace
                vms.cni(kernel, config, "DEL", pod, name, device=DEVICE, check=False)
            words = ["ip", "netns", "del", handler.namespace]
            kernel.run(words, beside=handler.namespace, check=False)


def _join(
    kernel: Kernel, node: Node, others: Sequence[Node], found: Mapping[str, vms.Handler]
) -> None:
    """Join a node's handler to those of others by the pod network's tunnels."""
    links = json.loads(kernel.run(["ip", "-j", "link", "show", node.uplink], node=node.name).out)
    mtu, own = links[0]["mtu"] - ROOM, found[node.name]
    tunnels = [
        f"link add pods{number} mtu {mtu} type geneve id 1 remote {one.address} dstport {GENEVE}"
        for number, one in enumerate(others)
    ]
    moves = [f"link set pods{number} netns {own.namespace}" for number, _ in enumerate(others)]
    batch(kernel, node.name, [*tunnels, *moves])
    inside = [f"addr add {own.address}/32 dev lo"]
    for number, one in enumerate(others):
        inside.append(f"link set pods{number} addrgenmode none up")
        target = found[one.name].address
        inside.append(f"route add {target}/32 dev pods{number} src {own.address}")
    batch(kernel, own.namespace, inside)
