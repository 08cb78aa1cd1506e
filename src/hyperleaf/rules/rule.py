"""A rule: a function from an estate to faults, with the lasting explanation of its code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Final

from hyperleaf.findings import Finding, Origin, Severity, at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hyperleaf.codes import Code
    from hyperleaf.model.estate import Estate

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule found: where it stands in which document, what is wrong, what to write instead.

    The rule's code and severity are added by the registry, so that no function repeats them.
    """

    origin: Origin
    path: Path
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One registered rule; `check` yields its findings about an estate."""

    code: Code
    severity: Severity
    name: str
    check: Callable[[Estate], Iterator[Finding]]


RULES: Final[list[Rule]] = []


def rule(
    code: Code, severity: Severity = Severity.ERROR
) -> Callable[[Callable[[Estate], Iterator[Fault]]], Callable[[Estate], Iterator[Finding]]]:
    """Register a function as the rule of `code`; it then yields findings of that code only."""

    def register(
        function: Callable[[Estate], Iterator[Fault]],
    ) -> Callable[[Estate], Iterator[Finding]]:
        @wraps(function)
        def check(estate: Estate) -> Iterator[Finding]:
            for fault in function(estate):
                yield at(
                    fault.origin,
                    *fault.path,
                    code=code.code,
                    message=fault.message,
                    hint=fault.hint,
                    severity=severity,
                )

        RULES.append(Rule(code, severity, function.__name__, check))
        return check

    return register
