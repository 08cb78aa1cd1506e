"""What the HyperShift operator needs on a hub of clusters on AWS: Secrets that are its settings.

Multicluster engine installs that operator by `hypershift install`, with flags that it makes from
these Secrets: the second one's become AWS_REGION and AWS_SHARED_CREDENTIALS_FILE in the operator's
Deployment. Nobody may set them there: the engine writes the Deployment back every few minutes.
The second is looked for only where the first is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyperleaf.plan.secrets import WantedKey, WantedSecret

if TYPE_CHECKING:
    from hyperleaf.model.cluster import Cluster

# The hub as the engine manages it; it makes the namespace.
LOCAL_CLUSTER: Final = "local-cluster"
OIDC_SECRET: Final = "hypershift-operator-oidc-provider-s3-credentials"  # noqa: S105 - a name
AWS_SECRET: Final = "hypershift-operator-private-link-credentials"  # noqa: S105 - a name
# Restoring a hub from its backup restores these too.
BACKED_UP: Final = (("cluster.open-cluster-management.io/backup", "true"),)
CREDENTIALS: Final = "credentials"


def hypershift_secrets(cluster: Cluster) -> tuple[WantedSecret, ...]:
    """Return the Secrets of a hub whose credential of the cloud can be read when objects are made.

    Where it is in a store outside, ExternalSecrets take their place; where it is a Secret already,
    both are there under the names that the engine looks for.
    """
    aws = cluster.operators.engine.aws if cluster.operators and cluster.operators.engine else None
    credential = cluster.credentials.get("cloud")
    if aws is None or aws.oidc_bucket is None or credential is None or not credential.is_local:
        return ()
    file = WantedKey(CREDENTIALS, credential)
    return tuple(
        WantedSecret(
            namespace=LOCAL_CLUSTER,
            name=name,
            type="Opaque",
            labels=BACKED_UP,
            keys=(file, *(WantedKey(key, text=text) for key, text in plain)),
            source=str(cluster.origin),
        )
        for name, plain in (
            (OIDC_SECRET, (("bucket", aws.oidc_bucket), ("region", aws.oidc_region))),
            (AWS_SECRET, (("region", aws.region),)),
        )
    )
