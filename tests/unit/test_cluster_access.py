"""Kubeconfigs as people have them: which context, whose credentials, and never a word of them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hyperleaf.cluster.answers import hide
from hyperleaf.cluster.errors import AccessError
from hyperleaf.cluster.kubeconfig import read_access
from hyperleaf.cluster.signing import Signer, tls

TOKEN = "sha256~a-token-of-nobody"  # noqa: S105 - opens nothing


def config(user: dict[str, Any] | None = None, **cluster: Any) -> dict[str, Any]:
    server = {"server": "https://api.prod.example.com:6443", **cluster}
    return {
        "clusters": [{"name": "prod", "cluster": server}],
        "users": [{"name": "me", "user": user or {"token": TOKEN}}],
        "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "me"}}],
        "current-context": "prod",
    }


def written(folder: Path, value: object, name: str = "config") -> str:
    place = folder / name
    place.write_text(value if isinstance(value, str) else yaml.safe_dump(value))
    return str(place)


def wrong(file: str | None, context: str | None = None, **environment: str) -> str:
    with pytest.raises(AccessError) as caught:
        read_access(file, context, environment)
    assert caught.value.finding.code == "HL1201"
    return caught.value.finding.message


def test_the_current_context_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    both = config()
    both["contexts"].append({"name": "edge", "context": {"cluster": "edge", "user": "me"}})
    both["clusters"].append({"name": "edge", "cluster": {"server": "https://edge:6443/"}})
    file = written(tmp_path, both)
    assert read_access(file).server == "https://api.prod.example.com:6443"
    assert read_access(file, "edge").server == "https://edge:6443"


def test_of_several_files_the_first_that_has_a_name_wins(tmp_path: Path) -> None:
    one = written(tmp_path, config() | {"current-context": "prod"}, "one")
    two = written(tmp_path, config(server="https://other"), "two")
    assert read_access(None, None, {"KUBECONFIG": f"{one}{os.pathsep}{two}"}).server.endswith(
        ":6443"
    )


def test_a_home_has_a_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    written(tmp_path / ".kube", config())
    assert read_access(None, None, {"HOME": str(tmp_path)}).context == "prod"


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    assert "there is no kubeconfig" in wrong(None, HOME=str(tmp_path))
    assert "cannot be read" in wrong(str(tmp_path / "none"))
    assert "no context 'prd'; there is prod" in wrong(written(tmp_path, config()), "prd")
    broken = config() | {"users": []}
    assert "context 'prod' names no user 'me'" in wrong(written(tmp_path, broken))
    assert "no server" in wrong(written(tmp_path, config(server="")))
    bad = config({"client-certificate-data": "no base64!"})
    assert "client-certificate-data is no base64" in wrong(written(tmp_path, bad))


def test_a_file_that_is_no_yaml_is_not_quoted(tmp_path: Path) -> None:
    said = wrong(written(tmp_path, f"users:\n- token: '{TOKEN}\n"))
    assert ("it is no YAML" in said, TOKEN in said) == (True, False)


def test_nothing_secret_is_shown_of_an_access(tmp_path: Path) -> None:
    key = base64.b64encode(b"key-of-nobody").decode()
    user = {"token": TOKEN, "password": "pass-of-nobody", "client-key-data": key}
    access = read_access(written(tmp_path, config(user)))
    for shown in (repr(access), repr(Signer(access))):
        assert not any(word in shown for word in (TOKEN, "pass-of-nobody", key, "key-of-nobody"))


def test_a_token_is_borne_by_each_request_and_a_name_is_taken_on(tmp_path: Path) -> None:
    access = read_access(written(tmp_path, config({"token": TOKEN, "as": "auditor"})))
    assert Signer(access).headers() == {
        "Authorization": f"Bearer {TOKEN}",
        "Impersonate-User": "auditor",
    }


def test_a_tokens_file_is_read_anew_when_the_token_was_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first")
    signer = Signer(read_access(written(tmp_path, config({"tokenFile": "token"}))))
    assert signer.headers()["Authorization"] == "Bearer first"
    (tmp_path / "token").write_text("second")
    assert signer.headers()["Authorization"] == "Bearer first"
    assert signer.renew()
    assert signer.headers()["Authorization"] == "Bearer second"


def plugin(folder: Path, script: str) -> Signer:
    program = folder / "plugin"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    stated = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "./plugin",
        "args": ["get-token"],
        "env": [{"name": "WHO", "value": "me"}],
        "interactiveMode": "Never",
    }
    return Signer(read_access(written(folder, config({"exec": stated}))))


def test_a_plugin_hands_out_a_token_once_until_it_runs_out(tmp_path: Path) -> None:
    status = json.dumps({"status": {"token": "$1-$WHO"}}).replace('"', '\\"')
    signer = plugin(tmp_path, f'echo x >> {tmp_path}/calls\necho "{status}"')
    assert [signer.headers()["Authorization"] for _ in "ab"] == ["Bearer get-token-me"] * 2
    assert (tmp_path / "calls").read_text() == "x\n"
    assert signer.renew()
    signer.headers()
    assert (tmp_path / "calls").read_text() == "x\nx\n"


def test_a_plugin_that_fails_is_named_and_what_it_printed_is_not(tmp_path: Path) -> None:
    with pytest.raises(AccessError) as caught:
        plugin(tmp_path, f"echo {TOKEN}; echo {TOKEN} >&2; exit 7").headers()
    assert "exit status 7" in str(caught.value)
    assert TOKEN not in str(caught.value.finding)


def test_certificates_that_are_none_are_told_without_being_shown(tmp_path: Path) -> None:
    text = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nnot-one\n").decode()
    stated = config()
    stated["clusters"][0]["cluster"]["certificate-authority-data"] = text
    access = read_access(written(tmp_path, stated))
    with pytest.raises(AccessError) as caught:
        tls(access)
    assert "not-one" not in str(caught.value.finding)


def test_a_word_is_hidden_as_it_is_and_in_base64() -> None:
    encoded = base64.b64encode(TOKEN.encode()).decode()
    assert hide(f"{TOKEN} {encoded} rest", {TOKEN}) == "(hidden) (hidden) rest"


def test_a_client_certificate_and_its_key_never_touch_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [str(tmp_path / "key"), str(tmp_path / "cert")]
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=me", "-days", "1"]
    command = ["openssl", *words, "-keyout", both[0], "-out", both[1]]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    key, certificate = (base64.b64encode(Path(one).read_bytes()).decode() for one in both)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    user = {"client-certificate-data": certificate, "client-key-data": key}
    access = read_access(written(tmp_path, config(user)))
    opened: list[str] = []
    watched = [True]  # a hook can never be taken away

    def watch(event: str, rest: tuple[object, ...]) -> None:
        if watched and event == "open":
            opened.append(str(rest[0]))

    sys.addaudithook(watch)
    assert tls(access) is not None
    watched.clear()
    assert not [one for one in opened if one.startswith(str(tmp_path))]
    assert list(scratch.iterdir()) == []


def test_within_a_pod_its_service_account_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("token-of-the-pod")
    (tmp_path / "ca.crt").write_text("authority")
    monkeypatch.setattr("hyperleaf.cluster.kubeconfig.SERVICE_ACCOUNT", tmp_path)
    within = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}
    access = read_access(None, None, {"HOME": str(tmp_path / "none"), **within})
    assert (access.server, access.authority) == ("https://[fd00::1]:6443", b"authority")
    assert Signer(access).headers()["Authorization"] == "Bearer token-of-the-pod"
