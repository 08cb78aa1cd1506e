"""Addresses and subnets of both families, and the questions asked of them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.values.macs import Mac

Address = IPv4Address | IPv6Address
Subnet = IPv4Network | IPv6Network
Interface = IPv4Interface | IPv6Interface
Owner = TypeVar("Owner")
# What `version` of an address or subnet says.
IPV4, IPV6 = 4, 6
# The prefix length from which every IPv4 address of a subnet is usable (RFC 3021).
POINT_TO_POINT = 31


def read_address(text: object) -> Address:
    """Return the IPv4 or IPv6 address that `text` writes, or raise ValueError."""
    if not isinstance(text, str):
        raise ValueError(f"an address is written like 10.0.0.11 or 2001:db8::1, not {text!r}")
    try:
        return ip_address(text)
    except ValueError:
        hint = " (without a prefix length)" if "/" in text else ""
        raise ValueError(f"{text!r} is no IPv4 or IPv6 address{hint}") from None


def read_subnet(text: object) -> Subnet:
    """Return the subnet that `text` writes with its prefix length, or raise ValueError."""
    if not isinstance(text, str) or "/" not in text:
        raise ValueError(f"a subnet is written like 172.20.100.0/24, not {text!r}")
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 or IPv6 subnet") from None
    raise ValueError(f"{text!r} has host bits set; the subnet is {meant}")


def first_host(subnet: Subnet) -> Address:
    """Return the first usable address, the default gateway of a subnet."""
    only = subnet.num_addresses == 1
    return subnet.network_address if only else subnet.network_address + 1


def last_host(subnet: Subnet, back: int = 0) -> Address:
    """Return the last usable address, or the one `back` before it (IPv4's broadcast is not)."""
    spare = 1 if subnet.version == IPV4 and subnet.prefixlen < POINT_TO_POINT else 0
    return subnet[-1 - spare - back]


def interface(address: Address, subnet: Subnet) -> Interface:
    """Return `address` with the prefix length of `subnet`."""
    return ip_interface(f"{address}/{subnet.prefixlen}")


def link_local(mac: Mac) -> IPv6Address:
    """Return the EUI-64 link-local address of a MAC (RFC 4291 appendix A)."""
    high, low = (int(mac) >> 24) ^ (0x02 << 16), int(mac) & 0xFFFFFF
    return IPv6Address((0xFE80 << 112) | (high << 40) | (0xFFFE << 24) | low)


@dataclass(frozen=True, slots=True)
class AddressRange:
    """Addresses of one family from `first` to `last`, both included."""

    first: Address
    last: Address

    @classmethod
    def read(cls, text: object) -> Self:
        """Return the range written `FIRST-LAST`, or raise ValueError."""
        first, dash, last = text.partition("-") if isinstance(text, str) else ("", "", "")
        if not dash:
            raise ValueError(f"a range is written 172.20.200.50-172.20.200.200, not {text!r}")
        made = cls(read_address(first.strip()), read_address(last.strip()))
        if made.first.version != made.last.version:
            raise ValueError(f"{text!r} mixes IPv4 and IPv6")
        if int(made.first) > int(made.last):
            raise ValueError(f"the range starts at {made.first}, after its end {made.last}")
        return made

    def __contains__(self, address: Address) -> bool:
        return address.version == self.first.version and (
            int(self.first) <= int(address) <= int(self.last)
        )

    def is_within(self, subnet: Subnet) -> bool:
        """Tell whether both ends lie in `subnet`."""
        return self.first in subnet and self.last in subnet

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


def overlaps(
    owned: Iterable[tuple[Subnet, Owner]],
) -> Iterator[tuple[tuple[Subnet, Owner], tuple[Subnet, Owner]]]:
    """Yield pairs of subnets that overlap, with their owners: sorted, then neighbours compared.

    Of many subnets within one larger each is paired with that larger one only, so the number of
    pairs, like the time, stays near the number of subnets.
    """
    in_order = sorted(
        (subnet.version, int(subnet.network_address), subnet.prefixlen, place, (subnet, owner))
        for place, (subnet, owner) in enumerate(owned)
    )
    widest: tuple[Subnet, Owner] | None = None
    family, last = 0, -1
    for version, start, prefix, _, one in in_order:
        if widest is not None and version == family and start <= last:
            yield widest, one
        else:
            widest, family = one, version
            last = start + (1 << (one[0].max_prefixlen - prefix)) - 1
