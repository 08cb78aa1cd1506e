"""What goes wrong with a cluster becomes a finding: what it is, where it stands, what to do."""

from __future__ import annotations

from hyperleaf.findings import Finding, FoundError, Place, Severity


class ClusterError(FoundError):
    """Something about a cluster that ends the work."""


class AccessError(ClusterError):
    """The cluster cannot be spoken to: a kubeconfig, a network or a server is in the way."""


class AnswerError(ClusterError):
    """The API server said no; `status` is HTTP's, `causes` are Kubernetes' own."""

    def __init__(
        self,
        finding: Finding,
        status: int,
        reason: str = "",
        causes: tuple[dict[str, str], ...] = (),
    ) -> None:
        super().__init__(finding)
        self.status = status
        self.reason = reason
        self.causes = causes


def told(  # noqa: PLR0913 - the parts of a finding
    code: str,
    message: str,
    hint: str = "",
    *,
    file: str = "",
    line: int = 1,
    document: str = "",
    path: str = "",
    severity: Severity = Severity.ERROR,
) -> Finding:
    """Return a finding about a line of a file."""
    return Finding(Place(file, line, 1), code, message, hint, path, document, severity)
