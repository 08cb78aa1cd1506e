"""Runs the long counts for as long as one gives it, taking up where the last run stopped."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from properties.mutating import check_mutant, corpus
from properties.test_mutants import end_of
from properties.yaml_mutations import mutate

GOAL = 20_000
# One of so many goes through the command as well.
EACH = 100


def state_file() -> Path:
    """Return where counts are kept between runs."""
    cache = Path(os.environ.get("HYPERLEAF_CACHE", Path.home() / ".cache" / "hyperleaf"))
    cache.mkdir(parents=True, exist_ok=True)
    return cache / "soak.json"


def main() -> int:
    """Check mutants until the goal or the time is reached; exit 1 on the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="at most this long")
    options = parser.parse_args()
    file = state_file()
    done = json.loads(file.read_text())["mutants"] if file.exists() else 0
    texts, ends = corpus(), time.monotonic() + options.seconds
    while done < GOAL and time.monotonic() < ends:
        problem = check_mutant(texts, random.Random(done))
        if problem is not None:
            print(f"mutant {done}: {problem}")  # noqa: T201
            return 1
        if done % EACH == 0:
            chance = random.Random(done)
            ended = end_of(mutate(chance.choice(texts), chance))
            if ended not in {0, 1, 2}:
                print(f"mutant {done} through the command ended with {ended}")  # noqa: T201
                return 1
        done += 1
        if done % 100 == 0 or done == GOAL:
            file.write_text(json.dumps({"mutants": done}))
            print(f"\r{done} of {GOAL} mutants", end="", flush=True)  # noqa: T201
    print(f"\r{done} of {GOAL} mutants hold, {done // EACH} through the command too")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
