"""A hosted cluster's plan: names, releases, files, Secrets, and what the cloud is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.api import check
from hyperleaf.findings import Severity
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import manifests, render
from hyperleaf.render.hosted import go_duration
from hyperleaf.values.units import Duration
from unit.hosted_estates import AWS, FACTS, KUBEVIRT

if TYPE_CHECKING:
    from pathlib import Path


class Made:
    """What an estate's hub is given, by kind and name, and what lies beside."""

    def __init__(self, folder: Path, estate: str, facts: str = FACTS) -> None:
        (folder / "estate.yaml").write_text(estate)
        about_prod = "name: prod" in estate
        (folder / "facts.yaml").write_text(facts if about_prod else "clusters: {}")
        loaded = check(folder / "estate.yaml", facts=folder / "facts.yaml")
        self.codes = [one.code for one in loaded.findings]
        self.said = [str(one) for one in loaded.findings]
        self._plan = plan(loaded.estate)
        hub = next(one for one in self._plan.clusters if one.cluster.name == "hub")
        self.objects = [(one.step.folder, one.value) for one in manifests(hub)]

    def spec(self, kind: str, name: str) -> Any:
        """Return an object's spec."""
        return next(
            value["spec"]
            for _, value in self.objects
            if (value["kind"], value["metadata"]["name"]) == (kind, name)
        )

    def file(self, path: str) -> str:
        """Return a rendered file."""
        return next(one.text for one in render(self._plan) if one.path == path)


@pytest.fixture
def aws(tmp_path: Path) -> Made:
    """Return what follows from three pools on AWS."""
    return Made(tmp_path, AWS)


def test_three_pools_become_three_node_pools(aws: Made) -> None:
    names = [value["metadata"]["name"] for _, value in aws.objects if value["kind"] == "NodePool"]
    assert names == ["prod-metal-arm", "prod-metal-x86", "prod-workers"]


def test_pools_of_several_architectures_have_a_payload_of_all(aws: Made) -> None:
    image = "quay.io/openshift-release-dev/ocp-release:4.16.18-multi"
    pools = ("prod-workers", "prod-metal-x86", "prod-metal-arm")
    assert {aws.spec("NodePool", name)["release"]["image"] for name in pools} == {image}
    cluster = aws.spec("HostedCluster", "prod")
    assert (cluster["release"]["image"], cluster["platform"]["aws"]["multiArch"]) == (image, True)


def test_arm_in_a_hosted_cluster_is_told_to_be_a_preview(aws: Made) -> None:
    assert "HL0631" in aws.codes


@pytest.mark.parametrize(
    ("pool", "arch", "subnet"),
    [
        ("prod-workers", "amd64", "subnet-0b"),
        ("prod-metal-x86", "amd64", "subnet-0a"),
        ("prod-metal-arm", "arm64", "subnet-0a"),
    ],
)
def test_a_pool_lies_in_its_zone_or_the_first(aws: Made, pool: str, arch: str, subnet: str) -> None:
    spec = aws.spec("NodePool", pool)
    assert (spec["arch"], spec["platform"]["aws"]["subnet"]) == (arch, {"id": subnet})


def test_nodes_take_the_instance_profile_of_the_infrastructure(aws: Made) -> None:
    machine = aws.spec("NodePool", "prod-metal-x86")["platform"]["aws"]
    assert (machine["instanceProfile"], machine["rootVolume"]["size"]) == ("prod-x7k2p-worker", 200)


def test_a_stated_instance_profile_wins(tmp_path: Path) -> None:
    made = Made(tmp_path, AWS, FACTS.replace("vpc:", "instanceProfile: other\n      vpc:"))
    machine = made.spec("NodePool", "prod-workers")["platform"]["aws"]
    assert machine["instanceProfile"] == "other"


def test_the_cloud_is_told_by_its_ids(aws: Made) -> None:
    spec = aws.spec("HostedCluster", "prod")
    told = spec["platform"]["aws"]
    assert told["cloudProviderConfig"] == {
        "vpc": "vpc-0a1b2c",
        "zone": "us-east-1a",
        "subnet": {"id": "subnet-0a"},
    }
    assert len(told["rolesRef"]) == 7
    assert told["rolesRef"]["storageARN"].endswith("aws-ebs-csi-driver-controller")
    assert spec["dns"] == {
        "baseDomain": "example.com",
        "publicZoneID": "Z0PUBLIC",
        "privateZoneID": "Z0PRIVATE",
    }
    assert (spec["infraID"], spec["issuerURL"]) == (
        "prod-x7k2p",
        "https://oidc.example.com/prod-x7k2p",
    )
    assert spec["networking"]["machineNetwork"] == [{"cidr": "10.0.16.0/20"}]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("infraID: prod-x7k2p", "infraID"),
        ("vpc: vpc-0a1b2c", "aws.vpc"),
        ("privateZone: Z0PRIVATE", "aws.privateZone"),
        ("issuerURL: https://oidc.example.com/prod-x7k2p", "aws.issuerURL"),
        ("us-east-1b: subnet-0b, ", "aws.subnets.us-east-1b"),
        (
            "ingress: arn:aws:iam::123456789012:role/prod-x7k2p-openshift-ingress",
            "aws.roles.ingress",
        ),
    ],
)
def test_an_id_that_is_missing_is_named(tmp_path: Path, line: str, named: str) -> None:
    assert line in FACTS
    made = Made(tmp_path, AWS, FACTS.replace(line, ""))
    (said,) = (one for one in made.said if "HL1304" in one)
    assert said.endswith(f"the facts about prod say nothing of {named}")


@pytest.mark.parametrize(("access", "is_told"), [("PublicAndPrivate", True), ("Private", False)])
def test_only_a_public_api_needs_a_public_zone(
    tmp_path: Path, access: str, *, is_told: bool
) -> None:
    estate = AWS.replace("PublicAndPrivate", access)
    codes = Made(tmp_path, estate, FACTS.replace("publicZone: Z0PUBLIC", "")).codes
    assert ("HL1313" in codes, "HL1304" in codes) == (is_told, False)


def test_before_its_cloud_is_known_a_cluster_is_left_out_and_told_of(tmp_path: Path) -> None:
    made = Made(tmp_path, AWS, "clusters: {}")
    assert "HL1312" in made.codes
    assert {"HostedCluster", "NodePool"}.isdisjoint(one["kind"] for _, one in made.objects)


def test_leaves_get_the_group_that_lets_the_fabric_in(tmp_path: Path) -> None:
    facts = FACTS.replace("aws:\n", "aws:\n      securityGroups: {leaves: sg-0a}\n", 1)
    made = Made(tmp_path, AWS, facts)
    metal = made.spec("NodePool", "prod-metal-x86")["platform"]["aws"]
    workers = made.spec("NodePool", "prod-workers")["platform"]["aws"]
    assert (metal["securityGroups"], "securityGroups" in workers) == ([{"id": "sg-0a"}], False)


def test_reflectors_in_the_spoke_get_the_group_that_lets_sessions_in(tmp_path: Path) -> None:
    groups = "securityGroups: {leaves: sg-0a, reflectors: sg-0b}"
    facts = FACTS.replace("aws:\n", f"aws:\n      {groups}\n", 1)
    spoke = AWS.replace(
        "{cluster: hub, addresses: [10.0.0.11, 10.0.0.12]}", "{cluster: prod, pool: workers}"
    )
    made = Made(tmp_path, spoke, facts)
    workers = made.spec("NodePool", "prod-workers")["platform"]["aws"]
    assert workers["securityGroups"] == [{"id": "sg-0b"}]


@pytest.mark.parametrize(
    ("pool", "config"),
    [("prod-workers", None), ("prod-metal-x86", [{"name": "hyperleaf-leaf-prod"}])],
)
def test_leaves_alone_take_the_leaves_files(aws: Made, pool: str, config: object) -> None:
    assert aws.spec("NodePool", pool).get("config") == config


def test_files_lie_beside_the_node_pools_that_name_them(aws: Made) -> None:
    (found,) = (
        (step, value["metadata"]["namespace"])
        for step, value in aws.objects
        if value["metadata"]["name"] == "hyperleaf-leaf-prod"
    )
    assert found == ("80-hosted-clusters", "clusters")


def test_leaves_bear_the_labels_that_policies_select(aws: Made) -> None:
    assert aws.spec("NodePool", "prod-metal-arm")["nodeLabels"] == {
        "hyperleaf.dev/leaf": "corp",
        "hyperleaf.dev/pool": "metal-arm",
        "hyperleaf.dev/uplink": "br-ex",
    }


def test_leaves_are_drained_without_end_and_others_for_a_minute(aws: Made) -> None:
    pools = ("prod-metal-x86", "prod-workers")
    told = [aws.spec("NodePool", name)["nodeDrainTimeout"] for name in pools]
    assert told == ["0s", "1m0s"]
    assert "HL1310" not in aws.codes


def test_the_wanted_secrets_say_whence_and_never_what(tmp_path: Path) -> None:
    listed = json.loads(Made(tmp_path, KUBEVIRT).file("secrets/hub.json"))
    assert [(one["name"], one["keys"]) for one in listed] == [
        ("guest-pull-secret", {".dockerconfigjson": {"file": str(tmp_path / "pull-secret.txt")}}),
        ("guest-etcd-encryption-key", {"key": {"generated": "aescbc", "bytes": 32}}),
    ]


def test_a_secret_that_is_there_already_is_named_and_not_wanted(tmp_path: Path) -> None:
    there = KUBEVIRT.replace(
        "controlPlane: {}", "credentials: {pullSecret: {secret: mine}}\n  controlPlane: {}"
    )
    made = Made(tmp_path, there)
    assert made.spec("HostedCluster", "guest")["pullSecret"] == {"name": "mine"}
    listed = json.loads(made.file("secrets/hub.json"))
    assert [one["name"] for one in listed] == ["guest-etcd-encryption-key"]


def test_a_namespace_is_made_once(tmp_path: Path) -> None:
    second = KUBEVIRT.split("---\n")[1].replace("name: guest", "name: other")
    made = Made(tmp_path, f"{KUBEVIRT}---\n{second}")
    names = [value["metadata"]["name"] for _, value in made.objects if value["kind"] == "Namespace"]
    assert names == ["clusters"]


def test_what_is_applied_first_stands_first(aws: Made) -> None:
    kinds = [value["kind"] for step, value in aws.objects if step == "80-hosted-clusters"]
    assert list(dict.fromkeys(kinds)) == ["Namespace", "ConfigMap", "HostedCluster", "NodePool"]


def test_an_estate_without_control_planes_has_none(tmp_path: Path) -> None:
    made = Made(tmp_path, KUBEVIRT.replace("  controlPlane: {}\n", ""))
    assert made.objects == []


@pytest.mark.parametrize(
    ("word", "departs"),
    [
        ("controlPlane: {}", "controlPlane: {availability: SingleReplica}"),
        ("controlPlane: {}", "controlPlane: {infrastructureAvailability: SingleReplica}"),
        ("replicas: 2", "replicas: 2, upgrade: InPlace"),
        ("replicas: 2", "replicas: 2, autoRepair: false"),
        ("replicas: 2", "replicas: 2, drainTimeout: 0s"),
    ],
)
def test_each_of_the_five_recommendations_is_asked_for(
    tmp_path: Path, word: str, departs: str
) -> None:
    assert Made(tmp_path, KUBEVIRT).codes == []
    assert Made(tmp_path, KUBEVIRT.replace(word, departs)).codes == ["HL1310"]


@pytest.mark.parametrize(
    ("stated", "codes"),
    [
        ("storageClass: lvms-vg1", ["HL1325"]),
        ("accessModes: [ReadWriteOnce]", ["HL1325"]),
        ("storageClass: ocs-storagecluster-cephfs, accessModes: [ReadWriteMany]", []),
    ],
)
def test_root_volumes_of_one_node_are_told(tmp_path: Path, stated: str, codes: list[str]) -> None:
    made = Made(tmp_path, KUBEVIRT.replace("replicas: 2", f"replicas: 2, {stated}"))
    assert made.codes == codes


def test_ten_files_are_nine_and_the_leaves_own(tmp_path: Path) -> None:
    nine = ", ".join(f"c{number}" for number in range(9))
    stated = AWS.replace("disk: 200Gi", f"nodeConfig: [{nine}]")
    assert "HL1324" not in Made(tmp_path, stated).codes
    assert "HL1324" in Made(tmp_path, stated.replace("[c0", "[more, c0")).codes


def test_a_pool_that_scales_states_bounds_in_place_of_a_size(tmp_path: Path) -> None:
    made = Made(tmp_path, KUBEVIRT.replace("replicas: 2", "autoscaling: {min: 2, max: 5}"))
    spec = made.spec("NodePool", "guest-workers")
    assert (spec.get("replicas"), spec["autoScaling"]) == (None, {"min": 2, "max": 5})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        *(("0s", "0s"), ("60s", "1m0s"), ("90s", "1m30s"), ("1h", "1h0m0s"), ("250ms", "250ms")),
        *(("1500ms", "1.5s"), ("1h1ms", "1h0m0.001s"), ("59s", "59s"), ("10m30s", "10m30s")),
    ],
)
def test_a_span_is_written_as_go_writes_it(written: str, told: str) -> None:
    assert go_duration(Duration.read(written)) == told


INSTALL = """\
  baseDomain: example.com
  install:
    controlPlane: {instanceType: m5.xlarge, replicas: 3}
    workers: {instanceType: m5.4xlarge, replicas: 3, roles: [infra]%s}
"""


@pytest.mark.parametrize(
    ("taint", "stated", "said"),
    [
        ("", 'controlPlane: {nodeSelector: {node-role.kubernetes.io/infra: ""}}', ""),
        ("", "controlPlane: {nodeSelector: {kubernetes.io/arch: amd64}}", ""),
        ("", "controlPlane: {nodeSelector: {disk: fast}}", "none of its nodes bears disk=fast"),
        (
            "node-role.kubernetes.io/infra",
            'controlPlane: {nodeSelector: {node-role.kubernetes.io/infra: ""}}',
            "taint node-role.kubernetes.io/infra keeps everything off",
        ),
        (
            "hypershift.openshift.io/control-plane",
            'controlPlane: {nodeSelector: {node-role.kubernetes.io/infra: ""}}',
            "",
        ),
    ],
)
def test_a_control_plane_has_nodes_that_take_it(
    tmp_path: Path, taint: str, stated: str, said: str
) -> None:
    taints = f", taints: [{{key: {taint}, effect: NoSchedule}}]" if taint else ""
    hub, hosted = KUBEVIRT.replace("controlPlane: {}", stated).split("---\n")
    estate = hub + INSTALL % taints + "---\n" + hosted
    made = Made(tmp_path, estate)
    told = [one for one in made.said if "HL1330" in one]
    # Whatever keeps a control plane off keeps the machines of its pools off too.
    of_control = [one for one in told if "the control plane of guest" in one]
    assert [said in one for one in of_control] == ([True] if said else [])


def test_a_network_more_changes_nothing_of_hosted_clusters(tmp_path: Path) -> None:
    network = """\
---
apiVersion: hyperleaf.dev/v1alpha1
kind: Network
metadata: {name: red}
spec: {vlan: 100, subnets: [172.20.100.0/24], attach: [{cluster: prod, namespaces: [red]}]}
"""
    assert Made(tmp_path, AWS + network).objects == Made(tmp_path, AWS).objects


def told_of(estate: str, folder: Path) -> dict[str, str]:
    """Return the errors in an estate, as hints by code."""
    (folder / "estate.yaml").write_text(estate)
    found = check(folder / "estate.yaml").findings
    return {one.code: one.hint for one in found if one.severity is Severity.ERROR}


def test_a_hub_that_is_written_wrongly_is_no_hub_that_is_missing(tmp_path: Path) -> None:
    wrong = KUBEVIRT.replace("role: hub", "role: hub\n  rolle: hub")
    assert set(told_of(wrong, tmp_path)) == {"HL0055"}


def test_without_any_hub_the_hint_names_none(tmp_path: Path) -> None:
    _, _, rest = KUBEVIRT.partition("---\n")
    assert told_of(rest, tmp_path) == {
        "HL0608": "write a Cluster of role hub beside it, or another role"
    }


def test_a_version_too_old_is_told_once(tmp_path: Path) -> None:
    old = KUBEVIRT.replace("version: 4.16.18", 'version: "4.15"')
    assert set(told_of(old, tmp_path)) == {"HL0630"}


def warned_of(estate: str, folder: Path, facts: str = "clusters: {}") -> list[tuple[str, str]]:
    """Return the warnings of two codes in an estate with facts beside it, code and path."""
    (folder / "estate.yaml").write_text(estate)
    (folder / "facts.yaml").write_text(facts)
    found = check(folder / "estate.yaml", facts=folder / "facts.yaml").findings
    return [(one.code, one.path) for one in found if one.code in {"HL0112", "HL1331"}]


@pytest.mark.parametrize(
    ("pools", "told"),
    [
        ("{name: a, replicas: 0}", [("HL1331", "spec.nodePools.0.replicas")]),
        ("{name: a, replicas: 0, autoscaling: {min: 1, max: 3}}", []),
        ("{name: a, replicas: 0}, {name: b, replicas: 2}", []),
        ("{name: a}", []),
    ],
)
def test_a_hosted_cluster_has_a_node_somewhere(
    pools: str, told: list[tuple[str, str]], tmp_path: Path
) -> None:
    hub, _, hosted = KUBEVIRT.partition("---\n")
    stated = hosted.replace("{name: workers, replicas: 2}", pools)
    assert pools in stated
    assert warned_of(f"{hub}---\n{stated}", tmp_path) == told


def test_facts_about_a_cluster_that_is_written_wrongly_are_no_facts_of_nobody(
    tmp_path: Path,
) -> None:
    wrong = AWS.replace("baseDomain", "baseDomian")
    facts = "clusters: {prod: {infraID: a-b}, nobody: {infraID: a-c}}"
    assert warned_of(wrong, tmp_path, facts) == [("HL0112", "clusters.nobody")]
