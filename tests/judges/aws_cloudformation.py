"""Puts the judge's way of carrying templates out in the place of moto's.

What stays moto's: the protocol, its errors, parameters, conditions, functions, outputs, and every
other service.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.cloudformation import models, parsing, responses
from moto.cloudformation.exceptions import (
    AlreadyExistsException,
    CloudFormationError,
    ValidationError,
)
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id
from moto.core.responses import ActionResult, EmptyResult

from judges import aws_stacks, aws_templates
from judges.aws_gateways import ASSOCIATIONS
from judges.aws_stacks import NoOutputs, Resource, held
from judges.aws_types import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

Backend = models.CloudFormationBackend
Stack = Any
BUSY = "_IN_PROGRESS"
NOTHING = (
    "The submitted information didn't contain changes. Submit different information to create a"
    " change set."
)


class CapabilitiesError(CloudFormationError):
    """A template makes identities, and nobody said that it may."""

    code = "InsufficientCapabilitiesException"


class ChangeSetNotFoundError(CloudFormationError):
    """There is no such change set."""

    code = "ChangeSetNotFound"


@dataclass(slots=True)
class Pace:
    """How many more descriptions of a stack say that it is still being worked on."""

    left: int
    total: int
    status: str


@dataclass(slots=True)
class Paces:
    """How slow stacks are; `reads_of` is what a test asks for a stack."""

    reads_of: Callable[[str], int] = field(default=lambda _: 0)
    of: dict[str, Pace] = field(default_factory=dict)

    def begin(self, stack: Stack, status: str) -> None:
        """Let a stack be busy for as long as it is asked."""
        reads = self.reads_of(stack.name)
        if reads:
            self.of[stack.stack_id] = Pace(reads, reads, status)

    def read(self, stack: Stack) -> Stack:
        """Return a stack as a description shows it now, and let time pass."""
        pace = self.of.get(stack.stack_id)
        if pace is None:
            return stack
        shown = copy.copy(stack)
        shown.status, shown.stack_status_reason = pace.status, "User Initiated"
        shown.output_map = NoOutputs()
        pace.left -= 1
        if not pace.left:
            del self.of[stack.stack_id]
        return shown

    def is_busy(self, stack: Stack) -> bool:
        """Return whether a stack is still being worked on, as far as one can see."""
        return stack.stack_id in self.of


PACES = Paces()


def _refuse(message: str) -> ValidationError:
    return ValidationError(message=message)


def _checked(body: str, parameters: dict[str, Any], capabilities: list[str]) -> dict[str, Any]:
    template = models.Stack.parse_template(body)
    try:
        aws_templates.check(template, body, parameters)
        aws_templates.ordered(template, list(template["Resources"]), KINDS)
    except aws_templates.TemplateError as error:
        raise _refuse(str(error)) from None
    needed = aws_templates.capability(template)
    if needed and needed not in capabilities and "CAPABILITY_NAMED_IAM" not in capabilities:
        raise CapabilitiesError(f"Requires capabilities : [{needed}]")
    return template


def _named(backend: Backend, name: str) -> Stack:
    """Return a stack by name, or by ID also when it is deleted."""
    for stack in backend.stacks.values():
        if name in (stack.name, stack.stack_id):
            return stack
    if name in backend.deleted_stacks:
        return backend.deleted_stacks[name]
    raise ValidationError(name)


def _pairs(listed: list[dict[str, str]]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in listed}


def _parameters(stack: Stack | None, listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        one["ParameterKey"]: stack.parameters[one["ParameterKey"]]
        if stack is not None and str(one.get("UsePreviousValue", "")).lower() == "true"
        else one["ParameterValue"]
        for one in listed
    }


def _make_stack(backend: Backend, name: str, body: str, **words: Any) -> Stack:
    stack_id = generate_stack_id(name, backend.region_name, backend.account_id)
    stack = models.Stack(  # type: ignore[abstract]
        stack_id=stack_id,
        name=name,
        template=body,
        account_id=backend.account_id,
        region_name=backend.region_name,
        cross_stack_resources=backend.exports,
        **words,
    )
    backend.stacks[stack_id] = stack
    return stack


def _create_stack(answer: Any) -> ActionResult:
    backend, name = answer.cloudformation_backend, answer._get_param("StackName")
    parameters = _parameters(None, answer._get_param("Parameters", []))
    body = answer._get_param("TemplateBody")
    _checked(body, parameters, answer._get_param("Capabilities", []))
    if name in [stack.name for stack in backend.stacks.values()]:
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    protection = answer._get_bool_param("EnableTerminationProtection", False)  # noqa: FBT003 - moto's
    words = {"tags": _pairs(answer._get_param("Tags", [])), "parameters": parameters}
    stack = _make_stack(backend, name, body, enable_termination_protection=protection, **words)
    aws_stacks.tell(stack, "CREATE_IN_PROGRESS", "User Initiated")
    on_failure = answer._get_param("OnFailure") or "ROLLBACK"
    if answer._get_bool_param("DisableRollback", False):  # noqa: FBT003 - moto's
        on_failure = "DO_NOTHING"
    aws_stacks.create(stack, on_failure)
    PACES.begin(stack, "CREATE_IN_PROGRESS")
    if stack.status == "ROLLBACK_COMPLETE" and on_failure == "DELETE":
        _bury(backend, stack)
    return ActionResult({"StackId": stack.stack_id})


def _bury(backend: Backend, stack: Stack) -> None:
    aws_stacks.tell(stack, "DELETE_COMPLETE")
    stack.output_map = NoOutputs()
    backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def _need_rest(stack: Stack) -> None:
    is_final = stack.status.endswith("_COMPLETE") and stack.status != "ROLLBACK_COMPLETE"
    if PACES.is_busy(stack) or not is_final:
        pace = PACES.of.get(stack.stack_id)
        status = pace.status if pace else stack.status
        raise _refuse(f"Stack:{stack.stack_id} is in {status} state and can not be updated.")


def _after(answer: Any, stack: Stack) -> aws_stacks.Next:
    body = answer._get_param("TemplateBody")
    if answer._get_bool_param("UsePreviousTemplate", False):  # noqa: FBT003 - moto's
        body = stack.template
    parameters = _parameters(stack, answer._get_param("Parameters", []))
    template = _checked(body, parameters, answer._get_param("Capabilities", []))
    listed = answer._get_param("Tags", [])
    return aws_stacks.Next(body, template, parameters, _pairs(listed) if listed else stack.tags)


def _update_stack(answer: Any) -> ActionResult:
    stack = _named(answer.cloudformation_backend, answer._get_param("StackName"))
    _need_rest(stack)
    after = _after(answer, stack)
    if not aws_stacks.planned(stack, after) and after.body == stack.template:
        raise _refuse("No updates are to be performed.")
    aws_stacks.update(stack, after)
    PACES.begin(stack, "UPDATE_IN_PROGRESS")
    return ActionResult({"StackId": stack.stack_id})


def _delete_stack(answer: Any) -> ActionResult:
    backend, name = answer.cloudformation_backend, answer._get_param("StackName")
    try:
        stack = _named(backend, name)
    except ValidationError:
        return EmptyResult()
    if stack.enable_termination_protection:
        raise _refuse(f"Stack [{name}] cannot be deleted while TerminationProtection is enabled")
    if stack.stack_id in backend.stacks and not stack.status.startswith("DELETE_COMPLETE"):
        aws_stacks.delete(stack)
        PACES.begin(stack, "DELETE_IN_PROGRESS")
        stack.output_map = NoOutputs()
        _sweep(backend, stack)
    return EmptyResult()


def _sweep(backend: Backend, stack: Stack) -> None:
    """Forget a deleted stack's name when nobody can see any more that it is being deleted."""
    if stack.status == "DELETE_COMPLETE" and not PACES.is_busy(stack):
        backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def _describe_stacks(answer: Any) -> ActionResult:
    backend, name = answer.cloudformation_backend, answer._get_param("StackName")
    found = [_named(backend, name)] if name else list(backend.stacks.values())
    shown = [PACES.read(stack) for stack in found]
    for stack in found:
        if stack.stack_id in backend.stacks:
            _sweep(backend, stack)
    return ActionResult({"Stacks": shown})


def _describe_stack_events(answer: Any) -> ActionResult:
    stack = _named(answer.cloudformation_backend, answer._get_param("StackName"))
    events, pace = stack.events, PACES.of.get(stack.stack_id)
    if pace is not None:
        events = events[: max(1, len(events) * (pace.total - pace.left) // pace.total)]
    return ActionResult({"StackEvents": events[::-1]})


def _resource(stack: Stack, one: Resource) -> dict[str, Any]:
    return {
        "StackName": stack.name,
        "StackId": stack.stack_id,
        "LogicalResourceId": one.logical_resource_id,
        "PhysicalResourceId": one.physical_resource_id,
        "ResourceType": one.cf_resource_type,
        "ResourceStatus": one.status,
        "ResourceStatusReason": one.reason or None,
        "Timestamp": stack.creation_time,
        "LastUpdatedTimestamp": stack.creation_time,
    }


def _resources(answer: Any) -> list[dict[str, Any]]:
    stack = _named(answer.cloudformation_backend, answer._get_param("StackName"))
    logical = answer._get_param("LogicalResourceId")
    listed = [_resource(stack, one) for one in held(stack).values()]
    return [one for one in listed if logical in (None, one["LogicalResourceId"])]


def _describe_stack_resource(answer: Any) -> ActionResult:
    found = _resources(answer)
    if not found:
        logical, name = answer._get_param("LogicalResourceId"), answer._get_param("StackName")
        raise _refuse(f"Resource {logical} does not exist for stack {name}")
    return ActionResult({"StackResourceDetail": found[0]})


def _create_change_set(answer: Any) -> ActionResult:
    backend, name = answer.cloudformation_backend, answer._get_param("StackName")
    called = answer._get_param("ChangeSetName")
    if answer._get_param("ChangeSetType", "UPDATE") != "UPDATE":
        raise _refuse("the judge makes change sets of stacks that are there")
    stack = _named(backend, name)
    _need_rest(stack)
    if _sets(backend, stack, called):
        raise AlreadyExistsException(f"ChangeSet {called} already exists")
    after = _after(answer, stack)
    made = ChangeSet(generate_changeset_id(called, backend.region_name, backend.account_id))
    made.change_set_name, made.stack, made.after = called, stack, after
    made.changes = aws_stacks.planned(stack, after)
    made.status, made.execution_status = "CREATE_COMPLETE", "AVAILABLE"
    if not made.changes and after.template.get("Outputs") == stack.template_dict.get("Outputs"):
        made.status, made.execution_status = "FAILED", "UNAVAILABLE"
        made.status_reason = NOTHING
    backend.change_sets[made.change_set_id] = made
    return ActionResult({"Id": made.change_set_id, "StackId": stack.stack_id})


class ChangeSet:
    """A change set; names are those of moto's answers."""

    def __init__(self, change_set_id: str) -> None:
        self.change_set_id = change_set_id
        self.change_set_name = ""
        self.stack: Stack = None
        self.after: aws_stacks.Next | None = None
        self.changes: list[aws_stacks.Change] = []
        self.status = self.execution_status = ""
        self.status_reason: str | None = None

    @property
    def stack_name(self) -> str:
        """Return the stack's name."""
        return str(self.stack.name)

    @property
    def stack_id(self) -> str:
        """Return the stack's ID."""
        return str(self.stack.stack_id)

    @property
    def parameters(self) -> dict[str, str]:
        """Return the parameters that it sets."""
        return dict(self.after.parameters) if self.after else {}


def _sets(backend: Backend, stack: Stack | None, name: str | None) -> list[Any]:
    return [
        one
        for one in backend.change_sets.values()
        if (stack is None or one.stack is stack)
        and name in (None, one.change_set_name, one.change_set_id)
    ]


def _set_of(answer: Any) -> Any:
    backend, stack_name = answer.cloudformation_backend, answer._get_param("StackName")
    stack = _named(backend, stack_name) if stack_name else None
    name = answer._get_param("ChangeSetName")
    found = _sets(backend, stack, name)
    if not found:
        raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")
    return found[0]


def _describe_change_set(answer: Any) -> ActionResult:
    return ActionResult(_set_of(answer))


def _delete_change_set(answer: Any) -> ActionResult:
    found = _set_of(answer)
    answer.cloudformation_backend.change_sets.pop(found.change_set_id)
    return EmptyResult()


def _list_change_sets(answer: Any) -> ActionResult:
    backend = answer.cloudformation_backend
    stack = _named(backend, answer._get_param("StackName"))
    return ActionResult({"Summaries": _sets(backend, stack, None)})


def _execute_change_set(answer: Any) -> ActionResult:
    found = _set_of(answer)
    _need_rest(found.stack)
    if found.execution_status != "AVAILABLE":
        status = f"{found.status}, {found.execution_status}"
        raise _refuse(f"ChangeSet [{found.change_set_id}] cannot be executed in status [{status}]")
    aws_stacks.update(found.stack, found.after)
    PACES.begin(found.stack, "UPDATE_IN_PROGRESS")
    backend = answer.cloudformation_backend
    for one in _sets(backend, found.stack, None):
        backend.change_sets.pop(one.change_set_id)
    return EmptyResult()


class Anything:
    """Stands for a resource's class where moto asks whether an attribute exists: checked before."""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Return that there is such an attribute."""
        del attr
        return True


ANSWERS: dict[str, Callable[[Any], ActionResult]] = {
    "create_stack": _create_stack,
    "update_stack": _update_stack,
    "delete_stack": _delete_stack,
    "describe_stacks": _describe_stacks,
    "describe_stack_events": _describe_stack_events,
    "describe_stack_resource": _describe_stack_resource,
    "describe_stack_resources": lambda answer: ActionResult({"StackResources": _resources(answer)}),
    "list_stack_resources": lambda answer: ActionResult(
        {"StackResourceSummaries": _resources(answer)}
    ),
    "create_change_set": _create_change_set,
    "describe_change_set": _describe_change_set,
    "delete_change_set": _delete_change_set,
    "list_change_sets": _list_change_sets,
    "execute_change_set": _execute_change_set,
}


def install() -> None:
    """Let moto's CloudFormation answer as the judge does."""
    for name, answer in ANSWERS.items():
        setattr(responses.CloudFormationResponse, name, answer)
    parsing.clean_json = aws_templates.with_cidr(parsing.clean_json)  # type: ignore[assignment]
    parsing.resource_class_from_type = lambda _: Anything  # type: ignore[assignment,return-value]

    def made(names: Any, key: str) -> Any:
        """Return what is made already; moto's would make it at this moment."""
        if key in names._parsed_resources:
            return names._parsed_resources[key]
        if key in names._resource_json_map:
            return None
        raise KeyError(key)

    parsing.ResourceMap.__getitem__ = made  # type: ignore[method-assign]


def forget() -> None:
    """Forget what moto's own reset does not know of."""
    PACES.of.clear()
    ASSOCIATIONS.clear()


def inside(name: str) -> list[str]:
    """Return what names the things in a stack, in whichever region it is."""
    return [
        one.physical_resource_id
        for backends in models.cloudformation_backends.values()
        for backend in backends.values()
        for stack in backend.stacks.values()
        if stack.name == name
        for one in held(stack).values()
    ]
