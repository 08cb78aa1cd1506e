"""What a judge's CloudFormation knows of a resource type, and how it calls the account's services.

Resources are made as CloudFormation makes them: by calls of the services' own APIs (moto's), with
botocore's checks of every parameter. Which property forces a replacement, and which one holds tags,
is read from the provider schemas that cfn-lint brings along.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Object = dict[str, Any]


class RefusedError(Exception):
    """What a service says when it does not carry something out; the message is its reason."""


class Calls:
    """boto3 clients of one region, as CloudFormation itself has them."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.begun: Made | None = None

    def begin(self, ref: str) -> str:
        """Note that something is made, though not finished: what fails now takes it along."""
        self.begun = Made(ref, {})
        return ref

    def __getattr__(self, service: str) -> Any:
        return _client(service.replace("_", "-"), self.region)


@cache
def _client(service: str, region: str) -> Any:
    import boto3  # noqa: PLC0415 - heavy, and only in the judge's own process

    return boto3.client(service, region_name=region)  # type: ignore[call-overload]


class Properties:
    """The properties that a template asks for; what nobody read of them was not carried out."""

    def __init__(self, stated: Mapping[str, Any]) -> None:
        self._stated = dict(stated)
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if name not in self._stated:
            raise RefusedError(f"Property {name} cannot be empty.")
        return self.get(name)

    def get(self, name: str, otherwise: Any = None) -> Any:
        """Return a property, or what stands for it where it is not stated."""
        self._read.add(name)
        return self._stated.get(name, otherwise)

    def only(self, *names: str) -> Object:
        """Return those of the named properties that are stated."""
        return {name: self.get(name) for name in names if name in self._stated}

    def unread(self) -> list[str]:
        """Return the names of stated properties that nobody asked for."""
        return sorted(set(self._stated) - self._read)


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that was made: what `Ref` says of it, and what `Fn::GetAtt` says."""

    ref: str
    attributes: Mapping[str, Any]
    # What its tags are put on, where that is not what `Ref` says.
    tagged: str = ""


def _cannot_change(calls: Calls, made: Made, old: Properties, new: Properties) -> None:
    del calls, made, old
    raise RefusedError(f"the judge cannot change {', '.join(new.unread())}")


def _no_tags(calls: Calls, made: Made, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    del calls, made, old, new


@dataclass(frozen=True, slots=True)
class Kind:
    """How resources of one type are made, changed in place, tagged and removed.

    `is_late` is true where CloudFormation gives no promise that others do not come first, unless a
    template says so: the judge makes these as late, and removes them as early, as it may.
    """

    create: Callable[[Calls, Properties, str], Made]
    delete: Callable[[Calls, Made, Properties], None]
    change: Callable[[Calls, Made, Properties, Properties], None] = _cannot_change
    tag: Callable[[Calls, Made, Mapping[str, str], Mapping[str, str]], None] = _no_tags
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """What the provider says of a type."""

    create_only: frozenset[str]
    tags: str
    properties: frozenset[str]


@cache
def schema(kind: str) -> Schema | None:
    """Return what the provider's schema says of a type; None where there is no such type."""
    spec = find_spec("cfnlint")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "data" / "schemas"
    name = json.loads((folder / "providers" / "us-east-1.json").read_text()).get(kind)
    if name is None:
        return None
    said = json.loads((folder / "resources" / f"{name}.json").read_text())
    create_only = (*said.get("createOnlyProperties", ()),)
    tagging = said.get("tagging", {})
    held = tagging.get("tagProperty", "") if tagging.get("taggable", True) else ""
    return Schema(
        frozenset(path.split("/")[2] for path in create_only),
        held.rpartition("/")[2],
        frozenset(said.get("properties", ())),
    )


def tags_of(stated: object) -> dict[str, str]:
    """Return tags as a mapping, from a list of Key and Value."""
    return {one["Key"]: str(one["Value"]) for one in stated} if isinstance(stated, list) else {}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as the APIs want them; those that AWS keeps for itself cannot be asked for."""
    return [
        {"Key": key, "Value": value} for key, value in tags.items() if not key.startswith("aws:")
    ]
