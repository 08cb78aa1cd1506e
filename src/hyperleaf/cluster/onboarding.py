"""A hosted cluster's kubeconfig becomes the Secret by which Argo CD knows the cluster.

It is applied as everything else: nothing is written when the hub hands out what it did before.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import yaml

from hyperleaf.cluster.errors import ClusterError, told
from hyperleaf.cluster.reading import Item
from hyperleaf.values.rendered import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from hyperleaf.findings import Place

STEP: Final = "90-argo-cd"
_TYPE: Final = {"argocd.argoproj.io/secret-type": "cluster"}


def onboarding(
    name: str, kubeconfig: str, namespace: str, place: Place, sources: tuple[str, ...]
) -> Item:
    """Return the Secret of a cluster in Argo CD's namespace, called as in rendered Applications.

    It names no document, so that pruning leaves it alone. Raises ClusterError where the kubeconfig
    is not one with a client certificate or a token.
    """
    stated = _stated(name, kubeconfig)
    data = {"name": name, "server": stated["server"], "config": json.dumps(stated["config"])}
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    about = {
        "name": f"hyperleaf-cluster-{name}",
        "namespace": namespace,
        "labels": {MANAGED_BY: MANAGER, **_TYPE},
    }
    value = {"apiVersion": "v1", "kind": "Secret", "metadata": about, "data": encoded}
    return Item(STEP, 50, "", value, place, sources)


def _stated(name: str, kubeconfig: str) -> dict[str, Any]:
    try:
        value = yaml.safe_load(kubeconfig)
        contexts = {one["name"]: one["context"] for one in value["contexts"]}
        context = contexts.get(value.get("current-context")) or next(iter(contexts.values()))
        clusters = {one["name"]: one["cluster"] for one in value["clusters"]}
        users = {one["name"]: one["user"] for one in value["users"]}
        cluster, user = clusters[context["cluster"]], users[context["user"]]
        server = cluster["server"]
    except (yaml.YAMLError, KeyError, TypeError, StopIteration):
        raise _strange(name) from None
    tls = {"insecure": bool(cluster.get("insecure-skip-tls-verify"))}
    tls |= _named({"caData": cluster.get("certificate-authority-data")})
    if user.get("token"):
        return {"server": server, "config": {"bearerToken": user["token"], "tlsClientConfig": tls}}
    pair = {
        "certData": user.get("client-certificate-data"),
        "keyData": user.get("client-key-data"),
    }
    if not all(pair.values()):
        raise _strange(name)
    return {"server": server, "config": {"tlsClientConfig": tls | _named(pair)}}


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _strange(name: str) -> ClusterError:
    message = f"the kubeconfig of {name} holds neither a token nor a client certificate"
    return ClusterError(told("HL1217", message, "look at its Secret in the hub"))
