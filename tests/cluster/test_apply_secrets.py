"""Secrets are made when objects are applied, and nothing that is secret is seen anywhere else."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from judges.apiserver import TOKEN
from judges.clusters import writes
from judges.folders import config_map, rendered, thing
from judges.processes import Eyes
from unit.cli_running import Ended, ended

if TYPE_CHECKING:
    from pathlib import Path

    from judges.apiserver import ApiServer

pytestmark = pytest.mark.judge
Capture = pytest.CaptureFixture[str]
PULL = "cHVsbC1zZWNyZXQtb2Ytbm9ib2R5OnZlcnktc2VjcmV0"
PULL_SECRET = json.dumps({"auths": {"quay.io": {"auth": PULL}}})
CLOUD = "wJalrXUtnFEMIaK7MDENGbPxRfiCYEXAMPLEKEY"
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlantedKeyOfNobody core@nowhere"
PLANTED = (PULL, CLOUD, "AAAAC3NzaC1lZDI1NTE5AAAAIPlantedKeyOfNobody")


def listed(keys: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": "default",
        "name": "prod-credentials",
        "type": "Opaque",
        "from": "Cluster/prod",
        "keys": keys,
    }


def folder_of(tmp_path: Path, **keys: Any) -> str:
    return rendered(tmp_path, ("60-x", config_map("beside")), secrets=[listed(keys)])


def applied(capsys: Capture, server: ApiServer, folder: str, *more: str) -> Ended:
    of = ("--cluster", "prod", "--kubeconfig", str(server.kubeconfig))
    return ended(capsys, "apply", "--rendered", folder, *of, *more)


def living(server: ApiServer) -> dict[str, bytes]:
    _, answer = server.get(thing("v1", "Secret", "prod-credentials", "default"))
    return {key: base64.b64decode(value) for key, value in answer["data"].items()}


def test_a_secret_is_made_of_files_and_variables_and_what_is_random_stays(
    server: ApiServer, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pull").write_text(PULL_SECRET)
    monkeypatch.setenv("CLOUD_KEY", CLOUD)
    folder = folder_of(
        tmp_path,
        pull={"file": str(tmp_path / "pull")},
        cloud={"env": "CLOUD_KEY"},
        etcd={"generated": "aescbc", "bytes": 32},
    )
    assert applied(capsys, server, folder).status == 0
    first = living(server)
    assert (first["pull"], first["cloud"]) == (PULL_SECRET.encode(), CLOUD.encode())
    assert len(first["etcd"]) == 32
    before = len(writes(server))
    assert applied(capsys, server, folder).status == 0
    assert len(writes(server)) == before


def test_a_secret_that_changes_is_written_and_its_values_are_not_shown(
    server: ApiServer, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path, key={"env": "CLOUD_KEY"})
    monkeypatch.setenv("CLOUD_KEY", "an-older-key-of-nobody")
    assert applied(capsys, server, folder).status == 0
    monkeypatch.setenv("CLOUD_KEY", CLOUD)
    dry = applied(capsys, server, folder, "--dry-run")
    assert 'data.key: "(hidden)" -> "(hidden)"' in dry.out
    assert applied(capsys, server, folder).status == 0
    assert living(server) == {"key": CLOUD.encode()}


def test_a_secret_that_is_not_ours_is_left_alone(
    server: ApiServer, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = thing("v1", "Secret", "prod-credentials", "default", data={"key": "b2xk"})
    server.apply(theirs, manager="somebody")
    monkeypatch.setenv("CLOUD_KEY", CLOUD)
    end = applied(capsys, server, folder_of(tmp_path, key={"env": "CLOUD_KEY"}))
    assert (end.status, "HL1211" in end.err, living(server)) == (0, True, {"key": b"old"})


def test_a_credential_that_is_not_there_is_told_before_anything_is_written(
    server: ApiServer, capsys: Capture, tmp_path: Path
) -> None:
    before = len(writes(server))
    end = applied(capsys, server, folder_of(tmp_path, key={"file": str(tmp_path / "missing")}))
    assert (end.status, "HL1210" in end.err, len(writes(server))) == (1, True, before)


def test_what_lives_already_is_kept_where_its_source_is_not_there(
    server: ApiServer, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path, key={"env": "CLOUD_KEY"})
    monkeypatch.setenv("CLOUD_KEY", CLOUD)
    assert applied(capsys, server, folder).status == 0
    monkeypatch.delenv("CLOUD_KEY")
    end = applied(capsys, server, folder)
    assert (end.status, "warning HL1210" in end.err, living(server)) == (
        0,
        True,
        {"key": CLOUD.encode()},
    )


@pytest.mark.parametrize("how", ["fine", "refused", "dry", "gone"])
def test_no_planted_secret_is_in_any_output_file_or_process_list(
    server: ApiServer, tmp_path: Path, how: str
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "pull").write_text(PULL_SECRET)
    (keys / "ssh").write_text(SSH)
    config = json.loads(server.kubeconfig.read_text())
    if how == "gone":
        config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    config["users"][0]["user"]["client-key-data"] = base64.b64encode(CLOUD.encode()).decode()
    (keys / "kubeconfig").write_text(json.dumps(config))
    folder = folder_of(
        tmp_path / "out",
        **{
            ".dockerconfigjson": {"file": str(keys / "pull")},
            "ssh key" if how == "refused" else "ssh": {"file": str(keys / "ssh")},
            "cloud": {"env": "CLOUD_KEY"},
        },
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    eyes = Eyes()
    eyes.start()
    command = [sys.executable, "-m", "hyperleaf", "apply", "--rendered", folder]
    command += ["--cluster", "prod", "--kubeconfig", str(keys / "kubeconfig"), "-o", "json"]
    command += ["--dry-run"] if how == "dry" else []
    places = {"TMPDIR": str(scratch), "HOME": str(scratch), "HYPERLEAF_CACHE": str(scratch)}
    done = subprocess.run(
        command,
        env=os.environ | places | {"CLOUD_KEY": CLOUD},
        cwd=scratch,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    eyes.is_over.set()
    eyes.join(10)
    assert done.returncode == {"fine": 0, "refused": 1, "dry": 1, "gone": 3}[how], done.stderr
    written = [
        one.read_text(errors="replace")
        for root in (scratch, tmp_path / "out")
        for one in root.rglob("*")
        if one.is_file()
    ]
    texts = [done.stdout, done.stderr, *eyes.seen, *written]
    words = [*PLANTED, *(base64.b64encode(one.encode()).decode() for one in PLANTED)]
    assert [word for word in words for text in texts if word in text] == []
    assert [text for text in texts if f"Bearer {TOKEN}" in text] == []
