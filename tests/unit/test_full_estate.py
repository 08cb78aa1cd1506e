"""full.yaml says every option of the language once, and can be rendered as it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.api import check
from hyperleaf.findings import Severity
from hyperleaf.spec.documents import KINDS
from hyperleaf.spec.yaml import read_files

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = Path(__file__).parent / "full.yaml"
# Known to the language in order to be refused with what to do instead (HL0907).
REFUSED = {"Fabric.spec.reflectors.password.secret", "Fabric.spec.reflectors.password"}


def options(schema: dict[str, Any], path: str) -> Iterator[str]:
    """Yield the path of every field that a schema knows; list places and free keys are left out."""
    for branch in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        for name, inner in branch.get("properties", {}).items():
            yield f"{path}.{name}"
            yield from options(inner, f"{path}.{name}")
        for free in ("items", "additionalProperties"):
            if isinstance(branch.get(free), dict):
                yield from options(branch[free], path)


def stated(value: object, schema: dict[str, Any], path: str) -> Iterator[str]:
    """Yield the path of every field that a document states, as `options` writes it."""
    branches = (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ()))
    for branch in branches:
        if isinstance(value, list) and isinstance(branch.get("items"), dict):
            for one in value:
                yield from stated(one, branch["items"], path)
        if isinstance(value, dict):
            for name, one in value.items():
                if name in branch.get("properties", {}):
                    yield f"{path}.{name}"
                    yield from stated(one, branch["properties"][name], f"{path}.{name}")
                elif isinstance(branch.get("additionalProperties"), dict):
                    yield from stated(one, branch["additionalProperties"], path)


def as_network(path: str) -> str:
    """Return a set's option as a network's: both have the same."""
    return path.replace("NetworkSet.", "Network.")


def test_the_full_estate_has_no_error() -> None:
    found = check(FULL).findings
    assert [str(one) for one in found if one.severity is Severity.ERROR] == []


def test_the_full_estate_is_warned_about_what_it_chooses() -> None:
    assert [one.code for one in check(FULL).findings] == [
        "HL0344",  # pinned tunnel endpoints
        "HL1121",  # no facts with a worker MachineSet, of the hub
        "HL0631",  # arm64 in a hosted cluster
        "HL0632",  # a MAC pool before 4.21
        "HL0607",  # nested virtualization
        "HL1121",  # nor of the lab
        "HL0616",  # compatibility mode
        "HL1311",  # endpointAccess and
        "HL1311",  # resourceTags on KubeVirt
        "HL1015",  # a device of hosts for a hosted cluster's nodes
    ]


def test_the_full_estate_states_every_option() -> None:
    documents, _ = read_files([FULL])
    said = set[str]()
    for document in documents:
        kind = document.value["kind"]
        said |= {as_network(path) for path in stated(document.value, KINDS[kind].schema(), kind)}
    known = {
        as_network(path)
        for kind, model in KINDS.items()
        for path in options(model.schema(), kind)
        if not path.endswith((".metadata.labels", ".metadata.annotations"))
    }
    assert known - said == REFUSED
