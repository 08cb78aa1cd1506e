"""Reads a template as CloudFormation does: what depends on what, and what is wrong with it."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from judges.aws_kinds import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from judges.aws_kinds import Kind

BODY_BYTES = 51_200
PSEUDO = ("AWS::",)
NAMED_IAM = ("RoleName", "UserName", "GroupName", "InstanceProfileName", "ManagedPolicyName")
Template = dict[str, Any]


class TemplateError(Exception):
    """What CloudFormation answers instead of beginning."""


def references(stated: object) -> Iterator[tuple[str, str]]:
    """Yield the names that Ref, GetAtt and Sub speak of, with the attribute or nothing."""
    if isinstance(stated, list):
        for one in stated:
            yield from references(one)
    if not isinstance(stated, dict):
        return
    for key, value in stated.items():
        if key == "Ref":
            yield value, ""
        elif key == "Fn::GetAtt":
            yield value[0], value[1]
        elif key == "Fn::Sub":
            text, own = value if isinstance(value, list) else (value, {})
            yield from references(own)
            for name in re.findall(r"\$\{([^!}][^}]*)\}", text):
                if name not in own:
                    yield name.partition(".")[0], name.partition(".")[2]
        else:
            yield from references(value)


def needs(template: Template, name: str) -> set[str]:
    """Return the resources that must be there before this one."""
    resource = template["Resources"][name]
    stated = resource.get("DependsOn", [])
    named = {stated} if isinstance(stated, str) else set(stated)
    spoken = {one for one, _ in references(resource.get("Properties", {}))}
    return (named | spoken) & set(template["Resources"])


def ordered(template: Template, names: Collection[str], kinds: Mapping[str, Kind]) -> list[str]:
    """Return resources in an order of making; what may come late comes last.

    CloudFormation makes at once what does not wait for another: what a template forgets to say it
    needs must not be there by luck.
    """
    left, made = dict.fromkeys(names), list[str]()
    while left:
        ready = [one for one in left if not needs(template, one) & set(left)]
        if not ready:
            raise TemplateError(f"Circular dependency between resources: [{', '.join(left)}]")
        early = [one for one in ready if not kinds[template["Resources"][one]["Type"]].is_late]
        for one in early[:1] or ready[:1]:
            made.append(one)
            del left[one]
    return made


def check(template: Template, body: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a template that CloudFormation would not begin with."""
    if len(body.encode()) > BODY_BYTES:
        size = f"Member must have length less than or equal to {BODY_BYTES}"
        raise TemplateError(
            "1 validation error detected: Value at 'templateBody' failed to satisfy"
            f" constraint: {size}"
        )
    stated = template.get("Parameters", {})
    unknown = [name for name in parameters if name not in stated]
    if unknown:
        raise TemplateError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    for name, one in stated.items():
        if "Default" not in one and name not in parameters:
            raise TemplateError(f"Parameters: [{name}] must have values")
    _check_types(template)
    _check_references(template)


def _check_types(template: Template) -> None:
    for name, one in template["Resources"].items():
        known = schema(one["Type"])
        if known is None:
            raise TemplateError(
                f"Template format error: Unrecognized resource types: [{one['Type']}]"
            )
        wrong = set(one.get("Properties", {})) - known.properties
        if wrong:
            reason = f"Encountered unsupported property {min(wrong)}"
            raise TemplateError(f"{reason} in {name}")


def _check_references(template: Template) -> None:
    resources = template["Resources"]
    known = {*resources, *template.get("Parameters", {})}
    for part in ("Resources", "Outputs"):
        for name, attribute in references(template.get(part, {})):
            if name not in known and not name.startswith(PSEUDO):
                reason = f"Unresolved resource dependencies [{name}] in the {part} block"
                raise TemplateError(f"Template format error: {reason} of the template")
            if attribute:
                _check_attribute(resources[name]["Type"], name, attribute)
    for name, one in resources.items():
        stated = one.get("DependsOn", [])
        for needed in [stated] if isinstance(stated, str) else stated:
            if needed not in resources:
                reason = f"Unresolved resource dependencies [{needed}] in the Resources block"
                raise TemplateError(f"Template format error: {reason} of {name}")


def _check_attribute(kind: str, name: str, attribute: str) -> None:
    known = schema(kind)
    if known is not None and attribute.partition(".")[0] not in known.properties:
        raise TemplateError(
            f"Template error: resource {name} does not support attribute type {attribute}"
            " in Fn::GetAtt"
        )


def capability(template: Template) -> str:
    """Return the capability that a template needs, or nothing."""
    iam = [one for one in template["Resources"].values() if one["Type"].startswith("AWS::IAM::")]
    if any(name in one.get("Properties", {}) for one in iam for name in NAMED_IAM):
        return "CAPABILITY_NAMED_IAM"
    return "CAPABILITY_IAM" if iam else ""


def with_cidr(clean: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return moto's evaluation of functions with `Fn::Cidr`, which it lacks."""

    def evaluated(stated: Any, names: Any) -> Any:
        if isinstance(stated, dict) and "Fn::Cidr" in stated:
            block, count, bits = clean([*stated["Fn::Cidr"], 8][:3], names)
            network = ipaddress.ip_network(block)
            parts = network.subnets(new_prefix=network.max_prefixlen - int(bits))
            return [str(one) for one, _ in zip(parts, range(int(count)), strict=False)]
        return clean(stated, names)

    return evaluated
