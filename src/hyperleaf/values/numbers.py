"""Numbers of the fabric, each within the range its standard gives it."""

from __future__ import annotations

from typing import ClassVar, Self


class Bounded(int):
    """An integer between `least` and `most`; anything else, booleans included, is a ValueError."""

    least: ClassVar[int] = 0
    most: ClassVar[int] = 0
    what: ClassVar[str] = "number"

    def __new__(cls, value: object) -> Self:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{cls.what} must be a whole number, not {value!r}")
        if not cls.least <= value <= cls.most:
            raise ValueError(f"{cls.what} must be from {cls.least} to {cls.most}, not {value}")
        return super().__new__(cls, value)


class Asn(Bounded):
    """An autonomous system number (RFC 6793); 0, 23456 and the last are no one's."""

    least, most, what = 1, 4294967294, "an AS number"


class VlanId(Bounded):
    """A VLAN id (IEEE 802.1Q); 0 and 4095 are reserved."""

    least, most, what = 1, 4094, "a VLAN id"


class Vni(Bounded):
    """A VXLAN network identifier of 24 bits (RFC 7348)."""

    least, most, what = 1, 0xFFFFFF, "a VNI"


class Mtu(Bounded):
    """A maximum transmission unit in bytes; IPv4 needs 576, jumbo frames end at 9216."""

    least, most, what = 576, 9216, "an MTU"


class RouteTable(Bounded):
    """A routing table's number; the kernel takes 32 bits, and 0 for none."""

    least, most, what = 1, 0xFFFFFFFF, "a routing table"


class Port(Bounded):
    """A UDP or TCP port."""

    least, most, what = 1, 65535, "a port"


def route_target(asn: Asn, vni: Vni) -> str:
    """Return a VNI's route target as FRR makes it: the AS number's low two bytes, and the VNI.

    Four bytes of AS would leave two for the VNI (RFC 5668), so longer numbers are cut, as the
    automatic ones of RFC 8365 section 5.1.2.1 are.

    >>> route_target(Asn(65000), Vni(10100))
    '65000:10100'
    >>> route_target(Asn(4200000001), Vni(10100))
    '59905:10100'
    """
    return f"{int(asn) & 0xFFFF}:{int(vni)}"
