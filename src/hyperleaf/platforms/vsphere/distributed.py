"""A port group of a distributed switch: one for every host that is a part of the switch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from hyperleaf.platforms.errors import PlatformError, told
from hyperleaf.platforms.steps import Change, Verb
from hyperleaf.platforms.vsphere import inventory
from hyperleaf.platforms.vsphere.marks import Marks, read_marks
from hyperleaf.platforms.vsphere.port_group_settings import (
    Settings,
    changed_distributed,
    differences,
    new_distributed,
    of_distributed,
    wanted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.steps import Step, Tell
    from hyperleaf.platforms.vsphere.inventory import Inventory
    from hyperleaf.platforms.vsphere.session import Session, Thing


@dataclass(frozen=True, slots=True)
class DistributedGroup:
    """A port group of a switch, `holder`; `key` is our attribute's number, `config` as it is."""

    name: str
    holder: Thing
    key: int | None
    marks: Marks
    want: Settings | None
    found: Thing | None
    clash: str
    outside: tuple[str, ...]
    session: Session = field(repr=False)
    step: Step | None = None

    @classmethod
    def read(
        cls,
        session: Session,
        there: Inventory,
        key: int | None,
        inputs: Mapping[str, Any],
        step: Step | None,
    ) -> DistributedGroup:
        """Read what a distributed switch has of a port group."""
        name, switch = str(inputs["name"]), _switch(there, str(inputs["switch"]), step)
        of_name = [one for one in there.all(inventory.NETWORK) if one.name == name]
        mine = [one for one in of_name if one.get(inventory.PARENT_SWITCH) == switch.ref]
        paths = {inventory.PORT_GROUP: ("config", "vm")}
        found = session.of([one.ref for one in mine], paths, step)
        want = wanted(inputs) if "security" in inputs else None
        members = set(switch.get(inventory.MEMBERS) or ())
        hosts = there.hosts(there.cluster(str(inputs["cluster"]), step)) if want else ()
        return cls(
            name=name,
            holder=switch,
            key=key,
            marks=read_marks(switch, key, step),
            want=want,
            found=found[0] if found else None,
            clash=name if of_name and not mine else "",
            outside=tuple(one.name for one in hosts if one.ref not in members),
            session=session,
            step=step,
        )

    @property
    def exists(self) -> bool:
        """Whether the switch has it."""
        return self.found is not None

    def changes(self) -> tuple[Change, ...]:
        """Return that it is missing, or what differs."""
        what = f"port group {self.name}"
        if self.want is None or self.clash or self.outside:
            return ()
        if self.found is None:
            lines = (f"part of {self.holder.name}", *self.want.lines())
            return (Change(Verb.CREATE, what, lines),)
        lines = differences(of_distributed(self.found.get("config").defaultPortConfig), self.want)
        return (Change(Verb.CHANGE, what, lines),) if lines else ()

    def findings(self) -> tuple[Finding, ...]:
        """Return what keeps it from being made."""
        return tuple(self._findings())

    def _findings(self) -> Iterator[Finding]:
        if self.outside:
            hosts = inventory.listed(self.outside)
            message = f"no part of the distributed switch {self.holder.name}: {hosts}"
            yield told("HL1442", message, "add these hosts to the switch", step=self.step)
        features = self.holder.get("capability.featuresSupported")
        if (
            self.want is not None
            and self.want.learning
            and getattr(features, "macLearningSupported", None) is False
        ):
            message = f"the distributed switch {self.holder.name} does not learn MACs"
            hint = "upgrade the switch to 6.6 or later, or let the port group be promiscuous"
            yield told("HL1444", message, hint, step=self.step)
        if self.clash:
            message = f"{self.name} is a network outside of {self.holder.name} already"
            yield told("HL1441", message, "name another one", step=self.step)

    def make(self, tell: Tell, timeout: float) -> None:
        """Make it, or change what differs."""
        if self.want is None:
            return
        switch = self.holder.ref
        if self.found is None:
            what, spec = f"making port group {self.name}", new_distributed(self.name, self.want)

            def call() -> Any:
                return switch.AddDVPortgroup_Task(spec=[spec])
        else:
            what, group = f"changing port group {self.name}", self.found.ref
            spec = changed_distributed(self.found.get("config"), self.want)

            def call() -> Any:
                return group.ReconfigureDVPortgroup_Task(spec=spec)

        tell(what)
        self.session.finish(
            what, self.session.change(what, call, self.step), tell, timeout, self.step
        )

    def users(self) -> list[str]:
        """Return the names of the machines that are plugged into it."""
        machines = list((self.found.get("vm") if self.found else None) or ())
        found = self.session.of(machines, {vim.VirtualMachine: ("name",)}, self.step)
        return [one.name for one in found]

    def remove(self, tell: Tell, timeout: float) -> None:
        """Remove it from the switch."""
        if self.found is not None:
            what, group = f"removing port group {self.name}", self.found.ref
            tell(what)
            task = self.session.change(what, group.Destroy_Task, self.step)
            self.session.finish(what, task, tell, timeout, self.step)


def _switch(there: Inventory, name: str, step: Step | None) -> Thing:
    found = there.named(inventory.SWITCH, name)
    if found is None:
        known = inventory.listed(one.name for one in there.all(inventory.SWITCH))
        message = f"the datacenter {there.datacenter.name} has no distributed switch {name}"
        raise PlatformError(told("HL1419", message, f"there are: {known}", step=step))
    return found
