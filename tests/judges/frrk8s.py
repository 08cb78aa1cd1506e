"""Turns FRRConfigurations into a node's FRR configuration by the real frr-k8s controller."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from judges import cache
from judges.processes import running, tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from judges.apiserver import ApiServer, Object

CRDS = tuple(
    f"{plural}.frrk8s.metallb.io"
    for plural in ("frrconfigurations", "frrnodestates", "frrk8sconfigurations", "bgpsessionstates")
)
WAIT_SECONDS = 60
# The controller writes to /etc/frr_reloader and wakes the process that reloader.pid names: here a
# folder of ours lies over /etc, and the process is the controller itself, deaf to that signal.
_START = """
trap '' HUP
mount --bind "$1" /etc
echo $$ > /etc/frr_reloader/reloader.pid
shift
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class Converted:
    """What the controller made of a node's FRRConfigurations.

    `conversion` is FRRNodeState's lastConversionResult: `success`, or `failed: ...` with no text.
    """

    frr_conf: str
    conversion: str
    node_state: Object


@dataclass(frozen=True, slots=True)
class FrrK8s:
    """The controller, run for one node at a time against an API server."""

    server: ApiServer

    def convert(
        self, node: Object, configurations: Iterable[Object], secrets: Iterable[Object] = ()
    ) -> Converted:
        """Run the controller for a Node (its labels matter) until it has decided.

        Objects go to a namespace of this call alone, the only one that the controller reads, and
        are deleted afterwards. ValueError when the API server refuses one of them.
        """
        namespace = f"frr-{uuid.uuid4().hex[:8]}"
        self.server.load_crds(CRDS)
        self.server.ensure_namespace(namespace)
        moved = [
            each | {"metadata": each["metadata"] | {"namespace": namespace}}
            for each in (*secrets, *configurations)
        ]
        with ExitStack() as stack:
            stack.enter_context(self._applied([node, *moved]))
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="judge-frr-k8s-")))
            etc = home / "etc"
            (etc / "frr_reloader").mkdir(parents=True)
            (etc / "hosts").write_text("127.0.0.1 localhost\n")
            (etc / "passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
            log = home / "log"
            command = self._command(etc, node["metadata"]["name"], namespace)
            started = stack.enter_context(running(command, log))
            deadline = time.monotonic() + WAIT_SECONDS
            while time.monotonic() < deadline and started.poll() is None:
                if decided := self._decided(node, etc / "frr_reloader" / "frr.conf"):
                    return decided
                time.sleep(0.1)
            raise TimeoutError(f"the frr-k8s controller decided nothing:\n{tail(log)}")

    def _command(self, etc: Path, node: str, namespace: str) -> list[str | Path]:
        own_user = [] if os.geteuid() == 0 else ["--map-root-user"]
        return [
            *("unshare", "--mount", *own_user, "sh", "-euc", _START, "sh"),
            etc,
            *(cache.folder("frr-k8s") / "frr-k8s-controller", "-kubeconfig"),
            *(self.server.kubeconfig, "-namespace", namespace, "-node-name", node),
            *("-pod-name", f"frr-{node}", "-metrics-bind-address", "0"),
            *("-health-probe-bind-address", "0", "-bgp-debounce-timeout", "100"),
        ]

    def _decided(self, node: Object, written: Path) -> Converted | None:
        name = node["metadata"]["name"]
        state = {"apiVersion": "frrk8s.metallb.io/v1beta1", "kind": "FRRNodeState"}
        code, found = self.server.get(state | {"metadata": {"name": name}})
        status = found.get("status", {}) if code == 200 else {}
        conversion = status.get("lastConversionResult", "")
        if conversion.startswith("failed"):
            return Converted("", conversion, found)
        if conversion and written.exists() and (text := written.read_text()):
            return Converted(text, conversion, found)
        return None

    @contextmanager
    def _applied(self, things: list[Object]) -> Iterator[None]:
        done = []
        try:
            for thing in things:
                status, answer = self.server.apply(thing)
                if status not in {200, 201}:
                    name = f"{thing['kind']} {thing['metadata']['name']}"
                    raise ValueError(f"{name}: {answer.get('message')}")
                done.append(thing)
            yield
        finally:
            state = {"apiVersion": "frrk8s.metallb.io/v1beta1", "kind": "FRRNodeState"}
            self.server.delete(state | {"metadata": {"name": things[0]["metadata"]["name"]}})
            for thing in reversed(done):
                self.server.delete(thing)
