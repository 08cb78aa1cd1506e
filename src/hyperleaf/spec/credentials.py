"""What may be written of credentials: where each comes from when it is used, never a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from hyperleaf.spec.fields import field
from hyperleaf.spec.language import Model, Record
from hyperleaf.spec.shapes import Problem, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperleaf.spec.shapes import Path

_PATH = re.compile(r"[^\x00-\x1f{}]{1,512}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_OBJECT = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_KEY = re.compile(r"[^\x00-\x1f{}]{1,512}")


def _quietly(pattern: re.Pattern[str], what: str) -> Callable[[object], str]:
    """Return a reader that never repeats what it refuses: it may be the credential itself."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(
                f"what stands here is not {what} (it is not repeated: it may be secret)"
            )
        return value

    return read


FileField = Annotated[
    str,
    Scalar(_quietly(_PATH, "a file's path"), {"type": "string", "examples": ["pull-secret.txt"]}),
]
VariableField = Annotated[
    str,
    Scalar(
        _quietly(_VARIABLE, "the name of an environment variable"),
        {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    ),
]
SecretField = Annotated[
    str,
    Scalar(_quietly(_OBJECT, "the name of a Secret"), {"type": "string", "maxLength": 253}),
]
KeyField = Annotated[str, Scalar(_quietly(_KEY, "a key of a store"), {"type": "string"})]


class Reference(Record):
    """A mapping that says where a credential is; a text in its place is never repeated."""

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return where the credential is."""
        if isinstance(value, dict):
            return Record.read(self, value, path, problems)
        message = (
            "must say where the credential is, as `file: pull-secret.txt`, never what it is "
            "(what stands here is not repeated)"
        )
        problems.append(Problem(path, "type", message))
        return self.model()


class External(Model):
    """A credential in a store outside, which the External Secrets Operator brings in."""

    store: SecretField = field(description="The name of the store, as the operator knows it.")
    store_kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore"
    key: KeyField = field(description="Where the store keeps it.")
    property: KeyField | None = field(
        default=None, description="Which part of it, where the key holds several."
    )


class Credential(Model):
    """Where a credential comes from: exactly one of these; its value is never written here."""

    file: FileField | None = field(
        default=None, description="A file, relative to the folder of the estate's file."
    )
    env: VariableField | None = field(default=None, description="An environment variable.")
    secret: SecretField | None = field(
        default=None, description="A Secret that is there already, sealed or made by others."
    )
    external: Annotated[External, Reference(External)] | None = None


CredentialField = Annotated[Credential, Reference(Credential)]


class Credentials(Model):
    """Where a cluster's credentials come from at the moment when they are used."""

    pull_secret: CredentialField | None = field(
        default=None, description="What images are pulled with (JSON, as Red Hat hands it out)."
    )
    ssh_key: CredentialField | None = field(
        default=None, description="The public key that may log in to the nodes."
    )
    cloud: CredentialField | None = field(
        default=None,
        description="The platform's own: on AWS a shared credentials file, on vSphere "
        "`username: ...` and `password: ...` as YAML.",
    )


CredentialsField = Annotated[Credentials, Reference(Credentials)]
