"""Estates of any size as YAML text: a fabric, one hosted cluster, a network per VLAN."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Fabric
metadata: {{name: corp}}
spec:
  asn: 65000
  underlay: {{cidrs: [10.0.0.0/12], mtu: 9001}}
  reflectors: {{cluster: hub, addresses: [10.0.0.11, 10.0.0.12]}}
  borders:
  - {{name: dc-leaf-1, address: 10.15.0.11, mtu: 8951}}
  - {{name: dc-leaf-2, address: 10.15.0.12, mtu: 8951}}
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {{name: hub}}
spec:
  role: hub
  version: 4.16.8
  platform: {{baremetal: {{}}}}
  networks: {{machine: [10.0.0.0/20]}}
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {{name: prod}}
spec:
  role: hosted
  hub: hub
  version: 4.16.8
  platform: {{baremetal: {{}}}}
  networks: {{machine: [10.1.0.0/16], service: [10.250.0.0/16]}}
  nodePools:
  - {{name: metal, replicas: {leaves}, leaf: true}}
"""
NETWORK = """\
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Network
metadata: {{name: tenant-{vlan}}}
spec:
  vlan: {vlan}
  subnets: [{subnet}/24]
  egress: nat
  attach: [{{cluster: prod, namespaces: [tenant-{vlan}]}}]
"""
FIRST_SUBNET = int(IPv4Address("172.16.0.0"))


def estate(leaves: int, networks: int) -> Iterator[str]:
    """Yield an estate of `leaves` hypervisors and `networks` tenants, a VLAN and a VRF each."""
    yield HEAD.format(leaves=leaves)
    for vlan in range(1, networks + 1):
        yield NETWORK.format(vlan=vlan, subnet=IPv4Address(FIRST_SUBNET + (vlan << 8)))
