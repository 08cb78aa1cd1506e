"""What clusters of virtual hypervisors need of a vCenter becomes steps: port groups, a template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.model.machines import worker_bases
from hyperleaf.plan.build import BuildStep, Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.platforms import PortGroup, VsphereSite

# Every VLAN, and untagged frames: how standard and distributed switches say it.
_TRUNK: Final = {False: "4095", True: "0-4094"}
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9-]+")


def vsphere_steps(estate: Estate) -> tuple[BuildStep, ...]:
    """Return the steps of every cluster on vSphere: its port groups, then what plugs into them."""
    made: dict[str, BuildStep] = {}
    for cluster, site in _sites(estate):
        for step in (*_port_groups(cluster, site), *_template(cluster, site)):
            same = next((one for one in made.values() if _is_same(one, step)), None)
            if same is not None:  # of two clusters in one vSphere cluster
                sources = tuple(dict.fromkeys((*same.sources, *step.sources)))
                made[same.name] = BuildStep(same.name, same.kind, same.body, sources)
            else:
                made[step.name] = step
    return tuple(made.values())


def vsphere_facts(estate: Estate) -> dict[str, dict[str, Any]]:
    """Return by cluster what is known once the steps are carried out."""
    return {
        cluster.name: {"vsphere": {"template": Ref(template_step(cluster), "Name")}}
        for cluster, site in _sites(estate)
        if site.nested and _networks(cluster)
    }


def template_step(cluster: Cluster) -> str:
    """Return the step that makes a cluster's template."""
    return f"template.{cluster.name}"


def _sites(estate: Estate) -> Iterator[tuple[Cluster, VsphereSite]]:
    for cluster in estate.clusters.values():
        if cluster.platform.kind == "vsphere" and cluster.platform.vsphere is not None:
            yield cluster, cluster.platform.vsphere


def _is_same(one: BuildStep, other: BuildStep) -> bool:
    return one.kind == other.kind == "vsphere.portGroup" and one.body == other.body


def _place(cluster: Cluster, site: VsphereSite) -> dict[str, Any]:
    login = cluster.credentials.get("cloud")
    return {
        "server": site.server,
        "datacenter": site.datacenter,
        "cluster": site.cluster,
        "credential": {login.source: login.place} if login and login.is_local else None,
    }


def _port_groups(cluster: Cluster, site: VsphereSite) -> Iterator[BuildStep]:
    names: set[str] = set()
    for one in site.port_groups:
        name = f"portgroup.{cluster.name}.{_NO_NAME.sub('-', one.name)}"
        while name in names:
            name += "-again"
        names.add(name)
        body = {
            **_place(cluster, site),
            "name": one.name,
            "switch": one.switch,
            "distributed": one.distributed,
            "vlans": _TRUNK[one.distributed],
            **_policy(one),
        }
        yield BuildStep(name, "vsphere.portGroup", body, (str(cluster.origin),))


def _policy(group: PortGroup) -> Mapping[str, Any]:
    """Return what is let through: frames from MACs of guests, and frames to them.

    A switch that learns which MACs are behind a NIC need not show it every frame.
    """
    learns = group.learning == "macLearning"
    return {
        "security": {"allowPromiscuous": not learns, "macChanges": True, "forgedTransmits": True},
        "macLearning": learns,
    }


def _template(cluster: Cluster, site: VsphereSite) -> Iterator[BuildStep]:
    networks = _networks(cluster)
    if site.nested and networks:
        body = {
            **_place(cluster, site),
            "source": site.template or _of_workers(cluster),
            "networks": list(networks),
        }
        yield BuildStep(template_step(cluster), "vsphere.template", body, (str(cluster.origin),))


def _networks(cluster: Cluster) -> tuple[str, ...]:
    """Return the port groups that its pools' other NICs are plugged into, each once."""
    named = (one.port_group for pool in cluster.pools for one in pool.uplinks.values())
    return tuple(dict.fromkeys(one for one in named if one))


def _of_workers(cluster: Cluster) -> str | None:
    """Return what the installer's workers are cloned from, where facts have their MachineSets."""
    for base in worker_bases(cluster.found.machine_sets, None):
        if base.provider == "vsphere":
            provider = base.value["spec"]["template"]["spec"]["providerSpec"]["value"]
            return str(provider.get("template", "")).rpartition("/")[2] or None
    return None
