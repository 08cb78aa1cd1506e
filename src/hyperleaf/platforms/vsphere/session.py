"""A vCenter becomes a session: questions in few calls, changes sent once, refusals as findings.

No password is in any message; TLS is always verified (SSL_CERT_FILE names an authority of one's
own).
"""

from __future__ import annotations

import contextlib
import re
import ssl
import time
import weakref
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, unquote
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

from pyVmomi import vim, vmodl
from pyVmomi.SoapAdapter import SoapStubAdapter
from pyVmomi.VmomiSupport import GetServiceVersions, versionIdMap

from hyperleaf.platforms.errors import AccessError, PlatformError, told
from hyperleaf.platforms.vsphere.credentials import Login, read_login

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.steps import Step, Tell, World

    # Property paths by kind of managed object.
    Wanted = Mapping[Any, Sequence[str]]

CONNECT_SECONDS = 20.0
# A busy vCenter may take a minute to list thousands of machines.
ANSWER_SECONDS = 120.0
SETTLE_SECONDS = 20.0
# Questions, not changes, are asked again when a connection breaks.
_ATTEMPTS: Final = 3
_PAUSE_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 2.0
_GOODBYE_SECONDS: Final = 3.0
_PORT: Final = 443
# Idle connections are cut by firewalls long before pyVmomi forgets them.
_IDLE_SECONDS: Final = 50
_NEEDED: Final = (6, 7)
_AGAIN: Final = "the same command goes on where it stopped"
Made = TypeVar("Made")
_query: Any = vmodl.query.PropertyCollector


@dataclass(frozen=True, slots=True)
class Thing:
    """A managed object as it was read: `values` by property path, without what it has not."""

    ref: Any
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, as people write it: vCenter keeps slashes in names as %2f."""
        return unquote(str(self.values.get("name", "")))

    def get(self, path: str) -> Any:
        """Return a property, None where it has none."""
        return self.values.get(path)


class GoneError(PlatformError):
    """An object is not there any more."""

    def __init__(self, finding: Finding, ref: Any) -> None:
        super().__init__(finding)
        self.ref = ref


@dataclass(slots=True, weakref_slot=True)
class Session:
    """Speaks with one vCenter; `hidden` are words that no message repeats."""

    server: str
    content: Any = field(repr=False)
    stub: Any = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def within(self, container: Any, wanted: Wanted, step: Step | None = None) -> list[Thing]:
        """Read properties of everything of some kinds below a folder or datacenter, at once."""
        what = f"looking into {self.server}"
        manager = self.content.viewManager
        view = self.ask(
            what, lambda: manager.CreateContainerView(container, list(wanted), recursive=True), step
        )
        try:
            traversal = _query.TraversalSpec(name="view", path="view", skip=False, type=type(view))
            start = _query.ObjectSpec(obj=view, skip=True, selectSet=[traversal])
            return self._read([start], wanted, step)
        finally:
            with contextlib.suppress(Exception):  # it ends with the session
                view.DestroyView()

    def of(self, refs: Sequence[Any], wanted: Wanted, step: Step | None = None) -> list[Thing]:
        """Read properties of some objects, at once; those that are gone are left out."""
        left = list(refs)
        while left:
            try:
                return self._read([_query.ObjectSpec(obj=one) for one in left], wanted, step)
            except GoneError as error:  # vCenter answers for none where one is gone
                if error.ref not in left:
                    raise
                left.remove(error.ref)
        return []

    def _read(self, starts: list[Any], wanted: Wanted, step: Step | None) -> list[Thing]:
        paths = [
            _query.PropertySpec(type=kind, pathSet=list(each), all=False)
            for kind, each in wanted.items()
        ]
        asked = [
            _query.FilterSpec(objectSet=starts, propSet=paths, reportMissingObjectsInResults=True)
        ]
        collector, what = self.content.propertyCollector, f"reading from {self.server}"
        answer = self.ask(
            what, lambda: collector.RetrievePropertiesEx(asked, _query.RetrieveOptions()), step
        )
        made: list[Thing] = []
        while answer is not None:
            for one in answer.objects:
                values = {each.name: each.val for each in one.propSet}
                if values:
                    made.append(Thing(one.obj, values))
            if not answer.token:
                break
            token = answer.token
            # The next page cannot be asked for twice.
            with asking(self, what, step):
                answer = collector.ContinueRetrievePropertiesEx(token)
        return made

    def ask(self, what: str, question: Callable[[], Any], step: Step | None = None) -> Any:
        """Return the answer to a question, which is asked again when the connection breaks."""
        for attempt in range(1, _ATTEMPTS + 1):
            with asking(self, what, step):
                try:
                    return question()
                except (ConnectionError, HTTPException):
                    if attempt == _ATTEMPTS:
                        raise
            time.sleep(_PAUSE_SECONDS * attempt)
        raise AssertionError

    def change(self, what: str, call: Callable[[], Any], step: Step | None = None) -> Any:
        """Send a change, once: whether it came through is seen by looking again."""
        with asking(self, what, step):
            return call()

    def finish(
        self, what: str, task: Any, tell: Tell, timeout: float, step: Step | None = None
    ) -> Any:
        """Wait for a task and return its result; PlatformError where it fails or takes too long."""
        ends, pause, last = time.monotonic() + timeout, 0.1, what
        paths: Wanted = {vim.Task: ("info.state", "info.progress", "info.error", "info.result")}
        while True:
            found = self.of([task], paths, step)
            state = str(found[0].get("info.state")) if found else "error"
            if state == "success":
                return found[0].get("info.result")
            if state == "error":
                error = found[0].get("info.error") if found else None
                said = _said(error) if error is not None else "vCenter knows no more of it"
                message = self.scrubbed(f"{what}: {said}")
                raise PlatformError(told("HL1407", message, _AGAIN, step=step))
            if time.monotonic() > ends:
                message = f"{what} is not done within {timeout:.0f} s"
                raise PlatformError(told("HL1408", message, f"{_AGAIN}: it waits on", step=step))
            progress = found[0].get("info.progress")
            going = f"{what}: {progress} %" if progress else what
            if going != last:
                tell(going)
                last = going
            time.sleep(pause)
            pause = min(pause * 1.5, _POLL_SECONDS)

    def scrubbed(self, text: str) -> str:
        """Return a text without the password, however it was written."""
        for word in self.hidden:
            text = text.replace(word, "(hidden)")
        return " ".join(text.split())


def settled(look: Callable[[], Made], is_settled: Callable[[Made], bool]) -> Made:
    """Return what looking shows once it is settled, or after a while all the same.

    What a host has done is in vCenter's own inventory a moment later.
    """
    ends, pause = time.monotonic() + SETTLE_SECONDS, 0.2
    while True:
        made = look()
        if is_settled(made) or time.monotonic() > ends:
            return made
        time.sleep(pause)
        pause = min(pause * 2, _POLL_SECONDS)


def session_of(world: World, inputs: Mapping[str, Any], step: Step | None = None) -> Session:
    """Return the session with a step's vCenter, which all carriers share; raises AccessError."""
    server = str(inputs["server"])
    key = f"vsphere {server}"
    if key not in world.shared:
        world.shared[key] = connect(server, read_login(inputs.get("credential"), step), step)
    made: Session = world.shared[key]
    return made


def connect(server: str, login: Login, step: Step | None = None) -> Session:
    """Log in at a vCenter (`HOST` or `HOST:PORT`); AccessError says what is in the way."""
    host, port = _address(server)
    words = (login.password, quote(login.password), escape(login.password))
    session = Session(server, None, None, tuple(sorted(set(words), key=len, reverse=True)))
    with asking(session, f"logging in at {server}", step):
        trusted = ssl.create_default_context()
        stub: Any = _stub(host, port, _version(host, port, trusted, server, step), trusted)
        root: Any = vim.ServiceInstance
        content = root("ServiceInstance", stub).RetrieveContent()
        if content.about.apiType != "VirtualCenter":
            raise AccessError(
                told("HL1440", f"{server} is a single host ({content.about.name})", step=step)
            )
        content.sessionManager.Login(login.user, login.password, None)
    session.content, session.stub = content, stub
    # vCenter has room for so many sessions; one that is not ended stays for half an hour.
    weakref.finalize(session, _end, content, stub)
    return session


def _end(content: Any, stub: Any) -> None:
    """Log out, unless that takes long: the command has ended, and the session ends by itself."""
    with contextlib.suppress(Exception):
        stub.DropConnections()
        stub.schemeArgs["timeout"] = _GOODBYE_SECONDS
        content.sessionManager.Logout()
    with contextlib.suppress(Exception):
        stub.DropConnections()


def _address(server: str) -> tuple[str, int]:
    found = re.fullmatch(r"\[?([^\]]+?)\]?(?::(\d+))?", server)
    if server.count(":") > 1 and not server.startswith("["):  # an IPv6 address without a port
        return server, _PORT
    return (found[1], int(found[2] or _PORT)) if found else (server, _PORT)


def _stub(host: str, port: int, version: str, trusted: ssl.SSLContext) -> Any:
    make: Any = SoapStubAdapter
    return make(
        host=host,
        port=port,
        version=version,
        path="/sdk",
        sslContext=trusted,
        httpConnectionTimeout=ANSWER_SECONDS,
        connectionPoolTimeout=_IDLE_SECONDS,
    )


def _version(host: str, port: int, trusted: ssl.SSLContext, server: str, step: Step | None) -> str:
    """Return the newest version of the API that the vCenter and pyVmomi both speak.

    pyVmomi's own way of finding out has no time limit.
    """
    door = HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=trusted)
    try:
        door.request("GET", "/sdk/vimServiceVersions.xml")
        answer = door.getresponse()
        text = answer.read(1 << 20).decode(errors="replace")
    finally:
        door.close()
    if answer.status in {502, 503, 504}:
        raise HTTPException(f"{answer.status} {answer.reason}")
    spoken = set(re.findall(r"<version>\s*([\w.]+)\s*</version>", text))
    ours: Any = GetServiceVersions
    for one in ours("vim25"):
        known = str(versionIdMap.get(one, ""))
        if known in spoken:
            if tuple(int(part) for part in known.split(".")[:2]) < _NEEDED:
                message = f"{server} speaks version {known} of vSphere's API, 6.7 is needed"
                raise AccessError(told("HL1440", message, step=step))
            return str(one)
    message = f"what answers at {server} is no vCenter (HTTP {answer.status})"
    raise AccessError(told("HL1440", message, step=step))


@contextlib.contextmanager
def asking(session: Session, what: str, step: Step | None = None) -> Iterator[None]:
    """Turn whatever vCenter or the way to it refuses within the block into a PlatformError."""
    try:
        yield
    except PlatformError:
        raise
    except (vmodl.MethodFault, OSError, HTTPException, ExpatError) as error:
        raise _told(session, what, error, step) from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # What pyVmomi makes of an answer with types that it does not know.
        said = session.scrubbed(f"{type(error).__name__}: {error}")
        message = f"{what}: what {session.server} answers cannot be read ({said})"
        hint = "install a pyVmomi as new as the vCenter: pip install --upgrade pyvmomi"
        raise PlatformError(told("HL1406", message, hint, step=step)) from error


def _told(session: Session, what: str, error: Exception, step: Step | None) -> PlatformError:
    """Return an error of ours for what vCenter answered, or for the lack of an answer."""
    server = session.server
    if isinstance(error, vim.fault.InvalidLogin):
        message = f"{server} does not accept user name and password"
        return AccessError(told("HL1403", message, "mend the credential", step=step))
    if isinstance(error, vim.fault.NotAuthenticated):
        message = f"{what}: {server} has ended the session"
        return AccessError(told("HL1404", message, _AGAIN, step=step))
    if isinstance(error, vim.fault.NoPermission):
        where = getattr(error.object, "_moId", "")
        message = f"{what}: the privilege {error.privilegeId} is missing (on {where})"
        hint = "have it granted, then run the same command again: it goes on from here"
        return PlatformError(told("HL1405", session.scrubbed(message), hint, step=step))
    if isinstance(error, vmodl.fault.ManagedObjectNotFound):
        message = f"{what}: somebody has deleted it meanwhile"
        return GoneError(told("HL1406", message, _AGAIN, step=step), error.obj)
    if isinstance(error, vmodl.MethodFault):
        message = session.scrubbed(f"{what}: {_said(error)}")
        return PlatformError(told("HL1406", message, step=step))
    hint = f"look at the network; {_AGAIN}"
    if isinstance(error, ssl.SSLCertVerificationError):
        said = f"its certificate is not trusted: {error.verify_message}"
        hint = "name the authority's certificate (vCenter offers it at /certs) by SSL_CERT_FILE"
    elif isinstance(error, TimeoutError):
        said = "it did not answer in time"
    elif isinstance(error, ExpatError):
        said = "what answers is no vCenter's"
    else:
        said = session.scrubbed(str(error)) or type(error).__name__
    message = f"{what}: {server} does not answer: {said}"
    return AccessError(told("HL1404", message, hint, step=step))


def _said(fault: Any) -> str:
    """Return vCenter's own words of a fault, and its kind."""
    kind = type(fault).__name__.rpartition(".")[2]
    more = [
        str(each.message) for each in getattr(fault, "faultMessage", None) or () if each.message
    ]
    words = [str(getattr(fault, "msg", "") or ""), *more]
    named = getattr(fault, "name", None) or getattr(fault, "invalidProperty", None)
    stated = "; ".join(dict.fromkeys(one for one in words if one))
    return f"{kind}{f' ({named})' if named else ''}{f': {stated}' if stated else ''}"
