"""What an API server refuses, or its silence, becomes a finding in which no credential stands."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from urllib3 import exceptions

from hyperleaf.cluster.errors import AccessError, AnswerError, told

if TYPE_CHECKING:
    from collections.abc import Collection

    from hyperleaf.cluster.kubeconfig import Access

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_CONFLICT = 409
HIDDEN = "(hidden)"
# Shorter words would hide half of every sentence.
_LEAST = 6


def hide(text: str, words: Collection[str]) -> str:
    """Return a text without the words, as they are and in base64.

    >>> hide("token abcdefgh is wrong", {"abcdefgh"})
    'token (hidden) is wrong'
    """
    for word in sorted(words, key=len, reverse=True):
        encoded = base64.b64encode(word.encode()).decode()
        for one in (word, word.strip(), encoded):
            if len(one) >= _LEAST:
                text = text.replace(one, HIDDEN)
    return text


def unreachable(access: Access, error: Exception) -> AccessError:
    """Return the error of a server that does not answer."""
    why, hint = _reason(error)
    return AccessError(
        told(
            "HL1202",
            f"{access.server} (context {access.context!r}) does not answer: {why}",
            hint,
        )
    )


_AGAIN = "when it is back, the same command goes on where this one stopped"
# The first that fits: some errors of connections are of several of these kinds.
_REASONS: tuple[tuple[type[Exception], str, str], ...] = (
    (
        exceptions.SSLError,
        "its certificate is not trusted",
        "check certificate-authority-data and tls-server-name of the kubeconfig",
    ),
    (
        exceptions.NameResolutionError,
        "its name is not known",
        "check the server's name and this machine's DNS",
    ),
    (
        exceptions.ProxyError,
        "the proxy does not let us through",
        "check proxy-url, HTTPS_PROXY and NO_PROXY",
    ),
    # Of ConnectTimeoutError too, though nothing timed out.
    (exceptions.NewConnectionError, "there is no way to it", _AGAIN),
    (exceptions.ConnectTimeoutError, "no connection within 10 s", _AGAIN),
    (exceptions.ReadTimeoutError, "no answer within 60 s", _AGAIN),
    (Exception, "the connection broke", _AGAIN),
)


def is_refused(error: Exception) -> bool:
    """Tell whether nobody listens where the server should be."""
    return isinstance(error.__cause__, ConnectionRefusedError)


def _reason(error: Exception) -> tuple[str, str]:
    if is_refused(error):
        return "the connection is refused", f"check the server's address; {_AGAIN}"
    return next((why, hint) for kind, why, hint in _REASONS if isinstance(error, kind))


def answer_error(
    access: Access,
    method: str,
    path: str,
    answer: tuple[int, dict[str, Any]],
    hidden: Collection[str],
) -> AnswerError | AccessError:
    """Return the error of an answer that is none of ours to mend by asking again."""
    status, body = answer
    said = hide(str(body.get("message") or f"HTTP status {status}"), hidden)
    reason = str(body.get("reason") or "")
    details = body.get("details") or {}
    causes = tuple(
        {key: hide(str(value), hidden) for key, value in one.items()}
        for one in details.get("causes") or ()
    )
    if status == _UNAUTHORIZED:
        return AccessError(
            told(
                "HL1203",
                f"{access.server} does not accept the credentials of context {access.context!r}",
                "log in anew; a token may have run out",
            )
        )
    if status == _FORBIDDEN and reason == "Forbidden" and "cannot" in said:
        return AnswerError(
            told(
                "HL1204",
                f"a right is missing: {said}",
                "have somebody grant it by a Role or ClusterRole, then run this again",
            ),
            status,
            reason,
        )
    code = "HL1207" if status == _CONFLICT and causes else "HL1206"
    where = f"{method} {path.partition('?')[0]}"
    finding = told(code, f"the cluster refuses {where}: {said}")
    return AnswerError(finding, status, reason, causes)
