"""Expected guests become namespaces, plugged in by the CNI plugin as their attachment says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import overlay
from hyperleaf.lab.world import batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.lab.facts import Interface, Node, Surroundings
    from hyperleaf.lab.kernel import Kernel
    from hyperleaf.lab.reading import Attachment, Rendered

PLUGINS = "/usr/lib/cni"
BORDERS = "borders"
IPV4 = 4
# A guest has the addresses that it is given, and no more.
_SETTINGS = (
    "net.ipv6.conf.default.accept_dad=0",
    "net.ipv6.conf.all.accept_dad=0",
    "net.ipv6.conf.default.autoconf=0",
)


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest in a lab: the expected one it stands for, its namespace, its leaf, its addresses.

    `vrf` is set for a border's own address; `bridge` for a host of the data centre, plugged into
    that bridge of the border at its `place` with that MTU. Without a `mac` the kernel takes one.
    """

    expected: str
    network: str
    namespace: str
    place: str
    addresses: Mapping[int, Interface]
    gateways: Mapping[int, str]
    attachment: Attachment | None = None
    vrf: str = ""
    bridge: str = ""
    mtu: int = 0
    mac: str = ""


def of(rendered: Rendered, around: Surroundings) -> Iterator[Guest]:
    """Yield a guest for each expected one, and a second one on another leaf where there is one.

    The second is in another namespace, where the network is attached in several. Behind the borders
    the first is a border itself, the second a host on the border's VLAN.
    """
    stated = rendered.expected
    spare = _Spare(rendered)
    for number, one in enumerate(stated["guests"]):
        if one["at"] == BORDERS:
            yield from _behind_borders(rendered, spare, number, one)
            continue
        attachment = attached(rendered, one)
        leaves = around.hosts(one["at"])
        first, *others = leaves[number % len(leaves) :] + leaves[: number % len(leaves)]
        own = _addresses(one)
        yield _guest(one, f"g{number}", first.name, own, attachment=attachment)
        if others:
            twin = spare.addresses(one["network"], own)
            other = _of_another_namespace(rendered, one["at"], attachment)
            yield _guest(one, f"g{number}b", others[0].name, twin, attachment=other)


def _of_another_namespace(rendered: Rendered, cluster: str, own: Attachment) -> Attachment:
    """Return the network's attachment in another namespace, or its own where there is no other."""
    alike = (
        each
        for each in rendered.clusters[cluster].attachments
        if each.source.origin == own.source.origin and each.namespace != own.namespace
    )
    return next(alike, own) if own.source.origin else own


def attached(rendered: Rendered, one: Mapping[str, Any]) -> Attachment:
    """Return the attachment by which an expected guest is plugged in."""
    return next(
        each
        for each in rendered.clusters[one["at"]].attachments
        if (each.namespace, each.name) == (one["namespace"], one["attachment"])
    )


def _behind_borders(
    rendered: Rendered, spare: _Spare, number: int, one: Mapping[str, Any]
) -> Iterator[Guest]:
    stated, segment = rendered.expected, rendered.expected["segments"][one["network"]]
    own, borders = _addresses(one), list(rendered.borders.values())
    if segment["vrf"] is not None:
        vrf = stated["domains"][segment["vrf"]]["device"]
        yield _guest(one, borders[0].name, borders[0].name, own, vrf=vrf)
    border = borders[number % len(borders)]
    bridge = next(
        (each["name"] for each in border.devices["bridges"] if each["vni"] == segment["vni"]), None
    )
    # A segment without subnets has addresses that its guests alone have.
    like = own or next(
        (_addresses(each) for each in stated["guests"] if each["network"] == one["network"]), own
    )
    host = spare.addresses(one["network"], like)
    if bridge is not None and host:
        mtu = border.sheet["hostMtu"]
        yield _guest(one, f"h{number}", border.name, host, bridge=bridge, mtu=mtu)


def _guest(  # noqa: PLR0913 - a guest's parts
    one: Mapping[str, Any],
    namespace: str,
    place: str,
    addresses: Mapping[int, Interface],
    *,
    attachment: Attachment | None = None,
    vrf: str = "",
    bridge: str = "",
    mtu: int = 0,
) -> Guest:
    gateways = {int(version): address for version, address in one["gateways"].items()}
    parts = (one["name"], one["network"], namespace, place, addresses, gateways)
    return Guest(*parts, attachment, vrf, bridge, mtu)


def _addresses(one: Mapping[str, Any]) -> dict[int, Interface]:
    return {int(version): ip_interface(text) for version, text in one["addresses"].items()}


class _Spare:
    """Addresses that nobody has, by segment: those below all that expected guests have."""

    def __init__(self, rendered: Rendered) -> None:
        self._taken = {
            ip_interface(text).ip
            for one in rendered.expected["guests"]
            for text in (*one["addresses"].values(), *one["gateways"].values())
        } | {
            ip_interface(text).ip
            for border in rendered.borders.values()
            for vrf in border.sheet["vrfs"]
            for network in vrf["networks"]
            for text in network["ownAddresses"]
        }
        self._last: dict[tuple[str, int], int] = {}

    def addresses(self, network: str, like: Mapping[int, Interface]) -> dict[int, Interface]:
        """Return a new address of each family in the subnets of `like`, the next free one below."""
        found = {version: self._next(network, one) for version, one in like.items()}
        return {version: one for version, one in found.items() if one is not None}

    def _next(self, network: str, like: Interface) -> Interface | None:
        key = (network, like.version)
        below = self._last.get(key, int(like.ip)) - 1
        while type(like.ip)(below) in self._taken:
            below -= 1
        self._last[key] = below
        address = type(like.ip)(below)
        if address not in like.network or address == like.network.network_address:
            return None
        return ip_interface(f"{address}/{like.network.prefixlen}")


def plug_in(kernel: Kernel, guest: Guest) -> None:
    """Make a guest's namespace, call the plugin as kubelet does, give it its addresses."""
    name = guest.namespace
    if guest.attachment is None and not guest.bridge:
        return
    kernel.namespace(name, beside=guest.place)
    kernel.run(["sysctl", "-qw", *_SETTINGS], node=name)
    if guest.attachment is not None:
        _by_plugin(kernel, guest, guest.attachment)
    else:
        port = [f"link add {name} type veth peer name eth0 netns {name}"]
        port.append(f"link set {name} mtu {guest.mtu} master {guest.bridge} addrgenmode none up")
        batch(kernel, guest.place, port)
        batch(kernel, name, [f"link set eth0 mtu {guest.mtu}"])
    lines = ["link set lo up", "link set eth0 up"]
    lines += [f"addr add {one} dev eth0 nodad" for one in guest.addresses.values()]
    if IPV4 in guest.gateways and IPV4 in guest.addresses:  # of IPv6 a router tells
        lines.append(f"route add default via {guest.gateways[IPV4]}")
    batch(kernel, name, lines)


def unplug(kernel: Kernel, guest: Guest) -> None:
    """Take a guest away again that an attachment has plugged in."""
    if guest.attachment is not None and guest.attachment.config["type"] != overlay.PLUGIN:
        _call(kernel, guest, guest.attachment, "DEL")
    kernel.run(["ip", "netns", "del", guest.namespace], beside=guest.namespace)


def _by_plugin(kernel: Kernel, guest: Guest, attachment: Attachment) -> None:
    if attachment.config["type"] == overlay.PLUGIN:
        overlay.plug_in(kernel, guest)
    else:
        _call(kernel, guest, attachment, "ADD")


def _call(kernel: Kernel, guest: Guest, attachment: Attachment, command: str) -> None:
    name = guest.namespace
    environment = (
        f"CNI_COMMAND={command} CNI_CONTAINERID={name} CNI_NETNS=/run/netns/{name} "
        f"CNI_IFNAME=eth0 CNI_PATH={PLUGINS}"
    )
    if guest.mac:
        environment += f" CNI_ARGS='IgnoreUnknown=1;MAC={guest.mac}'"
    words = f"{environment} {PLUGINS}/{attachment.config['type']}"
    kernel.run(words, node=guest.place, stdin=json.dumps(attachment.config))


def leaf(around: Surroundings, guest: Guest) -> Node | None:
    """Return the node that a guest runs on, or None behind the borders."""
    return next((one for one in around.nodes if one.name == guest.place), None)
