"""A real API server takes the MachineSets, every field checked, with the CRD of OpenShift's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hyperleaf.model.machines import base_of
from unit.machine_sets import BASES, made
from unit.test_render_machines import CNV, METAL

if TYPE_CHECKING:
    from judges.apiserver import ApiServer

pytestmark = pytest.mark.judge
POOLS = {
    "aws": METAL + ", taints: [{key: metal, value: only, effect: NoSchedule}]",
    "vsphere": CNV,
    "kubevirt": "name: big, cpus: 16, memory: 64Gi, disk: 200Gi, machines: {}",
}


@pytest.mark.parametrize("name", BASES)
def test_what_is_made_after_it_is_accepted(apiserver: ApiServer, name: str) -> None:
    base = BASES[name]
    (one,) = made(POOLS[base_of(base).provider or ""], base)
    apiserver.ensure_namespace("openshift-machine-api")
    status, answer = apiserver.apply(one)
    assert status in {200, 201}, answer["message"]


def test_a_misspelt_field_is_refused(apiserver: ApiServer) -> None:
    (one,) = made(METAL, BASES["ocp-cluster-h5ffp-worker-us-east-2a"])
    apiserver.ensure_namespace("openshift-machine-api")
    one["spec"]["template"]["spec"]["taint"] = []
    status, answer = apiserver.apply(one)
    assert (status >= 400, ".taint: field not declared" in answer["message"]) == (True, True)
