"""Where each rendered object lies, and what lies beside them: the index and the Argo CD layout."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hyperleaf.plan.expected import expected
from hyperleaf.plan.meaning import meaning
from hyperleaf.render.manifest import Manifest, metadata
from hyperleaf.render.text import text
from hyperleaf.values.rendered import CLUSTERS, EXPECTED, INDEX, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.findings import Origin
    from hyperleaf.model.cluster import Cluster
    from hyperleaf.plan.clusters import Plan

# Raised when a reader of the index must know that it changed.
FORMAT = 1
SYNC_WAVE = "argocd.argoproj.io/sync-wave"
SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A file of the rendered folder; `manifests` is the number of Kubernetes objects in it."""

    path: str
    text: str
    manifests: int = 0


@dataclass(frozen=True, slots=True)
class ArgoCd:
    """Where Argo CD finds the rendered folder, and the clusters it brings it to.

    `destinations` are Argo CD's names of clusters, where they differ from the estate's.
    """

    repository: str = "https://git.example.com/networks.git"
    revision: str = "main"
    folder: str = "."
    project: str = "default"
    namespace: str = "openshift-gitops"
    destinations: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def cluster_folder(cluster: str) -> str:
    """Return the folder that holds everything for one cluster."""
    return f"{CLUSTERS}/{cluster}"


def in_wave(manifest: Manifest) -> dict[str, Any]:
    """Return the object with its place in Argo CD's order, the same as that of the folders.

    Always, with Argo CD or without: so the objects are the same however they are applied, and a
    cluster does not see them change when it is handed over.
    """
    about = manifest.value["metadata"]
    annotations = {**about.get("annotations", {}), SYNC_WAVE: str(manifest.step.wave)}
    return {**manifest.value, "metadata": {**about, "annotations": annotations}}


def awaiting(manifest: Manifest, groups: frozenset[str]) -> Manifest:
    """Return the object with Argo CD told to wait for its kind, where an operator is to bring it.

    `groups` are the API groups that are not served before the operators are installed: without
    this, Argo CD would ask for every kind before it applies the first object.
    """
    if str(manifest.value["apiVersion"]).partition("/")[0] not in groups:
        return manifest
    about = manifest.value["metadata"]
    options = {SYNC_OPTIONS: "SkipDryRunOnMissingResource=true"}
    annotations = {**about.get("annotations", {}), **options}
    return replace(
        manifest, value={**manifest.value, "metadata": {**about, "annotations": annotations}}
    )


def manifest_file(cluster: str, manifest: Manifest) -> RenderedFile:
    """Return the file of one object."""
    path = f"{cluster_folder(cluster)}/{manifest.step.folder}/{manifest.file}"
    return RenderedFile(path, text(in_wave(manifest)), 1)


def entry(cluster: str, path: str, manifest: Manifest) -> str:
    """Return what the index says of one object, as JSON."""
    sources = manifest.value["metadata"].get("annotations", {}).get(SOURCE, "")
    made = {
        "cluster": cluster,
        "kind": manifest.kind,
        "namespace": manifest.namespace,
        "name": manifest.name,
        "file": path,
        "from": sources.split(", ") if sources else [],
    }
    return _json(made)


def index(plan: Plan, objects: list[str], files: list[str]) -> RenderedFile:
    """Return the index: objects and their sources, where these stand, and what they mean.

    Lines of the estate stand only here, so that a moved line changes no object. Each thing has a
    line of its own: differences of two indexes can be read.
    """
    members = (
        f'"hyperleaf": {FORMAT}',
        f'"files": {_lines(sorted([*files, INDEX]), 1)}',
        '"objects": [\n' + ",\n".join(objects) + "\n]",
        f'"sources": {_lines(dict(sorted(_sources(plan))), 1)}',
        f'"estate": {_lines(meaning(plan), 2)}',
    )
    return RenderedFile(INDEX, "{\n" + ",\n".join(members) + "\n}\n")


def expectations(plan: Plan) -> RenderedFile:
    """Return what a lab must find, for which it needs no other file of ours."""
    return RenderedFile(EXPECTED, _lines(expected(plan), 2) + "\n")


def _lines(value: object, depth: int) -> str:
    """Return JSON in which what lies `depth` deep has a line of its own."""
    if depth and value and isinstance(value, dict):
        lines = (f"{_json(name)}: {_lines(one, depth - 1)}" for name, one in value.items())
        return "{\n" + ",\n".join(lines) + "\n}"
    if depth and value and isinstance(value, list):
        return "[\n" + ",\n".join(_lines(one, depth - 1) for one in value) + "\n]"
    return _json(value)


def _sources(plan: Plan) -> Iterator[tuple[str, str]]:
    estate = plan.estate
    if estate.fabric is not None:
        yield _source(estate.fabric.origin)
    for vrf in estate.vrfs.values():
        yield _source(vrf.origin)
    for network in estate.networks.values():
        yield _source(network.origin)
    for cluster in estate.clusters.values():
        yield _source(cluster.origin)
    for machine in estate.machines:
        yield _source(machine.origin)
    for beside in estate.hand_written:
        yield _source(beside.origin)


def _source(origin: Origin) -> tuple[str, str]:
    place = origin.place()
    return str(origin), f"{place.file}:{place.line}"


def applications(
    plan: Plan, argocd: ArgoCd, kustomized: Mapping[str, str], filled: frozenset[str]
) -> Iterator[RenderedFile]:
    """Yield one Argo CD Application for each cluster whose folder is `filled` or kustomized.

    `kustomized` are clusters' kustomizations by name. Without a folder there is none: Argo CD calls
    an Application broken whose path is not in the repository.

    None prunes: a node policy that is deleted undoes nothing on the nodes, so what goes away must
    first be told to be absent.
    """
    for one in plan.clusters:
        name = one.cluster.name
        if name not in filled and name not in kustomized:
            continue
        value = _application(one.cluster, argocd, kustomized.get(name))
        yield RenderedFile(f"argocd/{name}.yaml", text(value), 1)


def _application(cluster: Cluster, argocd: ArgoCd, kustomized: str | None) -> dict[str, Any]:
    def source(folder: str, **how: object) -> dict[str, Any]:
        path = folder if argocd.folder == "." else f"{argocd.folder}/{folder}"
        return {"repoURL": argocd.repository, "targetRevision": argocd.revision, "path": path} | how

    whole: dict[str, Any] = {"recurse": True}
    if kustomized is not None:
        whole["exclude"] = f"{kustomized.removeprefix(cluster_folder(cluster.name) + '/')}/*"
    sources = [source(cluster_folder(cluster.name), directory=whole)]
    if kustomized is not None:
        sources.insert(0, source(kustomized))
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": metadata(
            f"hyperleaf-{cluster.name}", str(cluster.origin), namespace=argocd.namespace
        ),
        "spec": {
            "project": argocd.project,
            "sources": sources,
            "destination": {"name": argocd.destinations.get(cluster.name, cluster.name)},
            # Others write to the same objects, each its own fields: labels, status, finalizers.
            "syncPolicy": {"syncOptions": ["ServerSideApply=true"]},
        },
    }
