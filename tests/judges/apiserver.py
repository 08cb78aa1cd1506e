"""A kube-apiserver with upstream's CRDs on loopback, to judge objects by server-side apply."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from judges import cache
from judges.processes import free_port, running, tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TOKEN = "judge"  # noqa: S105 - of a server that lives for one test run, on loopback
STRANGER = "stranger-without-rights"
READY_SECONDS = 120
ESTABLISHED_SECONDS = 120
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# Each request once, when it has been answered.
AUDIT = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, verbs: [get, list, watch]}
- {level: Metadata}
"""
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """Where objects of one kind live in the API."""

    path: str
    plural: str
    namespaced: bool


@dataclass(slots=True)
class ApiServer:
    """A client of the running server; safe to use from several threads."""

    port: int
    kubeconfig: Path
    audit: Path
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _local: threading.local = field(default_factory=threading.local)
    _resources: dict[tuple[str, str], Resource] = field(default_factory=dict)

    def request(
        self, method: str, path: str, body: object = None, content: str = "application/json"
    ) -> tuple[int, Object]:
        """Send one request; return the HTTP status and the decoded answer."""
        text = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": content}
        for attempt in (1, 2):
            connection = self._connection()
            try:
                connection.request(method, path, text, headers)
                answer = connection.getresponse()
                raw = answer.read()
            except (http.client.HTTPException, ConnectionError, ssl.SSLEOFError):
                connection.close()
                if attempt == 2:
                    raise
                continue
            break
        decoded = json.loads(raw) if raw.startswith(b"{") else {"message": raw.decode()}
        return answer.status, decoded

    def _connection(self) -> http.client.HTTPSConnection:
        if not hasattr(self._local, "connection"):
            # Its certificate is made at start and known to nobody; the address is loopback.
            context = ssl._create_unverified_context()  # noqa: S323
            self._local.connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=120, context=context
            )
        connection: http.client.HTTPSConnection = self._local.connection
        return connection

    def resource(self, api_version: str, kind: str) -> Resource | None:
        """Look a kind up by discovery, loading its CRD at first use; None when there is none."""
        with self._lock:
            if (api_version, kind) not in self._resources:
                self._discover(api_version)
            if (api_version, kind) not in self._resources:
                group = api_version.partition("/")[0]
                self.load_crds(
                    entry["name"]
                    for entry in index()
                    if (entry["group"], entry["kind"]) == (group, kind)
                )
                self._discover(api_version)
            return self._resources.get((api_version, kind))

    def _discover(self, api_version: str) -> None:
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        _, answer = self.request("GET", path)
        for each in answer.get("resources", ()):
            if "/" not in each["name"]:
                found = Resource(path, each["name"], each["namespaced"])
                self._resources[api_version, each["kind"]] = found

    def path_of(self, thing: Object) -> str | None:
        """Return the path of an object, the namespace `default` where it says none."""
        resource = self.resource(thing["apiVersion"], thing["kind"])
        if resource is None:
            return None
        namespace = thing["metadata"].get("namespace", "default")
        middle = f"/namespaces/{quote(namespace)}" if resource.namespaced else ""
        return f"{resource.path}{middle}/{resource.plural}/{quote(thing['metadata']['name'])}"

    def apply(
        self,
        thing: Object,
        *,
        force: bool = True,
        dry_run: bool = False,
        manager: str = "hyperleaf",
    ) -> tuple[int, Object]:
        """Apply an object server-side; unknown and repeated fields are refused (Strict).

        A kind that is not served answers 404 here, without a request.
        """
        path = self.path_of(thing)
        if path is None:
            return 404, {"message": f"no kind {thing['apiVersion']} {thing['kind']}"}
        query = f"?fieldManager={manager}&fieldValidation=Strict&force={str(force).lower()}"
        query += "&dryRun=All" if dry_run else ""
        return self.request("PATCH", path + query, thing, "application/apply-patch+yaml")

    def get(self, thing: Object) -> tuple[int, Object]:
        """Read the object that has this one's kind, name and namespace."""
        path = self.path_of(thing)
        return self.request("GET", path) if path else (404, {"message": "no such kind"})

    def delete(self, thing: Object) -> tuple[int, Object]:
        """Delete the object that has this one's kind, name and namespace."""
        path = self.path_of(thing)
        return self.request("DELETE", path) if path else (404, {"message": "no such kind"})

    def ensure_namespace(self, name: str) -> None:
        """Create a namespace unless it is there."""
        head = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        status, answer = self.apply(head)
        if status not in {200, 201}:
            raise RuntimeError(f"namespace {name}: {answer.get('message')}")

    def load_crds(self, names: Iterable[str]) -> None:
        """Create CRDs by name (`<plural>.<group>`) and wait until each is served."""
        folder = cache.folder("crds")
        crds = [json.loads((folder / f"{name}.json").read_text()) for name in names]
        specs: list[Object] = [crd["spec"] for crd in crds]
        with ThreadPoolExecutor(4) as pool:
            for crd, (status, answer) in zip(crds, pool.map(self._create, crds), strict=True):
                if status not in {201, 409}:
                    raise RuntimeError(f"{crd['metadata']['name']}: {answer.get('message')}")
            list(pool.map(self._wait_until_served, crds))
        # Discovery lags behind what is served, so it is not asked here.
        for spec in specs:
            named, namespaced = spec["names"], spec["scope"] == "Namespaced"
            for version in spec["versions"]:
                group_version = f"{spec['group']}/{version['name']}"
                found = Resource(f"/apis/{group_version}", named["plural"], namespaced)
                self._resources[group_version, named["kind"]] = found

    def _create(self, crd: Object) -> tuple[int, Object]:
        # Creating is enough here and several times faster than applying.
        crd.setdefault("metadata", {}).pop("creationTimestamp", None)
        crd.pop("status", None)
        return self.request("POST", CRDS, crd)

    def _wait_until_served(self, crd: Object) -> None:
        # Listing its objects succeeds only once the definition is Established, and is a tenth of
        # the work of reading the definition itself.
        spec = crd["spec"]
        version = next(each["name"] for each in spec["versions"] if each["served"])
        path = f"/apis/{spec['group']}/{version}/{spec['names']['plural']}?limit=1"
        deadline = time.monotonic() + ESTABLISHED_SECONDS
        while self.request("GET", path)[0] != 200:
            if time.monotonic() > deadline:
                name = crd["metadata"]["name"]
                _, answer = self.request("GET", f"{CRDS}/{name}")
                conditions = answer.get("status", {}).get("conditions")
                raise TimeoutError(f"{name}: not served in {ESTABLISHED_SECONDS} s: {conditions}")
            time.sleep(0.2)


def index() -> list[Object]:
    """Return what is known of each CRD: name, group, kind, scope, versions, module, version."""
    listed: list[Object] = json.loads((cache.folder("crds") / "index.json").read_text())
    return listed


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Run etcd and kube-apiserver in a temporary folder until the block ends.

    CRDs come with the first object of their kind: all sixty at once cost 20 s of CPU.
    """
    binaries = cache.folder("apiserver")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="judge-api-")))
        users = f"{TOKEN},judge,judge,system:masters\n{STRANGER},stranger,stranger\n"
        (home / "tokens.csv").write_text(users)
        (home / "audit.yaml").write_text(AUDIT)
        etcd_port, peer_port, port = free_port(), free_port(), free_port()
        _write_key(home)
        stack.enter_context(running(_etcd(binaries, home, etcd_port, peer_port), home / "etcd.log"))
        command = _kube_apiserver(binaries, home, etcd_port, port)
        started = stack.enter_context(running(command, home / "apiserver.log"))
        server = ApiServer(port, home / "kubeconfig", home / "audit.log")
        _write_kubeconfig(server)
        deadline = time.monotonic() + READY_SECONDS
        while not _ready(server):
            if started.poll() is not None or time.monotonic() > deadline:
                logs = tail(home / "apiserver.log") + "\n" + tail(home / "etcd.log", 5)
                raise RuntimeError(f"kube-apiserver is not ready:\n{logs}")
            time.sleep(0.1)
        yield server


def _etcd(binaries: Path, home: Path, port: int, peer_port: int) -> list[str | Path]:
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return [
        *(binaries / "etcd", "--unsafe-no-fsync", "--data-dir", home / "etcd"),
        *("--listen-client-urls", client, "--advertise-client-urls", client),
        *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", f"default={peer}", "--log-level", "warn"),
    ]


def _kube_apiserver(binaries: Path, home: Path, etcd_port: int, port: int) -> list[str | Path]:
    return [
        binaries / "kube-apiserver",
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        *("--bind-address=127.0.0.1", f"--secure-port={port}", f"--cert-dir={home / 'certs'}"),
        *(f"--token-auth-file={home / 'tokens.csv'}", "--authorization-mode=RBAC"),
        *("--service-cluster-ip-range=10.96.0.0/24", "--service-account-issuer=https://judge"),
        f"--service-account-key-file={home / 'service-account.key'}",
        f"--service-account-signing-key-file={home / 'service-account.key'}",
        *(f"--audit-policy-file={home / 'audit.yaml'}", f"--audit-log-path={home / 'audit.log'}"),
        # Nobody makes service accounts here, and pods are never run.
        "--disable-admission-plugins=ServiceAccount",
        "--endpoint-reconciler-type=none",
    ]


def _ready(server: ApiServer) -> bool:
    try:
        return server.request("GET", "/readyz")[0] == 200
    except OSError:
        return False


def _write_key(home: Path) -> None:
    """Make a throw-away RSA key for service-account tokens."""
    key = home / "service-account.key"
    command = ["openssl", "genrsa", "-out", str(key), "2048"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _write_kubeconfig(server: ApiServer) -> None:
    """Write a kubeconfig as JSON, which is YAML, for the controllers under test."""
    cluster = {"server": f"https://127.0.0.1:{server.port}", "insecure-skip-tls-verify": True}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "judge", "cluster": cluster}],
        "users": [{"name": "judge", "user": {"token": TOKEN}}],
        "contexts": [{"name": "judge", "context": {"cluster": "judge", "user": "judge"}}],
        "current-context": "judge",
    }
    server.kubeconfig.write_text(json.dumps(config))
