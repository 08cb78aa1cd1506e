"""No input, however broken, makes the product stumble."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from properties.mutating import check_mutant, corpus
from properties.yaml_mutations import mutate

# A sample of the 20,000 that `make soak` counts.
SAMPLE = 1500
THROUGH_THE_COMMAND = 20


def test_no_mutant_raises_and_each_finding_stands_inside_the_text() -> None:
    texts = corpus()
    for seed in range(SAMPLE):
        assert check_mutant(texts, random.Random(1_000_000 + seed)) is None


def end_of(text: bytes) -> int:
    """Return what `check` ends with on a text; -1 where it shows a traceback."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "estate.yaml"
        file.write_bytes(text)
        done = subprocess.run(
            [sys.executable, "-m", "hyperleaf", "check", str(file)],
            capture_output=True,
            check=False,
        )
    return -1 if b"Traceback" in done.stdout + done.stderr else done.returncode


@pytest.mark.parametrize("seed", range(THROUGH_THE_COMMAND))
def test_check_ends_every_mutant_with_a_status_of_its_own(seed: int) -> None:
    chance = random.Random(seed)
    assert end_of(mutate(chance.choice(corpus()), chance)) in {0, 1, 2}
