"""What lies beside an estate and is checked against it: guests and hand-written objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.findings import Origin
    from hyperleaf.values.addresses import Interface
    from hyperleaf.values.macs import Mac


@dataclass(frozen=True, slots=True)
class Nic:
    """A guest's interface; `attachment` is `namespace/name`, None on the pod network.

    `index` is its place among `domain.devices.interfaces`, `network_index` among `networks`.
    """

    name: str
    binding: str
    attachment: tuple[str, str] | None
    mac: Mac | None
    addresses: tuple[Interface, ...]
    index: int
    network_index: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A KubeVirt VirtualMachine; `addresses` of its NICs are those that cloud-init sets."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    nics: tuple[Nic, ...]
    eviction: str | None
    access_modes: tuple[str, ...]
    node_selector: Mapping[str, str]
    origin: Origin


@dataclass(frozen=True, slots=True)
class HandWritten:
    """A NAD or FRRConfiguration that somebody wrote by hand, as read."""

    kind: str
    name: str
    namespace: str
    value: Mapping[str, Any]
    origin: Origin
