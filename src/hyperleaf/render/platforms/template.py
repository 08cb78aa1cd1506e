"""Parts of a stack become one CloudFormation template; shorthands for what stands in its values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Value = dict[str, Any]
FORMAT: Final = "2010-09-09"
# Of IAM's policy language; another one knows no variables.
POLICY_VERSION: Final = "2012-10-17"


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a template, by logical IDs; `parameters` are explained in a sentence."""

    resources: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


def template(description: str, parts: Iterable[Part]) -> str:
    """Return the template of a stack as JSON that people read, too; everything is sorted.

    ValueError where two parts make something of the same name.
    """
    whole: dict[str, Any] = {"AWSTemplateFormatVersion": FORMAT, "Description": description}
    every = list(parts)
    for section, made in (
        ("Outputs", [one.outputs for one in every]),
        ("Parameters", [_parameters(one) for one in every]),
        ("Resources", [one.resources for one in every]),
    ):
        named = dict(_each(made))
        if named:
            whole[section] = named
    return json.dumps(whole, indent=1, sort_keys=True) + "\n"


def _parameters(part: Part) -> Mapping[str, Value]:
    return {name: {"Type": "String", "Description": text} for name, text in part.parameters.items()}


def _each(sections: Iterable[Mapping[str, Value]]) -> Iterator[tuple[str, Value]]:
    seen: set[str] = set()
    for one in sections:
        if seen & one.keys():
            raise ValueError(f"{', '.join(sorted(seen & one.keys()))}: made twice in one template")
        seen |= one.keys()
        yield from one.items()


def resource(kind: str, properties: Value, after: Iterable[str] = ()) -> Value:
    """Return a resource of `AWS::` and a kind; `after` are those that it needs and does not name.

    Properties that are None or empty are left out.
    """
    made: Value = {"Type": f"AWS::{kind}"}
    stated = {name: value for name, value in properties.items() if value not in (None, [], {})}
    if stated:
        made["Properties"] = stated
    needed = sorted(after)
    if needed:
        made["DependsOn"] = needed
    return made


def ref(name: str) -> Value:
    """Return what refers to a resource or a parameter."""
    return {"Ref": name}


def attribute(name: str, which: str) -> Value:
    """Return an attribute of a resource."""
    return {"Fn::GetAtt": [name, which]}


def sub(text: str) -> Value:
    """Return text in which `${...}` are parameters, resources and what CloudFormation knows."""
    return {"Fn::Sub": text}


def output(description: str, value: Any) -> Value:
    """Return an output."""
    return {"Description": description, "Value": value}


def tags(name: str, **more: str) -> list[Value]:
    """Return a resource's own tags; the stack's are put on by CloudFormation."""
    return [{"Key": key, "Value": value} for key, value in sorted({"Name": name, **more}.items())]


def policy(*statements: Value) -> Value:
    """Return a policy document."""
    return {"Version": POLICY_VERSION, "Statement": list(statements)}


def allow(actions: Iterable[str], resources: Any = "*", **more: Any) -> Value:
    """Return a statement that allows actions."""
    made = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return made | {name.capitalize(): value for name, value in more.items()}
