"""How a command ends: its exit status, and the one sentence of what kept it from running."""

from __future__ import annotations

from typing import Final

FINE: Final = 0
FOUND: Final = 1  # findings, differences or a failed proof
USAGE: Final = 2
COULD_NOT_RUN: Final = 3
INTERRUPTED: Final = 130  # 128 + SIGINT
PIPE_CLOSED: Final = 141  # 128 + SIGPIPE


class CouldNotRunError(Exception):
    """Something outside of the estate is in the way: a file, a folder, a rendered tree."""


def reason(error: OSError) -> str:
    """Return what the system says of a file that could not be used."""
    what = error.strerror or type(error).__name__
    return f"{error.filename}: {what}" if error.filename else what
