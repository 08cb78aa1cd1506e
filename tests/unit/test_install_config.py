"""The installer's files: without credentials where they are rendered, with them where it reads."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hyperleaf.plan.clusters import plan
from hyperleaf.render.install import files_of, install_files, with_credentials
from unit.cli_running import ended
from unit.writing_estates import HUB, estate_of

if TYPE_CHECKING:
    from pathlib import Path

# The article's own file, its placeholders filled in and its lost indentation put back.
DOCUMENTED = """
apiVersion: v1
baseDomain: example.com
controlPlane:
  hyperthreading: Enabled
  name: master
  platform:
    aws:
      type: m5.xlarge
  replicas: 3
compute:
- hyperthreading: Enabled
  name: worker
  platform:
    aws:
      type: m5.4xlarge
  replicas: 3
metadata:
  name: hub
platform:
  aws:
    region: us-east-2
pullSecret: '{"auths":{"quay.io":{"auth":"a25vd24tc2VjcmV0"}}}'
sshKey: |
  ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBkFLH7qy1q8pZo3mFZbXy9sYQbq9m1KJ6o4H1q2vX3c person
"""
PULL = '{"auths": {"quay.io": {"auth": "a25vd24tc2VjcmV0"}}}'
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBkFLH7qy1q8pZo3mFZbXy9sYQbq9m1KJ6o4H1q2vX3c person"
ON_AWS = """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: hub}
spec:
  role: hub
  version: 4.16.18
  baseDomain: example.com
  platform: {aws: {region: us-east-2}}
  networks: {machine: [10.0.0.0/16]}
  credentials: {pullSecret: {file: pull-secret.txt}, sshKey: {env: SSH_KEY_OF_TEST}}
  install:
    controlPlane: {instanceType: m5.xlarge, replicas: 3}
    workers: {instanceType: m5.4xlarge, replicas: 3, roles: [infra, storage]}
"""
ON_VSPHERE = """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: hub}
spec:
  role: hub
  version: 4.16.18
  baseDomain: example.com
  platform:
    vsphere: {server: vc.example.com, datacenter: dc1, cluster: c1, datastore: ds1, network: n1}
  networks: {machine: [10.0.0.0/24]}
  credentials: {pullSecret: {file: pull-secret.txt}, cloud: {file: vcenter.yaml}}
  install:
    workers: {cpus: 8, coresPerSocket: 4, memory: 32Gi, disk: 120Gi}
    vips: {api: [10.0.0.5], ingress: [10.0.0.6]}
"""
ON_METAL = """\
apiVersion: hyperleaf.dev/v1alpha1
kind: Cluster
metadata: {name: room}
spec:
  role: standalone
  version: 4.16.18
  baseDomain: example.com
  platform: {baremetal: {}}
  networks: {machine: [10.0.0.0/24]}
  credentials: {pullSecret: {file: pull-secret.txt}}
  install:
    vips: {api: [10.0.0.5], ingress: [10.0.0.6]}
    hosts:
    - name: m0
      role: master
      mac: 52:54:00:00:00:01
      address: 10.0.0.11/24
      gateway: 10.0.0.1
      dns: [10.0.0.2]
      rootDevice: /dev/nvme0n1
    - {name: m1, role: master, mac: 52:54:00:00:00:02, nic: ens3}
    - {name: m2, role: master, mac: 52:54:00:00:00:03}
    - {name: w0, role: worker, mac: 52:54:00:00:00:04}
"""


def rendered(text: str) -> dict[str, Any]:
    """Return the installer's files of an estate, read."""
    files = install_files(plan(estate_of(text)))
    return {one.path.rpartition("/")[2]: yaml.safe_load(one.text) for one in files}


def placed(folder: Path, text: str) -> str:
    """Lay an estate and its credentials into a folder; return the estate's path."""
    (folder / "estate.yaml").write_text(text, encoding="utf-8")
    (folder / "pull-secret.txt").write_text(PULL, encoding="utf-8")
    (folder / "vcenter.yaml").write_text("username: a@b\npassword: 'known: secret'\n")
    return str(folder / "estate.yaml")


def test_it_is_the_article_s_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSH_KEY_OF_TEST", SSH)
    out = tmp_path / "out"
    shown = ended(capsys, "install-config", placed(tmp_path, ON_AWS), "--out", str(out))
    made = yaml.safe_load((out / "install-config.yaml").read_text(encoding="utf-8"))
    assert (shown.status, made) == (0, yaml.safe_load(DOCUMENTED))
    assert list(made) == list(yaml.safe_load(DOCUMENTED))


def test_only_its_owner_can_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSH_KEY_OF_TEST", SSH)
    out = tmp_path / "out"
    ended(capsys, "install-config", placed(tmp_path, ON_AWS), "--out", str(out))
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (out, out / "install-config.yaml")]
    assert modes == [0o700, 0o600]


def test_what_is_rendered_has_no_credentials(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = rendered(ON_AWS)["install-config.yaml"]
    documented = yaml.safe_load(DOCUMENTED)
    del documented["pullSecret"], documented["sshKey"]
    assert made == documented
    ended(capsys, "render", placed(tmp_path, ON_AWS), "--out", str(tmp_path / "out"))
    texts = [one.read_text() for one in (tmp_path / "out").rglob("*") if one.is_file()]
    assert not [one for one in texts if "a25vd24tc2VjcmV0" in one]


def test_a_file_that_is_there_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSH_KEY_OF_TEST", SSH)
    words = ("install-config", placed(tmp_path, ON_AWS), "--out", str(tmp_path / "out"))
    assert [ended(capsys, *words).status, ended(capsys, *words).status] == [0, 3]


def test_a_git_work_tree_is_no_place_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    shown = ended(
        capsys, "install-config", placed(tmp_path, ON_AWS), "--out", str(tmp_path / "out")
    )
    assert (shown.status, (tmp_path / "out").exists()) == (2, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pull-secret.txt", "a25vd24tc2VjcmV0"),
        ("pull-secret.txt", '{"auth": "a25vd24tc2VjcmV0"}'),
        ("pull-secret.txt", ""),
        ("vcenter.yaml", "a25vd24tc2VjcmV0"),
        ("vcenter.yaml", "username: a\npassword: {a25vd24tc2VjcmV0: [}\n"),
        ("vcenter.yaml", "username: a25vd24tc2VjcmV0\n"),
    ],
)
def test_a_credential_that_is_none_is_never_repeated(
    tmp_path: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    estate = placed(tmp_path, ON_VSPHERE)
    (tmp_path / name).write_text(text, encoding="utf-8")
    shown = ended(capsys, "install-config", estate, "--out", str(tmp_path / "out"))
    assert (shown.status, name in shown.err) == (3, True)
    assert "a25vd24tc2VjcmV0" not in shown.out + shown.err


def test_a_private_key_is_not_taken_for_a_public_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSH_KEY_OF_TEST", "-----BEGIN OPENSSH PRIVATE KEY-----")
    shown = ended(
        capsys, "install-config", placed(tmp_path, ON_AWS), "--out", str(tmp_path / "out")
    )
    assert (shown.status, "SSH_KEY_OF_TEST: it holds no public key" in shown.err) == (3, True)


def test_a_vcenter_is_logged_in_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    ended(capsys, "install-config", placed(tmp_path, ON_VSPHERE), "--out", str(out))
    made = yaml.safe_load((out / "install-config.yaml").read_text(encoding="utf-8"))
    assert made["platform"]["vsphere"]["vcenters"] == [
        {"datacenters": ["dc1"], "server": "vc.example.com", "user": "a@b"}
        | {"password": "known: secret"}
    ]


def test_sizes_on_vsphere_are_in_the_installer_s_units() -> None:
    (worker,) = rendered(ON_VSPHERE)["install-config.yaml"]["compute"]
    assert worker["platform"]["vsphere"] == {
        "cpus": 8,
        "coresPerSocket": 4,
        "memoryMB": 32768,
        "osDisk": {"diskSizeGB": 120},
    }


def test_hosts_are_counted_and_described() -> None:
    files = rendered(ON_METAL)
    config, agents = files["install-config.yaml"], files["agent-config.yaml"]
    assert (config["controlPlane"]["replicas"], config["compute"][0]["replicas"]) == (3, 1)
    assert (agents["rendezvousIP"], [one["role"] for one in agents["hosts"]]) == (
        "10.0.0.11",
        ["master", "master", "master", "worker"],
    )
    assert agents["hosts"][0]["networkConfig"]["routes"]["config"][0] == {
        "destination": "0.0.0.0/0",
        "next-hop-address": "10.0.0.1",
        "next-hop-interface": "eno1",
        "table-id": 254,
    }
    assert "networkConfig" not in agents["hosts"][1]


def test_ranges_other_than_the_installer_s_are_stated() -> None:
    assert "networking" not in rendered(ON_AWS)["install-config.yaml"]
    networking = rendered(ON_METAL)["install-config.yaml"]["networking"]
    assert networking["machineNetwork"] == [{"cidr": "10.0.0.0/24"}]


def test_a_cluster_that_is_there_has_no_such_files() -> None:
    assert list(files_of(estate_of(HUB).clusters["hub"])) == []


def test_credentials_change_nothing_else() -> None:
    config = rendered(ON_VSPHERE)["install-config.yaml"]
    filled = with_credentials(config, {"pullSecret": "{}", "username": "a", "password": "b"})
    del filled["pullSecret"]
    del filled["platform"]["vsphere"]["vcenters"][0]["user"]
    del filled["platform"]["vsphere"]["vcenters"][0]["password"]
    assert filled == config
