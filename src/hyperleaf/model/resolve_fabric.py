"""A written fabric or VRF becomes the resolved one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.findings import Finding, Origin, at
from hyperleaf.model.fabric import (
    BORDERS,
    Bfd,
    Border,
    Fabric,
    Leak,
    Reflectors,
    StaticRoute,
    UnderlayPath,
    Vrf,
)
from hyperleaf.values.numbers import Mtu

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.facts import Facts
    from hyperleaf.spec import fabric as spec

# What AWS carries to a data centre, bytes: a transit VIF or gateway, a private VIF, IPsec.
WAY_MTU = {"transitGateway": 8500, "directConnect": 9001, "vpn": 1446}
WAY_NAME = {
    "transitGateway": "a transit gateway",
    "directConnect": "Direct Connect",
    "vpn": "a VPN",
}


def resolve_fabric(
    written: spec.Fabric,
    origin: Origin,
    clusters: Mapping[str, Cluster],
    facts: Facts,
    unread: frozenset[str] = frozenset(),
) -> tuple[Fabric, tuple[Finding, ...]]:
    """Return the fabric, with findings for clusters and pools that it names and nobody wrote.

    What is wrong with `unread` documents (`Cluster/hub`) is told there alone.
    """
    inner = written.spec
    fabric = Fabric(
        name=written.metadata.name,
        asn=inner.asn,
        underlay=inner.underlay.cidrs,
        mtu=inner.underlay.mtu,
        port=inner.underlay.port,
        bfd=Bfd(inner.bfd.interval, inner.bfd.multiplier) if inner.bfd.enabled else None,
        hold=inner.timers.hold,
        keepalive=inner.timers.keepalive,
        reflectors=Reflectors(
            cluster=inner.reflectors.cluster,
            pool=inner.reflectors.pool,
            addresses=inner.reflectors.addresses or facts.reflectors,
            wants_password=inner.reflectors.password is not None,
        ),
        borders=tuple(
            Border(
                name=border.name,
                index=index,
                address=border.address,
                asn=border.asn or inner.asn,
                mtu=border.mtu,
                multihop=border.multihop,
                secret=border.password.secret if border.password else None,
            )
            for index, border in enumerate(inner.borders)
        ),
        paths=_paths(inner.paths, clusters.values(), inner.underlay.mtu),
        pinned_vteps=inner.vtep.pinned,
        l2_base=inner.vnis.l2,
        l3_base=inner.vnis.l3,
        origin=origin,
    )
    return fabric, tuple(_missing(inner, clusters, origin, unread))


def _paths(
    written: Sequence[spec.UnderlayPath], clusters: Iterable[Cluster], mtu: Mtu
) -> tuple[UnderlayPath, ...]:
    """Return the paths that are written, then those that follow from the way to the data centre.

    A written path between the same ends takes the place of a derived one.
    """
    stated = [
        UnderlayPath(
            ends=(path.between[0], path.between[1]),
            mtu=path.mtu,
            why=f"the path between {path.between[0]} and {path.between[1]}",
            index=index,
        )
        for index, path in enumerate(written)
    ]
    known = {frozenset(path.ends) for path in stated}
    derived = [
        UnderlayPath(
            ends=(cluster.name, BORDERS),
            mtu=Mtu(min(mtu, WAY_MTU[cluster.platform.via])),
            why=f"{cluster.name}'s way to the data centre, {WAY_NAME[cluster.platform.via]}",
            index=None,
        )
        for cluster in clusters
        if cluster.platform.via is not None and frozenset((cluster.name, BORDERS)) not in known
    ]
    return (*stated, *derived)


def _missing(
    inner: spec.FabricSpec,
    clusters: Mapping[str, Cluster],
    origin: Origin,
    unread: frozenset[str],
) -> Iterable[Finding]:
    reflectors = inner.reflectors
    home = clusters.get(reflectors.cluster)
    named = {*clusters, *(one.removeprefix("Cluster/") for one in unread)}
    if reflectors.cluster not in named:
        yield at(
            origin,
            "spec",
            "reflectors",
            "cluster",
            code="HL0104",
            message=f"there is no cluster {reflectors.cluster!r} for the route reflectors",
            hint=_known(clusters),
        )
    elif (
        home and reflectors.pool is not None and reflectors.pool not in {p.name for p in home.pools}
    ):
        yield at(
            origin,
            "spec",
            "reflectors",
            "pool",
            code="HL0105",
            message=f"cluster {home.name!r} has no node pool {reflectors.pool!r}",
            hint=f"its pools are {', '.join(p.name for p in home.pools) or 'none'}",
        )
    for index, path in enumerate(inner.paths):
        for end, name in enumerate(path.between):
            if name != BORDERS and name not in named:
                yield at(
                    origin,
                    "spec",
                    "paths",
                    index,
                    "between",
                    end,
                    code="HL0104",
                    message=f"there is no cluster {name!r} at the end of this path",
                    hint=f"write `borders` for the data centre; {_known(clusters)}",
                )


def _known(clusters: Mapping[str, Cluster]) -> str:
    return f"the estate's clusters are {', '.join(sorted(clusters)) or 'none'}"


def resolve_leaks(written: Iterable[spec.Leak]) -> tuple[Leak, ...]:
    """Return the leaks as resolved; whether the other side exists is found out later."""
    return tuple(
        Leak(other=leak.with_, imports=leak.import_, exports=leak.export, index=index)
        for index, leak in enumerate(written)
    )


def resolve_routes(written: Iterable[spec.StaticRoute]) -> tuple[StaticRoute, ...]:
    """Return the static routes as resolved."""
    return tuple(
        StaticRoute(to=route.to, via=route.via, index=index) for index, route in enumerate(written)
    )


def resolve_vrf(written: spec.VRF, origin: Origin) -> Vrf:
    """Return the VRF that several networks share."""
    return Vrf(
        name=written.metadata.name,
        shared=True,
        vni=written.spec.vni,
        table=int(written.spec.table or written.spec.vni),
        egress=written.spec.egress,
        leaks=resolve_leaks(written.spec.leaks),
        routes=resolve_routes(written.spec.routes),
        origin=origin,
    )
