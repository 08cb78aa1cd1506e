"""A port group of standard switches: every host of a cluster has its own of the same name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from hyperleaf.findings import Severity
from hyperleaf.platforms.errors import told
from hyperleaf.platforms.steps import Change, Verb
from hyperleaf.platforms.vsphere import inventory
from hyperleaf.platforms.vsphere.marks import Marks, read_marks
from hyperleaf.platforms.vsphere.port_group_settings import (
    Settings,
    differences,
    for_host,
    of_host,
    wanted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.steps import Step, Tell
    from hyperleaf.platforms.vsphere.inventory import Inventory
    from hyperleaf.platforms.vsphere.session import Session, Thing

_ALREADY = (vim.fault.AlreadyExists, vim.fault.DuplicateName)


@dataclass(frozen=True, slots=True)
class OnHost:
    """A host's part: its switches' names, and its port group where it has one."""

    host: Thing
    network: Any
    switches: tuple[str, ...]
    switch: str | None
    settings: Settings | None


@dataclass(frozen=True, slots=True)
class StandardGroup:
    """A port group on the hosts of a cluster, `holder`; `key` is our attribute's number."""

    name: str
    switch: str
    holder: Thing
    key: int | None
    marks: Marks
    want: Settings | None
    parts: tuple[OnHost, ...]
    away: tuple[str, ...]
    clash: str
    session: Session = field(repr=False)
    network: Thing | None = None
    step: Step | None = None

    @classmethod
    def read(
        cls,
        session: Session,
        there: Inventory,
        key: int | None,
        inputs: Mapping[str, Any],
        step: Step | None,
    ) -> StandardGroup:
        """Read what the hosts of a cluster have of a port group."""
        name, cluster = str(inputs["name"]), there.cluster(str(inputs["cluster"]), step)
        hosts = there.hosts(cluster)
        connected = [one for one in hosts if inventory.is_connected(one)]
        clash = there.named(inventory.PORT_GROUP, name)
        return cls(
            name=name,
            switch=str(inputs.get("switch", "")),
            holder=cluster,
            key=key,
            marks=read_marks(cluster, key, step),
            want=wanted(inputs) if "security" in inputs else None,
            parts=tuple(_parts(session, connected, name, step)),
            away=tuple(one.name for one in hosts if one not in connected),
            clash=name if clash else "",
            session=session,
            network=there.named(inventory.NETWORK, name),
            step=step,
        )

    @property
    def exists(self) -> bool:
        """Whether any host has it."""
        return any(one.settings is not None for one in self.parts)

    def changes(self) -> tuple[Change, ...]:
        """Return what hosts lack, and what differs on them."""
        if self.want is None or self.clash or self._without_switch():
            return ()
        lacking = [one.host.name for one in self.parts if one.settings is None]
        made: list[Change] = []
        if lacking:
            details = (f"part of {self.switch}", f"on {inventory.listed(lacking)}")
            lines = () if self.exists else self.want.lines()
            made.append(Change(Verb.CREATE, f"port group {self.name}", (*details, *lines)))
        for one in self.parts:
            lines = self._differences(one)
            if lines:
                what = f"port group {self.name} on {one.host.name}"
                made.append(Change(Verb.CHANGE, what, lines))
        return tuple(made)

    def _differences(self, part: OnHost) -> tuple[str, ...]:
        if part.settings is None or self.want is None:
            return ()
        moved = (f"switch: {part.switch} -> {self.switch}",) if part.switch != self.switch else ()
        return (*moved, *differences(part.settings, self.want))

    def _without_switch(self) -> list[OnHost]:
        return [one for one in self.parts if self.switch not in one.switches]

    def findings(self) -> tuple[Finding, ...]:
        """Return what keeps it from being made."""
        return tuple(self._findings())

    def _findings(self) -> Iterator[Finding]:
        without = self._without_switch()
        if without:
            hosts = inventory.listed(one.host.name for one in without)
            there = inventory.listed({name for one in without for name in one.switches})
            message = f"there is no switch {self.switch} on {hosts}"
            yield told("HL1442", message, f"switches there: {there}", step=self.step)
        if self.want is not None and self.want.learning:
            message = f"{self.switch} is a standard switch, which does not learn MACs"
            hint = "let it be promiscuous, or use a distributed switch"
            yield told("HL1444", message, hint, step=self.step)
        if self.clash:
            message = f"{self.name} is a port group of a distributed switch already"
            yield told("HL1441", message, "name another one", step=self.step)
        if self.away:
            message = (
                f"not connected, and without the port group {self.name} as long as that is so: "
                f"{inventory.listed(self.away)}"
            )
            yield told("HL1443", message, step=self.step, severity=Severity.WARNING)

    def make(self, tell: Tell, timeout: float) -> None:  # noqa: ARG002 - nothing takes long
        """Make it on hosts that lack it, and change it where it differs."""
        if self.want is None:
            return
        spec = for_host(self.name, self.switch, self.want)
        for one in self.parts:
            what = f"port group {self.name} on {one.host.name}"
            if one.settings is None:
                tell(f"making {what}")
                self.session.change(f"making {what}", _adding(one.network, spec), self.step)
            elif self._differences(one):
                tell(f"changing {what}")
                self.session.change(
                    f"changing {what}", _updating(one.network, self.name, spec), self.step
                )

    def users(self) -> list[str]:
        """Return the names of the machines of this cluster that are plugged into it."""
        if self.network is None:
            return []
        found = self.session.of([self.network.ref], {vim.Network: ("vm",)}, self.step)
        machines = [ref for one in found for ref in one.get("vm") or ()]
        mine = {one.host.ref for one in self.parts}
        paths = {vim.VirtualMachine: ("name", "runtime.host")}
        return [
            one.name
            for one in self.session.of(machines, paths, self.step)
            if one.get("runtime.host") in mine
        ]

    def remove(self, tell: Tell, timeout: float) -> None:  # noqa: ARG002 - nothing takes long
        """Remove it from every host that has it."""
        for one in self.parts:
            if one.settings is not None:
                what = f"removing port group {self.name} from {one.host.name}"
                tell(what)
                self.session.change(what, _removing(one.network, self.name), self.step)


def _adding(network: Any, spec: Any) -> Any:
    def call() -> None:
        try:
            network.AddPortGroup(portgrp=spec)
        except _ALREADY:
            # Somebody was faster; reading it back says whether it is as it should be.
            return

    return call


def _updating(network: Any, name: str, spec: Any) -> Any:
    return lambda: network.UpdatePortGroup(pgName=name, portgrp=spec)


def _removing(network: Any, name: str) -> Any:
    def call() -> None:
        try:
            network.RemovePortGroup(pgName=name)
        except vim.fault.NotFound:
            return

    return call


def _parts(session: Session, hosts: list[Thing], name: str, step: Step | None) -> Iterator[OnHost]:
    systems = {one.get("configManager.networkSystem"): one for one in hosts}
    paths = {vim.host.NetworkSystem: ("networkInfo.portgroup", "networkInfo.vswitch")}
    for found in session.of(list(systems), paths, step):
        groups = found.get("networkInfo.portgroup") or ()
        group = next((one for one in groups if one.spec.name == name), None)
        yield OnHost(
            host=systems[found.ref],
            network=found.ref,
            switches=tuple(one.name for one in found.get("networkInfo.vswitch") or ()),
            switch=group.spec.vswitchName if group else None,
            settings=of_host(group) if group else None,
        )
