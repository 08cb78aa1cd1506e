"""Rendered objects become the state of real API servers: one for each cluster, one etcd below all.

They stand in a namespace of their own, `api`, on a network that no node has a device on: each
node's agents get there by their loopback (see `gate.py`).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hyperleaf.lab.agents import AgentError, components
from hyperleaf.lab.wires import End
from hyperleaf.lab.world import batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hyperleaf.lab.kernel import Kernel

API, SWITCH = "api", "api-switch"
HOST = "198.18.0.1"
NETWORK = "198.18.0.{}/24"  # for tests of devices (RFC 2544): no estate has it
FIRST_PORT = 6443
TOKEN = "lab"  # noqa: S105 - of servers that nobody else reaches
MTU = 1500
READY_SECONDS, SERVED_SECONDS = 150, 120
APPLY = "application/apply-patch+yaml"
HERE = Path(__file__).parent
# Kinds that agents write, beside those that are rendered.
WRITTEN = (
    *(("nmstate.io", f"NodeNetwork{one}") for one in ("State", "ConfigurationEnactment")),
    *(("frrk8s.metallb.io", one) for one in ("FRRNodeState", "FRRK8sConfiguration")),
    *(("frrk8s.metallb.io", one) for one in ("FRRConfiguration", "BGPSessionState")),
    ("nmstate.io", "NodeNetworkConfigurationPolicy"),
)
_START = """
mkdir -p /run/api && cd /run/api
echo "$1,lab,lab,system:masters" > tokens.csv
openssl genrsa -out key 2048 2>/dev/null
etcd --unsafe-no-fsync --data-dir /run/api/etcd --log-level warn >etcd.log 2>&1 </dev/null &
"""
_SERVER = """
/lab/agents/kube-apiserver --etcd-servers=http://127.0.0.1:2379 --etcd-prefix=/$2 \\
  --bind-address=0.0.0.0 --advertise-address=$4 --secure-port=$3 --cert-dir=/run/api/$2 \\
  --token-auth-file=/run/api/tokens.csv --authorization-mode=RBAC \\
  --service-cluster-ip-range=10.96.0.0/24 --service-account-issuer=https://$2 \\
  --service-account-key-file=/run/api/key --service-account-signing-key-file=/run/api/key \\
  --disable-admission-plugins=ServiceAccount --endpoint-reconciler-type=none \\
  >/run/api/$2.log 2>&1 </dev/null &
"""
Object = dict[str, Any]


@dataclass(slots=True)
class Servers:
    """The API servers of a lab, by cluster."""

    kernel: Kernel
    ports: dict[str, int] = field(default_factory=dict)
    plurals: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def start(self, clusters: Iterable[str]) -> None:
        """Start a server for each cluster, and the network to them; nothing is waited for."""
        kernel = self.kernel
        for name in (API, SWITCH):
            kernel.namespace(name)
        batch(kernel, SWITCH, ["link add sw type bridge", "link set sw up"])
        self.join(API, 1)
        kernel.run(["sh", "-euc", _START, "sh", TOKEN], node=API)
        for number, cluster in enumerate(clusters):
            self.ports[cluster] = FIRST_PORT + number
            words = ["sh", "-c", _SERVER, "sh", TOKEN, cluster, str(self.ports[cluster]), HOST]
            kernel.run(words, node=API)

    def join(self, namespace: str, number: int) -> None:
        """Give a namespace a device on the servers' network."""
        port = f"p{number}"
        self.kernel.link(End(SWITCH, port), End(namespace, "api0"), MTU)
        batch(self.kernel, SWITCH, [f"link set {port} master sw up"])
        lines = ["link set lo up", f"addr add {NETWORK.format(number)} dev api0"]
        batch(self.kernel, namespace, [*lines, "link set api0 up"])

    def fill(self, cluster: str, objects: Sequence[Object]) -> None:
        """Wait for a cluster's server and give it its objects, their definitions before them."""
        began = time.monotonic()
        kinds = {(_group(one), str(one["kind"])) for one in objects} | set(WRITTEN)
        definitions = components.crds(kinds)
        self._learn(definitions)
        known = [one for one in objects if (_group(one), one["kind"]) in self.plurals or _core(one)]
        ready = {"method": "GET", "path": "/readyz", "until": READY_SECONDS}
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        made = [{"method": "POST", "path": path, "body": one} for one in definitions]
        served = [
            {"method": "GET", "path": f"{_served(one)}?limit=1", "until": SERVED_SECONDS}
            for one in definitions
        ]
        spaces = [one for one in known if one["kind"] == "Namespace"]
        named = {one["metadata"]["name"] for one in spaces}
        spaces += [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in sorted({_space(one) for one in known} - named - {""})
        ]
        rest = [one for one in known if one["kind"] != "Namespace"]
        phases: list[list[dict[str, Any]]]
        phases = [[ready], made, served, [self._applied(one) for one in spaces]]
        self.ask(cluster, [*phases, [self._applied(one) for one in rest]])
        self.seconds[cluster] = round(time.monotonic() - began, 2)

    def apply(self, cluster: str, objects: Iterable[Object]) -> None:
        """Apply objects server-side; AgentError carries a refusal."""
        self.ask(cluster, [[self._applied(one) for one in objects]])

    def status(self, cluster: str, thing: Object) -> None:
        """Set the status of an object, as a kubelet does."""
        request = self._applied(thing)
        path = str(request["path"]).replace("?", "/status?")
        self.ask(cluster, [[request | {"path": path}]])

    def get(self, cluster: str, path: str) -> Object:
        """Read a path."""
        ((_, body),) = self.ask(cluster, [[{"method": "GET", "path": path}]])
        return body

    def ask(
        self, cluster: str, phases: Sequence[Sequence[Mapping[str, Any]]]
    ) -> list[tuple[int, Object]]:
        """Ask a cluster's server, and fail as it refuses anything."""
        words = ["python3", "/lab/agents/requests.py", str(self.ports[cluster]), TOKEN]
        asked = [one for phase in phases for one in phase]
        patience = 60 + sum(int(one.get("until", 0)) for one in asked)
        ran = self.kernel.run(words, node=API, stdin=json.dumps(phases), seconds=patience)
        answers: list[tuple[int, Object]] = [(status, body) for status, body in json.loads(ran.out)]
        for request, (status, body) in zip(asked, answers, strict=True):
            if not 0 < status < 400:  # noqa: PLR2004 - beyond are refusals
                told = body.get("message", "")
                raise AgentError(
                    f"the API server of {cluster} refuses {request['method']} {request['path']}: "
                    f"{status} {told}"
                )
        return answers

    def _learn(self, definitions: Iterable[Object]) -> None:
        for one in definitions:
            spec = one["spec"]
            found = (spec["names"]["plural"], spec["scope"] == "Namespaced")
            self.plurals[spec["group"], spec["names"]["kind"]] = found

    def _applied(self, thing: Object) -> dict[str, Any]:
        version, kind = str(thing["apiVersion"]), str(thing["kind"])
        top = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plain = (f"{kind.lower()}s", "namespace" in thing["metadata"])
        plural, spaced = self.plurals.get((_group(thing), kind), plain)
        space = f"/namespaces/{quote(_space(thing) or 'default')}" if spaced else ""
        path = f"{top}{space}/{plural}/{quote(thing['metadata']['name'])}"
        query = "?fieldManager=hyperleaf&force=true&fieldValidation=Strict"
        return {"method": "PATCH", "path": path + query, "body": thing, "content": APPLY}


def _group(thing: Object) -> str:
    group, slash, _ = str(thing["apiVersion"]).partition("/")
    return group if slash else ""


def _core(thing: Object) -> bool:
    group = _group(thing)
    return "." not in group or group.endswith(".k8s.io")


def _space(thing: Object) -> str:
    return str(thing["metadata"].get("namespace", ""))


def _served(definition: Object) -> str:
    spec = definition["spec"]
    version = next(one["name"] for one in spec["versions"] if one["served"])
    return f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"
