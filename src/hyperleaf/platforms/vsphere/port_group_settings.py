"""What a port group lets through, wanted or as a vCenter has it, and the words that set it.

Guests of virtual hypervisors have MACs that vSphere did not hand out, and tag their frames: a port
group must carry every VLAN, deliver what is not for the hypervisor's own MAC, and take what is not
from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {
    "vlans": "VLANs",
    "promiscuous": "promiscuous mode",
    "mac_changes": "MAC address changes",
    "forged": "forged transmits",
    "learning": "MAC learning",
}
# As many MACs as a port of a distributed switch can learn.
_LEARNED = 4096
_PORTS = 8
_setting: Any = vim.dvs.VmwareDistributedVirtualSwitch


@dataclass(frozen=True, slots=True)
class Settings:
    """VLANs as `4095`, `12` or `0-4094,...`, and which policies are accepted."""

    vlans: str
    promiscuous: bool
    mac_changes: bool
    forged: bool
    learning: bool = False

    def lines(self) -> tuple[str, ...]:
        """Return a line for each setting; that a switch does not learn goes without saying."""
        stated = [(_NAMES[one.name], getattr(self, one.name)) for one in fields(self)]
        return tuple(f"{n}: {_word(v)}" for n, v in stated if v or n != _NAMES["learning"])


def wanted(inputs: Mapping[str, Any]) -> Settings:
    """Return the settings that a step states."""
    security = inputs["security"]
    return Settings(
        vlans=str(inputs["vlans"]),
        promiscuous=bool(security["allowPromiscuous"]),
        mac_changes=bool(security["macChanges"]),
        forged=bool(security["forgedTransmits"]),
        learning=bool(inputs["macLearning"]),
    )


def differences(seen: Settings, want: Settings) -> tuple[str, ...]:
    """Return a line for each setting that is otherwise than wanted."""
    pairs = ((one.name, getattr(seen, one.name), getattr(want, one.name)) for one in fields(want))
    return tuple(f"{_NAMES[n]}: {_word(a)} -> {_word(b)}" for n, a, b in pairs if a != b)


def _word(value: object) -> str:
    return str(value) if isinstance(value, str) else "accepted" if value else "rejected"


# Standard switches: each host has a port group of its own


def of_host(group: Any) -> Settings:
    """Return the settings of a host's port group; what it does not say is the switch's."""
    own = group.spec.policy.security if group.spec.policy else None
    computed = group.computedPolicy.security if group.computedPolicy else None

    def accepted(name: str) -> bool:
        value = getattr(own, name, None)
        return bool(getattr(computed, name, False) if value is None else value)

    return Settings(
        vlans=str(group.spec.vlanId),
        promiscuous=accepted("allowPromiscuous"),
        mac_changes=accepted("macChanges"),
        forged=accepted("forgedTransmits"),
    )


def for_host(name: str, switch: str, want: Settings) -> Any:
    """Return what a host's port group is made or changed with."""
    host: Any = vim.host
    security = host.NetworkPolicy.SecurityPolicy(
        allowPromiscuous=want.promiscuous,
        macChanges=want.mac_changes,
        forgedTransmits=want.forged,
    )
    return host.PortGroup.Specification(
        name=name,
        vlanId=int(want.vlans),
        vswitchName=switch,
        policy=host.NetworkPolicy(security=security),
    )


# Distributed switches


def of_distributed(setting: Any) -> Settings:
    """Return the settings of a distributed switch's port group (its default port's)."""
    policy = getattr(setting, "macManagementPolicy", None)
    older = getattr(setting, "securityPolicy", None)
    learning = getattr(policy, "macLearningPolicy", None)

    def accepted(name: str) -> bool:
        value = getattr(policy, name, None)
        if value is None:
            value = getattr(getattr(older, name, None), "value", None)
        return bool(value)

    return Settings(
        vlans=_vlans(getattr(setting, "vlan", None)),
        promiscuous=accepted("allowPromiscuous"),
        mac_changes=accepted("macChanges"),
        forged=accepted("forgedTransmits"),
        learning=bool(getattr(learning, "enabled", False)),
    )


def _vlans(spec: Any) -> str:
    if isinstance(spec, _setting.TrunkVlanSpec):
        ranges = sorted((one.start, one.end) for one in spec.vlanId)
        return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
    if isinstance(spec, _setting.VlanIdSpec):
        return str(spec.vlanId)
    return "private" if isinstance(spec, _setting.PvlanSpec) else "none"


def for_distributed(want: Settings) -> Any:
    """Return the default port's setting of a distributed switch's port group.

    The older security policy says the same as the newer one, which takes precedence.
    """
    limits = {"allowUnicastFlooding": True, "limit": _LEARNED, "limitPolicy": "ALLOW"}
    newer = _setting.MacManagementPolicy(
        inherited=False,
        allowPromiscuous=want.promiscuous,
        macChanges=want.mac_changes,
        forgedTransmits=want.forged,
        macLearningPolicy=_setting.MacLearningPolicy(
            inherited=False, enabled=want.learning, **(limits if want.learning else {})
        ),
    )
    return _setting.VmwarePortConfigPolicy(
        vlan=_setting.TrunkVlanSpec(inherited=False, vlanId=_ranges(want.vlans)),
        macManagementPolicy=newer,
        securityPolicy=_setting.SecurityPolicy(
            inherited=False,
            allowPromiscuous=_flag(want.promiscuous),
            macChanges=_flag(want.mac_changes),
            forgedTransmits=_flag(want.forged),
        ),
    )


def new_distributed(name: str, want: Settings) -> Any:
    """Return what a distributed switch's port group is made with; it grows as NICs come."""
    portgroup: Any = vim.dvs.DistributedVirtualPortgroup
    return portgroup.ConfigSpec(
        name=name,
        type="earlyBinding",
        numPorts=_PORTS,
        autoExpand=True,
        defaultPortConfig=for_distributed(want),
    )


def changed_distributed(config: Any, want: Settings) -> Any:
    """Return what a port group is changed with: all but its default port's setting as it is."""
    portgroup: Any = vim.dvs.DistributedVirtualPortgroup
    return portgroup.ConfigSpec(
        configVersion=config.configVersion,
        name=config.name,
        type=config.type,
        numPorts=config.numPorts,
        autoExpand=config.autoExpand,
        defaultPortConfig=for_distributed(want),
    )


def _flag(value: bool) -> Any:  # noqa: FBT001 - the value itself
    policy: Any = vim.BoolPolicy
    return policy(inherited=False, value=value)


def _ranges(text: str) -> list[Any]:
    numbers: Any = vim.NumericRange
    found = re.findall(r"(\d+)(?:-(\d+))?", text)
    return [numbers(start=int(start), end=int(end or start)) for start, end in found]
