"""A hub with two hosted clusters, applied from nothing on a real API server.

No operator runs there: what stands in for each gives its objects the status by which they are
ready. Whether an operator can do what it is asked is not tried here.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from judges.clusters import writes
from judges.operators import of_table
from unit.cli_running import ended

if TYPE_CHECKING:
    from judges.apiserver import ApiServer
    from judges.operators import Operators

pytestmark = pytest.mark.judge
EXAMPLE = Path(__file__).parents[2] / "examples" / "05-hosted-on-virtualization"
HERE_BEFORE = ("openshift-ingress-operator",)


def test_two_hosted_clusters_come_from_nothing_and_a_second_time_nothing_is_written(
    server: ApiServer,
    standing_in: Operators,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "lab")
    (tmp_path / "lab" / "pull-secret.txt").write_text('{"auths": {}}')
    out = tmp_path / "out"
    assert ended(capsys, "render", str(tmp_path / "lab"), "--out", str(out)).status == 0
    values = [
        value
        for file in (out / "clusters" / "hub").rglob("*.yaml")
        for value in yaml.safe_load_all(file.read_text())
    ]
    for name in HERE_BEFORE:
        server.ensure_namespace(name)
    kinds = {(value["apiVersion"], value["kind"]) for value in values}
    standing_in.statuses |= of_table(server, kinds)
    before = len(writes(server))
    how = ("apply", str(tmp_path / "lab"), "--cluster", "hub")
    to = ("--kubeconfig", str(server.kubeconfig), "--timeout", "20s", "-o", "json")
    first = ended(capsys, *how, *to)
    after = len(writes(server))
    assert [one["message"] for one in json.loads(first.out)["findings"]] == []
    assert (first.status, standing_in.refused) == (0, {})
    assert after - before == len(values) + 4  # two Secrets for each hosted cluster
    order = [one.rpartition("/")[2] for one in writes(server)[before:after]]
    assert order.index("odf-operator") < order.index("multiclusterengine")
    assert order.index("clusters") < order.index("lvm-hcp-pull-secret") < order.index("lvm-hcp")
    second = ended(capsys, *how, *to)
    assert (second.status, len(writes(server))) == (0, after)
    for value in reversed(values):
        server.delete(value)
