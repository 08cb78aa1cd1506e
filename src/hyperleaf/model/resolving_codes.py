"""The codes of references that fail while an estate is resolved, and all codes that come before."""

from __future__ import annotations

from typing import Final

from hyperleaf.codes import Code
from hyperleaf.spec.document_codes import DOCUMENT_CODES
from hyperleaf.spec.reading_codes import READING_CODES

_ALL = (
    Code(
        "HL0101",
        "Two documents have one kind and name",
        "A document is found by its kind and name: the second is left out.",
        "Give one of them another name, or remove it.",
        "metadata: {name: blue}\nspec: {vni: 5003}",
        "metadata: {name: green}\nspec: {vni: 5003}",
    ),
    Code(
        "HL0102",
        "There are two fabrics",
        "An estate has one fabric: networks do not say which of several they belong to.",
        "Keep the other in an estate of its own.",
        "apiVersion: hyperleaf.dev/v1alpha1\nkind: Fabric\nmetadata: {name: spare}\n"
        "spec: {asn: 65001, underlay: {cidrs: [10.9.0.0/16]}, reflectors: {cluster: hub}}\n---\n",
        "",
    ),
    Code(
        "HL0103",
        "A network's own VRF has the name of a written one",
        "A network without `vrf` gets a VRF of its own name.",
        "Write `vrf` in the network to share the written one, or rename one of them.",
        "spec: {vlan: 100, subnets",
        "spec: {vlan: 100, vrf: red, subnets",
    ),
    Code(
        "HL0104",
        "There is no such cluster",
        "A network, a path or the reflectors name a cluster that no document writes.",
        "Correct the name, or add the cluster.",
        "cluster: prd",
        "cluster: prod",
    ),
    Code(
        "HL0105",
        "There is no such node pool",
        "The reflectors name a pool that their cluster does not have.",
        "Correct the name, or add the pool.",
        "pool: reflector",
        "pool: metal",
    ),
    Code(
        "HL0106",
        "There is no such VRF",
        "A network shares a VRF that no document writes. Without `vrf` it gets its own.",
        "Correct the name, or remove `vrf`.",
        "vrf: blu",
        "vrf: blue",
    ),
    Code(
        "HL0107",
        "There is no such VRF to leak with",
        "A leak names a VRF, a network that has its own, or `default` for the node's own network.",
        "Correct the name.",
        "with: defaults",
        "with: default",
    ),
    Code(
        "HL0108",
        "A range of VLAN ids is none",
        "VLAN ids go from 1 to 4094; a range is written from the lower one.",
        "Correct the range.",
        "vlans: 1928-1925",
        "vlans: 1925-1928",
    ),
    Code(
        "HL0110",
        "A guest's interface has no network",
        "KubeVirt pairs `interfaces` and `networks` by name.",
        "Add the network under spec.template.spec.networks.",
        "networks: []",
        "networks: [{name: red, multus: {networkName: red}}]",
    ),
    Code(
        "HL0111",
        "A guest's MAC is none",
        "A MAC is six pairs of hexadecimal digits.",
        "Correct it, or leave it out: KubeMacPool gives one.",
        'macAddress: "02:10:00:00:01"',
        'macAddress: "02:10:00:00:00:01"',
    ),
    Code(
        "HL0112",
        "Facts about a cluster that is not there",
        "Facts are taken by the cluster's name in the estate; what is stated of another name is "
        "without effect, and the cluster that was meant goes without its facts.",
        "Write the estate's name of the cluster, or remove what is stated of the other.",
        "metadata: {name: prd}",
        "metadata: {name: prod}",
    ),
)

RESOLVING_CODES: Final[dict[str, Code]] = {code.code: code for code in _ALL}
EARLIER_CODES: Final[dict[str, Code]] = {**READING_CODES, **DOCUMENT_CODES, **RESOLVING_CODES}
