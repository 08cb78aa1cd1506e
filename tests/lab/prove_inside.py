"""Runs where hyperleaf is not installed: proves what lies beside, with the hyperleaf beside it.

Arguments: a folder (`rendered`, `around.pickle` and the `hyperleaf` to run are in it), a runtime.
In a lab's kernel that stands for a host, on its own kernel; for an ordinary user, in his name.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any


def told(here: Path, runtime: str) -> dict[str, Any]:
    """Return what a proof says, or why there is none."""
    from hyperleaf.lab.errors import NoProofError  # noqa: PLC0415 - found by the path set below
    from hyperleaf.lab.prove import prove  # noqa: PLC0415
    from hyperleaf.lab.runtime import NAMES  # noqa: PLC0415

    around = pickle.loads((here / "around.pickle").read_bytes())  # noqa: S301 - our own
    try:
        proof = prove(here / "rendered", around, on=NAMES.get(runtime))
    except NoProofError as error:
        return {"error": str(error)}
    return {
        "runtime": proof.runtime,
        "checks": len(proof.all),
        "wrong": [(one.title, one.fault) for one in proof.wrong],
        "seconds": dict(proof.seconds),
    }


if __name__ == "__main__":
    sys.path[:0] = [sys.argv[1]]
    sys.stdout.write("\n" + json.dumps(told(Path(sys.argv[1]), sys.argv[2])) + "\n")
