"""Own and real agents, from the same rendered objects: every promise, and the same network."""

from __future__ import annotations

import os

import pytest

from hyperleaf.lab.agents import components
from lab import likening

pytestmark = [pytest.mark.judge, pytest.mark.usefixtures("lab_root")]


@pytest.fixture(scope="module")
def there() -> None:
    """Skip where real agents are not built, fail where they must be."""
    try:
        components.check()
    except components.NoAgentsError as error:
        if os.environ.get("HYPERLEAF_JUDGES") == "required":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


# Real agents take minutes: the other examples are among the long counts.
def test_real_agents_keep_every_promise_and_leave_what_own_ones_leave(there: None) -> None:
    del there
    faults = likening.faults(likening.NAMES[0])
    assert faults == [], "\n".join(faults)
