"""An application that is killed at any moment, and run again, ends in the same cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from judges import killing

if TYPE_CHECKING:
    from judges.apiserver import ApiServer
    from judges.operators import Operators

pytestmark = pytest.mark.judge


@pytest.fixture
def wanted(server: ApiServer, standing_in: Operators) -> dict[str, Any]:
    """Return what is in the cluster when nobody is killed."""
    del standing_in
    return killing.whole(server)


def test_killed_at_five_moments_it_ends_in_the_same_cluster(
    server: ApiServer, wanted: dict[str, Any]
) -> None:
    assert len(wanted) == 21
    problems = [killing.killed(server, moment, wanted) for moment in (1, 4, 9, 14, 20)]
    assert problems == [""] * 5
