"""CloudFormation's calls of one region: stacks and change sets as they are, never as one hopes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import ClientError

from hyperleaf.platforms.aws.session import asking, code_of, message_of
from hyperleaf.platforms.aws.wanted import Live, all_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import DescribeChangeSetOutputTypeDef

    from hyperleaf.platforms.aws.wanted import Wanted

UNDER_WAY: Final = "_IN_PROGRESS"
Answer = TypeVar("Answer")
# Named so by CloudFormation while a change set of a stack to be waits for somebody.
REVIEWED: Final = "REVIEW_IN_PROGRESS"
GONE: Final = "DELETE_COMPLETE"
_NAMED: Final = ["CAPABILITY_NAMED_IAM"]
# How long what was just made may be invisible, or what was just asked for not have begun.
VISIBLE_SECONDS: Final = 60.0
_FIRST_PAUSE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Event:
    """What CloudFormation says happened to a resource of a stack."""

    id: str
    resource: str
    type: str
    status: str
    reason: str
    is_stack: bool


@dataclass(frozen=True, slots=True)
class StackCalls:
    """Asks for stacks and has them made, in one region."""

    client: CloudFormationClient
    region: str
    longest_pause: float

    def find(self, name: str) -> Live | None:
        """Return a stack by its name or ID, None where there is none (or none visible yet)."""
        with asking(f"stack {name} in {self.region}"):
            try:
                found = self.client.describe_stacks(StackName=name)["Stacks"]
            except ClientError as error:
                if _is_absent(error):
                    return None
                raise
        return live(found[0]) if found else None

    def every(self) -> Iterator[Live]:
        """Yield every stack of the region that is there."""
        with asking(f"the stacks in {self.region}"):
            for page in self.client.get_paginator("describe_stacks").paginate():
                for one in page["Stacks"]:
                    if one["StackStatus"] != GONE:
                        yield live(one)

    def with_template(self, one: Live) -> Live:
        """Return the stack with its template as it was sent."""

        def ask() -> Any:
            found = self.client.get_template(StackName=one.id, TemplateStage="Original")
            return found["TemplateBody"]

        with asking(f"the template of {one.name} in {self.region}"):
            body = self._visible(ask)
        if isinstance(body, str):
            try:
                body = json.loads(body)
            except ValueError:  # not one of ours
                body = {"Text": body}
        return replace(one, template=body)

    def create(self, want: Wanted) -> str | None:
        """Have a stack made and return its ID; None where one of the name is there already."""
        with asking(want.title):
            try:
                made = self.client.create_stack(
                    StackName=want.name,
                    TemplateBody=want.body,
                    Parameters=_parameters(want),
                    Tags=_tags(want.tags),
                    Capabilities=_NAMED,  # type: ignore[arg-type]
                )
            except ClientError as error:
                if code_of(error) == "AlreadyExistsException":
                    return None
                raise
        return made["StackId"]

    def delete(self, one: Live) -> None:
        """Have a stack deleted, with everything in it."""
        with asking(f"stack {one.name} in {self.region}"):
            self.client.delete_stack(StackName=one.id)

    def resume_rollback(self, one: Live) -> None:
        """Have a stack that failed to go back try again."""
        with asking(f"stack {one.name} in {self.region}"):
            self.client.continue_update_rollback(StackName=one.id)

    def _visible(self, ask: Callable[[], Answer]) -> Answer:
        """Return an answer about a stack that is there, and may not be in sight everywhere yet."""
        for pause in self.pauses(VISIBLE_SECONDS):
            try:
                return ask()
            except ClientError as error:
                if not _is_absent(error):
                    raise
            time.sleep(pause)
        return ask()

    def change_set(self, want: Wanted, one: Live) -> DescribeChangeSetOutputTypeDef | None:
        """Return a change set by which the stack becomes as wanted; None where nothing changes.

        One that was left by somebody who was killed is taken up again.
        """
        name = f"hyperleaf-{want.fingerprint}"
        with asking(want.title):
            found = self._left(one, name)
            try:
                found = found or self._visible(lambda: self._new_change_set(want, one, name))
            except ClientError as error:
                if "No updates are to be performed" in message_of(error):
                    return None
                # Made by an attempt whose answer was lost.
                if code_of(error) != "AlreadyExistsException":
                    raise
                found = self._left(one, name) or name
            made = self._settled(found, one)
            if made["Status"] == "CREATE_COMPLETE":
                return made
            self.client.delete_change_set(ChangeSetName=found, StackName=one.id)
        reason = made.get("StatusReason", "")
        if "didn't contain changes" in reason or "No updates" in reason:
            return None
        raise ChangeSetError(reason)

    def _new_change_set(self, want: Wanted, one: Live, name: str) -> str:
        return self.client.create_change_set(
            StackName=one.id,
            ChangeSetName=name,
            ChangeSetType="UPDATE",
            TemplateBody=want.body,
            Parameters=_parameters(want),
            Tags=_tags(all_tags(want, one)),
            Capabilities=_NAMED,  # type: ignore[arg-type]
        )["Id"]

    def _left(self, one: Live, name: str) -> str | None:
        """Return the change set of that name, where it may still be carried out; else remove it."""

        def ask() -> list[Any]:
            pages = self.client.get_paginator("list_change_sets").paginate(StackName=one.id)
            return [each for page in pages for each in page["Summaries"]]

        for each in self._visible(ask):
            if (each.get("ChangeSetName"), each.get("StackId")) != (name, one.id):
                continue
            status, may = each.get("Status"), each.get("ExecutionStatus")
            is_young = status in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}
            if is_young or (status, may) == ("CREATE_COMPLETE", "AVAILABLE"):
                return str(each["ChangeSetId"])
            self.client.delete_change_set(ChangeSetName=each["ChangeSetId"])
        return None

    def _settled(self, change_set: str, one: Live) -> DescribeChangeSetOutputTypeDef:
        for pause in self.pauses(VISIBLE_SECONDS * 5):
            try:
                made = self.client.describe_change_set(ChangeSetName=change_set, StackName=one.id)
                if made["Status"] not in {"CREATE_PENDING", "CREATE_IN_PROGRESS"}:
                    return made
            except ClientError as error:
                if code_of(error) not in {"ChangeSetNotFound", "ChangeSetNotFoundException"}:
                    raise
            time.sleep(pause)
        raise ChangeSetError("it was not ready within five minutes")

    def drop(self, change_set: str) -> None:
        """Delete a change set that nobody wants to carry out."""
        with asking(f"a change set in {self.region}"):
            self.client.delete_change_set(ChangeSetName=change_set)

    def execute(self, change_set: str, one: Live) -> None:
        """Have a change set carried out; one that is being carried out already is fine."""
        with asking(f"stack {one.name} in {self.region}"):
            try:
                self.client.execute_change_set(ChangeSetName=change_set, StackName=one.id)
            except ClientError as error:
                if code_of(error) not in {
                    "InvalidChangeSetStatus",
                    "ChangeSetNotFound",
                    "ChangeSetNotFoundException",
                }:
                    raise

    def events(self, stack_id: str, until: str = "") -> tuple[Event, ...]:
        """Return what happened since the event `until`, oldest first; all, where that is none."""
        made: list[Event] = []
        with asking(f"the events of a stack in {self.region}"):
            pages = self.client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
            try:
                for page in pages:
                    for one in page["StackEvents"]:
                        if one["EventId"] == until:
                            return tuple(reversed(made))
                        made.append(_event(one))
            except ClientError as error:
                if not _is_absent(error):
                    raise
                return ()  # not in sight yet: they are asked for again
        return tuple(reversed(made))

    def resources(self, stack_id: str) -> tuple[tuple[str, str, str], ...]:
        """Return what a stack consists of: type, logical and physical ID of each."""

        def ask() -> tuple[tuple[str, str, str], ...]:
            pages = self.client.get_paginator("list_stack_resources").paginate(StackName=stack_id)
            return tuple(
                (one["ResourceType"], one["LogicalResourceId"], one.get("PhysicalResourceId", ""))
                for page in pages
                for one in page["StackResourceSummaries"]
                if one["ResourceStatus"] != GONE
            )

        with asking(f"the resources of a stack in {self.region}"):
            return self._visible(ask)

    def pauses(self, seconds: float) -> Iterator[float]:
        """Yield how long to wait before looking again, until `seconds` have passed."""
        end, pause = time.monotonic() + seconds, min(_FIRST_PAUSE, self.longest_pause)
        while time.monotonic() < end:
            yield pause
            pause = min(pause * 1.6, self.longest_pause)

    def await_that(
        self, name: str, fits: Callable[[Live | None], bool], seconds: float = VISIBLE_SECONDS
    ) -> Live | None:
        """Ask for a stack until what is seen fits, or that long; return what was seen last."""
        found = None
        for pause in self.pauses(seconds):
            found = self.find(name)
            if fits(found):
                break
            time.sleep(pause)
        return found


class ChangeSetError(Exception):
    """CloudFormation could make no change set; its reason is the message."""


def live(found: Any) -> Live:
    """Return a stack as CloudFormation describes it."""
    return Live(
        id=found["StackId"],
        name=found["StackName"],
        status=found["StackStatus"],
        reason=found.get("StackStatusReason", ""),
        parameters={
            one["ParameterKey"]: one.get("ParameterValue", "")
            for one in found.get("Parameters", ())
        },
        tags={one["Key"]: one["Value"] for one in found.get("Tags", ())},
        outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
        created=str(found.get("CreationTime", "")),
        updated=str(found.get("LastUpdatedTime", "")),
    )


def _is_absent(error: ClientError) -> bool:
    return code_of(error) == "ValidationError" and "does not exist" in message_of(error)


def _parameters(want: Wanted) -> Any:
    return [
        {"ParameterKey": name, "ParameterValue": str(one)}
        for name, one in sorted(want.parameters.items())
    ]


def _tags(tags: Mapping[str, str]) -> Any:
    return [{"Key": name, "Value": one} for name, one in sorted(tags.items())]


def _event(one: Any) -> Event:
    return Event(
        id=one["EventId"],
        resource=one.get("LogicalResourceId", ""),
        type=one.get("ResourceType", ""),
        status=one.get("ResourceStatus", ""),
        reason=one.get("ResourceStatusReason", ""),
        is_stack=one.get("PhysicalResourceId") == one["StackId"],
    )
