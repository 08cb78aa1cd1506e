"""Documents read from YAML become models of the language, or findings that say why not."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hyperleaf.findings import Finding, Origin, Severity, at
from hyperleaf.spec.cluster import Cluster
from hyperleaf.spec.fabric import VRF, Fabric
from hyperleaf.spec.network import Network, NetworkSet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from hyperleaf.spec.fields import Model
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
            try:
                model = KINDS[document.value["kind"]].model_validate(document.value)
            except ValidationError as error:
                findings.extend(_findings_of(error, document.origin, KINDS[document.value["kind"]]))
            else:
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
        close = get_close_matches(kind, KINDS, n=1)
        return None, at(
            origin,
            "kind",
            code="HL0051",
            message=f"there is no kind {kind!r}",
            hint=f"did you mean {close[0]}?" if close else f"the kinds are {', '.join(KINDS)}",
        )
    if (api.partition("/")[0], kind) in BESIDE:
        return Foreign, None
    if kind in KINDS and get_close_matches(api, [API_VERSION], n=1, cutoff=0.7):
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


def _findings_of(error: ValidationError, origin: Origin, root: type[Model]) -> Iterable[Finding]:
    for detail in error.errors(include_url=False, include_input=False):
        path = tuple(step for step in detail["loc"] if step != "[key]")
        yield _finding_of(detail, path, origin, root)


def _finding_of(
    detail: ErrorDetails, path: tuple[str | int, ...], origin: Origin, root: type[Model]
) -> Finding:
    last = path[-1] if path else ""
    match detail["type"]:
        case "missing":
            return at(
                origin,
                *path,
                code="HL0054",
                message=f"{_named(path)} is missing",
                hint=_described(root, path),
            )
        case "extra_forbidden":
            known = _fields_at(root, path[:-1])
            close = get_close_matches(str(last), known, n=1)
            return at(
                origin,
                *path,
                code="HL0055",
                message=f"there is no field {_named(path)}",
                hint=f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}",
            )
        case "literal_error":
            return at(
                origin,
                *path,
                code="HL0057",
                message=f"{_named(path)} must be {detail['ctx']['expected']}",
                hint=_described(root, path),
            )
        case "value_error":
            return at(
                origin,
                *path,
                code="HL0058",
                message=f"{_named(path)}: {detail['ctx']['error']}",
                hint=_described(root, path),
            )
        case _:
            return at(
                origin,
                *path,
                code="HL0056",
                message=f"{_named(path)}: {_lowered(detail['msg'])}",
                hint=_described(root, path),
            )


def _named(path: tuple[str | int, ...]) -> str:
    """Return a path as people write it: `spec.attach[0].cluster`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "the document"


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _model_at(root: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Return the model that describes what stands at `path`."""
    from typing import get_args  # noqa: PLC0415 - errors only

    from pydantic import BaseModel  # noqa: PLC0415

    def models(annotation: Any) -> Iterable[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        for part in get_args(annotation):
            yield from models(part)

    found: type[BaseModel] | None = root
    for step in path:
        if isinstance(step, int) or found is None:
            continue
        fields = {field.alias or name: field for name, field in found.model_fields.items()}
        if step in fields:
            found = next(iter(models(fields[step].annotation)), None)
    return found


def _fields_at(root: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    model = _model_at(root, path)
    return sorted(f.alias or n for n, f in model.model_fields.items()) if model else []


def _described(root: type[BaseModel], path: tuple[str | int, ...]) -> str:
    steps = tuple(step for step in path if isinstance(step, str))
    model = _model_at(root, steps[:-1])
    if model is None or not steps:
        return ""
    for name, field in model.model_fields.items():
        if (field.alias or name) == steps[-1]:
            return field.description or ""
    return ""
