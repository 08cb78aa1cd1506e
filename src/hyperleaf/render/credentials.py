"""A credential that an outside store keeps becomes the ExternalSecret that brings it in.

Of the others nothing is rendered: a Secret that is there already (sealed, say) is only named, and
one from a file or a variable is made by whoever applies the rest, in the cluster and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperleaf.render.manifest import metadata

if TYPE_CHECKING:
    from hyperleaf.model.credentials import Credential

REFRESHED = "1h"


def external_secret(
    credential: Credential,
    *sources: str,
    name: str,
    namespace: str,
    key: str,
    type_: str = "Opaque",
) -> dict[str, Any]:
    """Return what makes the Secret `name` with the credential under `key` (external-secrets.io/v1).

    Raises ValueError where the credential is in no outside store.
    """
    if credential.source != "external":
        raise ValueError(f"{credential.name} is in no outside store")
    remote: dict[str, str] = {"key": credential.place}
    if credential.part is not None:
        remote["property"] = credential.part
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": metadata(name, *sources, namespace=namespace),
        "spec": {
            "refreshInterval": REFRESHED,
            "secretStoreRef": {"kind": credential.store_kind, "name": credential.store},
            "target": {"name": name, "creationPolicy": "Owner", "template": {"type": type_}},
            "data": [{"secretKey": key, "remoteRef": remote}],
        },
    }
