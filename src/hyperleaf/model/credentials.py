"""Where a cluster's credentials come from, as resolved; the values are read by those who use them.

A `secret` or `external` one is a Secret in the cluster; a `file` or `env` one becomes a Secret
when objects are applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.findings import Origin
    from hyperleaf.spec import credentials as spec

CredentialName = Literal["pullSecret", "sshKey", "cloud"]
CredentialSource = Literal["file", "env", "secret", "external"]
FIELDS: tuple[tuple[CredentialName, str], ...] = (
    ("pullSecret", "pull_secret"),
    ("sshKey", "ssh_key"),
    ("cloud", "cloud"),
)
SOURCES: tuple[CredentialSource, ...] = ("file", "env", "secret", "external")


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential by its name in the language, and where it is.

    `place` is a file's path (from the current folder, or absolute), a variable's name, a Secret's
    name, or the key in a store. `store`, `store_kind` and `part` (of what lies under the key) are
    set where the source is `external`.
    """

    name: CredentialName
    source: CredentialSource
    place: str
    store: str | None = None
    store_kind: str | None = None
    part: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether its value is to be had where a command runs, without a cluster."""
        return self.source in {"file", "env"}


def resolve_credentials(
    written: spec.Credentials | None, origin: Origin
) -> Mapping[CredentialName, Credential]:
    """Return the credentials that are stated, by name; a rule refuses none and several places."""
    return dict(_stated(written, origin)) if written is not None else {}


def _stated(
    written: spec.Credentials, origin: Origin
) -> Iterator[tuple[CredentialName, Credential]]:
    for name, attribute in FIELDS:
        one: spec.Credential | None = getattr(written, attribute)
        source = next((s for s in SOURCES if one and getattr(one, s) is not None), None)
        if one is None or source is None:
            continue
        if one.external is not None and source == "external":
            outside = one.external
            yield (
                name,
                Credential(
                    name, source, outside.key, outside.store, outside.store_kind, outside.property
                ),
            )
        else:
            place = str(getattr(one, source))
            beside = PurePath(origin.file).parent / place
            yield name, Credential(name, source, str(beside) if source == "file" else place)
