"""Steps of the kind vsphere.template: a copy of a cluster's template whose machines run guests.

The copy is made, changed and marked as a template in this order, and never started: whoever is
killed in between finds what is there and goes on with what it lacks.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hyperleaf.findings import Severity
from hyperleaf.platforms.errors import PlatformError, told
from hyperleaf.platforms.steps import Change, Owned, Seen, Verb
from hyperleaf.platforms.vsphere import inventory
from hyperleaf.platforms.vsphere.copying import SUFFIX, Copying, copies_in, read_copy
from hyperleaf.platforms.vsphere.port_groups import datacenters
from hyperleaf.platforms.vsphere.session import session_of, settled
from hyperleaf.platforms.vsphere.template_features import COPY, features, is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.steps import Step, Tell, World
    from hyperleaf.platforms.vsphere.inventory import Inventory
    from hyperleaf.platforms.vsphere.session import Thing

KIND = "vsphere.template"
# The installer's: ID-rhcos, later ID-rhcos-REGION-ZONE.
_SOURCE = re.compile(r".+-rhcos(-.+)?")


class Templates:
    """Carries templates out."""

    def __init__(self, world: World) -> None:
        self._world = world

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Compare a template's copy with what it must have; one that is not ours is only told."""
        return self._seen(self._copying(step, inputs))

    def _copying(
        self, step: Step, inputs: Mapping[str, Any], before: Copying | None = None
    ) -> Copying:
        """Read a template and its copy; which ones they are is found out only once."""
        session = session_of(self._world, inputs, step)
        there = inventory.look(session, inputs, step, machines=before is None)
        if before is None:
            source = _source(there, inputs, step)
            copies = copies_in(there, source)
        else:
            source, copies = before.source, before.copies()
        return read_copy(session, there, inputs, source, copies, self._to_be(inputs), step)

    def _to_be(self, inputs: Mapping[str, Any]) -> frozenset[str]:
        """Return the names of port groups that other steps make in the same datacenter."""
        place = inputs["server"], inputs["datacenter"]
        return frozenset(
            str(step.body["name"])
            for step in self._world.build.steps
            if step.kind == "vsphere.portGroup"
            and (step.body["server"], step.body["datacenter"]) == place
        )

    def _seen(self, one: Copying) -> Seen:
        owner, findings = self._world.build.owner, one.findings()
        lines = one.lack.lines
        if one.under_way and lines:
            change = Change(Verb.WAIT, one.title, (f"{one.source.name} is being cloned",))
            return Seen((change,), None, findings)
        if one.copy is None:
            details = (f"a copy of {one.source.name}, never started", *features(one.wanted))
            return Seen((Change(Verb.CREATE, one.title, details),), None, findings)
        if not is_ours(one.copy, owner):
            foreign = one.foreign() if lines or one.has_run else ()
            outputs = {"Name": one.name}
            return Seen((), outputs, (*findings, *foreign), "there already, not ours")
        if one.has_run:
            return Seen((), None, (*findings, *one.foreign()))
        if one.is_outdated and self._world.may_replace:
            details = (f"{one.source.name} has changed since it was copied",)
            return Seen((Change(Verb.REPLACE, one.title, details),), None, findings)
        if one.is_outdated:
            findings = (*findings, _outdated(one))
        left = (Change(Verb.CHANGE, one.title, lines),) if lines else ()
        return Seen(left, None if lines else {"Name": one.name}, findings, "there")

    def from_nothing(self, step: Step, inputs: Mapping[str, Any]) -> Seen:  # noqa: ARG002
        """Return what would be made."""
        source = inputs.get("source")
        name = f"{source}{SUFFIX}" if source else f"*-rhcos{SUFFIX}"
        details = (f"a copy of {source or 'the one that the installer made'}, never started",)
        lines = (*details, *features(inputs["networks"]))
        return Seen((Change(Verb.CREATE, f"template {name}", lines),))

    def carry_out(self, step: Step, inputs: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
        """Copy, change and mark as a template whatever of that is not done yet; read it back."""
        owner, timeout = self._world.build.owner, self._world.timeout
        one = self._looked(step, inputs)
        if one.under_way and one.lack.lines:
            one.wait(tell, timeout)
        # Whatever is still being cloned now is not our copy.
        one = self._looked(step, inputs, one)
        seen = self._seen(one)
        if any(change.verb is Verb.REPLACE for change in seen.changes):
            one.remove(tell, timeout)
            one = self._looked(step, inputs, one)
        if one.copy is None:
            one.clone(owner, tell, timeout)
            one = self._looked(step, inputs, one)
        if one.copy is not None and is_ours(one.copy, owner) and one.lack.lines:
            one.complete(tell, timeout)
            one = self._looked(step, inputs, one)
        left = self._seen(one)
        if left.changes or left.outputs is None:
            lines = "; ".join(line for each in left.changes for line in each.details)
            message = f"{one.title} was made, and reads back otherwise: {lines}"
            raise PlatformError(told("HL1445", message, step=step))
        return left.outputs

    def _looked(
        self, step: Step, inputs: Mapping[str, Any], before: Copying | None = None
    ) -> Copying:
        """Read, or read anew; whatever keeps the work from going on is an error.

        A port group that a step before made is awaited. A clone is waited for only once.
        """
        one = settled(
            lambda: self._copying(step, inputs, before),
            lambda one: not one.to_be & set(one.lack.absent),
        )
        one = replace(one, under_way=None) if before is not None else one
        for finding in (*self._seen(one).findings, *one.findings(is_last=True)):
            if finding.severity is Severity.ERROR:
                raise PlatformError(finding)
        return one

    def owned(self) -> tuple[Owned, ...]:
        """Return our templates, half-made ones too, in the datacenters that the steps name."""
        return tuple(self._owned())

    def _owned(self) -> Iterator[Owned]:
        for step, body in datacenters(self._world):
            session = session_of(self._world, body, step)
            there = inventory.look(session, body, step, machines=True)
            named = [one for one in there.all(inventory.MACHINE) if one.name.endswith(SUFFIX)]
            found = session.of([one.ref for one in named], {inventory.MACHINE: COPY}, step)
            for one in found:
                if is_ours(one, self._world.build.owner):
                    stated = ("server", "datacenter", "cluster", "credential")
                    key = {each: body.get(each) for each in stated} | {"name": one.name}
                    yield Owned(
                        kind=KIND,
                        where=f"{body['server']}, {there.datacenter.name}",
                        name=one.name,
                        takes="what new machines are cloned from",
                        key=json.dumps(key, sort_keys=True),
                    )

    def remove(self, owned: Owned, tell: Tell) -> None:
        """Delete a template of ours; one that runs is left alone."""
        inputs = json.loads(owned.key)
        session = session_of(self._world, inputs)
        there = inventory.look(session, inputs, None, machines=True)
        named = [one for one in there.all(inventory.MACHINE) if one.name == inputs["name"]]
        found = session.of([one.ref for one in named], {inventory.MACHINE: COPY})
        for one in found:
            if not is_ours(one, self._world.build.owner):
                continue
            if str(one.get("runtime.powerState")) != "poweredOff":
                message = f"{one.name} runs: it is no template any more"
                hint = "power it off and delete it by hand"
                raise PlatformError(told("HL1418", message, hint))
            what = f"deleting {one.name}"
            tell(what)
            task = session.change(what, one.ref.Destroy_Task)
            session.finish(what, task, tell, self._world.timeout)


def _source(there: Inventory, inputs: Mapping[str, Any], step: Step) -> Thing:
    """Return the template to copy: the stated one, else the datacenter's only installer's one."""
    templates = [one for one in there.all(inventory.MACHINE) if one.get(inventory.IS_TEMPLATE)]
    stated, where = inputs.get("source"), there.datacenter.name
    if stated:
        found = [one for one in templates if one.name == stated] or [
            one  # the installer's own, of the time since it appends region and zone
            for one in templates
            if one.name.startswith(f"{stated}-") and not one.name.endswith(SUFFIX)
        ]
        message = f"the datacenter {where} has no template called {stated}"
    else:
        found = [
            one
            for one in templates
            if _SOURCE.fullmatch(one.name) and not one.name.endswith(SUFFIX)
        ]
        message = f"the datacenter {where} has no template of the installer's (*-rhcos)"
    if len(found) == 1:
        return found[0]
    if found:
        names = inventory.listed(one.name for one in found)
        message = f"machines may come from one of {len(found)} templates: {names}"
    known = inventory.listed(one.name for one in templates)
    hint = f"name it under platform.vsphere.template; templates there: {known}"
    raise PlatformError(told("HL1447", message, hint, step=step))


def _outdated(one: Copying) -> Finding:
    message = f"{one.source.name} has changed since {one.name} was copied from it"
    hint = "have it copied anew: --replace"
    return told("HL1449", message, hint, step=one.step, severity=Severity.WARNING)
