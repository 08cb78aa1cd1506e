"""The kernel settings of a leaf, for all networks that are and will be, as a sysctl.d file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "/etc/sysctl.d/90-hyperleaf.conf"


@dataclass(frozen=True, slots=True)
class Setting:
    """A kernel setting; the key may hold a shell pattern, for devices that are yet to come.

    Kernels may lack one that is `younger` than theirs.
    """

    key: str
    value: int
    younger: bool = False


# systemd-sysctl applies patterns to the devices that exist at boot, and udev calls it again for
# each device that appears, before NetworkManager gives it an address.
BRIDGES, VRFS = "br[0-9]*", "vrf[0-9]*"

NODE: dict[str, tuple[Setting, ...]] = {
    "A leaf routes.": (
        Setting("net.ipv4.ip_forward", 1),
        Setting("net.ipv6.conf.all.forwarding", 1),
    ),
    "Flows, not packets, are spread over equal paths.": (
        Setting("net.ipv4.fib_multipath_hash_policy", 1),
        Setting("net.ipv6.fib_multipath_hash_policy", 1),
    ),
    "A tenant's gateway address does not answer for the host's own listening sockets.": (
        Setting("net.ipv4.tcp_l3mdev_accept", 0),
        Setting("net.ipv4.udp_l3mdev_accept", 0),
        Setting("net.ipv4.raw_l3mdev_accept", 0),
    ),
    "Of these the kernel takes the higher of all's and the device's own, or either's.": (
        Setting("net.ipv4.conf.all.rp_filter", 0),
        Setting("net.ipv4.conf.default.rp_filter", 0),
        Setting("net.ipv4.conf.all.send_redirects", 0),
        Setting("net.ipv6.conf.all.accept_dad", 0),
    ),
    "Quiet guests are not forgotten, and their routes withdrawn, in a minute.": (
        *(
            Setting(f"net.{family}.neigh.default.gc_thresh{place}", size)
            for family in ("ipv4", "ipv6")
            for place, size in ((1, 8192), (2, 32768), (3, 65536))
        ),
    ),
    "A bridge may have its addresses before udev has seen it.": (
        Setting("net.ipv6.conf.default.accept_dad", 0),
    ),
}


def _of_ipv4(device: str) -> tuple[Setting, ...]:
    # Packets of one segment come in by a bridge and by the tunnel of the VRF alike (rp_filter).
    values = {"forwarding": 1, "rp_filter": 0, "send_redirects": 0, "accept_redirects": 0}
    return tuple(Setting(f"net.ipv4.conf.{device}.{key}", value) for key, value in values.items())


DEVICES: dict[str, tuple[Setting, ...]] = {
    "A segment is stretched: its packets come in by more than one way.": (
        *_of_ipv4(BRIDGES),
        *_of_ipv4(VRFS),
    ),
    "A guest that announces itself is known without having asked for its gateway.": (
        Setting(f"net.ipv4.conf.{BRIDGES}.arp_accept", 1),
    ),
    # Its answer goes to the gateway's MAC, which its own leaf has as well (RFC 9131; Linux 5.19).
    "Nor is one of IPv6 that another leaf has asked for, and whose answer ends here.": (
        Setting(f"net.ipv6.conf.{BRIDGES}.accept_untracked_na", 1, younger=True),
    ),
    "The gateway's addresses are the same on every leaf, so each would find itself a duplicate.": (
        Setting(f"net.ipv6.conf.{BRIDGES}.accept_dad", 0),
    ),
    "The leaf is the router here and believes no other one.": (
        Setting(f"net.ipv6.conf.{BRIDGES}.accept_ra", 0),
        Setting(f"net.ipv6.conf.{BRIDGES}.accept_redirects", 0),
        Setting(f"net.ipv6.conf.{VRFS}.accept_redirects", 0),
    ),
}


def settings() -> tuple[Setting, ...]:
    """Return every setting in the order of the file."""
    return tuple(one for group in (NODE, DEVICES) for some in group.values() for one in some)


def uplink(device: str) -> Setting:
    """Return the setting of the device by which a node reaches the world; its name may have dots.

    The kernel tries a sender's way back as if it began in the VRF that the packet goes to. Routers
    on the way lie in ranges that VRFs drop, so their word that a translated packet was too big
    fails that test, as strict or loose as it may be.
    """
    return Setting(f"net/ipv4/conf/{device}/rp_filter", 0)


def sysctl(uplinks: Iterable[str] = ()) -> str:
    """Return the file; a later name in sysctl.d wins, so it overrules the distribution's."""
    lines = ["# hyperleaf: a leaf's kernel settings. No network is named here."]
    for group in (NODE, DEVICES):
        for why, some in group.items():
            lines += ["", f"# {why}", *(_line(one) for one in some)]
    own = [_line(uplink(device)) for device in uplinks]
    if own:
        lines += ["", "# Routers that find a tenant's packet too big are heard.", *own]
    return "\n".join(lines) + "\n"


def _line(one: Setting) -> str:
    """Return a line of the file; a hyphen lets it fail."""
    return f"{'-' if one.younger else ''}{one.key} = {one.value}"
