"""AWS's services become clients, one for each service and region; what they refuse, findings.

Credentials are boto3's own affair (variables, profiles, roles); they are in no message of ours.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from boto3.session import Session as BotoSession
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from hyperleaf import __version__
from hyperleaf.platforms.errors import AccessError, PlatformError, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.platforms.steps import Step, World

_SHARED: Final = "aws"
# A busy account throttles for a minute and more; the first question is asked less stubbornly,
# as where there is no way to AWS every attempt fails.
_ATTEMPTS: Final = 10
_FIRST_ATTEMPTS: Final = 3
_CONNECT_SECONDS: Final = 10
_ANSWER_SECONDS: Final = 60
_REFUSED_CREDENTIALS: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_FORBIDDEN: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess"}
)
_BUSY: Final = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "Unavailable",
    }
)
_SERVER_FAULT: Final = 500
# IDs of access keys; what IAM encodes of a refused request; a signed request repeated in an error.
_SECRETS: Final = re.compile(
    r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b"
    r"|(?<=failure message: )\S+"
    r"|(?<=//)[^/@\s]+(?=@)"  # who asks a proxy
    r"|(?i:x-amz-security-token|signature|credential)[:=]\s*\S+"
)
_LOGIN: Final = "log in (`aws sso login`), set AWS_PROFILE or name one with --profile"


@dataclass(slots=True)
class Session:
    """Makes clients when they are asked for, and keeps them."""

    profile: str | None = None
    _boto: BotoSession | None = field(default=None, repr=False)
    _clients: dict[tuple[str, str, int], Any] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def client(self, service: str, region: str, attempts: int = _ATTEMPTS) -> Any:
        """Return the client of a service in a region; AccessError without such a profile."""
        key = service, region, attempts
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._made(service, region, attempts)
            return self._clients[key]

    def first(self, service: str, region: str) -> Any:
        """Return a client for the first question of all, which gives up sooner."""
        return self.client(service, region, _FIRST_ATTEMPTS)

    def _made(self, service: str, region: str, attempts: int) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_ANSWER_SECONDS,
            tcp_keepalive=True,
            user_agent_extra=f"hyperleaf/{__version__}",
        )
        with asking(f"{service} in {region}"):
            if self._boto is None:
                self._boto = BotoSession(profile_name=self.profile)
            make: Any = self._boto.client  # one overload for each service
            return make(service, region_name=region, config=config)


def session_of(world: World) -> Session:
    """Return the session that all carriers of a world share."""
    made: Session = world.shared.setdefault(_SHARED, Session(world.profile))
    return made


@contextmanager
def asking(what: str, step: Step | None = None) -> Iterator[None]:
    """Turn whatever AWS or the way to it refuses within the block into a PlatformError.

    `what` names what was asked for, as `stack corp-prod in us-east-1`.
    """
    try:
        yield
    except ClientError as error:
        raise refused(error, what, step) from None
    except BotoCoreError as error:
        raise _unreachable(error, what, step) from None


def code_of(error: ClientError) -> str:
    """Return AWS's own code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """Return AWS's words, without what is secret in them."""
    return scrubbed(str(error.response.get("Error", {}).get("Message", "")))


def scrubbed(text: str) -> str:
    """Return a text without anything that belongs to credentials."""
    return _SECRETS.sub("(hidden)", text)


def refused(error: ClientError, what: str, step: Step | None = None) -> PlatformError:
    """Return what AWS refused as an error of ours."""
    code, said = code_of(error), message_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    asked = f"{what} ({error.operation_name})"
    if code in _REFUSED_CREDENTIALS:
        message = f"AWS does not accept the credentials ({code})"
        return AccessError(told("HL1403", message, _LOGIN, step=step))
    if code in _FORBIDDEN:
        hint = "have the action granted, then run the same command again: it goes on from here"
        return PlatformError(told("HL1405", f"{asked}: {said}", hint, step=step))
    if code in _BUSY or status >= _SERVER_FAULT:
        hint = "run the same command again: it goes on where it stopped"
        message = f"{asked}: AWS kept failing: {code}: {said}"
        return AccessError(told("HL1404", message, hint, step=step))
    return PlatformError(told("HL1406", f"{asked}: {code}: {said}", step=step))


def _unreachable(error: BotoCoreError, what: str, step: Step | None) -> PlatformError:
    without = (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.ProfileNotFound,
        exceptions.InvalidConfigError,
        exceptions.ConfigParseError,
    )
    away = (exceptions.HTTPClientError, exceptions.ConnectionError)
    said = scrubbed(str(error))
    if isinstance(error, exceptions.CredentialRetrievalError):
        said = "whoever hands them out failed"  # and said so in words that may hold them
    if isinstance(error, without):
        return AccessError(told("HL1402", f"there are no credentials for AWS: {said}", _LOGIN))
    if isinstance(error, away):
        hint = "look at the network or a proxy; the same command goes on where it stopped"
        return AccessError(told("HL1404", f"{what}: AWS does not answer: {said}", hint, step=step))
    return PlatformError(told("HL1406", f"{what}: {said}", step=step))
