"""The installer's own code accepts what we tell it, and makes the MachineSets we start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hyperleaf.api import check
from hyperleaf.model.machines import base_of
from hyperleaf.plan.clusters import plan
from hyperleaf.render.install import agent_config, install_config, with_credentials
from hyperleaf.render.text import text
from judges import installer
from unit.machine_sets import BASES, made
from unit.test_install_config import ON_AWS, ON_METAL, ON_VSPHERE, SSH
from unit.test_render_machines import CNV, METAL
from unit.writing_estates import estate_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperleaf.model.estate import Estate

FULL = Path(__file__).parents[1] / "unit" / "full.yaml"
VALUES = {
    "pullSecret": '{"auths":{"quay.io":{"auth":"dXNlcjpwYXNz"}}}',
    "sshKey": SSH,
    "username": "administrator@vsphere.local",
    "password": "known",
}
IN_VPC = """\
clusters:
  hub:
    aws:
      vpc: vpc-0a1b2c
      subnets: {us-east-2a: subnet-0a}
      publicSubnets: {us-east-2a: subnet-1a}
      privateZone: Z0PRIVATE
      securityGroups: {reflectors: sg-0a1b2c}
"""
# Half the MachineSets that are made after the known ones.
TYPED = [one for one in BASES.values() if base_of(one).provider in {"aws", "vsphere"}]
SINGLE = ON_METAL.replace("    vips: {api: [10.0.0.5], ingress: [10.0.0.6]}\n", "").partition(
    "    - {name: m1"
)[0]

pytestmark = [pytest.mark.judge, pytest.mark.usefixtures("installer_judge")]


@pytest.fixture(scope="module")
def installer_judge(needed: Callable[..., None]) -> None:
    """Make sure that the installer's judge is there."""
    needed("installer")


def told(estate: Estate, name: str) -> dict[str, str]:
    """Return the installer's files of a cluster, credentials included."""
    cluster = estate.clusters[name]
    assert cluster.install is not None
    config = with_credentials(install_config(cluster, cluster.install), VALUES)
    files = {"install-config.yaml": text(config)}
    if cluster.install.hosts:
        files["agent-config.yaml"] = text(agent_config(cluster, cluster.install))
    return files


@pytest.mark.parametrize("name", ["hub", "room-1", "lab"])
def test_it_accepts_every_field_that_we_write(name: str) -> None:
    assert installer.config(told(check(FULL).estate, name)) == ""


@pytest.mark.parametrize(
    ("written", "name"),
    [(ON_AWS, "hub"), (ON_VSPHERE, "hub"), (ON_METAL, "room"), (SINGLE, "room")],
    ids=["aws", "vsphere", "agents", "single-node"],
)
def test_it_accepts_what_little_must_be_written(written: str, name: str) -> None:
    assert installer.config(told(estate_of(written), name)) == ""


def test_it_accepts_a_vpc_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(ON_AWS)
    (tmp_path / "facts.yaml").write_text(IN_VPC)
    files = told(check(tmp_path / "estate.yaml", facts=tmp_path / "facts.yaml").estate, "hub")
    made = yaml.safe_load(files["install-config.yaml"])
    assert installer.config(files) == ""
    assert made["platform"]["aws"] == {
        "region": "us-east-2",
        "subnets": ["subnet-0a", "subnet-1a"],
        "hostedZone": "Z0PRIVATE",
    }
    machines = made["controlPlane"]["platform"]["aws"]
    assert machines["additionalSecurityGroupIDs"] == ["sg-0a1b2c"]


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("install-config.yaml", "baseDomain:", "baseDomains:"),
        ("install-config.yaml", "memoryMB:", "memoryMiB:"),
        ("install-config.yaml", "replicas: 3", "replicas: -3"),
        ("install-config.yaml", "- 10.0.0.5", "- 10.0.0.6"),
        ("install-config.yaml", "coresPerSocket: 4", "coresPerSocket: 16"),
    ],
)
def test_it_refuses_what_is_wrong_on_vsphere(file: str, right: str, wrong: str) -> None:
    files = told(estate_of(ON_VSPHERE), "hub")
    assert right in files[file]
    files[file] = files[file].replace(right, wrong, 1)
    assert installer.config(files) != ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("macAddress:", "mac:"),
        ('macAddress: "52:54:00:00:00:02"', 'macAddress: "52:54:00:00:00:01"'),
        ("role: master", "role: control"),
        ("rendezvousIP: 10.0.0.11", "rendezvousIP: nowhere"),
    ],
)
def test_it_refuses_what_is_wrong_with_hosts(right: str, wrong: str) -> None:
    files = told(estate_of(ON_METAL), "room")
    assert right in files["agent-config.yaml"]
    files["agent-config.yaml"] = files["agent-config.yaml"].replace(right, wrong, 1)
    assert installer.config(files) != ""


def test_its_own_types_know_every_field_of_the_machine_sets_we_start_from() -> None:
    assert installer.machine_sets(TYPED) == ""


def test_its_own_types_know_every_field_of_those_we_make() -> None:
    sets = [
        one
        for base in TYPED
        for one in made(METAL if base_of(base).provider == "aws" else CNV, base)
    ]
    assert len(sets) == len(TYPED)
    assert installer.machine_sets(sets) == ""


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("placement",), "availabilityzone"),
        (("blockDevices", 1), "devicename"),
        (("blockDevices", 1, "ebs"), "IOPS"),
    ],
)
def test_a_misspelt_field_is_found(path: tuple[Any, ...], wrong: str) -> None:
    (one,) = made(METAL, BASES["ocp-cluster-h5ffp-worker-us-east-2a"])
    value = one["spec"]["template"]["spec"]["providerSpec"]["value"]
    for step in path:
        value = value[step]
    value[wrong + "s"] = value.pop(next(key for key in value if key.lower() == wrong.lower()))
    assert f"{wrong}s" in installer.machine_sets([one])


def test_a_zone_s_copy_is_what_the_installer_makes_for_that_zone() -> None:
    zones = "zones: [us-east-2a, us-east-2b, us-east-2c]"
    written = ON_AWS.replace("instanceType: m5.4xlarge,", f"instanceType: m5.4xlarge, {zones},")
    first, *others = installer.workers(told(estate_of(written), "hub")["install-config.yaml"])
    pool = "name: more, replicas: 2, zones: [us-east-2b, us-east-2c], machines: {}"
    for one, theirs in zip(made(pool, first), others, strict=True):
        assert one["spec"]["template"]["spec"] == theirs["spec"]["template"]["spec"]


def test_the_documented_machine_set_is_one_of_the_installer_s() -> None:
    """The article's base has what the installer writes and the cluster adds, and no more."""
    made_by_it = installer.workers(
        told(estate_of(ON_AWS.replace("m5.4xlarge,", "m5.4xlarge, zones: [us-east-2a],")), "hub")[
            "install-config.yaml"
        ]
    )[0]["spec"]["template"]["spec"]["providerSpec"]["value"]
    base = BASES["ocp-cluster-h5ffp-worker-us-east-2a"]
    value = base["spec"]["template"]["spec"]["providerSpec"]["value"]
    # Newer installers write one more field, which AWS calls a reservation.
    assert set(made_by_it) - {"capacityReservationId"} == set(value)


def test_every_installation_that_is_sound_is_accepted_as_yaml() -> None:
    for file in told(check(FULL).estate, "room-1").values():
        assert isinstance(yaml.safe_load(file), dict)


def test_what_is_rendered_is_what_is_told_but_for_credentials() -> None:
    estate = estate_of(ON_AWS)
    cluster = plan(estate).clusters[0].cluster
    assert cluster.install is not None
    config = yaml.safe_load(told(estate, "hub")["install-config.yaml"])
    assert set(config) - set(install_config(cluster, cluster.install)) == {"pullSecret", "sshKey"}
