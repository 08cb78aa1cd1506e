"""Builders of small estates: a text in, what was resolved and found out."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from hyperleaf.model.resolve import resolve
from hyperleaf.spec.documents import validate
from hyperleaf.spec.yaml import read_text

if TYPE_CHECKING:
    from hyperleaf.findings import Finding
    from hyperleaf.model.estate import Estate

FABRIC = """
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Fabric
metadata: {name: corp}
spec:
  asn: 65000
  underlay: {cidrs: [10.0.0.0/15, 172.16.0.0/20], mtu: 9001}
  reflectors: {cluster: hub, addresses: [10.0.0.11, 10.0.0.12]}
  borders:
  - {name: dc-1, address: 172.16.0.11}
  - {name: dc-2, address: 172.16.0.12}
"""
HUB = """
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: hub}
spec:
  {role: hub, version: 4.16.8, platform: {baremetal: {}}, networks: {machine: [10.0.0.0/20]}}
"""
PROD = """
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: prod}
spec:
  role: hosted
  hub: hub
  version: 4.16.8
  platform: {baremetal: {}}
  networks: {machine: [10.0.16.0/20]}
  nodePools: [{name: metal, leaf: true}]
"""


def document(kind: str, name: str, spec: str) -> str:
    """Return a document of the language as text."""
    return (
        f"---\napiVersion: hyperleaf.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
        f"spec: {{{spec}}}\n"
    )


def network(name: str, spec: str) -> str:
    """Return a network as text."""
    return document("Network", name, spec)


def resolved(*texts: str) -> tuple[Estate, tuple[Finding, ...]]:
    """Return the estate that the texts write together, and what was found on the way."""
    documents, unread = read_text(dedent("\n".join(texts)).encode(), "estate.yaml")
    written, invalid = validate(documents)
    estate, unresolved = resolve(written)
    return estate, (*unread, *invalid, *unresolved)


def estate_of(*texts: str) -> Estate:
    """Return the estate that the texts write together, in which nothing may be wrong."""
    estate, findings = resolved(*texts)
    assert findings == ()
    return estate
