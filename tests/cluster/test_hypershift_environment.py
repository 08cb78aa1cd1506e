"""What a hub's Secrets make of the HyperShift operator, told by the operator's own installer.

Multicluster engine's add-on turns the Secrets of the namespace local-cluster into the installer's
flags; so does `flags`, as the add-on's source does (RunHypershiftInstall).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.render.estate import render
from judges import hypershift
from properties.generating import document, planned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Object = dict[str, Any]
pytestmark = pytest.mark.judge
OIDC = "hypershift-operator-oidc-provider-s3-credentials"
AWS = "hypershift-operator-private-link-credentials"


@pytest.fixture(autouse=True)
def _installer(needed: Callable[..., None]) -> None:
    needed(hypershift.JUDGE)


def secrets(**engine: Any) -> dict[str, Object]:
    """Return what is to be made for a hub on AWS, by name."""
    hub = document(
        "Cluster",
        "hub",
        role="hub",
        version="4.16.18",
        platform={"aws": {"region": "us-east-2"}},
        networks={"machine": ["10.0.0.0/16"]},
        credentials={"cloud": {"file": "aws-credentials"}},
        operators={"multiclusterEngine": engine},
    )
    files = {one.path: one.text for one in render(planned([hub]))}
    found = json.loads(files.get("secrets/hub.json", "[]"))
    return {one["name"]: one for one in found}


def flags(made: dict[str, Object]) -> Iterator[str]:
    """Yield the installer's flags as the add-on makes them: the second Secret's after the first."""
    if OIDC in made:
        keys = made[OIDC]["keys"]
        yield from ("--oidc-storage-provider-s3-bucket-name", keys["bucket"]["text"])
        yield from ("--oidc-storage-provider-s3-region", keys["region"]["text"])
        yield from ("--oidc-storage-provider-s3-secret", OIDC)
        if AWS in made:
            yield from ("--aws-private-secret", AWS)
            yield from ("--aws-private-region", made[AWS]["keys"]["region"]["text"])
            yield from ("--private-platform", "AWS")


def pod(made: dict[str, Object]) -> Object:
    """Return the operator's pod as it would be installed."""
    (operator,) = (
        one
        for one in hypershift.render(list(flags(made)))
        if (one["kind"], one["metadata"]["name"]) == ("Deployment", "operator")
    )
    spec: Object = operator["spec"]["template"]["spec"]
    return spec


def environment(spec: Object) -> dict[str, str]:
    (container,) = spec["containers"]
    return {one["name"]: one["value"] for one in container["env"] if "value" in one}


def test_the_operator_has_the_region_and_the_credentials_of_the_estate() -> None:
    made = secrets(aws={"oidcBucket": "oidc-of-hub"})
    spec = pod(made)
    told = environment(spec)
    assert told["AWS_REGION"] == "us-east-2"
    folder, _, key = told["AWS_SHARED_CREDENTIALS_FILE"].rpartition("/")
    (mount,) = (one for one in spec["containers"][0]["volumeMounts"] if one["mountPath"] == folder)
    (volume,) = (one for one in spec["volumes"] if one["name"] == mount["name"])
    assert volume["secret"]["secretName"] == AWS
    assert "file" in made[AWS]["keys"][key]


def test_another_region_is_the_operators() -> None:
    made = secrets(aws={"oidcBucket": "oidc-of-hub", "region": "eu-west-1"})
    assert environment(pod(made))["AWS_REGION"] == "eu-west-1"
    assert made[OIDC]["keys"]["region"] == {"text": "eu-west-1"}


def test_the_operator_writes_oidc_documents_into_the_bucket() -> None:
    made = secrets(aws={"oidcBucket": "oidc-of-hub", "oidcRegion": "us-east-1"})
    words = pod(made)["containers"][0]["args"]
    assert "--oidc-storage-provider-s3-bucket-name=oidc-of-hub" in words
    assert "--oidc-storage-provider-s3-region=us-east-1" in words


def test_a_hub_of_no_cluster_on_aws_has_neither() -> None:
    told = environment(pod(secrets()))
    assert {"AWS_REGION", "AWS_SHARED_CREDENTIALS_FILE"} & told.keys() == set()
