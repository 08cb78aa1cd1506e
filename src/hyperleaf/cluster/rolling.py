"""Changes become sentences about the nodes that they replace or restart, to be said beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hyperleaf.cluster.comparing import What

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hyperleaf.cluster.client import Client
    from hyperleaf.cluster.comparing import Compared

_ROLE: Final = "machineconfiguration.openshift.io/role"
_POOL: Final = "NodePool"
_POOLS_API: Final = "hypershift.openshift.io/v1beta1"
# Fields whose change makes new nodes; a pool's size, names and health checks do not.
_OF_POOLS: Final = (
    "spec.release",
    "spec.config",
    "spec.platform",
    "spec.arch",
    "spec.tuningConfig",
)
_OF_CLUSTERS: Final = (
    "spec.configuration",
    "spec.platform.aws.resourceTags",
    "spec.imageContentSources",
    "spec.pullSecret",
    "spec.sshKey",
)


def rolls(client: Client, compared: Sequence[Compared]) -> tuple[str, ...]:
    """Return what is to be said of nodes before changes are made, empty where none is touched."""
    return tuple(_said(client, compared))


def _said(client: Client, compared: Sequence[Compared]) -> Iterator[str]:
    for one in compared:
        if not one.is_written:
            continue
        match one.item.kind, one.what:
            case "NodePool", What.CHANGED:
                yield from _pool(one)
            case "HostedCluster", What.CHANGED:
                yield from _cluster(one)
            case "ConfigMap", What.CHANGED:
                yield from _configuration(client, one, compared)
            case "MachineConfig", _:
                about = one.item.value["metadata"].get("labels") or {}
                yield (
                    f"{one.item.title} restarts the nodes of pool {about.get(_ROLE, '?')}, "
                    "one after another"
                )


def _pool(one: Compared) -> Iterator[str]:
    fields = _among(one, _OF_POOLS)
    if fields:
        how = one.item.value["spec"].get("management", {}).get("upgradeType", "Replace")
        does = "restarts its nodes in place" if how == "InPlace" else "replaces its nodes"
        yield f"{one.item.title} {does}, one after another: {', '.join(fields)} changes"


def _cluster(one: Compared) -> Iterator[str]:
    if _among(one, ("spec.release",)):
        yield f"{one.item.title} upgrades its control plane: spec.release changes"
    fields = _among(one, _OF_CLUSTERS)
    if fields:
        yield f"{one.item.title} replaces the nodes of its pools: {', '.join(fields)} changes"


def _configuration(client: Client, one: Compared, compared: Sequence[Compared]) -> Iterator[str]:
    """Yield what is to be said of a ConfigMap that pools take files of."""
    if not any(each.path.startswith(("data", "binaryData")) for each in one.differences):
        return
    values = [each.item.value for each in compared if each.item.kind == _POOL]
    resource = client.resource(_POOLS_API, _POOL)
    if resource is not None:
        values += list(client.every(resource, one.item.namespace))
    names = {
        value["metadata"]["name"]
        for value in values
        if value["metadata"].get("namespace") == one.item.namespace
        and one.item.name in {each.get("name") for each in value["spec"].get("config") or ()}
    }
    if names:
        yield (
            f"{one.item.title} replaces the nodes of the pools that take it: "
            f"{', '.join(sorted(names))}"
        )


def _among(one: Compared, fields: Sequence[str]) -> list[str]:
    return [name for name in fields if any(each.path.startswith(name) for each in one.differences)]
