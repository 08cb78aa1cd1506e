"""Credentials are referred to, never read: what is resolved of them, and what is never repeated."""

from __future__ import annotations

import pytest

from hyperleaf.model.credentials import Credential
from hyperleaf.render.credentials import external_secret
from unit.writing_estates import HUB, resolved

KNOWN = "c2VjcmV0LW9mLXRlc3Rz"


def hub_with(credentials: str) -> str:
    """Return a hub with credentials as written."""
    return HUB.replace("role: hub,", f"role: hub, credentials: {credentials},")


def test_a_file_lies_beside_the_estate_and_need_not_exist() -> None:
    estate, findings = resolved(hub_with("{pullSecret: {file: secrets/pull.txt}}"))
    found = estate.clusters["hub"].credentials["pullSecret"]
    assert (findings, found) == ((), Credential("pullSecret", "file", "secrets/pull.txt"))


def test_an_external_one_knows_its_store() -> None:
    estate, _ = resolved(hub_with("{sshKey: {external: {store: vault, key: hub, property: ssh}}}"))
    found = estate.clusters["hub"].credentials["sshKey"]
    assert (found.place, found.store, found.store_kind, found.part, found.is_local) == (
        "hub",
        "vault",
        "ClusterSecretStore",
        "ssh",
        False,
    )


@pytest.mark.parametrize(
    "written",
    [
        f"{{pullSecret: '{KNOWN}'}}",
        f"{{pullSecret: {{env: '{KNOWN}=='}}}}",
        f"{{pullSecret: {{secret: '{KNOWN}'}}}}",
        f"{{pullSecret: {{file: '{{{KNOWN}}}'}}}}",
        f"{{pullSecret: {{external: '{KNOWN}'}}}}",
        f"{{pullSecret: {{external: {{store: '{KNOWN}', key: k}}}}}}",
        f"{{pullSecret: ['{KNOWN}']}}",
        f"'{KNOWN}'",
    ],
)
def test_a_value_in_the_place_of_a_reference_is_refused_and_never_repeated(written: str) -> None:
    _, findings = resolved(hub_with(written))
    assert findings
    assert KNOWN not in repr(findings)


def test_an_external_secret_makes_the_secret_that_others_refer_to() -> None:
    credential = Credential("pullSecret", "external", "hub", "vault", "SecretStore", "pull")
    made = external_secret(
        credential, "Cluster/hub", name="hub-pull-secret", namespace="clusters", key="x"
    )
    assert made["spec"] == {
        "refreshInterval": "1h",
        "secretStoreRef": {"kind": "SecretStore", "name": "vault"},
        "target": {
            "name": "hub-pull-secret",
            "creationPolicy": "Owner",
            "template": {"type": "Opaque"},
        },
        "data": [{"secretKey": "x", "remoteRef": {"key": "hub", "property": "pull"}}],
    }


def test_nothing_is_rendered_of_a_credential_in_a_file() -> None:
    with pytest.raises(ValueError, match="in no outside store"):
        external_secret(
            Credential("pullSecret", "file", "pull.txt"), name="a", namespace="b", key="c"
        )
