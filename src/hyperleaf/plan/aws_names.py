"""Names that things on AWS have for good: infrastructure IDs, stacks, buckets, users."""

from __future__ import annotations

from base64 import b32encode
from hashlib import sha256
from typing import Final

# HyperShift and the installer cut a cluster's name here, so that roles' names stay within 64.
LONGEST_CLUSTER: Final = 21
ID_CHARACTERS: Final = 5
LONGEST_STACK: Final = 128
# A bucket's name has 63 characters: ours, the account's twelve digits, and what is left for this.
LONGEST_OWNER: Final = 35


def infra_id(owner: str, cluster: str) -> str:
    """Return a hosted cluster's infrastructure ID, the same whenever it is asked for.

    >>> infra_id("corp", "prod")
    'prod-6hjfu'
    """
    return f"{cluster[:LONGEST_CLUSTER].rstrip('-')}-{_digest(f'{owner}/{cluster}')}"


def stack_name(owner: str, *words: str) -> str:
    """Return a stack's name; the owner's mark on it is what says whose it is."""
    name = "-".join(("hyperleaf", owner, *words))
    if len(name) <= LONGEST_STACK:
        return name
    return f"{name[: LONGEST_STACK - ID_CHARACTERS - 1].rstrip('-')}-{_digest(name)}"


def short(owner: str) -> str:
    """Return an owner's name as it fits into the names of buckets and users."""
    if len(owner) <= LONGEST_OWNER:
        return owner
    return f"{owner[: LONGEST_OWNER - ID_CHARACTERS - 1].rstrip('-')}-{_digest(owner)}"


def _digest(text: str) -> str:
    return b32encode(sha256(text.encode()).digest()).decode().lower()[:ID_CHARACTERS]
