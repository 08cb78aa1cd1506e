"""Runs where hyperleaf is not installed: proves what lies beside, with the hyperleaf beside it.

Arguments: a folder (`rendered`, `around.pickle` and the `hyperleaf` to run are in it), a runtime.
In a lab's kernel that stands for a host, on its own kernel; for an ordinary user, in his name.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

HERE = Path(sys.argv[1])
sys.path[:0] = [str(HERE)]

from hyperleaf.lab.kernel import KernelError  # noqa: E402 - found by the line above
from hyperleaf.lab.modules import ModulesError  # noqa: E402
from hyperleaf.lab.prove import prove  # noqa: E402
from hyperleaf.lab.root import RootError  # noqa: E402
from hyperleaf.lab.runtime import NAMES, NoRuntimeError  # noqa: E402

around = pickle.loads((HERE / "around.pickle").read_bytes())  # noqa: S301 - our own
try:
    proof = prove(HERE / "rendered", around, on=NAMES.get(sys.argv[2]))
    told = {
        "runtime": proof.runtime,
        "checks": len(proof.all),
        "wrong": [(one.title, one.fault) for one in proof.wrong],
        "seconds": dict(proof.seconds),
    }
except (KernelError, ModulesError, NoRuntimeError, RootError) as error:
    told = {"error": str(error)}
sys.stdout.write("\n" + json.dumps(told) + "\n")
