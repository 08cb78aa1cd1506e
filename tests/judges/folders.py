"""Builds folders as `render` writes them, of a few objects of a test's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

Object = dict[str, Any]
ESTATE = "lab/estate.yaml"


def thing(
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None = None,
    source: str = "Network/red",
    **rest: Any,
) -> Object:
    """Return an object with our mark."""
    about: Object = {"name": name}
    if namespace is not None:
        about["namespace"] = namespace
    about["labels"] = {"app.kubernetes.io/managed-by": "hyperleaf"}
    about["annotations"] = {"hyperleaf.dev/from": source}
    return {"apiVersion": api_version, "kind": kind, "metadata": about, **rest}


def config_map(name: str, namespace: str = "default", **data: str) -> Object:
    """Return a ConfigMap."""
    return thing("v1", "ConfigMap", name, namespace, data=data)


def policy(name: str, *interfaces: Object) -> Object:
    """Return a node policy."""
    spec = {"desiredState": {"interfaces": list(interfaces)}}
    return thing("nmstate.io/v1", "NodeNetworkConfigurationPolicy", name, spec=spec)


def rendered(
    folder: Path, *objects: tuple[str, Object], secrets: list[Object] | None = None
) -> str:
    """Write objects, each with its step, and the Secrets to be made; return the folder."""
    files = ["index.json"]
    for step, value in objects:
        about = value["metadata"]
        order = 10 if value["kind"] == "Namespace" else 50
        name = f"{order}-{value['kind'].lower()}_{about.get('namespace', '')}_{about['name']}.yaml"
        path = folder / "clusters" / "prod" / step / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(value))
        files.append(str(path.relative_to(folder)))
    if secrets is not None:
        (folder / "secrets").mkdir(parents=True, exist_ok=True)
        (folder / "secrets" / "prod.json").write_text(json.dumps(secrets))
        files.append("secrets/prod.json")
    index = {
        "hyperleaf": 1,
        "files": files,
        "objects": [{"cluster": "prod"}],
        "sources": {"Network/red": f"{ESTATE}:7", "Cluster/prod": f"{ESTATE}:2"},
    }
    (folder / "index.json").write_text(json.dumps(index))
    return str(folder)
