"""Mistakes that people make turn the proof red, and the proof names the object that they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab.mutating import missed, prove_spoilt, read

if TYPE_CHECKING:
    from pathlib import Path

MUTATIONS = read()
# Each takes half a minute: ten of them here, all of them in `make soak`.
SAMPLE = -(-len(MUTATIONS) // 10)


def test_there_are_at_least_forty_mistakes() -> None:
    assert len(MUTATIONS) >= 40


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
@pytest.mark.parametrize("mistake", list(MUTATIONS)[::SAMPLE])
def test_a_mistake_turns_the_proof_red_and_is_named(tmp_path: Path, mistake: str) -> None:
    one = MUTATIONS[mistake]
    proof = prove_spoilt(tmp_path, one)
    assert missed(one, proof) == ""
