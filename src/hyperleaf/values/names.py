"""Names: of network devices on a node and of Kubernetes objects."""

from __future__ import annotations

import re
from typing import Self

# The kernel's IFNAMSIZ is 16 with the closing zero.
MOST_DEVICE_CHARACTERS = 15
# What OVN-Kubernetes and nmstate keep for themselves on a node.
RESERVED_DEVICES = frozenset({"lo", "br-ex", "br-ext", "br-int", "br-local", "br-nexthop", "br0"})
RESERVED_DEVICES |= {"ext", "ext-vxlan", "int", "tun0", "ovs-system", "ovn-k8s-mp0", "all"}
RESERVED_DEVICES |= {"default", "bonding_masters"}
RESERVED_PREFIXES = ("genev_sys_", "k8s-", "ovn-k8s-", "patch-br-", "vxlan_sys_")
_DEVICE = re.compile(r"[A-Za-z0-9_.-]+")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_KEY = re.compile(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
)
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


class DeviceName(str):
    """The name of a network device: at most 15 characters, none that the kernel refuses."""

    __slots__ = ()

    def __new__(cls, text: object) -> Self:
        if not isinstance(text, str) or not _DEVICE.fullmatch(text) or text in {".", ".."}:
            raise ValueError(f"{text!r} is no name for a network device")
        if len(text) > MOST_DEVICE_CHARACTERS:
            raise ValueError(
                f"a device's name has at most {MOST_DEVICE_CHARACTERS} characters, "
                f"{text!r} has {len(text)}"
            )
        return super().__new__(cls, text)

    @property
    def is_reserved(self) -> bool:
        """Whether OVN-Kubernetes, Open vSwitch or nmstate keeps this name for itself."""
        return self in RESERVED_DEVICES or self.startswith(RESERVED_PREFIXES)


class ObjectName(str):
    """The name of a Kubernetes object that is also a DNS label (RFC 1123): 63 characters."""

    __slots__ = ()

    def __new__(cls, text: object) -> Self:
        if not isinstance(text, str) or not _LABEL.fullmatch(text):
            raise ValueError(
                f"a name has at most 63 lower-case letters, digits and hyphens and starts and "
                f"ends with a letter or digit, not {text!r}"
            )
        return super().__new__(cls, text)


def label_key(text: object) -> str:
    """Return `text` when it can be a label's key, or raise ValueError."""
    if not isinstance(text, str) or not _LABEL_KEY.fullmatch(text):
        raise ValueError(f"{text!r} cannot be the key of a label")
    return text


def label_value(text: object) -> str:
    """Return `text` when it can be a label's value, or raise ValueError."""
    if not isinstance(text, str) or not _LABEL_VALUE.fullmatch(text):
        raise ValueError(f"{text!r} cannot be the value of a label (quote numbers and booleans)")
    return text
