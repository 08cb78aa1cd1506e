"""A proof becomes JUnit's XML, as CI systems read it: a suite for each kind and scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.lab.report.markup import Safe, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperleaf.lab.outcome import Cause, Checked, Proof, Scenario


def junit(proof: Proof) -> str:
    """Return the whole document."""
    kinds: dict[str, list[Checked]] = {}
    for one in proof.checked:
        kinds.setdefault(one.kind, []).append(one)
    suites = [
        *(_suite(kind, checks) for kind, checks in kinds.items()),
        *(_scenario(one) for one in proof.scenarios),
    ]
    made = tag(
        "testsuites",
        *suites,
        name="hyperleaf prove",
        tests=len(proof.all) + sum(bool(one.skipped) for one in proof.scenarios),
        failures=len(proof.wrong),
        errors=0,
        skipped=sum(bool(one.skipped) for one in proof.scenarios),
        time=proof.seconds.get("all", 0.0),
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{made}\n'


def _scenario(one: Scenario) -> Safe:
    name = f"scenario {one.name}"
    if one.skipped:
        skipped = tag("skipped", message=one.skipped)
        case = tag("testcase", skipped, classname=name, name=one.title)
        return tag("testsuite", case, name=name, tests=1, failures=0, errors=0, skipped=1, time=0)
    return _suite(name, one.checked, one.seconds)


def _suite(name: str, checks: Sequence[Checked], seconds: float = 0.0) -> Safe:
    return tag(
        "testsuite",
        *(_case(name, one) for one in checks),
        name=name,
        tests=len(checks),
        failures=sum(bool(one.fault) for one in checks),
        errors=0,
        skipped=0,
        time=seconds,
    )


def _case(suite: str, one: Checked) -> Safe:
    if not one.fault:
        return tag("testcase", classname=suite, name=one.title)
    said = "\n\n".join([one.fault, *map(_cause, one.causes)])
    failure = tag("failure", said, message=one.fault, type=one.kind)
    return tag("testcase", failure, classname=suite, name=one.title)


def _cause(one: Cause) -> str:
    where = ", ".join(filter(None, (one.object, one.file, one.origin, one.line)))
    evidence = "".join(f"\n$ {asked}\n{said}" for asked, said in one.evidence)
    return f"{one.why} ({where}){evidence}"
