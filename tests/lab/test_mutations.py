"""Mistakes that people make turn the proof red, and the proof names the object that they are in."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import pytest

from hyperleaf.lab import estate
from hyperleaf.lab.root import RootError
from hyperleaf.lab.runtime import NoRuntimeError
from lab.mutating import prove_spoilt, read

if TYPE_CHECKING:
    from pathlib import Path

MUTATIONS = read()
# Each takes half a minute: ten of them here, all of them where time is given.
SAMPLE = 1 if os.environ.get("HYPERLEAF_SOAK") else -(-len(MUTATIONS) // 10)
# Many mistakes keep sessions down: there is nothing to wait for.
PATIENCE_SECONDS = 20


def test_there_are_at_least_forty_mistakes() -> None:
    assert len(MUTATIONS) >= 40


@pytest.mark.judge
@pytest.mark.parametrize("mistake", list(MUTATIONS)[::SAMPLE])
def test_a_mistake_turns_the_proof_red_and_is_named(
    tmp_path: Path, mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estate, "CONVERGED_SECONDS", PATIENCE_SECONDS)
    one = MUTATIONS[mistake]
    try:
        proof = prove_spoilt(tmp_path, one)
    except (NoRuntimeError, RootError) as error:
        pytest.skip(str(error))
    assert one.caught in {fault.kind for fault in proof.wrong}
    first = [fault.causes[0].object for fault in proof.wrong if fault.causes]
    assert [name for name in first if fnmatch(name, one.named)], sorted(set(first))
