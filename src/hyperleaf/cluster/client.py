"""Requests of a cluster's API become plain objects, or findings that say what was in the way."""

from __future__ import annotations

import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning, SSLError

from hyperleaf.cluster.answers import answer_error, is_refused, unreachable
from hyperleaf.cluster.errors import AnswerError
from hyperleaf.cluster.signing import Signer, tls
from hyperleaf.values.rendered import MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hyperleaf.cluster.kubeconfig import Access

Object = dict[str, Any]
Given = TypeVar("Given")
Made = TypeVar("Made")
# Connections that stand at once; as many objects are compared side by side.
CONNECTIONS = 8
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
# As kubectl's chunks: a list of thousands of objects must not time out whole.
PAGE = 500
PATIENCE_SECONDS = 20.0
# Where a server that never answered refuses connections: mostly there is none.
REFUSED_SECONDS = 2.0
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 60.0
# Busy, restarting, or told to come again: the same request is sent again. Not after 500, with which
# server-side apply also refuses unknown fields.
_AGAIN = frozenset({429, 502, 503, 504})
_UNAUTHORIZED = 401
_REFUSED = 400
_NOT_FOUND = 404
_DISCOVERY = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)


@dataclass(frozen=True, slots=True)
class Resource:
    """Where objects of one kind live in the API."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    @property
    def group(self) -> str:
        """The API group, empty for the core one."""
        return self.api_version.rpartition("/")[0]

    @property
    def path(self) -> str:
        """The path of its version of the API."""
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"

    def of(self, namespace: str = "", name: str = "") -> str:
        """Return the path of an object, or of all objects (of a namespace)."""
        middle = f"/namespaces/{quote(namespace)}" if self.namespaced and namespace else ""
        end = f"/{quote(name)}" if name else ""
        return f"{self.path}{middle}/{self.plural}{end}"


@dataclass(slots=True)
class Client:
    """Speaks with one API server; safe to use from several threads.

    `patience_seconds` is how long a server may be away before that is an error: one that rolls out
    new certificates, or the only one of a small cluster, comes back. One that refuses connections
    and has never answered is waited for only REFUSED_SECONDS. `hidden` are words that no error
    repeats.
    """

    access: Access
    patience_seconds: float = field(default_factory=lambda: PATIENCE_SECONDS)
    hidden: set[str] = field(default_factory=set, repr=False)
    _signer: Signer = field(init=False, repr=False)
    _pool: urllib3.PoolManager = field(init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _known: dict[str, dict[str, Resource]] = field(default_factory=dict, repr=False)
    _has_answered: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        self._signer = Signer(self.access)
        self.hidden |= set(self._signer.secrets())
        self._pool = _pool(self.access)

    # Objects

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return an object, or None where there is none."""
        return self._found("GET", resource.of(namespace, name))

    def apply(
        self,
        resource: Resource,
        value: Object,
        *,
        namespace: str,
        is_tried: bool = False,
        is_forced: bool = False,
    ) -> Object:
        """Apply an object server-side as `hyperleaf`; nothing is kept where it is only tried.

        Fields that the kind does not have are refused. Raises AnswerError.
        """
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
        query |= {"force": str(is_forced).lower()}
        query |= {"dryRun": "All"} if is_tried else {}
        path = resource.of(namespace, value["metadata"]["name"])
        return self.request("PATCH", path, query, value, APPLY)

    def merge(self, resource: Resource, namespace: str, name: str, patch: Object) -> Object:
        """Patch an object that is there (RFC 7386); raises AnswerError."""
        path = resource.of(namespace, name)
        return self.request("PATCH", path, {"fieldManager": MANAGER}, patch, MERGE)

    def delete(self, resource: Resource, namespace: str, name: str, uid: str) -> None:
        """Delete the object of that uid, and what it owns after it; one that is gone is fine."""
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        self._found("DELETE", resource.of(namespace, name), body)

    def every(
        self, resource: Resource, namespace: str = "", labels: str = "", *, heads_only: bool = False
    ) -> Iterator[Object]:
        """Yield the objects of a kind, page by page; heads are metadata alone."""
        accept = "application/json"
        if heads_only:
            accept += ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        more = ""
        while True:
            query = {"limit": str(PAGE), "labelSelector": labels, "continue": more}
            stated = {name: value for name, value in query.items() if value}
            answer = self.request("GET", resource.of(namespace), stated, accept=accept)
            yield from answer.get("items") or ()
            more = answer.get("metadata", {}).get("continue", "")
            if not more:
                return

    # What the server has

    def resource(self, api_version: str, kind: str, *, anew: bool = False) -> Resource | None:
        """Look a kind up, asking the server at the first time (or anew); None: not served."""
        with self._lock:
            known = self._known.get(api_version)
        if known is None or (anew and kind not in known):
            known = self._served(api_version)
            with self._lock:
                self._known[api_version] = known
        return known.get(kind)

    def _served(self, api_version: str) -> dict[str, Resource]:
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        answer = self._found("GET", path) or {}
        return {
            one["kind"]: Resource(
                api_version,
                one["kind"],
                one["name"],
                bool(one["namespaced"]),
                frozenset(one.get("verbs", ())),
            )
            for one in answer.get("resources", ())
            if "/" not in one["name"]
        }

    def resources(self) -> Iterator[Resource]:
        """Yield every kind that is served, each in the version that the server prefers."""
        for path in ("/api", "/apis"):
            answer = self.request("GET", path, accept=f"{_DISCOVERY},application/json")
            if answer.get("kind") == "APIGroupDiscoveryList":
                for group in answer.get("items", ()):
                    yield from _of_group(group)
            else:  # before Kubernetes 1.27
                for version in _preferred(answer):
                    yield from self._served(version).values()

    # Requests

    def _found(self, method: str, path: str, body: object = None) -> Object | None:
        try:
            return self.request(method, path, body=body)
        except AnswerError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def request(  # noqa: PLR0913, PLR0917 - the parts of a request
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content: str = "application/json",
        accept: str = "application/json",
    ) -> Object:
        """Send a request until it is answered; return the object that comes back.

        Every request of ours may be sent twice: reading, applying and deleting an object by its
        uid do the same the second time. Raises AccessError and AnswerError.
        """
        url = self.access.server + path + (f"?{urlencode(query)}" if query else "")
        text = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        begins = time.monotonic()
        ends = begins + self.patience_seconds
        pause, is_renewed = 0.2, False
        while True:
            try:
                answer = self._sent(method, url, text, {"Content-Type": content, "Accept": accept})
            except HTTPError as error:
                last = begins + self._patience(error)
                if isinstance(error, SSLError) or time.monotonic() + pause > last:
                    raise unreachable(self.access, error) from None
                answer = None
            if answer is not None:
                self._has_answered = True
                if answer.status < _REFUSED:
                    return _decoded(answer.data)
                if answer.status == _UNAUTHORIZED and not is_renewed and self._signer.renew():
                    is_renewed = True
                    continue
                if answer.status not in _AGAIN or time.monotonic() + pause > ends:
                    raise answer_error(
                        self.access,
                        method,
                        path,
                        (answer.status, _decoded(answer.data)),
                        self.hidden,
                    )
                pause = max(pause, _asked_pause(answer))
            time.sleep(pause)
            pause = min(pause * 2, 5.0) * (0.8 + 0.4 * random.random())  # noqa: S311 - no secret

    def _patience(self, error: HTTPError) -> float:
        short = is_refused(error) and not self._has_answered
        return min(self.patience_seconds, REFUSED_SECONDS) if short else self.patience_seconds

    def _sent(
        self, method: str, url: str, text: bytes | None, headers: dict[str, str]
    ) -> urllib3.BaseHTTPResponse:
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_ANSWER_SECONDS)
        signed = {"User-Agent": MANAGER, **headers, **self._signer.headers()}
        answer = self._pool.request(
            method, url, body=text, headers=signed, retries=False, timeout=timeout
        )
        self.hidden |= set(self._signer.secrets())
        return answer


def side_by_side(function: Callable[[Given], Made], items: Iterable[Given]) -> Iterator[Made]:
    """Yield what comes of each item, in order; what has not begun when one fails, never does."""
    pool = ThreadPoolExecutor(CONNECTIONS)
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(access: Access) -> urllib3.PoolManager:
    how: dict[str, Any] = {"num_pools": 1, "maxsize": CONNECTIONS, "block": True}
    context = tls(access)
    if context is not None:
        how["ssl_context"] = context
    if not access.is_verified:
        # The kubeconfig asks for it; a warning at each request would say nothing new.
        urllib3.disable_warnings(InsecureRequestWarning)
        how |= {"cert_reqs": "CERT_NONE", "assert_hostname": False}
    if access.server_name:
        how |= {"server_hostname": access.server_name, "assert_hostname": access.server_name}
    parts = urlsplit(access.server)
    proxy = access.proxy
    if proxy is None and not proxy_bypass(parts.hostname or ""):
        proxy = getproxies().get(parts.scheme)
    if not proxy:
        return urllib3.PoolManager(**how)
    headers = urllib3.make_headers()
    user = urlsplit(proxy)
    if user.username is not None:
        headers = urllib3.make_headers(proxy_basic_auth=f"{user.username}:{user.password or ''}")
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **how)


def _decoded(raw: bytes) -> Object:
    try:
        value = json.loads(raw)
    except ValueError:
        value = raw.decode(errors="replace")[:200].strip()
    return value if isinstance(value, dict) else {"message": str(value)}


def _asked_pause(answer: urllib3.BaseHTTPResponse) -> float:
    stated = answer.headers.get("Retry-After", "")
    return min(float(stated), 5.0) if stated.isdigit() else 0.0


def _of_group(group: Object) -> Iterator[Resource]:
    """Yield a group's kinds from aggregated discovery, whose versions come preferred first."""
    name, seen = group.get("metadata", {}).get("name", ""), set()
    for version in group.get("versions", ()):
        for one in version.get("resources", ()):
            kind = one.get("responseKind", {}).get("kind", "")
            if kind and one["resource"] not in seen:
                seen.add(one["resource"])
                yield Resource(
                    f"{name}/{version['version']}" if name else version["version"],
                    kind,
                    one["resource"],
                    one.get("scope") == "Namespaced",
                    frozenset(one.get("verbs", ())),
                )


def _preferred(answer: Object) -> Iterator[str]:
    yield from answer.get("versions", ())
    for group in answer.get("groups", ()):
        yield group["preferredVersion"]["groupVersion"]
