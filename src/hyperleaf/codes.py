"""Codes: what each finding means, why it is one, and a bad and a good example of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """The lasting explanation of one code; `bad` and `good` are YAML texts a reader can try."""

    code: str
    title: str
    why: str
    mend: str
    bad: str
    good: str
