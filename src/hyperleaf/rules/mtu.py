"""Rules about MTUs: what a path carries, what a network asks of it, what hosts behind it use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.fabric import BORDERS
from hyperleaf.model.resolve_fabric import WAY_MTU, WAY_NAME
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import repeated, stretched, uplink_path
from hyperleaf.values.addresses import IPV6

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Pool, Uplink
    from hyperleaf.model.estate import Estate

# RFC 8200 section 5.
LEAST_FOR_IPV6 = 1280


@rule(
    Code(
        "HL0501",
        "An MTU is more than its path carries",
        "Within a segment nothing says that a frame is too large: it is dropped silently. VXLAN "
        "takes 50 bytes of the underlay's MTU; a stretched network takes the least over all of "
        "its paths.",
        "Leave `mtu` out: the most that every path carries is set.",
        "mtu: 9000, subnets",
        "mtu: 8950, subnets",
    )
)
def mtu_fits_the_path(estate: Estate) -> Iterator[Fault]:
    """Find a stated MTU beyond what the paths carry, as far as they are known."""
    is_known = not any(one.startswith("Cluster/") for one in estate.unread)
    for network in estate.networks.values():
        most = network.path_mtu
        if not network.attachments and not is_known:
            continue
        if network.stated_mtu is not None and network.stated_mtu > most.bytes:
            yield Fault(
                network.origin,
                ("spec", "mtu"),
                f"{network.origin} asks for packets of {int(network.stated_mtu)} bytes, but "
                f"{int(most.bytes)} is the most: {most.why}",
                f"state at most {int(most.bytes)}, or leave `mtu` out",
            )


@rule(
    Code(
        "HL0502",
        "An MTU is too small for IPv6",
        "IPv6 needs links of at least 1280 bytes (RFC 8200): the kernel removes it from a device "
        "with less.",
        "Use a path with a larger MTU, or IPv4 alone.",
        "mtu: 1200, subnets",
        "mtu: 1400, subnets",
    )
)
def ipv6_has_its_mtu(estate: Estate) -> Iterator[Fault]:
    """Find an IPv6 subnet on a network of less than 1280 bytes."""
    for network in estate.networks.values():
        six = next((one for one in network.subnets if one.version == IPV6), None)
        if six is not None and network.mtu < LEAST_FOR_IPV6:
            why = "as stated" if network.stated_mtu else network.path_mtu.why
            yield Fault(
                network.origin,
                ("spec", "mtu") if network.stated_mtu else ("spec", "subnets"),
                f"{network.name} carries {int(network.mtu)} bytes ({why}), but {six} needs "
                f"{LEAST_FOR_IPV6}",
                "use a larger MTU, or IPv4 alone",
            )


@rule(
    Code(
        "HL0503",
        "Hosts behind a border send more than a segment carries",
        "Inside a stretched segment nobody tells a host that its frame is too large: it is dropped "
        "on the smaller path, silently. Both sides must use the smaller MTU.",
        "Lower the MTU of the data centre's hosts on that segment and say so in the border's "
        "`mtu`, or use a larger path.",
        "via: vpn",
        "via: transitGateway",
    ),
    Severity.WARNING,
)
def hosts_behind_borders_fit(estate: Estate) -> Iterator[Fault]:
    """Find a border whose hosts use more bytes than the smallest segment carries."""
    fabric = estate.fabric
    least = min(stretched(estate), key=lambda one: one.mtu, default=None)
    if fabric is None or least is None:
        return
    for border in fabric.borders:
        count = sum(one.mtu < border.mtu for one in stretched(estate))
        if count:
            yield Fault(
                fabric.origin,
                ("spec", "borders", border.index, "mtu"),
                f"hosts behind {border.name} use {int(border.mtu)} bytes, but {least.name} carries "
                f"{int(least.mtu)}: {least.path_mtu.why} ({count} networks carry less)",
                f"set {int(least.mtu)} on those hosts and as the border's `mtu`",
            )


@rule(
    Code(
        "HL0504",
        "Pools differ in an uplink's MTU",
        "Guests migrate between pools: on the one with the smaller MTU their large frames are "
        "dropped.",
        "State one MTU for the uplink in every pool.",
        "trunk: {nic: ens2f0, mtu: 1500}",
        "trunk: {nic: ens2f0, mtu: 9000}",
    ),
    Severity.WARNING,
)
def pools_agree_on_mtu(estate: Estate) -> Iterator[Fault]:
    """Find one uplink with two MTUs in one cluster."""
    for cluster in estate.clusters.values():
        first: dict[str, tuple[Pool, Uplink]] = {}
        for pool in cluster.pools:
            for uplink in pool.uplinks.values():
                other, seen = first.setdefault(uplink.name, (pool, uplink))
                if (seen.mtu or 1500) != (uplink.mtu or 1500):
                    yield Fault(
                        cluster.origin,
                        uplink_path(pool, uplink, "mtu"),
                        f"uplink {uplink.name} has {int(uplink.mtu or 1500)} bytes in pool "
                        f"{pool.name} and {int(seen.mtu or 1500)} in {other.name}, at "
                        f"{cluster.origin.place(*uplink_path(other, seen, 'mtu'))}",
                        "state one MTU for the uplink in every pool",
                    )


@rule(
    Code(
        "HL0505",
        "A path claims more than its way carries",
        "A transit gateway carries 8500 bytes, a VPN about 1446, Direct Connect 9001, whatever "
        "both ends are set to.",
        "Leave the path out: its MTU follows from `onPrem.via`.",
        "{between: [borders, prod], mtu: 9001}",
        "{between: [borders, prod], mtu: 8500}",
    ),
    Severity.WARNING,
)
def path_fits_its_way(estate: Estate) -> Iterator[Fault]:
    """Find a stated path to the borders beyond what AWS carries there."""
    fabric = estate.fabric
    if fabric is None:
        return
    for path in fabric.paths:
        if path.index is None or BORDERS not in path.ends:
            continue
        for end in path.ends:
            cluster = estate.clusters.get(end)
            via = cluster.platform.via if cluster else None
            if cluster is None or via is None or path.mtu <= WAY_MTU[via]:
                continue
            place = cluster.origin.place("spec", "platform", "aws", "onPrem", "via")
            yield Fault(
                fabric.origin,
                ("spec", "paths", path.index, "mtu"),
                f"the path between {path.ends[0]} and {path.ends[1]} claims {int(path.mtu)} bytes, "
                f"but {WAY_NAME[via]} ({place}) carries {WAY_MTU[via]}",
                f"state at most {WAY_MTU[via]}, or leave the path out",
            )


@rule(
    Code(
        "HL0506",
        "A path is stated twice, or leads nowhere",
        "A path has two different ends, and one MTU.",
        "State each pair of sites once.",
        "{between: [borders, borders], mtu: 8500}",
        "{between: [borders, prod], mtu: 8500}",
    )
)
def path_is_stated_once(estate: Estate) -> Iterator[Fault]:
    """Find two paths between the same ends, or one from a site to itself."""
    fabric = estate.fabric
    if fabric is None:
        return
    stated = [path for path in fabric.paths if path.index is not None]
    for path in stated:
        if path.ends[0] == path.ends[1]:
            yield Fault(
                fabric.origin,
                ("spec", "paths", path.index or 0, "between"),
                f"both ends of this path are {path.ends[0]}",
                "name two sites; `underlay.mtu` is what holds within one",
            )
    for _, first, second in repeated((frozenset(path.ends), path) for path in stated):
        yield Fault(
            fabric.origin,
            ("spec", "paths", second.index or 0),
            f"a second path between {second.ends[0]} and {second.ends[1]} ({int(second.mtu)} "
            f"bytes), the first ({int(first.mtu)}) is at "
            f"{fabric.origin.place('spec', 'paths', first.index or 0)}",
            "state each pair of sites once",
        )
