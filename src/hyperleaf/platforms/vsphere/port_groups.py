"""Steps of the kind vsphere.portGroup: on every host of a cluster, or on a distributed switch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.findings import Severity, has_errors
from hyperleaf.platforms.errors import PlatformError, told
from hyperleaf.platforms.steps import Change, Owned, Seen, Verb
from hyperleaf.platforms.vsphere import inventory
from hyperleaf.platforms.vsphere.distributed import DistributedGroup
from hyperleaf.platforms.vsphere.marks import attribute_key, read_marks, write_marks
from hyperleaf.platforms.vsphere.port_group_settings import wanted
from hyperleaf.platforms.vsphere.session import session_of, settled
from hyperleaf.platforms.vsphere.standard import StandardGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.platforms.steps import Step, Tell, World
    from hyperleaf.platforms.vsphere.inventory import Inventory
    from hyperleaf.platforms.vsphere.session import Session, Thing

KIND = "vsphere.portGroup"
_TEMPLATE = "vsphere.template"
Group = StandardGroup | DistributedGroup


class PortGroups:
    """Carries port groups out."""

    def __init__(self, world: World) -> None:
        self._world = world

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Compare a port group with the step; one that is not ours is only compared."""
        group = _group(session_of(self._world, inputs, step), inputs, step)
        return self._seen(group, step)

    def _seen(self, group: Group, step: Step) -> Seen:
        changes, findings = group.changes(), group.findings()
        is_ours = group.name in group.marks.of(self._world.build.owner)
        if group.exists and not is_ours and changes:
            findings = (*findings, _foreign(group, changes, step))
            changes = ()
        about = "there" if is_ours else "there already, not ours"
        outputs = None if changes or not group.exists else {"Name": group.name}
        return Seen(changes, outputs, findings, about if group.exists else "")

    def from_nothing(self, step: Step, inputs: Mapping[str, Any]) -> Seen:  # noqa: ARG002
        """Return what would be made."""
        where = "" if inputs["distributed"] else f", on every host of {inputs['cluster']}"
        details = (f"part of {inputs['switch']}{where}", *wanted(inputs).lines())
        return Seen((Change(Verb.CREATE, f"port group {inputs['name']}", details),))

    def carry_out(self, step: Step, inputs: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
        """Mark the port group as ours, make or change it, and read it back."""
        session, owner = session_of(self._world, inputs, step), self._world.build.owner
        group = _group(session, inputs, step)
        seen = self._seen(group, step)
        for one in seen.findings:
            if one.severity is Severity.ERROR:
                raise PlatformError(one)
        if not seen.changes:
            return seen.outputs or {}
        if group.name not in group.marks.of(owner):
            tell(f"marking {group.holder.name}")
            marks = group.marks.with_name(owner, group.name)
            write_marks(session, group.holder, group.key, marks, step)
        group.make(tell, self._world.timeout)
        left = settled(
            lambda: self._seen(_group(session, inputs, step), step), lambda seen: not seen.changes
        )
        if left.changes or has_errors(left.findings):
            lines = "; ".join(line for one in left.changes for line in (one.what, *one.details))
            message = f"port group {group.name} was made, and reads back otherwise: {lines}"
            raise PlatformError(told("HL1445", message, step=step))
        return left.outputs or {}

    def owned(self) -> tuple[Owned, ...]:
        """Return our port groups in the datacenters that the build's steps name."""
        return tuple(self._owned())

    def _owned(self) -> Iterator[Owned]:
        for step, body in datacenters(self._world):
            session = session_of(self._world, body, step)
            there, key = inventory.look(session, body, step), attribute_key(session, step)
            for kind in (inventory.CLUSTER, inventory.SWITCH):
                for holder in there.all(kind):
                    marks = read_marks(holder, key, step)
                    for name in marks.of(self._world.build.owner):
                        yield _owned(body, there, holder, name)

    def remove(self, owned: Owned, tell: Tell) -> None:
        """Remove a port group that no machine is plugged into, then its mark."""
        inputs, owner = json.loads(owned.key), self._world.build.owner
        session = session_of(self._world, inputs)
        group = _group(session, inputs, None)
        if group.name not in group.marks.of(owner):
            return
        self._refuse(group)
        group.remove(tell, self._world.timeout)
        marks = group.marks.without(owner, group.name)
        write_marks(session, group.holder, group.key, marks)

    @staticmethod
    def _refuse(group: Group) -> None:
        """Refuse to remove what machines use, or what a host may have that cannot be asked."""
        away = group.away if isinstance(group, StandardGroup) else ()
        if away:
            message = f"{inventory.listed(away)}: not connected, may have port group {group.name}"
            hint = "connect or remove the host, then run the same command again"
            raise PlatformError(told("HL1418", message, hint))
        users = group.users()
        if users:
            message = (
                f"port group {group.name} of {group.holder.name} is in use by "
                f"{inventory.listed(users)}"
            )
            hint = "unplug or delete these machines first, then run the same command again"
            raise PlatformError(told("HL1418", message, hint))


def datacenters(world: World) -> Iterator[tuple[Step, Mapping[str, Any]]]:
    """Yield a step of each datacenter that vSphere's steps name, and its body."""
    seen = set()
    for step in world.build.steps:
        place = step.body.get("server"), step.body.get("datacenter")
        if step.kind in {KIND, _TEMPLATE} and place not in seen:
            seen.add(place)
            yield step, step.body


def _group(session: Session, inputs: Mapping[str, Any], step: Step | None) -> Group:
    there = inventory.look(session, inputs, step)
    key = attribute_key(session, step)
    make = DistributedGroup.read if inputs["distributed"] else StandardGroup.read
    return make(session, there, key, inputs, step)


def _owned(body: Mapping[str, Any], there: Inventory, holder: Thing, name: str) -> Owned:
    is_distributed = isinstance(holder.ref, inventory.SWITCH)
    stated = {one: body.get(one) for one in ("server", "datacenter", "cluster", "credential")}
    if is_distributed:
        stated |= {"switch": holder.name}
    else:
        stated |= {"cluster": holder.name}
    key = {**stated, "name": name, "distributed": is_distributed}
    return Owned(
        kind=KIND,
        where=f"{body['server']}, {there.datacenter.name}, {holder.name}",
        name=name,
        contents=() if is_distributed else tuple(one.name for one in there.hosts(holder)),
        takes="the NICs' way to the VLANs",
        key=json.dumps(key, sort_keys=True),
    )


def _foreign(group: Group, changes: tuple[Change, ...], step: Step) -> Any:
    lines = "; ".join(", ".join((one.what, *one.details)) for one in changes)
    message = f"port group {group.name} is not ours, and differs: {lines}"
    hint = "set it so by hand in vCenter, or name another port group to have it made"
    return told("HL1441", message, hint, step=step)
