"""The language's models become CustomResourceDefinitions with the structural schemas of Kubernetes.

Unlike an editor's, such a schema has no `additionalProperties: false` (the API server drops unknown
fields, and says so on request), and no defaults: what nobody wrote stays unwritten in the cluster,
so that an object there and the document it came from are the same text.
"""

from __future__ import annotations

from typing import Any

from hyperleaf.spec.documents import API_VERSION, KINDS

GROUP, VERSION = API_VERSION.split("/")
_PLURALS = {
    "Fabric": "fabrics",
    "VRF": "vrfs",
    "Network": "networks",
    "NetworkSet": "networksets",
    "Cluster": "clusters",
}
_READY = ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status')
_COLUMNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Fabric": (
        ("ASN", "integer", ".spec.asn"),
        ("Reflectors", "string", ".spec.reflectors.cluster"),
    ),
    "VRF": (("VNI", "integer", ".spec.vni"), ("Egress", "string", ".spec.egress")),
    "Network": (
        ("VLAN", "integer", ".spec.vlan"),
        ("VRF", "string", ".spec.vrf"),
        ("Subnets", "string", ".spec.subnets"),
        ("Egress", "string", ".spec.egress"),
    ),
    "NetworkSet": (("VLANs", "string", ".spec.vlans"), ("Uplink", "string", ".spec.uplink")),
    "Cluster": (("Role", "string", ".spec.role"), ("Version", "string", ".spec.version")),
}
# What the API server's schema language has no word for, or says in its own way.
_DROPPED = frozenset({"additionalProperties", "default", "examples"})


def crds() -> list[dict[str, Any]]:
    """Return a definition for each kind, cluster-scoped, in the order of the language."""
    return [_crd(kind) for kind in KINDS]


def _crd(kind: str) -> dict[str, Any]:
    plural = _PLURALS[kind]
    columns = [
        *({"name": n, "type": t, "jsonPath": path} for n, t, path in (*_COLUMNS[kind], _READY)),
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Cluster",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "categories": ["hyperleaf"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": _root(kind)},
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": columns,
                }
            ],
        },
    }


def _root(kind: str) -> dict[str, Any]:
    made = KINDS[kind].schema()
    return {
        "type": "object",
        "description": made["description"],
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            # Kubernetes knows its own metadata; our names are shorter than it allows.
            "metadata": {
                "type": "object",
                "properties": {
                    "name": structural(made["properties"]["metadata"])["properties"]["name"]
                },
            },
            "spec": structural(made["properties"]["spec"]),
            "status": _STATUS,
        },
    }


def structural(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema as Kubernetes wants it: every node typed, nothing said twice."""
    made: dict[str, Any] = {}
    for word, said in schema.items():
        if word == "additionalProperties" and said is not False:
            made[word] = structural(said)
        elif word == "properties":
            made[word] = {name: structural(one) for name, one in said.items()}
        elif word == "items":
            made[word] = structural(said)
        elif word == "type" and isinstance(said, list):
            made["x-kubernetes-int-or-string"] = True
        elif word not in _DROPPED:
            made[word] = said
    if made.get("type") == "integer":
        made["format"] = "int64"
    return made


_STATUS: dict[str, Any] = {
    "type": "object",
    "description": "What the operator found; never part of an estate.",
    "properties": {
        "observedGeneration": {"type": "integer", "format": "int64"},
        "conditions": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
            "items": {
                "type": "object",
                "required": ["type", "status", "lastTransitionTime", "reason", "message"],
                "properties": {
                    "type": {"type": "string", "maxLength": 316},
                    "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
                    "observedGeneration": {"type": "integer", "format": "int64", "minimum": 0},
                    "lastTransitionTime": {"type": "string", "format": "date-time"},
                    "reason": {"type": "string", "maxLength": 1024, "minLength": 1},
                    "message": {"type": "string", "maxLength": 32768},
                },
            },
        },
    },
}
