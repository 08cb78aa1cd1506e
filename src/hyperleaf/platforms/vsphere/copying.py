"""A template, its copy as far as it is made, and the calls that bring the copy further."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from hyperleaf.platforms.errors import PlatformError, told
from hyperleaf.platforms.vsphere import inventory
from hyperleaf.platforms.vsphere.template_features import (
    COPY,
    SOURCE,
    SOURCE_KEY,
    adding,
    lack,
    marking,
    marks_of,
    version_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.steps import Step, Tell
    from hyperleaf.platforms.vsphere.inventory import Inventory
    from hyperleaf.platforms.vsphere.session import Session, Thing
    from hyperleaf.platforms.vsphere.template_features import Lack

SUFFIX = "-cnv"
_RUNNING = ("queued", "running")
_CLONING = "virtualmachine.clone"


@dataclass(frozen=True, slots=True)
class Copying:
    """A template, `source`, and its copy `name`, None where there is none; what it `lack`s.

    `wanted` are the names of port groups for NICs, `networks` those that are there. `under_way` is
    a clone of the source that somebody waits for, us perhaps before we were killed.
    """

    there: Inventory
    cluster: Thing
    source: Thing
    name: str
    copy: Thing | None
    lack: Lack
    wanted: tuple[str, ...]
    networks: tuple[Thing, ...]
    to_be: frozenset[str]
    under_way: Any
    session: Session = field(repr=False)
    step: Step | None = None

    @property
    def title(self) -> str:
        """The copy as people are told of it."""
        return f"template {self.name}"

    @property
    def has_run(self) -> bool:
        """Whether the copy is started: what boots once is no template of others any more."""
        return self.copy is not None and str(self.copy.get("runtime.powerState")) != "poweredOff"

    @property
    def is_outdated(self) -> bool:
        """Whether the source has changed since, or is another one of the same name."""
        known = marks_of(self.copy).get(SOURCE_KEY) if self.copy else None
        return known is not None and known != version_of(self.source)

    def findings(self, *, is_last: bool = False) -> tuple[Finding, ...]:
        """Return that networks are neither there nor to be made, which is past where `is_last`."""
        missing = [one for one in self.lack.absent if is_last or one not in self.to_be]
        if not missing:
            return ()
        there = inventory.listed(one.name for one in self.there.all(inventory.NETWORK))
        where = self.there.datacenter.name
        message = f"the datacenter {where} has no port group {', '.join(missing)}"
        return (told("HL1450", message, f"there are: {there}", step=self.step),)

    def foreign(self) -> tuple[Finding, ...]:
        """Return how a copy that is not ours, or that runs, differs from what it must be."""
        lines = self.lack.lines
        if self.has_run:
            lines = ("never started: it is powered on, and a template must not be", *lines)
        message = f"{self.name} is not as a template of ours must be: {'; '.join(lines)}"
        hint = "change it so by hand, or rename or delete it to have it made anew"
        return (told("HL1448", message, hint, step=self.step),)

    def copies(self) -> list[Any]:
        """Return the copy that is known, or what is beside the source by now."""
        if self.copy is not None:
            return [self.copy.ref]
        index, parent = self.session.content.searchIndex, self.source.get("parent")
        found = self.session.ask(
            f"looking for {self.name}", lambda: index.FindChild(parent, self.name), self.step
        )
        return [] if found is None else [found]

    def wait(self, tell: Tell, timeout: float) -> None:
        """Wait for the clone that is under way; that it failed is no matter, we make our own."""
        try:
            self.session.finish(f"cloning {self.source.name}", self.under_way, tell, timeout)
        except PlatformError as error:
            if error.finding.code != "HL1407":
                raise

    def clone(self, owner: str, tell: Tell, timeout: float) -> None:
        """Copy the source into its own folder, with our marks in it from the first moment."""
        what = f"cloning {self.source.name}"
        machine: Any = vim.vm
        spec = machine.CloneSpec(
            location=machine.RelocateSpec(pool=self.cluster.get("resourcePool"), host=self._host()),
            powerOn=False,
            template=False,
            config=machine.ConfigSpec(extraConfig=marking(owner, self.name, self.source)),
        )
        folder, source = self.source.get("parent"), self.source.ref
        tell(what)
        task = self.session.change(
            what, lambda: source.CloneVM_Task(folder=folder, name=self.name, spec=spec), self.step
        )
        self.session.finish(what, task, tell, timeout, self.step)

    def complete(self, tell: Tell, timeout: float) -> None:
        """Add what the copy lacks, and mark it as a template."""
        if self.copy is None:
            return
        copy, session, step = self.copy.ref, self.session, self.step
        is_template = self.lack.is_template
        if not self.lack.is_configured:
            if is_template:
                # Of a template only the name can be changed.
                what, pool = f"opening {self.name}", self.cluster.get("resourcePool")
                tell(what)
                session.change(
                    what, lambda: copy.MarkAsVirtualMachine(pool=pool, host=self._host()), step
                )
                is_template = False
            what = f"changing {self.name}"
            tell(what)
            switches = {one.ref: str(one.get("uuid")) for one in self.there.all(inventory.SWITCH)}
            spec = adding(self.lack, switches)
            task = session.change(what, lambda: copy.ReconfigVM_Task(spec=spec), step)
            session.finish(what, task, tell, timeout, step)
        if not is_template:
            what = f"marking {self.name} as a template"
            tell(what)
            session.change(what, copy.MarkAsTemplate, step)

    def remove(self, tell: Tell, timeout: float) -> None:
        """Delete the copy, to be made anew."""
        if self.copy is not None:
            what = f"deleting {self.name}"
            tell(what)
            task = self.session.change(what, self.copy.ref.Destroy_Task, self.step)
            self.session.finish(what, task, tell, timeout, self.step)

    def _host(self) -> Any:
        """Return a host to register the copy on: the source's, where it is one of the cluster's.

        A cluster without DRS chooses none by itself.
        """
        hosts = [one.ref for one in self.there.hosts(self.cluster) if inventory.is_connected(one)]
        its = self.source.get("runtime.host")
        if not hosts:
            message = f"no host of the cluster {self.cluster.name} is connected"
            raise PlatformError(told("HL1443", message, step=self.step))
        return its if its in hosts else hosts[0]


def copies_in(there: Inventory, source: Thing) -> list[Any]:
    """Return what is called as a template's copy, the one beside the template first."""
    parent = source.get("parent")
    named = [one for one in there.all(inventory.MACHINE) if one.name == source.name + SUFFIX]
    return [one.ref for one in sorted(named, key=lambda one: one.get("parent") != parent)]


def read_copy(  # noqa: PLR0913, PLR0917 - where, of what, and what it must have
    session: Session,
    there: Inventory,
    inputs: Mapping[str, Any],
    source: Thing,
    copies: Sequence[Any],
    to_be: frozenset[str],
    step: Step | None,
) -> Copying:
    """Read a template, and the first of what may be its copy, as they are now."""
    wanted = tuple(str(one) for one in inputs["networks"])
    networks = tuple(
        network for one in wanted if (network := there.named(inventory.NETWORK, one)) is not None
    )
    known = session.of([source.ref], {inventory.MACHINE: SOURCE}, step)
    if not known:
        raise PlatformError(told("HL1447", f"somebody has deleted {source.name}", step=step))
    found = session.of(copies[:1], {inventory.MACHINE: COPY}, step)
    copy = found[0] if found else None
    return Copying(
        there=there,
        cluster=there.cluster(str(inputs["cluster"]), step),
        source=known[0],
        name=source.name + SUFFIX,
        copy=copy,
        lack=lack(copy, networks, wanted),
        wanted=wanted,
        networks=networks,
        to_be=to_be,
        under_way=_under_way(session, known[0], step),
        session=session,
        step=step,
    )


def _under_way(session: Session, source: Thing, step: Step | None) -> Any:
    """Return the task that clones the source now, None where none does."""
    paths = {vim.Task: ("info.state", "info.descriptionId")}
    for one in session.of(list(source.get("recentTask") or ()), paths, step):
        kind = str(one.get("info.descriptionId")).lower()
        if kind.startswith(_CLONING) and str(one.get("info.state")) in _RUNNING:
            return one.ref
    return None
