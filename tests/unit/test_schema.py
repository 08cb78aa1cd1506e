"""The JSON Schema says what the language reads: no more, no less, and nothing is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hyperleaf.spec.crd import crds, structural
from hyperleaf.spec.documents import KINDS, validate
from hyperleaf.spec.schema import schema, schema_of
from hyperleaf.spec.yaml import read_files, read_text

ROOT = Path(__file__).parents[2]
EVERY_FIELD = ROOT / "tests" / "cluster" / "every-field.yaml"
VALIDATOR = jsonschema.Draft202012Validator(schema())
DOCUMENTS = read_files([ROOT / "examples", EVERY_FIELD])[0]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: f"{one.origin}")
def test_a_document_that_is_read_fits_the_schema(document: Any) -> None:
    assert list(VALIDATOR.iter_errors(document.value)) == []
    kind = jsonschema.Draft202012Validator(schema_of(document.origin.kind))
    assert list(kind.iter_errors(document.value)) == []


def test_the_document_of_every_field_is_read() -> None:
    texts, findings = validate(read_files([EVERY_FIELD])[0])
    assert findings == ()
    assert {type(one.model).__name__ for one in texts.written} == set(KINDS)


def fields(model: dict[str, Any], path: str) -> set[str]:
    """Return the paths of every field of a schema."""
    made = set()
    for name, member in model.get("properties", {}).items():
        made.add(f"{path}{name}")
        made |= fields(member.get("items", member), f"{path}{name}.")
    return made


def written(value: Any, path: str) -> set[str]:
    """Return the paths of every field of a document."""
    made: set[str] = set()
    for one in value if isinstance(value, list) else [value]:
        for name, member in one.items() if isinstance(one, dict) else ():
            made |= {f"{path}{name}"} | written(member, f"{path}{name}.")
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_is_missing_from_the_document_of_every_field(kind: str) -> None:
    document = next(one for one in read_files([EVERY_FIELD])[0] if one.origin.kind == kind)
    known = fields(schema_of(kind)["properties"]["spec"], "")
    assert known - written(document.value["spec"], "") == set()


@pytest.mark.parametrize(
    "spec",
    [
        "vlan: 4095",
        'vlan: "100"',
        "vlam: 100",
        "transport: evp",
        "attach: [{namespaces: [a]}]",
        "dhcp: {servers: []}",
        "mtu: 20",
        "macspoofchk: 1",
        "attach: {cluster: prod}",
        "sriov: {numVfs: 4, vendor: xyz}",
        "description: 7",
        "leaks: [{import: []}]",
    ],
)
def test_what_the_schema_refuses_is_refused_when_read(spec: str) -> None:
    head = "apiVersion: hyperleaf.dev/v1alpha1\nkind: Network\nmetadata: {name: a}\n"
    documents, _ = read_text(f"{head}spec: {{{spec}}}".encode(), "estate.yaml")
    assert list(VALIDATOR.iter_errors(documents[0].value))
    assert validate(documents)[1]


def test_a_kind_that_is_none_does_not_fit() -> None:
    errors = VALIDATOR.iter_errors({"apiVersion": "hyperleaf.dev/v1alpha1", "kind": "Netwrok"})
    assert [error.json_path for error in errors] == ["$.kind"]


def test_a_kind_of_ours_with_another_version_does_not_fit() -> None:
    errors = VALIDATOR.iter_errors({"apiVersion": "hyperleaf.dev/v1", "kind": "Network"})
    assert [error.json_path for error in errors] == ["$.kind"]


def test_a_guest_beside_an_estate_fits() -> None:
    assert VALIDATOR.is_valid({"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine"})


def test_every_field_of_the_two_largest_kinds_is_typed() -> None:
    for path, member in _members(schema_of("Network"), ""):
        assert {"type", "const", "enum"} & member.keys(), path


def _members(model: dict[str, Any], path: str) -> list[tuple[str, dict[str, Any]]]:
    made = []
    for name, member in model.get("properties", {}).items():
        made.append((f"{path}{name}", member))
        made += _members(member.get("items", member), f"{path}{name}.")
    return made


# CRDs


def nodes(value: Any) -> list[dict[str, Any]]:
    """Return every schema within a schema."""
    made = [value]
    for one in value.get("properties", {}).values():
        made += nodes(one)
    for word in ("items", "additionalProperties"):
        if isinstance(value.get(word), dict):
            made += nodes(value[word])
    return made


@pytest.mark.parametrize("crd", crds(), ids=lambda one: one["spec"]["names"]["kind"])
def test_a_definition_has_a_structural_schema(crd: dict[str, Any]) -> None:
    (version,) = crd["spec"]["versions"]
    for node in nodes(version["schema"]["openAPIV3Schema"]):
        assert ("type" in node) != ("x-kubernetes-int-or-string" in node), node
        assert not {"$ref", "default", "anyOf", "oneOf", "examples"} & node.keys()
        assert not ("properties" in node and "additionalProperties" in node)


def test_definitions_are_named_by_plural_and_group_and_hold_a_status() -> None:
    assert [crd["metadata"]["name"] for crd in crds()] == [
        "fabrics.hyperleaf.dev",
        "vrfs.hyperleaf.dev",
        "networks.hyperleaf.dev",
        "networksets.hyperleaf.dev",
        "clusters.hyperleaf.dev",
    ]
    assert all(crd["spec"]["versions"][0]["subresources"] == {"status": {}} for crd in crds())


def test_a_number_or_text_is_what_kubernetes_calls_so() -> None:
    assert structural({"type": ["string", "integer"], "examples": ["16Gi"]}) == {
        "x-kubernetes-int-or-string": True
    }
