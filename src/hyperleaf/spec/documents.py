"""Documents read from YAML become models of the language, or findings that say why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperleaf.findings import Finding, Origin, Severity, at
from hyperleaf.spec.cluster import Cluster
from hyperleaf.spec.fabric import VRF, Fabric
from hyperleaf.spec.network import Network, NetworkSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.spec.shapes import Path, Problem
    from hyperleaf.spec.yaml import Document

API_VERSION = "hyperleaf.dev/v1alpha1"
KINDS: dict[str, type[Fabric | Network | NetworkSet | VRF | Cluster]] = {
    "Fabric": Fabric,
    "VRF": VRF,
    "Network": Network,
    "NetworkSet": NetworkSet,
    "Cluster": Cluster,
}
# What may lie beside an estate and is checked against it, by API group.
BESIDE = {
    ("kubevirt.io", "VirtualMachine"),
    ("k8s.cni.cncf.io", "NetworkAttachmentDefinition"),
    ("frrk8s.metallb.io", "FRRConfiguration"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A document of the language, and where it stands."""

    model: Fabric | Network | NetworkSet | VRF | Cluster
    origin: Origin


@dataclass(frozen=True, slots=True)
class Foreign:
    """A document of another API that is checked against the estate, as plain data."""

    value: dict[str, Any]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Texts:
    """All that a user wrote, in the order of files and documents."""

    written: tuple[Written, ...]
    beside: tuple[Foreign, ...]


def validate(documents: Iterable[Document]) -> tuple[Texts, tuple[Finding, ...]]:
    """Return the documents as models, with a finding for each thing wrong in the others."""
    written: list[Written] = []
    beside: list[Foreign] = []
    findings: list[Finding] = []
    for document in documents:
        kind, finding = _kind_of(document)
        if finding is not None:
            findings.append(finding)
        if kind is Foreign:
            beside.append(Foreign(document.value, document.origin))
        elif kind is not None:
            model, problems = KINDS[document.value["kind"]].read(document.value)
            findings.extend(findings_of(problems, document.origin))
            if not problems:
                written.append(Written(model, document.origin))
    return Texts(tuple(written), tuple(beside)), tuple(findings)


def _kind_of(document: Document) -> tuple[type | None, Finding | None]:
    """Return what a document is read as (a model, Foreign, None to leave out) and why not."""
    value, origin = document.value, document.origin
    api, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(api, str) or not isinstance(kind, str):
        missing = "apiVersion" if not isinstance(api, str) else "kind"
        return None, at(
            origin,
            code="HL0050",
            message=f"the document has no {missing}",
            hint=f"start it with `apiVersion: {API_VERSION}` and `kind:` one of {', '.join(KINDS)}",
        )
    if api == API_VERSION:
        if kind in KINDS:
            return KINDS[kind], None
        close = _close(kind, KINDS)
        return None, at(
            origin,
            "kind",
            code="HL0051",
            message=f"there is no kind {kind!r}",
            hint=f"did you mean {close[0]}?" if close else f"the kinds are {', '.join(KINDS)}",
        )
    if (api.partition("/")[0], kind) in BESIDE:
        return Foreign, None
    if kind in KINDS and _close(api, [API_VERSION], 0.7):
        return None, at(
            origin,
            "apiVersion",
            code="HL0052",
            message=f"apiVersion {api!r} is not known for a {kind}",
            hint=f"write `apiVersion: {API_VERSION}`",
        )
    return None, at(
        origin,
        "kind",
        code="HL0053",
        message=f"{api} {kind} is not read: it is no part of an estate",
        hint="keep it in another folder; guests and attachments may lie beside an estate",
        severity=Severity.WARNING,
    )


def findings_of(problems: Iterable[Problem], origin: Origin) -> Iterator[Finding]:
    """Yield the findings about a document that a model was read from."""
    return (_finding_of(problem, origin) for problem in problems)


def _finding_of(problem: Problem, origin: Origin) -> Finding:
    path, name, hint = problem.path, _named(problem.path), problem.description or ""
    match problem.kind:
        case "missing":
            return at(origin, *path, code="HL0054", message=f"{name} is missing", hint=hint)
        case "unknown":
            known = sorted(problem.known)
            close = _close(str(path[-1]), known)
            return at(
                origin,
                *path,
                code="HL0055",
                message=f"there is no field {name}",
                hint=f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}",
            )
        case "choice":
            return at(origin, *path, code="HL0057", message=f"{name} {problem.message}", hint=hint)
        case "value":
            return at(origin, *path, code="HL0058", message=f"{name}: {problem.message}", hint=hint)
        case "type":
            return at(origin, *path, code="HL0056", message=f"{name} {problem.message}", hint=hint)


def _close(word: str, known: Iterable[str], cutoff: float = 0.6) -> list[str]:
    """Return the known word that was meant, if one is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - mistakes only

    return get_close_matches(word, list(known), n=1, cutoff=cutoff)


def _named(path: Path) -> str:
    """Return a path as findings state it: `spec.attach.0.cluster`."""
    return ".".join(map(str, path)) or "the document"
