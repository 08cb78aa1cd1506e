"""The codes of documents that are not of the language: what each means, a bad and a good text."""

from __future__ import annotations

from typing import Final

from hyperleaf.codes import Code

_ALL = (
    Code(
        "HL0050",
        "A document does not say what it is",
        "Every document starts with `apiVersion` and `kind`, as for kubectl.",
        "Add `apiVersion: hyperleaf.dev/v1alpha1` and the kind.",
        "kind: VRF",
        "apiVersion: hyperleaf.dev/v1alpha1\nkind: VRF",
    ),
    Code(
        "HL0051",
        "There is no such kind",
        "The kinds are Fabric, VRF, Network, NetworkSet and Cluster.",
        "Correct the kind.",
        "kind: Vrf",
        "kind: VRF",
    ),
    Code(
        "HL0052",
        "The version of a kind is not known",
        "A document of another version could mean something else.",
        "Write `apiVersion: hyperleaf.dev/v1alpha1`.",
        "apiVersion: hyperleaf.dev/v1",
        "apiVersion: hyperleaf.dev/v1alpha1",
    ),
    Code(
        "HL0053",
        "A document is no part of an estate",
        "Guests, attachments and FRR configurations may lie beside an estate and are checked with "
        "it; any other object is left alone.",
        "Keep it in another folder.",
        "kind: ConfigMap",
        "kind: VirtualMachine",
    ),
    Code(
        "HL0054",
        "A field is missing",
        "It has no default.",
        "Add the field.",
        "spec: {}",
        "spec: {vni: 5002}",
    ),
    Code(
        "HL0055",
        "There is no such field",
        "A misspelt field would be silently without effect.",
        "Correct the name, or remove it.",
        "spec: {vni: 5002, egres: nat}",
        "spec: {vni: 5002, egress: nat}",
    ),
    Code(
        "HL0056",
        "A value is of another kind",
        "A list stands where a mapping is meant, a number where a text is meant, or the like.",
        "Write the value as its field needs it.",
        "leaks: {with: default}",
        "leaks: [{with: default}]",
    ),
    Code(
        "HL0057",
        "A value is not one of those that its field knows",
        "The field has a few values, each with a meaning of its own.",
        "Choose one of them.",
        "egress: snat",
        "egress: nat",
    ),
    Code(
        "HL0058",
        "A value cannot be what its field holds",
        "Addresses, subnets, numbers, names, durations and quantities have a form and a range.",
        "Correct the value.",
        "to: 10.66.1.0/16",
        "to: 10.66.0.0/16",
    ),
)

DOCUMENT_CODES: Final[dict[str, Code]] = {code.code: code for code in _ALL}
