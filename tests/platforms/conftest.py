"""An account of AWS for tests of what lies underneath: one process, emptied for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from judges.aws import Aws, aws

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def _account() -> Iterator[Aws]:
    pytest.importorskip("moto")
    with aws() as made:
        yield made


@pytest.fixture
def account(_account: Aws) -> Aws:
    """Offer an empty account, without faults, that nobody has called yet."""
    _account.reset()
    return _account
