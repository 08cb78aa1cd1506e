"""Whoever is killed at any call of AWS, and run again, ends in the same account."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from platforms import killing_ups

if TYPE_CHECKING:
    from judges.aws import Aws


@pytest.fixture(scope="module")
def wanted(_account: Aws) -> killing_ups.Whole:
    """Return what is there when nobody is killed."""
    return killing_ups.whole(_account)


@pytest.mark.parametrize("seed", range(5))
def test_up_killed_at_a_call_ends_in_the_same_account(
    account: Aws, wanted: killing_ups.Whole, seed: int
) -> None:
    assert killing_ups.killed(account, Random(seed), wanted) == ""


@pytest.mark.parametrize("seed", range(2))
def test_down_killed_at_a_call_leaves_the_account_as_before(
    account: Aws, wanted: killing_ups.Whole, seed: int
) -> None:
    assert killing_ups.killed(account, Random(seed), wanted, is_down=True) == ""


def test_there_are_calls_enough_to_be_killed_at(wanted: killing_ups.Whole) -> None:
    assert wanted.up_calls > 30
    assert wanted.down_calls > 15
