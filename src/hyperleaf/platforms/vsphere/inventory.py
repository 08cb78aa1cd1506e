"""A datacenter becomes what a step needs of it: its cluster, hosts, switches, networks, machines.

Everything is read at once by kind, never object by object: a vCenter may hold thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from hyperleaf.platforms.errors import PlatformError, told
from hyperleaf.platforms.vsphere.marks import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hyperleaf.platforms.steps import Step
    from hyperleaf.platforms.vsphere.session import Session, Thing

CLUSTER, HOST = vim.ClusterComputeResource, vim.HostSystem
SWITCH, NETWORK = vim.DistributedVirtualSwitch, vim.Network
PORT_GROUP, MACHINE = vim.dvs.DistributedVirtualPortgroup, vim.VirtualMachine
PARENT_SWITCH = "config.distributedVirtualSwitch"
MEMBERS = "summary.hostMember"
STATE, IS_TEMPLATE = "runtime.connectionState", "summary.config.template"
_MANY = 12


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a datacenter holds; machines only where they were asked for."""

    datacenter: Thing
    things: tuple[Thing, ...]

    def all(self, kind: Any) -> tuple[Thing, ...]:
        """Return everything of a kind; port groups of distributed switches are networks too."""
        return tuple(one for one in self.things if isinstance(one.ref, kind))

    def named(self, kind: Any, name: str) -> Thing | None:
        """Return the thing of a kind and a name, None where there is none."""
        return next((one for one in self.all(kind) if one.name == name), None)

    def hosts(self, cluster: Thing) -> tuple[Thing, ...]:
        """Return a cluster's hosts."""
        mine = {one._moId for one in cluster.get("host") or ()}  # noqa: SLF001 - its identity
        return tuple(one for one in self.all(HOST) if one.ref._moId in mine)  # noqa: SLF001

    def cluster(self, name: str, step: Step | None) -> Thing:
        """Return a cluster; PlatformError (HL1419) says which ones there are."""
        found = self.named(CLUSTER, name)
        if found is None:
            where = f"the datacenter {self.datacenter.name}"
            raise _absent("cluster", name, where, self.all(CLUSTER), step)
        return found


def look(
    session: Session, inputs: Mapping[str, Any], step: Step | None, *, machines: bool = False
) -> Inventory:
    """Read the datacenter of a step; PlatformError (HL1419) where the vCenter has none so named."""
    root = session.content.rootFolder
    centers = session.within(root, {vim.Datacenter: ("name",)}, step)
    name = str(inputs["datacenter"])
    center = next((one for one in centers if one.name == name), None)
    if center is None:
        raise _absent("datacenter", name, session.server, centers, step)
    wanted: dict[Any, tuple[str, ...]] = {
        CLUSTER: ("name", "host", "resourcePool", VALUES),
        HOST: ("name", STATE, "configManager.networkSystem"),
        SWITCH: ("name", "uuid", MEMBERS, "capability.featuresSupported", VALUES),
        NETWORK: ("name",),
        PORT_GROUP: ("name", "key", PARENT_SWITCH),
    }
    if machines:
        wanted[MACHINE] = ("name", "parent", IS_TEMPLATE)
    return Inventory(center, tuple(session.within(center.ref, wanted, step)))


def is_connected(host: Thing) -> bool:
    """Tell whether anything can be made on a host now."""
    return str(host.get(STATE)) == "connected"


def listed(names: Iterable[str]) -> str:
    """Return names in one line, the first of many."""
    known = sorted(names)
    more = f" and {len(known) - _MANY} more" if len(known) > _MANY else ""
    return (", ".join(known[:_MANY]) or "none") + more


def _absent(
    kind: str, name: str, where: str, there: Iterable[Thing], step: Step | None
) -> PlatformError:
    known = listed(one.name for one in there)
    message = f"{where} has no {kind} called {name}"
    return PlatformError(told("HL1419", message, f"there are: {known}", step=step))
