"""The types of fields: values of ours, read from YAML, with the JSON Schema that editors see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from hyperleaf.spec import shapes
from hyperleaf.spec.language import Model, field
from hyperleaf.spec.shapes import Scalar
from hyperleaf.values.addresses import (
    Address,
    AddressRange,
    Subnet,
    read_address,
    read_subnet,
)
from hyperleaf.values.macs import Mac, MacRange
from hyperleaf.values.names import DeviceName, ObjectName, label_key, label_value
from hyperleaf.values.numbers import Asn, Bounded, Mtu, Port, RouteTable, VlanId, Vni
from hyperleaf.values.units import Duration, Quantity, Version

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Model", "field"]


def _number(kind: type[Bounded]) -> Scalar:
    return Scalar(kind, {"type": "integer", "minimum": kind.least, "maximum": kind.most})


def _text(reader: Callable[[object], Any], *, example: str, pattern: str | None = None) -> Scalar:
    schema: dict[str, Any] = {"type": "string", "examples": [example]}
    if pattern is not None:
        schema["pattern"] = pattern
    return Scalar(reader, schema)


def _quantity(reader: Callable[[object], Any], *, example: str) -> Scalar:
    return Scalar(reader, {"type": ["string", "integer"], "examples": [example]})


def _bandwidth(value: object) -> Quantity:
    read = Quantity.read(value)
    if read.bytes == 0:
        raise ValueError("a bandwidth of 0 would stop every migration; leave it out for no limit")
    return read


def _unicast(value: object) -> Mac:
    read = Mac.read(value)
    if read.is_group:
        raise ValueError(f"{read} is a multicast address; an interface needs a unicast one")
    return read


AsnField = Annotated[Asn, _number(Asn)]
VlanField = Annotated[VlanId, _number(VlanId)]
VniField = Annotated[Vni, _number(Vni)]
MtuField = Annotated[Mtu, _number(Mtu)]
PortField = Annotated[Port, _number(Port)]
TableField = Annotated[RouteTable, _number(RouteTable)]
MacField = Annotated[Mac, _text(_unicast, example="02:68:6c:00:27:d8")]
MacRangeField = Annotated[
    MacRange,
    _text(MacRange.read, example="02:10:00:00:00:00-02:10:00:ff:ff:ff"),
]
AddressField = Annotated[Address, _text(read_address, example="10.0.0.11")]
SubnetField = Annotated[Subnet, _text(read_subnet, example="172.20.100.0/24")]
RangeField = Annotated[
    AddressRange,
    _text(AddressRange.read, example="172.20.200.50-172.20.200.200"),
]
DurationField = Annotated[
    Duration, _text(Duration.read, example="9s", pattern=r"^([0-9]+(h|ms|m|s))+$")
]
QuantityField = Annotated[Quantity, _quantity(Quantity.read, example="16Gi")]
BandwidthField = Annotated[Quantity, _quantity(_bandwidth, example="1Gi")]
VersionField = Annotated[Version, _text(Version.read, example="4.16.8")]
NameField = Annotated[
    str,
    Scalar(
        ObjectName,
        {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"},
    ),
]
DeviceField = Annotated[
    str,
    Scalar(DeviceName, {"type": "string", "maxLength": 15, "pattern": "^[A-Za-z0-9_.-]+$"}),
]
LabelKey = Annotated[str, Scalar(label_key, {"type": "string"})]
LabelValue = Annotated[str, Scalar(label_value, {"type": "string"})]
Labels = dict[LabelKey, LabelValue]
Text = Annotated[str, shapes.Text()]
Flag = Annotated[bool, shapes.Flag()]


class Metadata(Model):
    """A document's name, and labels and annotations that other tools may want."""

    name: NameField
    labels: Labels = {}
    annotations: dict[LabelKey, Text] = {}
