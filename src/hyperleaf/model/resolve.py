"""Models of the language become the resolved estate: references followed, numbers derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import hyperleaf.spec.cluster as written_cluster
import hyperleaf.spec.fabric as written_fabric
import hyperleaf.spec.network as written_network
from hyperleaf.findings import Finding, Severity, at
from hyperleaf.model.estate import Estate
from hyperleaf.model.facts import NONE, Facts
from hyperleaf.model.mtu import path_mtus
from hyperleaf.model.read_beside import read_beside
from hyperleaf.model.resolve_cluster import resolve_cluster
from hyperleaf.model.resolve_fabric import resolve_fabric, resolve_vrf
from hyperleaf.model.resolve_network import (
    Segment,
    own_vrf,
    resolve_network,
    segments_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.fabric import Fabric, Vrf
    from hyperleaf.model.network import Network
    from hyperleaf.spec.documents import Texts, Written

Named = TypeVar("Named")


def resolve(
    texts: Texts, facts: Facts = NONE, unread: frozenset[str] = frozenset()
) -> tuple[Estate, tuple[Finding, ...]]:
    """Return the estate that `texts` describe, with a finding for each reference that fails.

    What an estate leaves to be found is taken from `facts`; `unread` are documents left out, as
    `Cluster/hub`.

    What refers to something missing is left out, so that rules can still judge all the rest.
    """
    findings: list[Finding] = []
    documents = _once(texts.written, findings)
    clusters = {
        one.origin.name: resolve_cluster(one.model, one.origin, facts)
        for one in documents
        if isinstance(one.model, written_cluster.Cluster)
    }
    fabric = _only_fabric(documents, clusters, facts, findings, unread)
    vrfs = {
        one.origin.name: resolve_vrf(one.model, one.origin)
        for one in documents
        if isinstance(one.model, written_fabric.VRF)
    }
    segments = _segments(documents, findings)
    vrfs |= _own_vrfs(segments, vrfs, fabric, findings)
    networks = _networks(segments, vrfs, clusters, fabric, findings, unread)
    _check_leaks(vrfs, findings, unread)
    findings.extend(_about_nobody(facts, clusters, unread))
    machines, hand_written, more = read_beside(texts.beside)
    findings.extend(more)
    return (
        Estate(
            fabric=fabric,
            vrfs=_by_name(vrfs),
            networks=_by_name(networks),
            clusters=_by_name(clusters),
            machines=machines,
            hand_written=hand_written,
            by_vrf=_grouped((n.vrf, n) for n in _in_order(networks) if n.vrf is not None),
            by_cluster=_grouped((c, n) for n in _in_order(networks) for c in n.clusters),
            leaks_with=_grouped(
                (leak.other, (vrf, leak))
                for vrf in _in_order(vrfs)
                for leak in vrf.leaks
                if leak.other != vrf.name
            ),
            unread=unread,
        ),
        tuple(findings),
    )


def _once(written: Iterable[Written], findings: list[Finding]) -> list[Written]:
    """Return the documents, the second of one kind and name left out with a finding."""
    seen: dict[tuple[str, str], Written] = {}
    for one in written:
        first = seen.setdefault((one.origin.kind, one.origin.name), one)
        if first is not one:
            findings.append(
                at(
                    one.origin,
                    "metadata",
                    "name",
                    code="HL0101",
                    message=f"a second {one.origin.kind} is called {one.origin.name!r}; "
                    f"the first is at {first.origin.place('metadata', 'name')}",
                    hint="give one of them another name, or remove it",
                )
            )
    return list(seen.values())


def _only_fabric(
    documents: list[Written],
    clusters: Mapping[str, Cluster],
    facts: Facts,
    findings: list[Finding],
    unread: frozenset[str],
) -> Fabric | None:
    fabrics = [
        (one.model, one.origin) for one in documents if isinstance(one.model, written_fabric.Fabric)
    ]
    findings.extend(
        at(
            origin,
            "metadata",
            "name",
            code="HL0102",
            message=f"a second fabric, {origin.name!r}, beside {fabrics[0][1].name!r}",
            hint="an estate has one fabric; keep the other in an estate of its own",
        )
        for _, origin in fabrics[1:]
    )
    if not fabrics:
        return None
    fabric, more = resolve_fabric(*fabrics[0], clusters, facts, unread)
    findings.extend(more)
    return fabric


def _segments(documents: list[Written], findings: list[Finding]) -> dict[str, Segment]:
    """Return what each network is made of, sets expanded, by the network's name."""
    segments: dict[str, Segment] = {}
    for one in documents:
        if not isinstance(one.model, written_network.Network | written_network.NetworkSet):
            continue
        made, more = segments_of(one.model, one.origin)
        findings.extend(more)
        for segment in made:
            first = segments.setdefault(segment.name, segment)
            if first is not segment:
                findings.append(
                    at(
                        segment.origin,
                        "metadata",
                        "name",
                        code="HL0101",
                        message=f"a second network is called {segment.name!r}; the first follows "
                        f"from {first.origin} at {first.origin.place('metadata', 'name')}",
                        hint="give one of them another name, or remove it",
                    )
                )
    return segments


def _own_vrfs(
    segments: Mapping[str, Segment],
    shared: Mapping[str, Vrf],
    fabric: Fabric | None,
    findings: list[Finding],
) -> dict[str, Vrf]:
    """Return the VRFs of networks that share none, named like them."""
    own: dict[str, Vrf] = {}
    for name, segment in segments.items():
        if segment.spec.transport != "evpn" or segment.spec.vrf is not None:
            continue
        vrf = own_vrf(segment, fabric)
        if name in shared:
            findings.append(
                at(
                    segment.origin,
                    "metadata",
                    "name",
                    code="HL0103",
                    message=f"network {name!r} gets a VRF of its own name, but a VRF {name!r} is "
                    f"written at {shared[name].origin.place()}",
                    hint=f"write `vrf: {name}` in the network to share it, or rename one",
                )
            )
        elif vrf is not None:
            own[name] = vrf
    return own


def _networks(  # noqa: PLR0913, PLR0917 - all that a network refers to
    segments: Mapping[str, Segment],
    vrfs: Mapping[str, Vrf],
    clusters: Mapping[str, Cluster],
    fabric: Fabric | None,
    findings: list[Finding],
    unread: frozenset[str],
) -> dict[str, Network]:
    mtus = path_mtus(fabric, clusters)
    networks: dict[str, Network] = {}
    for segment in segments.values():
        network, more = resolve_network(segment, vrfs, clusters, fabric, mtus, unread)
        findings.extend(more)
        networks[network.name] = network
    return networks


def _check_leaks(vrfs: Mapping[str, Vrf], findings: list[Finding], unread: frozenset[str]) -> None:
    known = {"default", *vrfs, *(one.partition("/")[2] for one in unread)}
    for vrf in vrfs.values():
        findings.extend(
            at(
                vrf.origin,
                "spec",
                "leaks",
                leak.index,
                "with",
                code="HL0107",
                message=f"there is no VRF {leak.other!r} to exchange routes with",
                hint="name a VRF, a network that has its own, or `default`",
            )
            for leak in vrf.leaks
            if leak.other not in known
        )


def _about_nobody(
    facts: Facts, clusters: Mapping[str, Cluster], unread: frozenset[str]
) -> Iterator[Finding]:
    for name, origin in facts.origins.items():
        if name not in clusters and f"Cluster/{name}" not in unread:
            yield at(
                origin,
                "clusters",
                name,
                code="HL0112",
                message=f"facts about a cluster {name!r}, which the estate does not have",
                hint=f"the estate's clusters are {', '.join(sorted(clusters)) or 'none'}",
                severity=Severity.WARNING,
            )


def _in_order(named: Mapping[str, Named]) -> list[Named]:
    return [named[name] for name in sorted(named)]


def _by_name(named: Mapping[str, Named]) -> dict[str, Named]:
    return {name: named[name] for name in sorted(named)}


def _grouped(pairs: Iterable[tuple[str, Named]]) -> dict[str, tuple[Named, ...]]:
    groups: dict[str, list[Named]] = {}
    for key, member in pairs:
        groups.setdefault(key, []).append(member)
    return {key: tuple(group) for key, group in groups.items()}
