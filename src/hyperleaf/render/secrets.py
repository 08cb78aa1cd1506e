"""The Secrets that rendered objects refer to become a list of what they hold and whence: no value.

`secrets/CLUSTER.json` lies beside the clusters' folders, so that nobody takes it for an object.
Whoever applies a cluster's objects makes each Secret that is not there yet, once its namespace is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.plan.secrets import GENERATED_BYTES, WantedKey, WantedSecret
from hyperleaf.render.manifest import listed
from hyperleaf.values.rendered import SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.plan.clusters import Plan
    from hyperleaf.render.manifest import TextFile


def secret_files(plan: Plan) -> Iterator[TextFile]:
    """Yield a list for each cluster whose objects refer to Secrets that somebody must make."""
    for one in plan.clusters:
        if one.secrets:
            yield listed(f"{SECRETS}/{one.cluster.name}.json", map(as_data, one.secrets))


def as_data(secret: WantedSecret) -> dict[str, Any]:
    """Return one Secret: keys are `{file: PATH}`, `{env: NAME}`, `{generated, bytes}`, `{text}`."""
    return {
        "namespace": secret.namespace,
        "name": secret.name,
        "type": secret.type,
        "labels": dict(secret.labels),
        "keys": {one.key: _whence(one) for one in secret.keys},
        "from": secret.source,
    }


def _whence(key: WantedKey) -> dict[str, Any]:
    if key.generated is not None:
        return {"generated": key.generated, "bytes": GENERATED_BYTES[key.generated]}
    if key.text is not None:
        return {"text": key.text}
    if key.credential is None or not key.credential.is_local:
        raise ValueError(f"nothing says where to take {key.key} from")
    return {key.credential.source: key.credential.place}
