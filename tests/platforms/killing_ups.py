"""Kills `up` and `down` at calls of chance, as a power cut would; the next must end the same."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platforms import foreign, raising

if TYPE_CHECKING:
    from random import Random

    from judges.aws import Aws
    from judges.aws_snapshot import Snapshot

WHEN = ("before", "after")
# One of so many is a `down`.
EACH = 4


@dataclass(frozen=True, slots=True)
class Whole:
    """What one has when nobody is killed, and how many calls that took."""

    raised: Snapshot
    up_calls: int
    down_calls: int


def whole(account: Aws) -> Whole:
    """Run `up` and `down` in one go; AssertionError where these fail by themselves."""
    account.reset()
    foreign.settle(account)
    before = account.snapshot()
    with tempfile.TemporaryDirectory() as folder:
        done = raising.up(account, Path(folder) / "facts.yaml")
    assert done.status == 0, done.err
    raised, up_calls = account.snapshot(), len(account.calls())
    done = raising.ran(account, "down", "--yes")
    assert done.status == 0, done.err
    assert account.snapshot() == before
    return Whole(raised, up_calls, len(account.calls()) - up_calls)


def killed(account: Aws, chance: Random, wanted: Whole, *, is_down: bool = False) -> str:
    """Kill a command at a call of chance and run it again; return what is then wrong."""
    account.reset()
    foreign.settle(account)
    before = account.snapshot()
    with tempfile.TemporaryDirectory() as folder:
        facts = Path(folder) / "facts.yaml"
        if is_down:
            raising.up(account, facts)
        words = ("down", "--yes") if is_down else ("up", "--facts", str(facts), "--yes")
        call = chance.randint(1, wanted.down_calls if is_down else wanted.up_calls)
        when = chance.choice(WHEN)
        about = f"{words[0]} killed {when} call {call}"
        raising.killed(account, words[0], call, when, *words[1:])
        done = raising.ran(account, *words)
        if done.status:
            return f"{about}, the next failed: {done.err}"
        after = account.snapshot()
        if is_down:
            return "" if after == before else f"{about}, the account is not as before"
        if not facts.exists():
            return f"{about}, the next wrote no facts"
    if after.alike() != wanted.raised.alike():
        return f"{about}, the account ended up otherwise"
    return ""
