"""Where an estate says that a vCenter's credential is becomes a name and a password, in memory."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hyperleaf.platforms.errors import AccessError, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.platforms.steps import Step

_LIMIT = 1 << 16
_MEND = (
    "the estate names a file or a variable with `username: ...` and `password: ...` under "
    "spec.credentials.cloud; without it VSPHERE_USER and VSPHERE_PASSWORD are read"
)


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks a vCenter; nothing of it is ever printed."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def read_login(
    stated: Mapping[str, Any] | None,
    step: Step | None,
    environment: Mapping[str, str] = os.environ,
) -> Login:
    """Return the login that `{file: PATH}` or `{env: NAME}` holds as YAML, else the environment's.

    Raises AccessError (HL1402), which never repeats what was read.
    """
    if not stated:
        user, password = (environment.get(f"VSPHERE_{one}", "") for one in ("USER", "PASSWORD"))
        if not user or not password:
            raise _missing("VSPHERE_USER and VSPHERE_PASSWORD are not set", step)
        return Login(user, password)
    if "env" in stated:
        text, where = environment.get(stated["env"], ""), f"the variable {stated['env']}"
        if not text:
            raise _missing(f"{where} is not set", step)
    else:
        where = str(stated["file"])
        text = _file(where, step)
    try:
        # Everything as text: a password of digits is no number.
        value = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes no objects
    except (yaml.YAMLError, ValueError):
        raise _missing(f"{where} is no YAML", step) from None
    known = value if isinstance(value, dict) else {}
    parts = [known.get(name) for name in ("username", "password")]
    user, password = (one if isinstance(one, str) else "" for one in parts)
    if not user or not password:
        raise _missing(f"{where} does not say `username:` and `password:`", step)
    return Login(user, password)


def _file(path: str, step: Step | None) -> str:
    try:
        with Path(path).expanduser().open("rb") as file:
            return file.read(_LIMIT).decode(errors="replace")
    except OSError as error:
        raise _missing(f"{path} cannot be read: {error.strerror}", step) from None


def _missing(why: str, step: Step | None) -> AccessError:
    return AccessError(told("HL1402", f"there is no login for vCenter: {why}", _MEND, step=step))
