"""The whole plan becomes files, one at a time, in the order in which they are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.render.attachments import attachment_manifests
from hyperleaf.render.borders import border_files
from hyperleaf.render.dhcp import dhcp_files
from hyperleaf.render.files import (
    ArgoCd,
    RenderedFile,
    applications,
    entry,
    in_wave,
    index,
    manifest_file,
)
from hyperleaf.render.frr_daemons import crd_file, daemon_manifests
from hyperleaf.render.frr_objects import frr_manifests
from hyperleaf.render.manifest import Manifest, Step
from hyperleaf.render.nodes import node_files
from hyperleaf.render.policies import evpn_policies
from hyperleaf.render.settings import setting_manifests
from hyperleaf.render.text import text
from hyperleaf.render.uplinks import uplink_policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hyperleaf.plan.clusters import ClusterPlan, Plan
    from hyperleaf.render.manifest import TextFile

NO_ARGO_CD_OPTIONS = ArgoCd()


def _policies(plan: ClusterPlan) -> Iterator[Manifest]:
    if plan.leaves is not None:
        yield from evpn_policies(plan.leaves)
    for uplink in plan.uplinks:
        yield from uplink_policies(uplink)


# What makes objects, with the steps that its objects belong to: a step is rendered whole before
# the next one, so that no more than a step of the largest cluster is ever held.
RENDERERS: tuple[tuple[Callable[[ClusterPlan], Iterable[Manifest]], frozenset[Step]], ...] = (
    (setting_manifests, frozenset({Step.SETTINGS, Step.VIRTUALIZATION})),
    (node_files, frozenset({Step.MACHINE_CONFIGS})),
    (daemon_manifests, frozenset({Step.FRR})),
    (_policies, frozenset({Step.POLICIES})),
    (frr_manifests, frozenset({Step.BGP})),
    (attachment_manifests, frozenset({Step.POLICIES, Step.ATTACHMENTS})),
)
# What makes files beside the clusters.
BESIDE: tuple[Callable[[Plan], Iterable[TextFile]], ...] = (border_files, dhcp_files)


def render(plan: Plan, argocd: ArgoCd = NO_ARGO_CD_OPTIONS) -> Iterator[RenderedFile]:
    """Yield every file of the estate; the index comes last, when all is known."""
    objects, paths = [], []
    for cluster in plan.clusters:
        for manifest in manifests(cluster):
            file = manifest_file(cluster.cluster.name, manifest)
            objects.append(entry(cluster.cluster.name, file.path, manifest))
            paths.append(file.path)
            yield file
    for other in _beside(plan, argocd):
        paths.append(other.path)
        yield other
    yield index(plan, objects, paths)


def manifests(plan: ClusterPlan) -> Iterator[Manifest]:
    """Yield a cluster's objects in the order of application, each once."""
    for step in Step:
        made: dict[tuple[str, str, str], Manifest] = {}
        for renderer, steps in RENDERERS:
            if step not in steps:
                continue
            for one in renderer(plan):
                if one.step is step:
                    _once(made, one)
                elif one.step not in steps:
                    raise ValueError(f"{one.kind} {one.name} is in a step that nobody expects")
        yield from sorted(made.values(), key=lambda one: (one.order, one.file))


def stream(plan: Plan, cluster: str) -> Iterator[str]:
    """Yield one cluster's objects as pieces of a YAML stream that kubectl applies in order."""
    for one in plan.clusters:
        if one.cluster.name == cluster:
            for manifest in manifests(one):
                yield f"---\n{text(in_wave(manifest))}"


def _once(made: dict[tuple[str, str, str], Manifest], one: Manifest) -> None:
    """Keep an object that several need, a namespace say, once; two that differ are a mistake."""
    key = (one.kind, one.namespace, one.name)
    before = made.setdefault(key, one)
    if before.value != one.value:
        raise ValueError(f"{' '.join(key)} is rendered twice, and differently")


def _beside(plan: Plan, argocd: ArgoCd) -> Iterator[RenderedFile]:
    kustomized = {}
    for cluster in plan.clusters:
        for file in crd_file(cluster):
            kustomized[cluster.cluster.name] = file.path.rpartition("/")[0]
            yield RenderedFile(file.path, file.text)
    for renderer in BESIDE:
        for file in renderer(plan):
            yield RenderedFile(file.path, file.text)
    yield from applications(plan, argocd, kustomized)
