"""Expected guests become namespaces, plugged in by the CNI plugin as their attachment says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.world import batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.lab.facts import Interface, Node, Surroundings
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Attachment, Rendered

PLUGINS = "/usr/lib/cni"
BORDERS = "borders"
IPV4 = 4


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest in a lab: the expected one it stands for, its namespace, its leaf, its addresses.

    `vrf` is set for a border's own address, which stands for what lies behind the border.
    """

    expected: str
    network: str
    namespace: str
    place: str
    addresses: Mapping[int, Interface]
    gateways: Mapping[int, str]
    attachment: Attachment | None = None
    vrf: str = ""


def of(rendered: Rendered, around: Surroundings) -> Iterator[Guest]:
    """Yield a guest for each expected one, and a second one on another leaf where there is one."""
    stated = rendered.expected
    taken = [one["addresses"] for one in stated["guests"]]
    spare: dict[tuple[str, int], int] = {}
    for number, one in enumerate(stated["guests"]):
        if one["at"] == BORDERS:
            border = next(iter(rendered.borders))
            vrf = stated["domains"][stated["segments"][one["network"]]["vrf"]]["device"]
            yield _guest(one, border, border, _addresses(one), vrf=vrf)
            continue
        attachment = next(
            each
            for each in rendered.clusters[one["at"]].attachments
            if (each.namespace, each.name) == (one["namespace"], one["attachment"])
        )
        leaves = around.hosts(one["at"])
        first, *others = leaves[number % len(leaves) :] + leaves[: number % len(leaves)]
        yield _guest(one, f"g{number}", first.name, _addresses(one), attachment=attachment)
        if others:
            twin = {
                version: _spare(one["network"], address, taken, spare)
                for version, address in _addresses(one).items()
            }
            yield _guest(one, f"g{number}b", others[0].name, twin, attachment=attachment)


def _guest(  # noqa: PLR0913 - a guest's parts
    one: Mapping[str, Any],
    namespace: str,
    place: str,
    addresses: Mapping[int, Interface],
    *,
    attachment: Attachment | None = None,
    vrf: str = "",
) -> Guest:
    gateways = {int(version): address for version, address in one["gateways"].items()}
    return Guest(
        one["name"], one["network"], namespace, place, addresses, gateways, attachment, vrf
    )


def _addresses(one: Mapping[str, Any]) -> dict[int, Interface]:
    return {int(version): ip_interface(text) for version, text in one["addresses"].items()}


def _spare(
    network: str,
    address: Interface,
    taken: list[Mapping[str, str]],
    spare: dict[tuple[str, int], int],
) -> Interface:
    """Return an address of the same subnet that no expected guest has: the next one below."""
    version = str(address.version)
    used = {str(ip_interface(one[version]).ip) for one in taken if version in one}
    below = spare.get((network, address.version), int(address.ip))
    while True:
        below -= 1
        found = type(address)(f"{type(address.ip)(below)}/{address.network.prefixlen}")
        if str(found.ip) not in used:
            spare[network, address.version] = below
            return found


def plug_in(kernel: Kernel, guest: Guest) -> None:
    """Make a guest's namespace, call the plugin as kubelet does, give it its addresses."""
    if guest.attachment is None:
        return
    name = guest.namespace
    kernel.namespace(name, beside=guest.place)
    kernel.run(
        ["sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0"],
        node=name,
    )
    environment = (
        f"CNI_COMMAND=ADD CNI_CONTAINERID={name} CNI_NETNS=/run/netns/{name} CNI_IFNAME=eth0 "
        f"CNI_PATH={PLUGINS}"
    )
    plugin = guest.attachment.config["type"]
    kernel.run(
        f"{environment} {PLUGINS}/{plugin}",
        node=guest.place,
        stdin=json.dumps(guest.attachment.config),
    )
    lines = ["link set lo up", "link set eth0 up"]
    lines += [f"addr add {one} dev eth0 nodad" for one in guest.addresses.values()]
    if IPV4 in guest.gateways:  # of IPv6 a router tells
        lines.append(f"route add default via {guest.gateways[IPV4]}")
    batch(kernel, name, lines)


def leaf(around: Surroundings, guest: Guest) -> Node | None:
    """Return the node that a guest runs on, or None behind the borders."""
    return next((one for one in around.nodes if one.name == guest.place), None)
