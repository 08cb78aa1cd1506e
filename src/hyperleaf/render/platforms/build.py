"""The steps of what is to be made underneath become `platforms/build.json`, a line for each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.plan.build import Ref
from hyperleaf.render.manifest import TextFile
from hyperleaf.render.platforms.aws import aws_templates
from hyperleaf.values.rendered import BUILD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.plan.build import Build
    from hyperleaf.plan.clusters import Plan

# Raised when a reader of the steps must know that they changed.
FORMAT = 1


def platform_files(plan: Plan) -> Iterator[TextFile]:
    """Yield the steps and the templates that they name; nothing where nothing is to be made."""
    if plan.build is None:
        return
    yield TextFile(BUILD, _steps(plan.build))
    if plan.aws is not None:
        yield from aws_templates(plan.aws)


def _steps(build: Build) -> str:
    steps = (
        {"name": one.name, "kind": one.kind, "with": _plain(one.body), "from": list(one.sources)}
        for one in build.steps
    )
    clusters = {
        name: _plain(facts) for name, facts in sorted(build.facts.get("clusters", {}).items())
    }
    facts = _lines((f"{_json(name)}: {_json(one)}" for name, one in clusters.items()), "{}", 2)
    members = (
        f'"hyperleaf": {FORMAT}',
        f'"owner": {_json(build.owner)}',
        f'"steps": {_lines((_json(one) for one in steps), "[]", 1)}',
        f'"facts": {{\n  "clusters": {facts}\n }}',
    )
    return "{\n " + ",\n ".join(members) + "\n}\n"


def _lines(items: Iterable[str], around: str, depth: int) -> str:
    """Return items a line each, so that differences can be read."""
    made = list(items)
    if not made:
        return around
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    return around[0] + inner + f",{inner}".join(made) + outer + around[1]


def _plain(value: Any) -> Any:
    """Return plain data: a reference names its step and that step's output."""
    if isinstance(value, Ref):
        return {"of": value.step, "output": value.output}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _json(value: Mapping[str, Any] | str) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=False)
