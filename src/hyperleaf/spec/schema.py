"""The language's models become one JSON Schema, by which editors complete and check an estate."""

from __future__ import annotations

from typing import Any

from hyperleaf.spec.documents import API_VERSION, BESIDE, KINDS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "https://hyperleaf.dev/schemas/v1alpha1/"


def schema() -> dict[str, Any]:
    """Return the schema of any document of an estate, chosen by its kind.

    By if and then, not by oneOf: an editor then completes, and complains about, the one kind that
    a document says. Documents that may lie beside an estate have other API versions and pass.
    """
    kinds = list(KINDS)
    return {
        "$schema": DRAFT,
        "$id": f"{IDENTIFIER}estate.json",
        "title": "A document of a hyperleaf estate",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"type": "string", "description": "The language's version."},
            "kind": {
                "type": "string",
                "description": "What the document describes.",
                "examples": [*kinds, *sorted(kind for _, kind in BESIDE)],
            },
        },
        "if": {"properties": {"apiVersion": {"const": API_VERSION}}},
        "then": {
            "properties": {"kind": {"enum": kinds}},
            "allOf": [
                {
                    "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                    "then": {"$ref": f"#/$defs/{kind}"},
                }
                for kind in kinds
            ],
        },
        "else": {"properties": {"kind": {"not": {"enum": kinds}}}},
        "$defs": {kind: _titled(kind) for kind in kinds},
    }


def schema_of(kind: str) -> dict[str, Any]:
    """Return the schema of one kind's documents; KeyError for a kind that is none."""
    return {"$schema": DRAFT, "$id": f"{IDENTIFIER}{kind.lower()}.json", **_titled(kind)}


def _titled(kind: str) -> dict[str, Any]:
    made = KINDS[kind].schema()
    made["properties"]["apiVersion"] = {"const": API_VERSION}
    made["properties"]["kind"] = {"const": kind}
    return {"title": kind, **made}
