"""The whole plan becomes files, one at a time, in the order in which they are applied."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hyperleaf.render.attachments import attachment_manifests
from hyperleaf.render.borders import border_files
from hyperleaf.render.dhcp import dhcp_files
from hyperleaf.render.files import (
    ArgoCd,
    RenderedFile,
    applications,
    awaiting,
    entry,
    expectations,
    in_wave,
    index,
    manifest_file,
)
from hyperleaf.render.frr_daemons import crd_file, daemon_manifests
from hyperleaf.render.frr_objects import frr_manifests
from hyperleaf.render.hosted import hosted_manifests
from hyperleaf.render.images import DEFAULT_IMAGES
from hyperleaf.render.install import install_files
from hyperleaf.render.machines import machine_manifests, mark_files
from hyperleaf.render.manifest import Manifest, Step
from hyperleaf.render.nodes import node_files
from hyperleaf.render.operators import operator_manifests
from hyperleaf.render.platforms.build import platform_files
from hyperleaf.render.policies import evpn_policies, reflector_policies
from hyperleaf.render.secrets import secret_files
from hyperleaf.render.settings import setting_manifests
from hyperleaf.render.storage import remediation_manifests, storage_manifests
from hyperleaf.render.uplinks import uplink_policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hyperleaf.plan.clusters import ClusterPlan, Plan
    from hyperleaf.render.images import Images
    from hyperleaf.render.manifest import TextFile

    Renderer = Callable[[ClusterPlan], Iterable[Manifest]]

NO_ARGO_CD_OPTIONS = ArgoCd()


def _policies(plan: ClusterPlan) -> Iterator[Manifest]:
    if plan.leaves is not None:
        yield from evpn_policies(plan.leaves)
    if plan.reflectors is not None:
        yield from reflector_policies(plan.reflectors)
    for uplink in plan.uplinks:
        yield from uplink_policies(uplink)


def _renderers(images: Images) -> Iterator[tuple[Renderer, frozenset[Step]]]:
    """Yield what makes objects, with the steps that its objects belong to.

    A step is rendered whole before the next one, so that no more than a step of the largest
    cluster is ever held.
    """
    yield operator_manifests, frozenset({Step.OPERATORS, Step.OPERANDS})
    yield setting_manifests, frozenset({Step.SETTINGS, Step.VIRTUALIZATION})
    yield machine_manifests, frozenset({Step.MACHINES})
    yield node_files, frozenset({Step.MACHINE_CONFIGS, Step.HOSTED})
    yield partial(daemon_manifests, images=images), frozenset({Step.FRR})
    yield _policies, frozenset({Step.POLICIES})
    yield frr_manifests, frozenset({Step.BGP})
    yield attachment_manifests, frozenset({Step.POLICIES, Step.ATTACHMENTS})
    yield storage_manifests, frozenset({Step.STORAGE})
    yield remediation_manifests, frozenset({Step.REMEDIATION})
    yield hosted_manifests, frozenset({Step.HOSTED})


# What makes files beside the clusters.
BESIDE: tuple[Callable[[Plan], Iterable[TextFile]], ...] = (
    border_files,
    dhcp_files,
    install_files,
    mark_files,
    secret_files,
    platform_files,
)


def render(
    plan: Plan, argocd: ArgoCd = NO_ARGO_CD_OPTIONS, images: Images = DEFAULT_IMAGES
) -> Iterator[RenderedFile]:
    """Yield every file of the estate; the index comes last, when all is known."""
    objects, paths = [], []
    for cluster in plan.clusters:
        for file, line in _cluster_files(cluster, images):
            objects.append(line)
            paths.append(file.path)
            yield file
    filled = frozenset(path.split("/")[1] for path in paths)
    for other in _beside(plan, argocd, filled):
        paths.append(other.path)
        yield other
    yield index(plan, objects, paths)


def stream(plan: Plan, cluster: str, images: Images = DEFAULT_IMAGES) -> Iterator[str]:
    """Yield one cluster's objects as pieces of a YAML stream that kubectl applies in order."""
    for one in plan.clusters:
        if one.cluster.name == cluster:
            for file, _ in _cluster_files(one, images):
                yield f"---\n{file.text}"


def manifests(plan: ClusterPlan, images: Images = DEFAULT_IMAGES) -> Iterator[Manifest]:
    """Yield a cluster's objects in the order of application, each once."""
    for step in Step:
        made: dict[str, Manifest] = {}
        for one in _of(step, plan, images):
            before = made.setdefault(one.file, one)
            _agree(one, same=before.value == one.value)
        for _, one in sorted(made.items()):
            yield replace(one, value=in_wave(one))


def _cluster_files(plan: ClusterPlan, images: Images) -> Iterator[tuple[RenderedFile, str]]:
    """Yield a cluster's files and their lines in the index.

    Objects become text at once: a step's texts are held till they are sorted, their thousands of
    small dictionaries would cost time and memory.
    """
    name = plan.cluster.name
    for step in Step:
        made: dict[str, tuple[RenderedFile, str]] = {}
        for one in _of(step, plan, images):
            file = manifest_file(name, one)
            before, _ = made.setdefault(file.path, (file, entry(name, file.path, one)))
            _agree(one, same=before.text == file.text)
        for _, both in sorted(made.items()):
            yield both


def _of(step: Step, plan: ClusterPlan, images: Images) -> Iterator[Manifest]:
    operators = plan.cluster.operators
    groups = operators.groups if operators is not None else frozenset()
    for renderer, steps in _renderers(images):
        if step in steps:
            for one in renderer(plan):
                if one.step is step:
                    yield awaiting(one, groups)
                elif one.step not in steps:
                    raise ValueError(f"{one.kind} {one.name} is in a step that nobody expects")


def _agree(one: Manifest, *, same: bool) -> None:
    """Let an object be rendered by several who need it, a namespace say, if they agree."""
    if not same:
        raise ValueError(
            f"{one.kind} {one.namespace} {one.name} is rendered twice, and differently"
        )


def _beside(plan: Plan, argocd: ArgoCd, filled: frozenset[str]) -> Iterator[RenderedFile]:
    """Yield what lies beside the objects of the clusters `filled`, which have any."""
    kustomized = {}
    for cluster in plan.clusters:
        for file in crd_file(cluster):
            kustomized[cluster.cluster.name] = file.path.rpartition("/")[0]
            yield RenderedFile(file.path, file.text)
    for renderer in BESIDE:
        for file in renderer(plan):
            yield RenderedFile(file.path, file.text)
    yield from applications(plan, argocd, kustomized, filled)
    yield expectations(plan)
