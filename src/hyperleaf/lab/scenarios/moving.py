"""Where a real guest of a lab can run and move to, and who sees it from where."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import guest_image, migrations, root, vms
from hyperleaf.lab.guests import BORDERS
from hyperleaf.lab.kernel import CommandError
from hyperleaf.lab.outcome import Checked, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.outcome import Told
    from hyperleaf.lab.reading import Attachment

IPV4 = 4
NO_STAGE = "no cluster has two nodes with a bridge that a real guest could be plugged into"
# Addresses of real guests lie apart from those of others, which count down from the subnet's end.
BELOW = 60


@dataclass(frozen=True, slots=True)
class Stage:
    """A segment that a real guest can live on, the node it starts on and the one it moves to.

    `neighbours` are the segment's light guests on the first node, `others` those on any but the
    two or at least not on the first, `beyond` a host of the segment behind the borders.
    `outside` is how its guests leave the fabric: `nat`, `border`, or not at all.
    """

    cluster: str
    network: str
    segment: Mapping[str, Any]
    attachment: Attachment
    model: Guest
    home: Node
    away: Node
    neighbour: Guest | None
    other: Guest | None
    beyond: Guest | None
    outside: str

    @property
    def lease(self) -> Mapping[str, Any] | None:
        """Return what a DHCPv4 lease of the segment must say, or None."""
        leases = (one for one in self.segment.get("lease", ()) if ":" not in one["subnet"])
        return next(leases, None)

    @property
    def gateways(self) -> dict[str, str]:
        """Return the MACs of the segment's IPv4 gateways, by their addresses."""
        return {
            str(ip_interface(one["address"]).ip): one["mac"]
            for one in self.segment["gateways"]
            if ":" not in one["address"]
        }

    def vm(self, name: str, number: int, *, leased: bool = True) -> vms.Vm:
        """Return a guest of this segment, with a lease where there are leases and it may have one.

        `number` sets its MAC and its address apart from those of other real guests.
        """
        mac = f"02:68:76:00:00:{number:02x}"
        if self.lease is not None and leased:
            return vms.Vm(name, self.attachment, mac)
        like = self.model.addresses[IPV4]
        away = BELOW + number
        far = like.ip - away if like.ip - away in like.network else like.ip + away
        address = ip_interface(f"{far}/{like.network.prefixlen}")
        gateway = self.model.gateways.get(IPV4, "")
        return vms.Vm(name, self.attachment, mac, str(address), gateway)

    def checked(
        self, kind: str, title: str, fault: str, *others: Guest | None, hoped: bool = True
    ) -> Checked:
        """Return what was found out about a real guest, with those who saw it."""
        seen = [one for one in others if one is not None]
        places = dict.fromkeys((self.home.name, *(one.place for one in seen)))
        ends = (self.model.namespace, *(one.namespace for one in seen))
        return Checked(title, fault, kind, ends, tuple(places), self.network, hoped)


def stage(lab: Lab, cluster: str = "") -> Stage | None:
    """Return the segment that shows most: with leases, seen from a third leaf and from behind.

    It is one of the cluster where one is named.
    """
    found = [
        one
        for expected in lab.rendered.expected["guests"]
        if expected["at"] != BORDERS and cluster in {"", expected["at"]}
        for one in _stages(lab, expected)
    ]
    return max(found, key=_shows, default=None)


def _shows(one: Stage) -> tuple[bool, bool, bool, bool]:
    third = one.other is not None and one.other.place != one.away.name
    return one.lease is not None, third, one.beyond is not None, one.neighbour is not None


def _stages(lab: Lab, expected: Mapping[str, Any]) -> Iterator[Stage]:
    attachment = next(
        one
        for one in lab.rendered.clusters[expected["at"]].attachments
        if (one.namespace, one.name) == (expected["namespace"], expected["attachment"])
    )
    segment = lab.rendered.expected["segments"][expected["network"]]
    nodes = lab.around.hosts(expected["at"])
    if attachment.config["type"] != "bridge" or len(nodes) < 2:  # noqa: PLR2004
        return
    here = [one for one in lab.guests if one.network == expected["network"]]
    light = [one for one in here if one.attachment is not None and IPV4 in one.addresses]
    behind = [one for one in here if one.attachment is None and IPV4 in one.addresses]
    model = next((one for one in light if one.expected == expected["name"]), None)
    if model is None:
        return
    home = next(one for one in nodes if one.name == model.place)
    away = next(one for one in nodes if one is not home)
    apart = [one for one in light if one.place != home.name]
    yield Stage(
        expected["at"],
        expected["network"],
        segment,
        attachment,
        model,
        home,
        away,
        neighbour=model,
        other=next((one for one in apart if one.place != away.name), next(iter(apart), None)),
        # A host behind the border says more than the border itself.
        beyond=next((one for one in behind if not one.vrf), next(iter(behind), None)),
        outside=str(expected["outside"].get(str(IPV4), "")),
    )


def carefully(kind: str, told: Iterator[Told]) -> Iterator[Told]:
    """Yield what is told of real guests; where one cannot be had, or gets lost, that is told."""
    try:
        guest_image.ready()
        yield from told
    except root.RootError as error:
        yield Skipped(f"no real guest can be had: {error}")
    except (vms.VmError, CommandError, migrations.NoNetworkError) as error:
        yield Checked("a real guest runs, and arrives where it moves to", str(error), kind)


@contextlib.contextmanager
def on_stage(lab: Lab, play: Stage, vm: vms.Vm) -> Iterator[vms.Running]:
    """Keep a real guest running on the stage's first node for the block."""
    found = root.ready()
    image, busybox = guest_image.ready(), found.folder / guest_image.BUSYBOX
    with vms.running(lab.kernel, vm, play.home.name, image=image, busybox=busybox) as guest:
        yield guest


@contextlib.contextmanager
def roads(lab: Lab, play: Stage) -> Iterator[Roads]:
    """Give the cluster's nodes the places that their migrations go by, for the block."""
    objects, nodes = lab.rendered.clusters[play.cluster], lab.around.hosts(play.cluster)
    with migrations.handlers(lab.kernel, objects, nodes) as handlers:
        yield Roads(handlers)


@dataclass(frozen=True, slots=True)
class Roads:
    """The places that nodes' migrations go by."""

    handlers: Mapping[str, vms.Handler]

    def between(self, source: str, target: str, limit: int = 0) -> vms.Route:
        """Return the way from a node to another, with QEMU's limit in bytes a second."""
        return vms.Route(self.handlers[source], self.handlers[target], limit)


def address(guest: vms.Running) -> str:
    """Wait until a guest has its address, and return it without its length."""
    told = guest.vm.address
    if told == "dhcp":
        told = str(guest.told("lease")["ip"])
    else:
        guest.told("up")
    return str(ip_interface(told).ip)


def neighbour(said: str) -> str:
    """Return the MAC in what `ip neigh show ADDRESS` says, or nothing."""
    words = said.split()
    return words[words.index("lladdr") + 1] if "lladdr" in words else ""


def ipv4(guest: Guest) -> str:
    """Return a light guest's IPv4 address."""
    return str(guest.addresses[IPV4].ip)
