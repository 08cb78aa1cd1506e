"""Estates with hosted clusters, for tests that change a word of them."""

from __future__ import annotations

HUB = """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: hub}
spec:
  role: hub
  version: 4.16.18
  platform: {aws: {region: us-east-1}}
  networks: {machine: [10.0.0.0/20]}
  credentials: {pullSecret: {file: pull-secret.txt}}
---
"""
FABRIC = """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Fabric
metadata: {name: corp}
spec:
  asn: 65000
  underlay: {cidrs: [10.0.0.0/16], mtu: 9001}
  reflectors: {cluster: hub, addresses: [10.0.0.11, 10.0.0.12]}
---
"""
# Document 0: virtual workers, metal of x86_64 and of arm64, and a payload of all architectures.
AWS = (
    HUB
    + FABRIC
    + """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: prod}
spec:
  role: hosted
  hub: hub
  version: 4.16.18
  platform: {aws: {region: us-east-1, onPrem: {via: transitGateway}}}
  networks: {machine: [10.0.16.0/20]}
  baseDomain: example.com
  controlPlane: {endpointAccess: PublicAndPrivate, resourceTags: {team: one}}
  nodePools:
  - {name: workers, instanceType: m5.2xlarge, replicas: 3, zones: [us-east-1b]}
  - {name: metal-x86, instanceType: m5.metal, replicas: 2, leaf: true, disk: 200Gi}
  - {name: metal-arm, instanceType: c6g.metal, arch: arm64, replicas: 1, leaf: true}
"""
)
FACTS = """\
clusters:
  prod:
    infraID: prod-x7k2p
    aws:
      vpc: vpc-0a1b2c
      subnets: {us-east-1b: subnet-0b, us-east-1a: subnet-0a}
      publicZone: Z0PUBLIC
      privateZone: Z0PRIVATE
      issuerURL: https://oidc.example.com/prod-x7k2p
      roles:
        ingress: arn:aws:iam::123456789012:role/prod-x7k2p-openshift-ingress
        imageRegistry: arn:aws:iam::123456789012:role/prod-x7k2p-openshift-image-registry
        storage: arn:aws:iam::123456789012:role/prod-x7k2p-aws-ebs-csi-driver-controller
        network: arn:aws:iam::123456789012:role/prod-x7k2p-cloud-network-config-controller
        kubeCloudController: arn:aws:iam::123456789012:role/prod-x7k2p-cloud-controller
        nodePoolManagement: arn:aws:iam::123456789012:role/prod-x7k2p-node-pool
        controlPlaneOperator: arn:aws:iam::123456789012:role/prod-x7k2p-control-plane-operator
"""
KUBEVIRT = (
    HUB
    + """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: guest}
spec:
  role: hosted
  hub: hub
  version: 4.16.18
  platform: {kubevirt: {}}
  networks: {machine: [10.128.0.0/14]}
  controlPlane: {}
  nodePools: [{name: workers, replicas: 2}]
"""
)
