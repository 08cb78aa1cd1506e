"""Carries templates out as CloudFormation does: events, roll-backs, replacements, deletions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudformation.models import Event
from moto.cloudformation.utils import random_suffix

from judges.aws_kinds import Calls, Kind, Made, Object, Properties, RefusedError, schema, tags_of
from judges.aws_templates import ordered, references
from judges.aws_types import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
REFUSALS = (RefusedError, ClientError, BotoCoreError)
NAME_BYTES = 64
Stack = Any  # moto's, which is untyped


@dataclass(slots=True)
class Resource:
    """A resource of a stack, as moto's evaluation of functions and its answers want to see it."""

    logical_resource_id: str
    cf_resource_type: str
    made: Made
    asked: Object
    tags: Mapping[str, str]
    status: str = "CREATE_COMPLETE"
    reason: str = ""

    @property
    def physical_resource_id(self) -> str:
        """Return what `Ref` says."""
        return self.made.ref

    @property
    def kind(self) -> Kind:
        """Return what knows how to make and remove it."""
        return KINDS[self.cf_resource_type]

    def get_cfn_attribute(self, name: str) -> Any:
        """Return what `Fn::GetAtt` says."""
        if self.made.ref == UNKNOWN:
            return UNKNOWN
        if name not in self.made.attributes:
            raise UnformattedGetAttTemplateException
        return self.made.attributes[name]


@dataclass(frozen=True, slots=True)
class Change:
    """What a change set says of one resource; names are those of moto's answers."""

    action: str
    logical_resource_id: str
    resource_type: str
    physical_resource_id: str | None = None
    replacement: str | None = None
    scope: tuple[str, ...] = ()
    details: tuple[Object, ...] = ()


@dataclass(slots=True)
class Failures:
    """Which resources are to fail, as a test asks; filled by the server."""

    reason_of: Callable[[str, str, str, str], str | None] = field(
        default=lambda *_: None  # stack, logical name, type, verb
    )


FAILURES = Failures()


def calls_of(stack: Stack) -> Calls:
    """Return the clients of a stack's region."""
    return Calls(stack.account_id, stack.region_name)


def held(stack: Stack) -> dict[str, Resource]:
    """Return what a stack holds, in the order of its making."""
    if not hasattr(stack, "judged"):
        stack.judged = {}
    judged: dict[str, Resource] = stack.judged
    return judged


def tell(stack: Stack, status: str, reason: str | None = None, of: Resource | None = None) -> None:
    """Write an event of a stack, or of one of its resources."""
    words = {
        "logical_resource_id": of.logical_resource_id if of else stack.name,
        "physical_resource_id": of.physical_resource_id if of else stack.stack_id,
        "resource_type": of.cf_resource_type if of else "AWS::CloudFormation::Stack",
    }
    event = Event(
        stack_id=stack.stack_id,
        stack_name=stack.name,
        resource_status=status,
        resource_status_reason=reason,
        resource_properties=None,
        **words,
    )
    stack.events.append(event)
    if of is None:
        stack.status = status
        stack.stack_status_reason = reason
    else:
        of.status, of.reason = status, reason or ""


def reason_of(error: Exception) -> str:
    """Return why a call failed, as CloudFormation passes it on."""
    if isinstance(error, ClientError):
        said = error.response["Error"]
        service = "Service: Judge, Status Code: 400"
        return f"{said.get('Message')} ({service}, Error Code: {said.get('Code')})"
    return str(error)


def names_of(stack: Stack, template: Object, parameters: Object, tags: Object) -> Any:
    """Return what a template's names mean: parameters, pseudo parameters, what the stack holds."""
    made = parsing.ResourceMap(
        stack.stack_id,
        stack.name,
        parameters,
        tags,
        account_id=stack.account_id,
        region_name=stack.region_name,
        template=template,
        cross_stack_resources=stack.cross_stack_resources,
    )
    made.load()
    made._parsed_resources["AWS::NotificationARNs"] = []
    made._parsed_resources.update(held(stack))
    return made


def wanted(template: Object, names: Any) -> list[str]:
    """Return the resources whose condition holds, in an order of making."""
    conditions = names.lazy_condition_map
    is_wanted = [
        name
        for name, one in template["Resources"].items()
        if "Condition" not in one or conditions[one["Condition"]]
    ]
    return ordered(template, is_wanted, KINDS)


def asked_of(template: Object, name: str, names: Any) -> Object:
    """Return a resource's properties with every function evaluated."""
    stated = template["Resources"][name].get("Properties", {})
    evaluated: Object = parsing.clean_json(stated, names)
    return evaluated


def tags_for(stack: Stack, name: str, kind: str, asked: Object, tags: Object) -> dict[str, str]:
    """Return a resource's tags: the stack's, its own, and CloudFormation's."""
    known = schema(kind)
    assert known is not None
    return {
        **tags,
        **tags_of(asked.get(known.tags)),
        "aws:cloudformation:stack-name": stack.name,
        "aws:cloudformation:stack-id": stack.stack_id,
        "aws:cloudformation:logical-id": name,
    }


def without_tags(kind: str, asked: Object) -> Object:
    """Return properties but for the tags, which are set apart."""
    known = schema(kind)
    assert known is not None
    return {name: value for name, value in asked.items() if name != known.tags}


def _make(stack: Stack, name: str, kind: str, asked: Object, tags: Object) -> Resource:
    """Make one resource; raise what its service says where it refuses."""
    pending = Resource(name, kind, Made("", {}), asked, {})
    calls = calls_of(stack)
    tell(stack, "CREATE_IN_PROGRESS", None, pending)
    try:
        failure = FAILURES.reason_of(stack.name, name, kind, "create")
        if failure is not None:
            raise RefusedError(failure)
        properties = Properties(without_tags(kind, asked))
        called = f"{stack.name}-{name}-{random_suffix()}"
        if kind.startswith("AWS::IAM::"):
            called = f"{stack.name[: NAME_BYTES - len(name) - 14]}-{called[-len(name) - 13 :]}"
        pending.made = pending.kind.create(calls, properties, called)
        if properties.unread():
            left = ", ".join(properties.unread())
            raise RefusedError(f"the judge does not carry out {left} of {kind}")
        pending.tags = tags_for(stack, name, kind, asked, tags)
        pending.kind.tag(calls_of(stack), pending.made, {}, pending.tags)
    except REFUSALS as error:
        tell(stack, "CREATE_FAILED", reason_of(error), pending)
        if pending.made.ref or calls.begun is not None:
            pending.made = calls.begun or pending.made
            held(stack)[name] = pending
        raise
    tell(stack, "CREATE_COMPLETE", None, pending)
    held(stack)[name] = pending
    return pending


def create(stack: Stack, on_failure: str = "ROLLBACK") -> None:
    """Make everything of a new stack, or roll it back."""
    names = names_of(stack, stack.template_dict, stack.parameters, stack.tags)
    stack.resource_map = names
    stack.output_map = stack._create_output_map()
    for name in wanted(stack.template_dict, names):
        kind = stack.template_dict["Resources"][name]["Type"]
        try:
            asked = asked_of(stack.template_dict, name, names)
            names._parsed_resources[name] = _make(stack, name, kind, asked, stack.tags)
        except REFUSALS:
            _give_up(stack, name, on_failure)
            return
    tell(stack, "CREATE_COMPLETE")


def _give_up(stack: Stack, name: str, on_failure: str) -> None:
    stack.output_map = NoOutputs()
    failed = f"The following resource(s) failed to create: [{name}]."
    if on_failure == "DO_NOTHING":
        tell(stack, "CREATE_FAILED", failed)
        return
    tell(stack, "ROLLBACK_IN_PROGRESS", f"{failed} Rollback requested by user.")
    left = _remove_all(stack, reversed(list(held(stack).values())))
    if left:
        tell(stack, "ROLLBACK_FAILED", _failed_to_delete(left))
    else:
        tell(stack, "ROLLBACK_COMPLETE")


class NoOutputs(dict[str, Any]):
    """The outputs of a stack that has none."""

    exports: tuple[()] = ()


def _failed_to_delete(left: Iterable[Resource]) -> str:
    names = ", ".join(one.logical_resource_id for one in left)
    return f"The following resource(s) failed to delete: [{names}]."


def _remove_all(stack: Stack, resources: Iterable[Resource]) -> list[Resource]:
    """Remove resources in turn; return those that stay. What one of these needs stays as well."""
    left: list[Resource] = []
    for one in list(resources):
        name = one.logical_resource_id
        stated = stack.template_dict["Resources"].get(name, {})
        if stated.get("DeletionPolicy") == "Retain":
            tell(stack, "DELETE_SKIPPED", None, one)
            held(stack).pop(name)
            continue
        if any(_speaks_of(stack, other, name) for other in left):
            continue
        if _remove(stack, one):
            held(stack).pop(name, None)
            stack.resource_map._parsed_resources.pop(name, None)
        else:
            left.append(one)
    return left


def _speaks_of(stack: Stack, other: Resource, name: str) -> bool:
    stated = stack.template_dict["Resources"].get(other.logical_resource_id, {})
    return name in {one for one, _ in references(stated.get("Properties", {}))}


def _remove(stack: Stack, one: Resource) -> bool:
    tell(stack, "DELETE_IN_PROGRESS", None, one)
    name, kind = one.logical_resource_id, one.cf_resource_type
    try:
        failure = FAILURES.reason_of(stack.name, name, kind, "delete")
        if failure is not None:
            raise RefusedError(failure)
        one.kind.delete(calls_of(stack), one.made, Properties(without_tags(kind, one.asked)))
    except REFUSALS as error:
        if not _is_gone(error):
            tell(stack, "DELETE_FAILED", reason_of(error), one)
            return False
    tell(stack, "DELETE_COMPLETE", None, one)
    return True


def _is_gone(error: Exception) -> bool:
    """Return whether a service says that what is to be removed is not there."""
    if not isinstance(error, ClientError):
        return False
    code = str(error.response["Error"].get("Code"))
    return code.endswith(("NotFound", "NotFoundFault")) or code.startswith("NoSuch")


def delete(stack: Stack) -> bool:
    """Remove everything of a stack; return whether nothing stays."""
    tell(stack, "DELETE_IN_PROGRESS", "User Initiated")
    left = _remove_all(stack, reversed(list(held(stack).values())))
    if left:
        tell(stack, "DELETE_FAILED", _failed_to_delete(left))
        return False
    tell(stack, "DELETE_COMPLETE")
    return True


@dataclass(frozen=True, slots=True)
class Next:
    """What a stack is to become."""

    body: str
    template: Object
    parameters: Object
    tags: Object


def current(stack: Stack) -> Next:
    """Return what a stack is."""
    return Next(stack.template, stack.template_dict, stack.parameters, stack.tags)


def planned(stack: Stack, after: Next) -> list[Change]:
    """Return what an update would do, as a change set says it."""
    names = names_of(stack, after.template, after.parameters, after.tags)
    changes: list[Change] = []
    names_wanted = wanted(after.template, names)
    for name in names_wanted:
        kind = after.template["Resources"][name]["Type"]
        old = held(stack).get(name)
        asked = asked_of(after.template, name, names)
        if old is None:
            changes.append(Change("Add", name, kind))
            names._parsed_resources[name] = Resource(name, kind, Made(UNKNOWN, {}), asked, {})
            continue
        change = _compared(stack, old, kind, asked, after.tags)
        if change is None:
            continue
        changes.append(change)
        if change.replacement != "False":
            unknown = Resource(name, kind, Made(UNKNOWN, {}), asked, {})
            names._parsed_resources[name] = unknown
    for name, old in held(stack).items():
        if name not in names_wanted:
            physical = old.physical_resource_id
            changes.append(Change("Remove", name, old.cf_resource_type, physical))
    return changes


def differing(old: Resource, kind: str, asked: Object) -> set[str]:
    """Return the properties, tags apart, that are not what they were."""
    was, wished = without_tags(kind, old.asked), without_tags(kind, asked)
    return {one for one in was.keys() | wished.keys() if was.get(one) != wished.get(one)}


def _compared(stack: Stack, old: Resource, kind: str, asked: Object, tags: Object) -> Change | None:
    known = schema(kind)
    assert known is not None
    properties = differing(old, kind, asked)
    details = tuple(_detail(one, asked.get(one), known.create_only) for one in sorted(properties))
    scope = ("Properties",) if properties else ()
    if tags_for(stack, old.logical_resource_id, kind, asked, tags) != old.tags and known.tags:
        scope = (*scope, "Tags")
    if not scope:
        return None
    recreated = [one for one in details if one["Target"]["RequiresRecreation"] == "Always"]
    replacement = "False"
    if recreated or kind != old.cf_resource_type:
        is_static = any(one["Evaluation"] == "Static" for one in recreated)
        replacement = "True" if is_static or not recreated else "Conditional"
    name, physical = old.logical_resource_id, old.physical_resource_id
    return Change("Modify", name, kind, physical, replacement, scope, details)


def _detail(name: str, value: object, create_only: frozenset[str]) -> Object:
    recreation = "Always" if name in create_only else "Never"
    return {
        "Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation},
        "Evaluation": "Dynamic" if UNKNOWN in str(value) else "Static",
        "ChangeSource": "DirectModification",
    }


def update(stack: Stack, after: Next) -> None:
    """Make a stack what it is to become, or go back to what it was."""
    before = current(stack)
    replaced: list[Resource] = []
    tell(stack, "UPDATE_IN_PROGRESS", "User Initiated")
    try:
        superfluous = _carry(stack, after, replaced)
    except REFUSALS as error:
        tell(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason_of(error))
        new = [held(stack)[one.logical_resource_id] for one in replaced]
        held(stack).update({one.logical_resource_id: one for one in replaced})
        _clean(stack, [*_carry(stack, before, []), *new])
        tell(stack, "UPDATE_ROLLBACK_COMPLETE")
        return
    tell(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    _clean(stack, superfluous)
    tell(stack, "UPDATE_COMPLETE")


def _clean(stack: Stack, superfluous: Iterable[Resource]) -> None:
    for one in superfluous:
        if _remove(stack, one) and held(stack).get(one.logical_resource_id) is one:
            held(stack).pop(one.logical_resource_id)


def _carry(stack: Stack, after: Next, replaced: list[Resource]) -> list[Resource]:
    """Add and change what is wanted; return what is to be removed then, in that order."""
    names = names_of(stack, after.template, after.parameters, after.tags)
    order = wanted(after.template, names)
    for name in order:
        kind = after.template["Resources"][name]["Type"]
        asked = asked_of(after.template, name, names)
        old = held(stack).get(name)
        change = _compared(stack, old, kind, asked, after.tags) if old else None
        if old is None or (change is not None and change.replacement == "True"):
            names._parsed_resources[name] = _make(stack, name, kind, asked, after.tags)
            if old is not None:
                replaced.append(old)
        elif change is not None:
            _change(stack, old, asked, after.tags)
    gone = [one for name, one in held(stack).items() if name not in order]
    stack.template, stack.template_dict = after.body, after.template
    stack.parameters, stack.tags = after.parameters, after.tags
    stack.resource_map = names
    stack.output_map = stack._create_output_map()
    return [*reversed(replaced), *reversed(gone)]


def _change(stack: Stack, old: Resource, asked: Object, tags: Object) -> None:
    tell(stack, "UPDATE_IN_PROGRESS", None, old)
    kind = old.cf_resource_type
    try:
        failure = FAILURES.reason_of(stack.name, old.logical_resource_id, kind, "update")
        if failure is not None:
            raise RefusedError(failure)
        if differing(old, kind, asked):
            wished = Properties(without_tags(kind, asked))
            was = Properties(without_tags(kind, old.asked))
            old.kind.change(calls_of(stack), old.made, was, wished)
        new_tags = tags_for(stack, old.logical_resource_id, kind, asked, tags)
        old.kind.tag(calls_of(stack), old.made, old.tags, new_tags)
    except REFUSALS as error:
        tell(stack, "UPDATE_FAILED", reason_of(error), old)
        raise
    old.asked, old.tags = asked, new_tags
    tell(stack, "UPDATE_COMPLETE", None, old)
