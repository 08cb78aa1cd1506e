"""The types of fields: values of ours, read from YAML, with the JSON Schema that editors see."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, StrictBool, StrictStr, WithJsonSchema
from pydantic.alias_generators import to_camel

from hyperleaf.values.addresses import (
    Address,
    AddressRange,
    Subnet,
    read_address,
    read_subnet,
)
from hyperleaf.values.macs import Mac, MacRange
from hyperleaf.values.names import DeviceName, ObjectName, label_key, label_value
from hyperleaf.values.numbers import Asn, Bounded, Mtu, Port, VlanId, Vni
from hyperleaf.values.units import Duration, Quantity, Version


class Model(BaseModel):
    """What every model of the language shares: camelCase, no unknown field, never changed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, hide_input_in_errors=True
    )


def _number(kind: type[Bounded]) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": kind.least, "maximum": kind.most})


def _text(*, example: str, pattern: str | None = None) -> WithJsonSchema:
    schema: dict[str, Any] = {"type": "string", "examples": [example]}
    if pattern is not None:
        schema["pattern"] = pattern
    return WithJsonSchema(schema)


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


AsnField = Annotated[Asn, PlainValidator(Asn), _number(Asn)]
VlanField = Annotated[VlanId, PlainValidator(VlanId), _number(VlanId)]
VniField = Annotated[Vni, PlainValidator(Vni), _number(Vni)]
MtuField = Annotated[Mtu, PlainValidator(Mtu), _number(Mtu)]
PortField = Annotated[Port, PlainValidator(Port), _number(Port)]
MacField = Annotated[Mac, PlainValidator(_unicast), _text(example="02:68:6c:00:27:d8")]
MacRangeField = Annotated[
    MacRange,
    PlainValidator(MacRange.read),
    _text(example="02:10:00:00:00:00-02:10:00:ff:ff:ff"),
]
AddressField = Annotated[Address, PlainValidator(read_address), _text(example="10.0.0.11")]
SubnetField = Annotated[Subnet, PlainValidator(read_subnet), _text(example="172.20.100.0/24")]
RangeField = Annotated[
    AddressRange,
    PlainValidator(AddressRange.read),
    _text(example="172.20.200.50-172.20.200.200"),
]
DurationField = Annotated[
    Duration, PlainValidator(Duration.read), _text(example="9s", pattern=r"^([0-9]+(h|ms|m|s))+$")
]
QuantityField = Annotated[Quantity, PlainValidator(Quantity.read), _text(example="16Gi")]
BandwidthField = Annotated[Quantity, PlainValidator(_bandwidth), _text(example="1Gi")]
VersionField = Annotated[Version, PlainValidator(Version.read), _text(example="4.16.8")]
NameField = Annotated[
    str,
    PlainValidator(ObjectName),
    WithJsonSchema(
        {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"}
    ),
]
DeviceField = Annotated[
    str,
    PlainValidator(DeviceName),
    WithJsonSchema({"type": "string", "maxLength": 15, "pattern": "^[A-Za-z0-9_.-]+$"}),
]
LabelKey = Annotated[str, PlainValidator(label_key), WithJsonSchema({"type": "string"})]
LabelValue = Annotated[str, PlainValidator(label_value), WithJsonSchema({"type": "string"})]
Labels = dict[LabelKey, LabelValue]
Text = StrictStr
Flag = StrictBool


class Metadata(Model):
    """A document's name, and labels and annotations that other tools may want."""

    name: NameField
    labels: Labels = {}
    annotations: dict[LabelKey, Text] = {}
