"""No input, however broken, makes the product stumble."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from properties.mutating import check_mutant, corpus
from properties.yaml_mutations import mutate

if TYPE_CHECKING:
    from pathlib import Path

# A sample of the 20,000 that `make soak` counts.
SAMPLE = 1500
THROUGH_THE_COMMAND = 20


def test_no_mutant_raises_and_each_finding_stands_inside_the_text() -> None:
    texts = corpus()
    for seed in range(SAMPLE):
        assert check_mutant(texts, random.Random(1_000_000 + seed)) is None


@pytest.mark.parametrize("seed", range(THROUGH_THE_COMMAND))
def test_check_ends_every_mutant_with_a_status_of_its_own(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    file = tmp_path / "estate.yaml"
    file.write_bytes(mutate(chance.choice(corpus()), chance))
    done = subprocess.run(
        [sys.executable, "-m", "hyperleaf", "check", str(file)],
        capture_output=True,
        check=False,
    )
    assert done.returncode in {0, 1, 2}
    assert b"Traceback" not in done.stdout + done.stderr
