"""What goes wrong with a platform becomes a finding: what it is, where it stands, what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from hyperleaf.findings import Finding, FoundError, Place, Severity

if TYPE_CHECKING:
    from hyperleaf.platforms.steps import Step


Error = TypeVar("Error", bound="PlatformError")


class PlatformError(FoundError):
    """Something about a platform that ends the work."""


class AccessError(PlatformError):
    """The platform cannot be spoken to: credentials, a library or a network is in the way."""


class BuildError(Exception):
    """Rendered files do not say what lies underneath in a way that this version reads."""


class NothingError(BuildError):
    """There is nothing underneath that hyperleaf would make."""


def told(  # the parts of a finding
    code: str,
    message: str,
    hint: str = "",
    *,
    step: Step | None = None,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """Return a finding, about a step where one is given: then at the estate's line of it."""
    place = step.place if step is not None else Place("", 1, 1)
    document = ", ".join(step.sources) if step is not None else ""
    return Finding(place, code, message, hint, "", document, severity)


def placed(error: Error, step: Step) -> Error:
    """Return an error that says which line of the estate it is about, of a step's if of none."""
    if error.finding.place.file:
        return error
    document = ", ".join(step.sources)
    return type(error)(replace(error.finding, place=step.place, document=document))
