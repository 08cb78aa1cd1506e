"""What `trace` predicts of small estates is what packets do in the lab, with no exception."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lab.agreement import COUNT, agree

if TYPE_CHECKING:
    from pathlib import Path

# Those that taught most; all of them where time is given, and by `make soak`.
SAMPLE = range(COUNT) if os.environ.get("HYPERLEAF_SOAK") else (8, 10, 17, 32, 77)


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
@pytest.mark.parametrize("number", SAMPLE)
def test_packets_do_what_trace_says_of_an_estate(number: int, tmp_path: Path) -> None:
    found = agree(number, tmp_path)
    assert found.differences == ()
    assert found.reached
    assert found.questions > found.reached
