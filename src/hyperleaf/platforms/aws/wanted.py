"""A step becomes the stack it wants; what differs between that and a live one, line by line."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.platforms.errors import BuildError
from hyperleaf.platforms.steps import NotYet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.platforms.build import Build

# What CloudFormation takes as text; a longer template would have to lie in a bucket.
LONGEST_BODY: Final = 51_200
# Tags of ours; others on a stack (an organisation's own) are left as they are.
OURS: Final = "hyperleaf.dev/"
_LONGEST: Final = 60
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stack as a step wants it; a parameter whose value is not known yet is a NotYet."""

    name: str
    region: str
    template: Mapping[str, Any] = field(repr=False)
    parameters: Mapping[str, str | NotYet]
    tags: Mapping[str, str]

    @property
    def title(self) -> str:
        """The stack as people call it."""
        return f"stack {self.name} in {self.region}"

    @property
    def body(self) -> str:
        """The template as it is sent: compact, as its length is limited."""
        return json.dumps(self.template, separators=(",", ":"), ensure_ascii=False)

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """The template's resources by their logical IDs."""
        found: Mapping[str, Mapping[str, Any]] = self.template.get("Resources", {})
        return found

    @property
    def outputs(self) -> frozenset[str]:
        """The outputs that the stack has whatever its conditions say."""
        stated = self.template.get("Outputs", {})
        return frozenset(name for name, one in stated.items() if "Condition" not in one)

    @property
    def fingerprint(self) -> str:
        """What tells this want from every other one of the same stack."""
        whole = [self.name, self.body, sorted(self.parameters.items()), sorted(self.tags.items())]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Live:
    """A stack as it is; `template` is None until it was asked for."""

    id: str
    name: str
    status: str
    reason: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    outputs: Mapping[str, str]
    created: str
    updated: str
    template: Mapping[str, Any] | None = field(default=None, repr=False)


def wanted(build: Build, inputs: Mapping[str, Any]) -> Wanted:
    """Return the stack of a step's resolved body; BuildError where its template is unfit."""
    path = str(inputs["template"])
    try:
        template = json.loads(build.templates[path])
    except (KeyError, ValueError):
        raise BuildError(f"{path} is not there, or no JSON: render anew") from None
    made = Wanted(
        name=str(inputs["stack"]),
        region=str(inputs["region"]),
        template=template,
        parameters={name: _text(one) for name, one in inputs.get("parameters", {}).items()},
        tags={name: str(one) for name, one in inputs.get("tags", {}).items()},
    )
    if len(made.body.encode()) > LONGEST_BODY:
        raise BuildError(f"{path} is longer than the {LONGEST_BODY:,} bytes that AWS takes")
    return made


def _text(value: Any) -> str | NotYet:
    """Return a parameter as CloudFormation takes it: a list's members have commas between."""
    if isinstance(value, NotYet):
        return value
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return str(value)


def of_nothing(want: Wanted) -> tuple[str, ...]:
    """Return what a stack would make, a line for each resource and for each parameter."""
    made = [f"+ {_resource(name, one)}" for name, one in want.resources.items()]
    made += [f"{name} = {value}" for name, value in sorted(want.parameters.items())]
    return tuple(made)


def by_type(want: Wanted) -> str:
    """Return the resources of a stack by type, as `1 VPC, 6 Subnet`."""
    counts = Counter(str(one["Type"]).rpartition("::")[2] for one in want.resources.values())
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def differences(
    want: Wanted, live: Live, replaced: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return a line for each thing in which a live stack is not as wanted; empty: it is.

    `replaced` are the logical IDs of resources that are made anew.
    """
    return (
        *_of_templates(_as_told(want.template), _as_told(live.template or {}), replaced),
        *_of_parameters(want, live),
        *_of_tags(want, live),
    )


def all_tags(want: Wanted, live: Live) -> dict[str, str]:
    """Return the wanted tags and those of others, which stay."""
    theirs = {
        name: one
        for name, one in live.tags.items()
        if not name.startswith((OURS, "aws:")) and name not in want.tags
    }
    return {**theirs, **want.tags}


def _as_told(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template as GetTemplate tells it: `?` for whatever is not ASCII."""
    told = json.dumps(template, ensure_ascii=False).encode("ascii", "replace")
    found: dict[str, Any] = json.loads(told)
    return found


def _of_templates(
    want: Mapping[str, Any], live: Mapping[str, Any], replaced: frozenset[str]
) -> Iterator[str]:
    ours, theirs = want.get("Resources", {}), live.get("Resources", {})
    for name, one in ours.items():
        if name not in theirs:
            yield f"+ {_resource(name, one)}"
        elif one != theirs[name] or name in replaced:
            sign = "-/+" if name in replaced else "~"
            lines = [f"    {line}" for line in _within(theirs[name], one)]
            yield "\n".join([f"{sign} {_resource(name, one)}", *lines])
    for name, one in theirs.items():
        if name not in ours:
            yield f"- {_resource(name, one)}"
    for section in sorted({*want, *live} - {"Resources"}):
        if want.get(section) != live.get(section):
            yield f"~ {section}"


def _resource(name: str, value: Mapping[str, Any]) -> str:
    return f"{value.get('Type', '')} {name}"


def _within(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield a line for each member that differs, by its path; nothing where all are the same."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            one, other = before.get(name, _MISSING), after.get(name, _MISSING)
            if one != other:
                yield from _within(one, other, f"{path}.{name}".removeprefix("."))
        return
    yield f"{path.removeprefix('Properties.')}: {_shown(before)} -> {_shown(after)}"


def _shown(value: Any) -> str:
    if value is _MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _of_parameters(want: Wanted, live: Live) -> Iterator[str]:
    stated = want.template.get("Parameters", {})
    for name in sorted({*stated, *want.parameters}):
        default = stated.get(name, {}).get("Default")
        ours = want.parameters.get(name, None if default is None else str(default))
        theirs = live.parameters.get(name)
        if ours != theirs:
            yield f"{name}: {theirs or 'nothing'} -> {ours}"


def _of_tags(want: Wanted, live: Live) -> Iterator[str]:
    for name in sorted({*want.tags, *(one for one in live.tags if one.startswith(OURS))}):
        ours, theirs = want.tags.get(name), live.tags.get(name)
        if ours != theirs:
            yield f"tag {name}: {theirs or 'nothing'} -> {ours or 'nothing'}"
