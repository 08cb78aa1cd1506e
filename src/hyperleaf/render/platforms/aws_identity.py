"""Who may act on AWS without a key: a hosted cluster's roles, its nodes', what proves them.

A part of a cluster shows a token that the cluster signed; AWS asks the documents in a bucket if
the signature is the cluster's, and the role if the token's subject is meant.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from hyperleaf.plan.aws_names import short
from hyperleaf.plan.aws_steps import role_id
from hyperleaf.render.platforms.aws_permissions import (
    DOCUMENT_ACTIONS,
    PRIVATE_LINKS,
    WORKER,
    roles,
)
from hyperleaf.render.platforms.template import (
    POLICY_VERSION,
    Part,
    allow,
    attribute,
    output,
    policy,
    ref,
    resource,
    sub,
    tags,
)

if TYPE_CHECKING:
    from hyperleaf.plan.aws import AwsCluster
    from hyperleaf.render.platforms.aws_permissions import Role
    from hyperleaf.render.platforms.template import Value

# The logical ID of the bucket.
DOCUMENTS: Final = "Documents"
# Whom tokens are for: parts of the cluster ask with the first, guests' workloads with the second.
AUDIENCE: Final = "openshift"
CLIENTS: Final = [AUDIENCE, "sts.amazonaws.com"]
# The root that S3's certificates go back to (DigiCert). AWS does not look at it, but without it
# would look for documents that are not there before the cluster is.
THUMBPRINT: Final = "a9d53002e97e00e043244f3d170d6f4c414104fd"
# What everybody may read in the bucket, under each cluster's infrastructure ID.
PUBLIC: Final = ("/*/.well-known/openid-configuration", "/*/openid/v1/jwks")


def identity(one: AwsCluster, infra_id: str, region: str) -> Part:
    """Return a hosted cluster's identity provider, its roles and its nodes' instance profile."""
    issuer = f"${{OidcBucket}}.s3.{region}.amazonaws.com/{infra_id}"
    base = one.cluster.base_domain
    resources = {"OidcProvider": _provider(one.name, issuer)} | _worker(infra_id)
    outputs = {
        "IssuerUrl": output("Where the OIDC documents are", sub(f"https://{issuer}")),
        "InstanceProfile": output("The instance profile of nodes", ref("InstanceProfile")),
    }
    for name, role in roles(f"{one.name}.{base}" if base is not None else None).items():
        logical = role_id(name)
        resources[logical] = _role(infra_id, issuer, role)
        outputs[logical] = output(f"The role {role.suffix}", attribute(logical, "Arn"))
    return Part(resources, outputs, {"OidcBucket": "The bucket of OIDC documents"})


def _provider(name: str, issuer: str) -> Value:
    properties = {
        "Url": sub(f"https://{issuer}"),
        "ClientIdList": CLIENTS,
        "ThumbprintList": [THUMBPRINT],
        "Tags": tags(f"{name}-oidc"),
    }
    return resource("IAM::OIDCProvider", properties)


def _role(infra_id: str, issuer: str, role: Role) -> Value:
    name = f"{infra_id}-{role.suffix}"
    properties = {
        "RoleName": name,
        "AssumeRolePolicyDocument": sub(_trust(issuer, role.accounts)),
        "Policies": [{"PolicyName": name, "PolicyDocument": policy(*role.statements)}],
        "Tags": tags(name),
    }
    return resource("IAM::Role", properties)


def _trust(issuer: str, accounts: tuple[str, ...]) -> str:
    """Return who may take a role, as text: keys take no functions, and the issuer is in keys."""
    subjects = [f"system:serviceaccount:{one}" for one in accounts]
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "${OidcProvider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{issuer}:sub": subjects, f"{issuer}:aud": AUDIENCE}},
    }
    return json.dumps({"Version": POLICY_VERSION, "Statement": [statement]})


def _worker(infra_id: str) -> dict[str, Value]:
    """Return the nodes' role and the profile by which instances have it."""
    name = f"{infra_id}-worker"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    properties = {
        "RoleName": f"{name}-role",
        "AssumeRolePolicyDocument": policy(statement),
        "Policies": [{"PolicyName": f"{name}-policy", "PolicyDocument": policy(WORKER)}],
        "Tags": tags(f"{name}-role"),
    }
    profile = {"InstanceProfileName": name, "Roles": [ref("WorkerRole")]}
    return {
        "WorkerRole": resource("IAM::Role", properties),
        "InstanceProfile": resource("IAM::InstanceProfile", profile),
    }


def documents(owner: str) -> Part:
    """Return the bucket of OIDC documents, which everybody reads, and the user that writes them.

    The user has no key: a key is a secret, and the administrator makes it.
    """
    arn = attribute(DOCUMENTS, "Arn")
    objects = sub(f"${{{DOCUMENTS}.Arn}}/*")
    public = [sub(f"${{{DOCUMENTS}.Arn}}{path}") for path in PUBLIC]
    blocked = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    name = f"hyperleaf-{short(owner)}"
    bucket = {
        "BucketName": sub(f"{name}-oidc-${{AWS::AccountId}}"),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": blocked,
        "Tags": tags(f"{name}-oidc"),
    }
    read = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": public}
    written = [allow(DOCUMENT_ACTIONS, objects), allow(["s3:ListBucket"], arn)]
    user = {
        "UserName": f"{name}-hypershift",
        "Policies": [
            {"PolicyName": "oidc-documents", "PolicyDocument": policy(*written)},
            {"PolicyName": "private-links", "PolicyDocument": policy(PRIVATE_LINKS)},
        ],
        "Tags": tags(f"{name}-hypershift"),
    }
    # Emptied and deleted with the stack; kept where only its name is another.
    kept = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Retain"}
    return Part(
        {
            DOCUMENTS: resource("S3::Bucket", bucket) | kept,
            "PublicDocuments": resource(
                "S3::BucketPolicy", {"Bucket": ref(DOCUMENTS), "PolicyDocument": policy(read)}
            ),
            "HyperShift": resource("IAM::User", user),
        },
        {
            "Bucket": output("The bucket of OIDC documents", ref(DOCUMENTS)),
            "User": output("The user of the HyperShift operator, without a key", ref("HyperShift")),
        },
    )
