"""Real agents: API servers hold the objects; on nodes NetworkManager, nmstate's handler, frr-k8s.

Their programs come from the cache (`components.py`), their scripts run inside (`node.sh`).
"""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from hyperleaf.lab import daemons
from hyperleaf.lab.agents import AgentError, components, gate
from hyperleaf.lab.agents.own import write_files
from hyperleaf.lab.agents.servers import API, HOST, TOKEN, Servers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.kernel import Kernel, Layout
    from hyperleaf.lab.nodes import Running
    from hyperleaf.lab.reading import ClusterObjects, Rendered

HERE = Path(__file__).parent
SCRIPTS = ("requests.py", "gate.py", "node.sh")
GATE = "gate{}"
PIPE = "/run/gate"
# The account that the rendered deployment of FRR runs as; the handler's is its operator's.
FRR_ACCOUNT = "system:serviceaccount:frr-k8s-system:hyperleaf-frr"
ENACTMENTS = "/apis/nmstate.io/v1beta1/nodenetworkconfigurationenactments"
POLICIES = "/apis/nmstate.io/v1/nodenetworkconfigurationpolicies"
# How handlers know of each other, to take nodes by turns.
COMPONENT = {
    "nmstate": {"component": "kubernetes-nmstate-handler"},
    "frr-k8s-system": {"app.kubernetes.io/name": "frr-k8s"},
}
MEMORY_MIB = 3072
NMSTATE_SAYS = re.compile(r"NmstateError: ([^\n\\]+)")
LONGEST = 500
RETRYING = "Retrying"  # the handler tries a policy five times before it gives up
# nmstate verifies for 20 s at worst and is tried five times; half of a cluster's nodes wait.
APPLIED_SECONDS = 600
SIGHT_SECONDS = 1.5
BOOT_SECONDS, FRR_SECONDS = 60, 180
_GATE = """
mkfifo $1
python3 /lab/agents/gate.py $1 >$1.log 2>&1 </dev/null &
"""
_LEAD = """
mkdir -p /run/$1/agents && rm -f /run/$1/agents/led && echo "$1 $2 $3" > $4
for _ in $(seq 100); do [ -e /run/$1/agents/led ] && exit; sleep 0.1; done
cat $4.log >&2; exit 1
"""


@dataclass(slots=True)
class Real:
    """Real agents (see `Agents`)."""

    memory_mib: int = MEMORY_MIB
    servers: Servers | None = None
    filled: dict[str, Future[None]] = field(default_factory=dict)
    gates: dict[int, str] = field(default_factory=dict)
    handlers: set[str] = field(default_factory=set)
    controllers: set[str] = field(default_factory=set)
    alone: Lock = field(default_factory=Lock)

    def housed(self, layout: Layout) -> Layout:
        """Return a layout with a kernel of its own for the API servers."""
        places = {**layout.places, API: layout.kernels}
        return replace(layout, kernels=layout.kernels + 1, places=places)

    def begin(self, kernel: Kernel, rendered: Rendered, clusters: Iterable[str]) -> None:
        """Start the API servers and give them the objects, while the world is being built."""
        folder = kernel.scratch / "agents"
        components.lay_out(folder)
        for name in SCRIPTS:
            (folder / name).write_text((HERE / name).read_text())
            (folder / name).chmod(0o755)
        (folder / "handler.json").write_text(json.dumps(_kubeconfig({"token": TOKEN})))
        account = {"token": TOKEN, "as": FRR_ACCOUNT}
        (folder / "frr-k8s.json").write_text(json.dumps(_kubeconfig(account)))
        servers = Servers(kernel)
        names = list(clusters)
        servers.start(names)
        self.servers = servers
        pool = ThreadPoolExecutor(max_workers=1)
        for name in names:
            values = rendered.clusters[name].values
            self.filled[name] = pool.submit(servers.fill, name, values)
        pool.shutdown(wait=False)

    def boot(self, kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
        """Boot a node with its MachineConfigs' files, NetworkManager over its devices."""
        self.handlers.discard(node.name)
        self.controllers.discard(node.name)
        write_files(kernel, objects, node)
        self._lead(kernel, node)
        words = ["/lab/agents/node.sh", "boot", node.name]
        kernel.run(words, node=node.name, seconds=BOOT_SECONDS)

    def apply_policies(self, kernel: Kernel, objects: ClusterObjects, running: Running) -> None:
        """Let the handler carry out the policies that are meant for a node."""
        node, servers = running.node, self._ready(objects)
        meant = [one.name for one in objects.policies if one.selector.matches(node.labels)]
        before: dict[str, Enactment] = {}
        if node.name in self.handlers:
            values = [one for one in objects.values if one["kind"] == _POLICY]
            servers.apply(objects.name, values)
        else:
            # After a reboot the handler carries out again what it was told before.
            before = self._enactments(objects.name, node)
            pod = f"nmstate-handler-{node.name}"
            self._join(objects, node, pod, "nmstate")
            words = ["/lab/agents/node.sh", "handler", node.name, pod]
            kernel.run(words, node=node.name)
            self.handlers.add(node.name)
        self._wait(objects.name, node, meant, before)

    def start_frr(self, kernel: Kernel, objects: ClusterObjects, node: Node) -> None:
        """Start FRR as its deployment does: with its start files, then by the controller."""
        meant = [one for one in objects.daemons if one.selector.matches(node.labels)]
        if not meant:
            return
        self._ready(objects)
        if node.name in self.controllers:
            # Its container starts again, over the configuration that the reloader left.
            kept = kernel.run(["cat", f"/etc/frr/{node.name}/frr.conf"], node=node.name).out
            daemons.start(kernel, node.name, kept, meant[0].options)
            return
        daemons.start(kernel, node.name, meant[0].start, meant[0].options)
        pod = f"frr-{node.name}"
        self._join(objects, node, pod, "frr-k8s-system")
        words = ["/lab/agents/node.sh", "frr", node.name, pod]
        kernel.run(words, node=node.name, seconds=FRR_SECONDS)
        self.controllers.add(node.name)
        daemons.stand_beside(kernel, node.name, meant[0].neighbours)

    def _ready(self, objects: ClusterObjects) -> Servers:
        self.filled[objects.name].result()
        assert self.servers is not None  # noqa: S101 - filled by them
        return self.servers

    def _lead(self, kernel: Kernel, node: Node) -> None:
        """Lead a node's loopback to its API server, through its kernel's gate."""
        place = kernel.place(node.name)
        assert self.servers is not None  # noqa: S101 - begun
        with self.alone:  # nodes boot several at once
            if place not in self.gates:
                name = GATE.format(place)
                kernel.namespace(name, beside=node.name)
                self.servers.join(name, 2 + place)
                kernel.run(["sh", "-c", _GATE, "sh", PIPE], node=name)
                self.gates[place] = name
        port = str(self.servers.ports[node.cluster])
        words = ["sh", "-c", _LEAD, "sh", node.name, HOST, port, PIPE]
        kernel.run(words, node=self.gates[place])

    def _join(self, objects: ClusterObjects, node: Node, pod: str, namespace: str) -> None:
        """Show a node and the pod of an agent on it to the API server, as its kubelet does."""
        servers = self._ready(objects)
        labels = {**node.labels, "kubernetes.io/os": "linux", "kubernetes.io/hostname": node.name}
        thing = {"apiVersion": "v1", "kind": "Node"}
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        about = {"name": node.name, "labels": labels}
        held = {"name": "agent", "image": "agent"}
        values: list[dict[str, Any]] = [
            space,
            {**thing, "metadata": about},
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": pod, "namespace": namespace, "labels": COMPONENT[namespace]},
                "spec": {"nodeName": node.name, "hostNetwork": True, "containers": [held]},
            },
        ]
        for value in values:
            servers.apply(node.cluster, [value])
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        status = {"conditions": [ready]}
        named = {"metadata": {"name": node.name}}
        servers.status(node.cluster, {**thing, **named, "status": status})

    def _enactments(self, cluster: str, node: Node) -> dict[str, Enactment]:
        assert self.servers is not None  # noqa: S101 - filled
        paths = [{"method": "GET", "path": path} for path in (ENACTMENTS, POLICIES)]
        (_, listed), (_, policies) = self.servers.ask(cluster, [paths])
        return enactments(node.name, listed, policies)

    def _wait(
        self, cluster: str, node: Node, policies: list[str], before: Mapping[str, Enactment]
    ) -> None:
        """Wait until each policy is carried out on a node; AgentError says what became of it."""
        deadline = time.monotonic() + APPLIED_SECONDS
        while True:
            now = self._enactments(cluster, node)
            found = {name: one for name, one in now.items() if one != before.get(name)}
            failed = {name: one.why for name, one in found.items() if one.why and not one.done}
            missing = [name for name in policies if name not in found or not found[name].done]
            if missing and time.monotonic() > deadline:
                failed = dict.fromkeys(missing, f"not carried out in {APPLIED_SECONDS} s")
            if failed:
                raise _refused(node, failed)
            if not missing:
                return
            time.sleep(SIGHT_SECONDS)


@dataclass(frozen=True, slots=True)
class Enactment:
    """Whether a policy is carried out on a node, why it cannot be, and when that was said."""

    done: bool
    why: str = ""
    said: str = ""


_POLICY = "NodeNetworkConfigurationPolicy"


def _refused(node: Node, failed: Mapping[str, str]) -> AgentError:
    """Return an error that names each policy that a node did not carry out, and why."""
    error = AgentError("\n".join(f"{node.name}: {name}: {why}" for name, why in failed.items()))
    for name in failed:
        error.add_note(f"{_POLICY}/{name}")  # what an error is about, as `Source` writes it
    return error


def enactments(
    node: str, listed: Mapping[str, Any], policies: Mapping[str, Any]
) -> dict[str, Enactment]:
    """Return a node's enactments by policy, those of the policies as they are now."""
    generations = {
        one["metadata"]["name"]: one["metadata"]["generation"] for one in policies["items"]
    }
    found = {}
    for one in listed["items"]:
        where, _, policy = one["metadata"]["name"].partition(".")
        status = one.get("status", {})
        if where != node or status.get("policyGeneration") != generations.get(policy):
            continue
        conditions = {
            each["type"]: each
            for each in status.get("conditions", [])
            if each["status"] == "True" and each.get("reason") != RETRYING
        }
        wrong = conditions.get("Failing") or conditions.get("Aborted") or {}
        said = max((each.get("lastHeartbeatTime", "") for each in conditions.values()), default="")
        why = _short(wrong.get("message", "") or wrong.get("reason", ""))
        found[policy] = Enactment("Available" in conditions, why, said)
    return found


def _short(message: str) -> str:
    """Return what nmstate says is wrong, out of all that the handler tells with it."""
    found = NMSTATE_SAYS.findall(message)
    return found[-1].strip() if found else message[:LONGEST]


def _kubeconfig(user: Mapping[str, str]) -> dict[str, Any]:
    address = f"https://{gate.LOOPBACK}:{gate.API}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "lab", "cluster": {"server": address, "insecure-skip-tls-verify": True}}
        ],
        "users": [{"name": "lab", "user": dict(user)}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        "current-context": "lab",
    }
