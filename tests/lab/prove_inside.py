"""Runs inside a lab's kernel that stands for a host: proves what lies beside, on that kernel.

The only argument is a folder: `rendered`, `around.pickle` and the `hyperleaf` to run are in it.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

HERE = Path(sys.argv[1])
sys.path[:0] = [str(HERE)]

from hyperleaf.lab import root  # noqa: E402 - found by the line above
from hyperleaf.lab.prove import prove  # noqa: E402

# The root of this very kernel is the one that the lab stands on.
place = root.cache_folder() / "lab" / f"root-{root.recipe()}"
(place / "recipe.json").write_text("{}")
around = pickle.loads((HERE / "around.pickle").read_bytes())  # noqa: S301 - our own
proof = prove(HERE / "rendered", around, on="native")
told = {
    "runtime": proof.runtime,
    "checks": len(proof.all),
    "wrong": [(one.title, one.fault) for one in proof.wrong],
    "seconds": dict(proof.seconds),
}
sys.stdout.write("\n" + json.dumps(told) + "\n")
