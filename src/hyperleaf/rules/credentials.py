"""Rules about credentials: each has one place, and nothing that is written is one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.estate import Estate

CREDENTIALS = ("spec", "credentials")
# What credentials look like, where a path or a name should stand.
_VALUE = re.compile(
    r"auths|-----BEGIN|ssh-(rsa|ed25519|dss) |ecdsa-sha2-|aws_secret|password\s*[:=]"
)


@rule(
    Code(
        "HL1101",
        "A credential comes from exactly one place",
        "Of several places nobody could say which one is meant; without one there is nothing to "
        "look for.",
        "State one of file, env, secret and external.",
        "pullSecret: {file: pull-secret.txt, env: PULL_SECRET}",
        "pullSecret: {file: pull-secret.txt}",
    )
)
def credential_has_one_place(estate: Estate) -> Iterator[Fault]:
    """Find a credential with no place, or several."""
    for cluster in estate.clusters.values():
        for name in members(cluster.origin, *CREDENTIALS):
            stated = members(cluster.origin, *CREDENTIALS, name)
            if len(stated) != 1:
                yield Fault(
                    cluster.origin,
                    (*CREDENTIALS, name),
                    f"{name} of {cluster.name} comes from {' and '.join(stated) or 'nowhere'}",
                    "state one of file, env, secret, external",
                )


@rule(
    Code(
        "HL1102",
        "A credential itself is written in the estate",
        "An estate lies in Git, where whatever was once written stays for ever. It says where a "
        "credential is; whoever applies it has the value.",
        "Put the value into a file outside Git and name that, and let the leaked one be revoked.",
        'sshKey: {file: "ssh-ed25519 AAAAC3Nz"}',
        "sshKey: {file: id_ed25519.pub}",
    )
)
def no_value_is_written(estate: Estate) -> Iterator[Fault]:
    """Find what looks like a credential in the place of its whereabouts."""
    for cluster in estate.clusters.values():
        for name, one in cluster.credentials.items():
            if _VALUE.search(one.place):
                yield Fault(
                    cluster.origin,
                    (*CREDENTIALS, name, one.source),
                    f"{name} of {cluster.name} looks like the credential itself, not like the "
                    "place where it is (it is not repeated here)",
                    "name a file outside Git; revoke the credential if this was ever committed",
                )
