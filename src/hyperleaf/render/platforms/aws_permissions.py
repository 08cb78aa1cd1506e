"""What the parts of a hosted cluster may do on AWS, and as which service accounts they ask.

Both are what HyperShift's own command line gives (v0.1.30, of OpenShift 4.16's time), but where it
says `*` of what has a name: the role to pass, the service to link, the names to write. It asks for
kms:ReEncrypt, which is no action; two begin so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.render.platforms.template import allow, attribute, sub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.render.platforms.template import Value


@dataclass(frozen=True, slots=True)
class Role:
    """A role: `suffix` ends its name; `accounts` are service accounts, each after its namespace."""

    suffix: str
    accounts: tuple[str, ...]
    statements: tuple[Value, ...]


def _of(service: str, actions: str) -> list[str]:
    return [f"{service}:{one}" for one in actions.split()]


_IN_USE: Final[Mapping[str, Any]] = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
_BALANCERS: Final = "elasticloadbalancing.amazonaws.com"
_ZONES: Final = sub("arn:${AWS::Partition}:route53:::hostedzone/*")
_LINK_BALANCERS: Final = allow(
    _of("iam", "CreateServiceLinkedRole"),
    sub(
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/aws-service-role/"
        f"{_BALANCERS}/AWSServiceRoleForElasticLoadBalancing"
    ),
    condition={"StringLike": {"iam:AWSServiceName": _BALANCERS}},
)
_IMAGE_REGISTRY: Final = Role(
    "openshift-image-registry",
    (
        "openshift-image-registry:cluster-image-registry-operator",
        "openshift-image-registry:registry",
    ),
    (
        allow(
            _of(
                "s3",
                "CreateBucket DeleteBucket PutBucketTagging GetBucketTagging "
                "PutBucketPublicAccessBlock GetBucketPublicAccessBlock PutEncryptionConfiguration "
                "GetEncryptionConfiguration PutLifecycleConfiguration GetLifecycleConfiguration "
                "GetBucketLocation ListBucket GetObject PutObject DeleteObject "
                "ListBucketMultipartUploads AbortMultipartUpload ListMultipartUploadParts",
            )
        ),
    ),
)
_STORAGE: Final = Role(
    "aws-ebs-csi-driver-controller",
    ("openshift-cluster-csi-drivers:aws-ebs-csi-driver-controller-sa",),
    (
        allow(
            _of(
                "ec2",
                "AttachVolume CreateSnapshot CreateTags CreateVolume DeleteSnapshot DeleteTags "
                "DeleteVolume DescribeInstances DescribeSnapshots DescribeTags DescribeVolumes "
                "DescribeVolumesModifications DetachVolume ModifyVolume",
            )
        ),
        allow(
            _of(
                "kms", "Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey"
            )
        ),
        allow(_of("kms", "RevokeGrant CreateGrant ListGrants"), condition=_IN_USE),
    ),
)
_CLOUD_CONTROLLER: Final = Role(
    "cloud-controller",
    ("kube-system:kube-controller-manager",),
    (
        allow(
            [
                *_of(
                    "autoscaling",
                    "DescribeAutoScalingGroups DescribeLaunchConfigurations DescribeTags",
                ),
                *_of(
                    "ec2",
                    "DescribeAvailabilityZones DescribeInstances DescribeImages DescribeRegions "
                    "DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVolumes "
                    "CreateSecurityGroup CreateTags CreateVolume ModifyInstanceAttribute "
                    "ModifyVolume AttachVolume AuthorizeSecurityGroupIngress CreateRoute "
                    "DeleteRoute DeleteSecurityGroup DeleteVolume DetachVolume "
                    "RevokeSecurityGroupIngress DescribeVpcs",
                ),
                *_of(
                    "elasticloadbalancing",
                    "AddTags AttachLoadBalancerToSubnets ApplySecurityGroupsToLoadBalancer "
                    "CreateLoadBalancer CreateLoadBalancerPolicy CreateLoadBalancerListeners "
                    "ConfigureHealthCheck DeleteLoadBalancer DeleteLoadBalancerListeners "
                    "DescribeLoadBalancers DescribeLoadBalancerAttributes "
                    "DetachLoadBalancerFromSubnets DeregisterInstancesFromLoadBalancer "
                    "ModifyLoadBalancerAttributes RegisterInstancesWithLoadBalancer "
                    "SetLoadBalancerPoliciesForBackendServer CreateListener CreateTargetGroup "
                    "DeleteListener DeleteTargetGroup DeregisterTargets DescribeListeners "
                    "DescribeLoadBalancerPolicies DescribeTargetGroups DescribeTargetHealth "
                    "ModifyListener ModifyTargetGroup RegisterTargets "
                    "SetLoadBalancerPoliciesOfListener",
                ),
                "kms:DescribeKey",
            ]
        ),
        _LINK_BALANCERS,
    ),
)
_NODE_POOL: Final = Role(
    "node-pool",
    ("kube-system:capa-controller-manager",),
    (
        allow(
            [
                *_of(
                    "ec2",
                    "AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroupIngress "
                    "CreateInternetGateway CreateNatGateway CreateRoute CreateRouteTable "
                    "CreateSecurityGroup CreateSubnet CreateTags DeleteInternetGateway "
                    "DeleteNatGateway DeleteRouteTable DeleteSecurityGroup DeleteSubnet DeleteTags "
                    "DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones "
                    "DescribeImages DescribeInstances DescribeInternetGateways DescribeNatGateways "
                    "DescribeNetworkInterfaces DescribeNetworkInterfaceAttribute "
                    "DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcs "
                    "DescribeDhcpOptions DescribeVpcAttribute DescribeVolumes "
                    "DetachInternetGateway DisassociateRouteTable DisassociateAddress "
                    "ModifyInstanceAttribute ModifyNetworkInterfaceAttribute ModifySubnetAttribute "
                    "RevokeSecurityGroupIngress RunInstances TerminateInstances "
                    "CreateLaunchTemplate CreateLaunchTemplateVersion DescribeLaunchTemplates "
                    "DescribeLaunchTemplateVersions DeleteLaunchTemplate "
                    "DeleteLaunchTemplateVersions",
                ),
                "tag:GetResources",
            ]
        ),
        _LINK_BALANCERS,
        allow(_of("iam", "PassRole"), attribute("WorkerRole", "Arn")),
        allow(_of("kms", "Decrypt ReEncrypt* GenerateDataKeyWithoutPlaintext DescribeKey")),
        allow(_of("kms", "CreateGrant"), condition=_IN_USE),
    ),
)
_NETWORK: Final = Role(
    "cloud-network-config-controller",
    ("openshift-cloud-network-config-controller:cloud-network-config-controller",),
    (
        allow(
            _of(
                "ec2",
                "DescribeInstances DescribeInstanceStatus DescribeInstanceTypes "
                "UnassignPrivateIpAddresses AssignPrivateIpAddresses UnassignIpv6Addresses "
                "AssignIpv6Addresses DescribeSubnets DescribeNetworkInterfaces",
            )
        ),
    ),
)
_CONTROL_PLANE: Final = Role(
    "control-plane-operator",
    ("kube-system:control-plane-operator",),
    (
        allow(
            [
                *_of(
                    "ec2",
                    "CreateVpcEndpoint DescribeVpcEndpoints ModifyVpcEndpoint DeleteVpcEndpoints "
                    "CreateTags CreateSecurityGroup AuthorizeSecurityGroupIngress "
                    "AuthorizeSecurityGroupEgress DeleteSecurityGroup RevokeSecurityGroupIngress "
                    "RevokeSecurityGroupEgress DescribeSecurityGroups DescribeVpcs",
                ),
                "route53:ListHostedZones",
            ]
        ),
        allow(
            _of("route53", "ChangeResourceRecordSets ListResourceRecordSets"),
            sub("arn:${AWS::Partition}:route53:::hostedzone/${LocalZone}"),
        ),
    ),
)
_FIXED: Final = {
    "imageRegistry": _IMAGE_REGISTRY,
    "storage": _STORAGE,
    "network": _NETWORK,
    "kubeCloudController": _CLOUD_CONTROLLER,
    "nodePoolManagement": _NODE_POOL,
    "controlPlaneOperator": _CONTROL_PLANE,
}
WORKER: Final = allow(_of("ec2", "DescribeInstances DescribeRegions"))
# Of the HyperShift operator: what private ends of control planes need, and the OIDC documents.
PRIVATE_LINKS: Final = allow(
    [
        *_of(
            "ec2",
            "CreateVpcEndpointServiceConfiguration DescribeVpcEndpointServiceConfigurations "
            "DeleteVpcEndpointServiceConfigurations DescribeVpcEndpointServicePermissions "
            "ModifyVpcEndpointServicePermissions RejectVpcEndpointConnections "
            "DescribeVpcEndpointConnections DescribeInstanceTypes CreateTags",
        ),
        "elasticloadbalancing:DescribeLoadBalancers",
    ]
)
DOCUMENT_ACTIONS: Final = _of("s3", "PutObject DeleteObject")


def roles(domain: str | None) -> dict[str, Role]:
    """Return the roles by their names in facts; `domain` is the cluster's, where it has one."""
    return {"ingress": _ingress(domain), **_FIXED}


def _ingress(domain: str | None) -> Role:
    """Return the role that writes names of applications: the cluster's own, in whichever zone.

    So it fits before the public zone is known, and in a zone that others share.
    """
    found = allow(
        [
            "elasticloadbalancing:DescribeLoadBalancers",
            "tag:GetResources",
            "route53:ListHostedZones",
        ]
    )
    statements = [found]
    if domain is not None:
        written = {"route53:ChangeResourceRecordSetsNormalizedRecordNames": [f"*.{domain}"]}
        statements.append(
            allow(
                _of("route53", "ChangeResourceRecordSets"),
                _ZONES,
                condition={"ForAllValues:StringLike": written},
            )
        )
    accounts = ("openshift-ingress-operator:ingress-operator",)
    return Role("openshift-ingress", accounts, tuple(statements))
