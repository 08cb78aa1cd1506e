"""What makes a template one of virtual hypervisors: what a copy lacks of it, and what adds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from hyperleaf.platforms.vsphere.inventory import PARENT_SWITCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hyperleaf.platforms.vsphere.session import Thing

# Kept in the copy's own configuration, as it is made: whose it is, what it is called (machines that
# are cloned from it inherit these words, and have other names), and what it is a copy of.
OWNER_KEY, NAME_KEY, SOURCE_KEY = "hyperleaf.owner", "hyperleaf.template", "hyperleaf.source"
# What is read of a copy and of its source.
COPY = (
    "name",
    "parent",
    "runtime.powerState",
    "runtime.host",
    "config.template",
    "config.extraConfig",
    "config.nestedHVEnabled",
    "config.flags.vvtdEnabled",
    "config.vPMCEnabled",
    "config.hardware.device",
)
SOURCE = (
    "name",
    "parent",
    "runtime.host",
    "config.template",
    "config.instanceUuid",
    "config.changeVersion",
    "recentTask",
)
_FLAGS = {
    "config.nestedHVEnabled": "hardware virtualization",
    "config.flags.vvtdEnabled": "IOMMU",
    "config.vPMCEnabled": "performance counters",
}


@dataclass(frozen=True, slots=True)
class Lack:
    """What a copy lacks: properties by path, NICs on networks, and networks that are `absent`."""

    flags: tuple[str, ...]
    networks: tuple[Thing, ...]
    absent: tuple[str, ...]
    is_template: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each thing that is missing."""
        made = [f"{_FLAGS[one]} on" for one in self.flags]
        made += [f"a NIC on {one}" for one in (*(n.name for n in self.networks), *self.absent)]
        return (*made, *(() if self.is_template else ("marked as a template",)))

    @property
    def is_configured(self) -> bool:
        """Whether nothing is missing but the mark of a template."""
        return not self.flags and not self.networks


def lack(copy: Thing | None, networks: Sequence[Thing], wanted: Sequence[str]) -> Lack:
    """Return what a copy lacks of hardware virtualization, NICs and being a template."""
    known = {one.name for one in networks}
    absent = tuple(one for one in wanted if one not in known)
    if copy is None:
        return Lack(tuple(_FLAGS), tuple(networks), absent, is_template=False)
    cards = [
        one.backing
        for one in copy.get("config.hardware.device") or ()
        if isinstance(one, vim.vm.device.VirtualEthernetCard)
    ]
    return Lack(
        flags=tuple(one for one in _FLAGS if copy.get(one) is not True),
        networks=tuple(one for one in networks if not any(_is_on(each, one) for each in cards)),
        absent=absent,
        is_template=bool(copy.get("config.template")),
    )


def features(networks: Iterable[str]) -> tuple[str, ...]:
    """Return a line for each thing that a copy has more than its source."""
    return (*_FLAGS.values(), *(f"a NIC (vmxnet3) on {one}" for one in networks))


def _is_on(backing: Any, network: Thing) -> bool:
    port = getattr(backing, "port", None)
    if port is not None:
        return bool(port.portgroupKey == network.get("key"))
    if network.get("key") is not None:
        return False
    known = getattr(backing, "network", None)
    return bool(known == network.ref if known else backing.deviceName == network.name)


def adding(missing: Lack, switches: Mapping[Any, str]) -> Any:
    """Return what a copy is changed with; `switches` are the UUIDs of distributed ones."""
    machine: Any = vim.vm
    config = machine.ConfigSpec()
    if "config.nestedHVEnabled" in missing.flags:
        config.nestedHVEnabled = True
    if "config.flags.vvtdEnabled" in missing.flags:
        config.flags = machine.FlagInfo(vvtdEnabled=True)
    if "config.vPMCEnabled" in missing.flags:
        config.vPMCEnabled = True
    config.deviceChange = [
        _card(one, switches, number) for number, one in enumerate(missing.networks)
    ]
    return config


def _card(network: Thing, switches: Mapping[Any, str], number: int) -> Any:
    device: Any = vim.vm.device
    card = device.VirtualEthernetCard
    if network.get("key") is not None:
        dvs: Any = vim.dvs
        port = dvs.PortConnection(
            portgroupKey=network.get("key"), switchUuid=switches[network.get(PARENT_SWITCH)]
        )
        backing = card.DistributedVirtualPortBackingInfo(port=port)
    else:
        backing = card.NetworkBackingInfo(deviceName=network.name, network=network.ref)
    connected = device.VirtualDevice.ConnectInfo(
        startConnected=True, allowGuestControl=True, connected=False
    )
    new = device.VirtualVmxnet3(
        key=-1 - number, backing=backing, connectable=connected, addressType="generated"
    )
    return device.VirtualDeviceSpec(operation="add", device=new)


def marks_of(copy: Thing) -> dict[str, str]:
    """Return what a copy's configuration says of itself."""
    keys = {OWNER_KEY, NAME_KEY, SOURCE_KEY}
    stated = copy.get("config.extraConfig") or ()
    return {one.key: str(one.value) for one in stated if one.key in keys}


def is_ours(copy: Thing, owner: str) -> bool:
    """Tell whether a copy bears an owner's mark; what is cloned from it has another name."""
    marks = marks_of(copy)
    return marks.get(OWNER_KEY) == owner and marks.get(NAME_KEY) == copy.name


def version_of(source: Thing) -> str:
    """Return what tells one version of a template from the next."""
    return f"{source.get('config.instanceUuid')} {source.get('config.changeVersion')}"


def marking(owner: str, name: str, source: Thing) -> list[Any]:
    """Return the words that a copy's configuration says of itself from its first moment."""
    option: Any = vim.option.OptionValue
    stated = {OWNER_KEY: owner, NAME_KEY: name, SOURCE_KEY: version_of(source)}
    return [option(key=key, value=value) for key, value in stated.items()]
