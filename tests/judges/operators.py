"""Stands in for operators: gives objects the status that their controllers would give them.

No operator runs beside a judge's API server, so without this nothing that is waited for would ever
be ready. It says nothing about whether an operator could do what the object asks.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperleaf.values.readiness import ready_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.values.readiness import Ready
    from judges.apiserver import ApiServer

Object = dict[str, Any]
PAUSE_SECONDS = 0.05


def condition(kind: str, value: str = "True", message: str = "") -> Object:
    """Return a condition as operators write them."""
    return {
        "type": kind,
        "status": value,
        "reason": "StandIn",
        "message": message,
        "lastTransitionTime": "2024-01-01T00:00:00Z",
        "lastHeartbeatTime": "2024-01-01T00:00:00Z",
    }


@dataclass(slots=True)
class Operators:
    """What each kind (API version, plural) gets as its status; may be changed while it runs.

    `seen` are the names of objects in the order in which they got a status, `refused` what a server
    said of one instead.
    """

    server: ApiServer
    statuses: dict[tuple[str, str], Object] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    _ends: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Give statuses until told to end."""
        while not self._ends.wait(PAUSE_SECONDS):
            for (version, plural), status in list(self.statuses.items()):
                try:
                    self._give(version, plural, status)
                except (OSError, http.client.HTTPException):
                    continue

    def _give(self, version: str, plural: str, status: Object) -> None:
        base = f"/apis/{version}"
        code, answer = self.server.request("GET", f"{base}/{plural}")
        for one in answer.get("items", ()) if code == 200 else ():
            about = one["metadata"]
            given = (
                status | {"observedGeneration": about["generation"]} if "apps/" in base else status
            )
            if all((one.get("status") or {}).get(key) == value for key, value in given.items()):
                continue
            if plural == "subscriptions":
                self._install(about["namespace"])
            middle = f"/namespaces/{about['namespace']}" if "namespace" in about else ""
            path = f"{base}{middle}/{plural}/{about['name']}/status"
            self._patch(path, given)
            self.seen.append(about["name"])

    def _patch(self, path: str, status: Object) -> None:
        body = {"status": status}
        code, answer = self.server.request("PATCH", path, body, "application/merge-patch+json")
        if code != 200:
            self.refused[path] = answer.get("message", "")

    def _install(self, namespace: str) -> None:
        """Make the version that a Subscription says it installed."""
        spec = {"displayName": INSTALLED, "install": {"strategy": "deployment"}}
        version = {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "ClusterServiceVersion",
            "metadata": {"name": INSTALLED, "namespace": namespace},
            "spec": spec,
        }
        code, answer = self.server.apply(version, manager="stands-in")
        if code not in {200, 201}:
            self.refused[namespace] = answer.get("message", "")
        path = f"{self.server.path_of(version)}/status"
        self._patch(path, {"phase": "Succeeded"})

    def end(self) -> None:
        """End soon."""
        self._ends.set()


def of_table(server: ApiServer, kinds: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Object]:
    """Return the statuses by which kinds (API version, kind) are ready, from our own table."""
    made = {}
    for version, kind in kinds:
        resource, stated = server.resource(version, kind), ready_of(version, kind)
        if resource is not None and stated is not None and kind != "Namespace":
            made[version, resource.plural] = _ready(stated)
    return made


def _ready(stated: Ready) -> Object:
    if stated.condition is not None:
        return {"conditions": [condition(stated.condition)]}
    if stated.names:  # a Subscription, whose version `_install` makes
        return {
            stated.names[-1]: INSTALLED,
            "lastUpdated": "2024-01-01T00:00:00Z",
            "state": "AtLatestKnown",
        }
    if stated.field:
        return {stated.field[-1]: min(stated.values)}
    raise ValueError(f"{stated} is made by hand")


INSTALLED = "stands-in.v1"
DAEMONS: Object = {
    "currentNumberScheduled": 2,
    "desiredNumberScheduled": 2,
    "numberMisscheduled": 0,
    "numberReady": 2,
}
POLICIES: Object = {"conditions": [condition("Available"), condition("Degraded", "False")]}


@contextmanager
def operators(server: ApiServer) -> Iterator[Operators]:
    """Run the stand-in for FRR's daemons and nmstate's policies until the block ends."""
    made = Operators(
        server,
        {
            ("apps/v1", "daemonsets"): DAEMONS,
            ("nmstate.io/v1", "nodenetworkconfigurationpolicies"): POLICIES,
        },
    )
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.end()
        thread.join(10)
