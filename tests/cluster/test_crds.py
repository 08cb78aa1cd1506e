"""The language's CRDs in a real API server: accepted, and admitting what `check` admits."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.spec.crd import crds
from hyperleaf.spec.yaml import read_files

if TYPE_CHECKING:
    from judges.apiserver import ApiServer

ROOT = Path(__file__).parents[2]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
DOCUMENTS = [
    document.value
    for document in read_files([ROOT / "examples"])[0]
    if "hyperleaf" in document.value["apiVersion"]
]
FULL = ROOT / "tests" / "cluster" / "every-field.yaml"
WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def served(apiserver: ApiServer) -> ApiServer:
    """Create the CRDs and wait until each is served."""
    for crd in crds():
        status, answer = apiserver.request("POST", CRDS, crd)
        assert status == 201, answer.get("message")
    for crd in crds():
        path = f"/apis/hyperleaf.dev/v1alpha1/{crd['spec']['names']['plural']}"
        deadline = time.monotonic() + WAIT_SECONDS
        while apiserver.request("GET", path)[0] != 200:
            assert time.monotonic() < deadline, f"{path} is not served"
            time.sleep(0.1)
    return apiserver


def applied(server: ApiServer, document: dict[str, Any]) -> tuple[int, str]:
    """Apply a document without keeping it; return the status and what the server says."""
    status, answer = server.apply(document, dry_run=True)
    return status, answer.get("message", "")


@pytest.mark.judge
def test_no_definition_is_less_than_structural(served: ApiServer) -> None:
    for crd in crds():
        _, answer = served.request("GET", f"{CRDS}/{crd['metadata']['name']}")
        conditions = {one["type"]: one["status"] for one in answer["status"]["conditions"]}
        assert conditions.get("NonStructuralSchema", "False") == "False"
        assert conditions["NamesAccepted"] == "True"


@pytest.mark.judge
@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda one: f"{one['kind']}/{one['metadata']['name']}"
)
def test_a_document_of_the_examples_is_admitted(
    served: ApiServer, document: dict[str, Any]
) -> None:
    assert applied(served, document) in {(201, ""), (200, "")}


@pytest.mark.judge
@pytest.mark.parametrize(
    "document", read_files([FULL])[0], ids=lambda one: f"{one.origin.kind}/{one.origin.name}"
)
def test_every_field_of_the_language_is_admitted(served: ApiServer, document: Any) -> None:
    assert applied(served, document.value) in {(201, ""), (200, "")}


@pytest.mark.judge
def test_what_was_applied_is_what_is_read(served: ApiServer) -> None:
    document = next(one for one in DOCUMENTS if one["metadata"]["name"] == "blue-front")
    assert served.apply(document)[0] == 201
    assert served.get(document)[1]["spec"] == document["spec"]
    served.delete(document)


@pytest.mark.judge
@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({"vlan": 4095}, "spec.vlan"),
        ({"vlan": "100"}, "spec.vlan"),
        ({"vlam": 100}, "vlam"),
        ({"transport": "evp"}, "spec.transport"),
        ({"attach": [{"namespaces": ["a"]}]}, "spec.attach[0].cluster"),
        ({"dhcp": {"servers": []}}, "spec.dhcp.servers"),
        ({"mtu": 20}, "spec.mtu"),
    ],
)
def test_what_check_refuses_for_its_form_the_server_refuses_too(
    served: ApiServer, spec: dict[str, Any], complaint: str
) -> None:
    document = {
        "apiVersion": "hyperleaf.dev/v1alpha1",
        "kind": "Network",
        "metadata": {"name": "wrong"},
        "spec": spec,
    }
    status, message = applied(served, document)
    assert status >= 400
    assert complaint in message


@pytest.mark.judge
def test_a_status_is_written_beside_the_document_and_never_through_it(served: ApiServer) -> None:
    document = next(one for one in DOCUMENTS if one["kind"] == "VRF")
    assert served.apply({**document, "status": {"observedGeneration": 7}})[0] == 201
    assert "status" not in served.get(document)[1]
    path = f"{served.path_of(document)}/status?fieldManager=operator&force=true"
    stated = {**document, "status": {"observedGeneration": 7}}
    status, answer = served.request("PATCH", path, stated, "application/apply-patch+yaml")
    assert (status, answer["status"]) == (200, {"observedGeneration": 7})
    served.delete(document)
