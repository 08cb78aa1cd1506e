"""A hosted cluster as its hub sees it: its phases with their times, and the way into it."""

from __future__ import annotations

import base64
import os
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hyperleaf.cluster.errors import ClusterError, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.cluster.client import Client

Object = dict[str, Any]
API: Final = "hypershift.openshift.io/v1beta1"
# What a control plane comes to be by, in this order: conditions of the HostedCluster.
PHASES: Final = (
    ("ValidConfiguration", "what was asked for is valid"),
    ("ValidReleaseImage", "the release image was read"),
    ("InfrastructureReady", "addresses and load balancers are there"),
    ("EtcdAvailable", "etcd has a quorum"),
    ("KubeAPIServerAvailable", "the API server answers"),
    ("Available", "the control plane is available"),
)
NODES: Final = "nodes"
VERSION: Final = "version"


@dataclass(frozen=True, slots=True)
class Phase:
    """A step on the way: `seconds` after the cluster was made that it was reached, else why not."""

    name: str
    meaning: str
    is_reached: bool
    seconds: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Hosted:
    """A HostedCluster with its NodePools as they live."""

    value: Object = field(repr=False)
    pools: tuple[Object, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.value["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Where it lies in the hub."""
        return str(self.value["metadata"]["namespace"])

    @property
    def age_seconds(self) -> float:
        """How long ago it was made, by the hub's clock and this machine's."""
        born = _time(self.value["metadata"].get("creationTimestamp"))
        return _since(born, datetime.now(UTC)) or 0.0

    @property
    def is_available(self) -> bool:
        """Whether every phase is reached."""
        return all(one.is_reached for one in phases(self))


def find_hosted(client: Client, name: str) -> Hosted:
    """Return a hosted cluster by name; ClusterError where the hub has none called so."""
    resource, pools = client.resource(API, "HostedCluster"), client.resource(API, "NodePool")
    every = list(client.every(resource)) if resource is not None else []
    found = [one for one in every if one["metadata"]["name"] == name]
    if not found or pools is None:
        known = ", ".join(sorted(one["metadata"]["name"] for one in every)) or "none"
        raise ClusterError(
            told(
                "HL1216",
                f"{client.access.server} has no hosted cluster {name!r}; there is {known}",
                "ask the hub, or make the cluster: hyperleaf apply ... --cluster HUB",
            )
        )
    namespace = found[0]["metadata"]["namespace"]
    mine = [one for one in client.every(pools, namespace) if one["spec"]["clusterName"] == name]
    return Hosted(found[0], tuple(mine))


def phases(hosted: Hosted) -> tuple[Phase, ...]:
    """Return how far a hosted cluster is: its control plane, its nodes, its version."""
    return tuple(_phases(hosted))


def _phases(hosted: Hosted) -> Iterator[Phase]:
    born = _time(hosted.value["metadata"].get("creationTimestamp"))
    status = hosted.value.get("status") or {}
    known = {one["type"]: one for one in status.get("conditions") or ()}
    for name, meaning in PHASES:
        yield _of_condition(name, meaning, known.get(name), born)
    yield _of_nodes(hosted, born)
    last: Object = next(iter((status.get("version") or {}).get("history") or ()), {})
    done = last.get("state") == "Completed"
    ended = _time(last.get("completionTime"))
    why = (
        "" if done else f"{last.get('version', 'the version')} is {last.get('state', 'not begun')}"
    )
    yield Phase(VERSION, "every operator of the version runs", done, _since(born, ended), why)


def _of_condition(name: str, meaning: str, one: Object | None, born: datetime | None) -> Phase:
    if one is None:
        return Phase(name, meaning, is_reached=False, why="not known yet")
    if one.get("status") == "True":
        seconds = _since(born, _time(one.get("lastTransitionTime")))
        return Phase(name, meaning, is_reached=True, seconds=seconds)
    words = (one.get("reason"), one.get("message"))
    return Phase(name, meaning, is_reached=False, why=": ".join(str(w) for w in words if w))


def _of_nodes(hosted: Hosted, born: datetime | None) -> Phase:
    wanted = there = 0
    times: list[float] = []
    for pool in hosted.pools:
        scaling = pool["spec"].get("autoScaling") or {}
        wanted += int(pool["spec"].get("replicas", scaling.get("min", 0)) or 0)
        there += int((pool.get("status") or {}).get("replicas", 0))
        for one in (pool.get("status") or {}).get("conditions") or ():
            seconds = _since(born, _time(one.get("lastTransitionTime")))
            if one.get("type") == "Ready" and seconds is not None:
                times.append(seconds)
    done = there >= wanted
    why = "" if done else f"{there} of {wanted} nodes"
    return Phase(NODES, f"{wanted} nodes joined", done, max(times, default=None), why)


def _time(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _since(born: datetime | None, then: datetime | None) -> float | None:
    if born is None or then is None:
        return None
    return max(0.0, (then - born).total_seconds())


# The way in


def kubeconfig_of(client: Client, hosted: Hosted) -> str:
    """Return the administrator's kubeconfig of a hosted cluster; it is hidden in later errors.

    Raises ClusterError where the hub has not made it yet.
    """
    name = ((hosted.value.get("status") or {}).get("kubeconfig") or {}).get("name")
    resource = client.resource("v1", "Secret")
    live = client.get(resource, hosted.namespace, name) if resource and name else None
    encoded = (live or {}).get("data", {}).get("kubeconfig")
    if not encoded:
        raise ClusterError(
            told(
                "HL1217",
                f"the kubeconfig of {hosted.name} is not there yet",
                "it comes with the API server: hyperleaf status --cluster "
                f"{hosted.name} --watch waits for it",
            )
        )
    text = base64.b64decode(encoded).decode()
    client.hidden |= {text, *text.split()}
    return text


def save(text: str, file: Path) -> None:
    """Write a credential to a file that its owner alone can read, whole or not at all."""
    handle, beside = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)  # 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as open_file:
            open_file.write(text)
        Path(beside).replace(file)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
