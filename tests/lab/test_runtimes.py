"""What a lab runs on: the host's kernel, an ordinary user's rights, a machine that lacks things."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import hyperleaf
from hyperleaf.api import load
from hyperleaf.lab import kernel, root, runtime
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings

if TYPE_CHECKING:
    from hyperleaf.lab.runtime import Runtime

EXAMPLES = Path(__file__).parents[2] / "examples"
INSIDE = Path(__file__).with_name("prove_inside.py")
# A kernel that stands for a host: its own root is the cached one of the lab in it.
_HOST = """
export PYTHONPATH=/lab/host HYPERLEAF_CACHE=/tmp/cache PYTHONDONTWRITEBYTECODE=1
place=$(python3 -c 'from hyperleaf.lab import root; print(f"{root.recipe()}")')
mkdir -p /tmp/cache/lab/root-$place/root
mount --bind / /tmp/cache/lab/root-$place/root
exec python3 /lab/host/prove_inside.py /lab/host
"""


@pytest.fixture
def found() -> Runtime:
    try:
        return runtime.find("uml")
    except runtime.NoRuntimeError as error:
        pytest.skip(str(error))


def _host(folder: Path, example: str) -> None:
    """Write what a lab in another Python needs: hyperleaf, YAML, what is to be proven."""
    made = plan(load(EXAMPLES / example).estate)
    for file in render(made):
        path = folder / "rendered" / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
    (folder / "around.pickle").write_bytes(pickle.dumps(surroundings(made)))
    for package in (hyperleaf, yaml):
        source = Path(str(package.__file__)).parent
        ignored = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(source, folder / source.name, ignore=ignored)
    shutil.copy(INSIDE, folder)


@pytest.mark.judge
def test_the_hosts_own_kernel_runs_a_lab(tmp_path: Path, found: Runtime) -> None:
    """A kernel with VRFs stands for a host, as the one here may have none."""
    _host(tmp_path / "host", "01-aws-hosted")
    with kernel.boot(root.ready().folder, tmp_path, enter=found.enter, memory_mib=4096) as host:
        ran = host.run(_HOST, seconds=400, check=False)
    assert ran.status == 0, str(ran)
    told: dict[str, Any] = json.loads(ran.out.splitlines()[-1])
    assert told["runtime"] == "native"
    assert told["wrong"] == []
    assert told["checks"] > 500
