"""What the lifecycle manager is told to install, and what each operator is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hyperleaf.render.estate import manifests, render
from hyperleaf.render.manifest import Step
from properties.generating import document, planned

HUB: dict[str, Any] = {
    "role": "hub",
    "version": "4.16.18",
    "platform": {"aws": {"region": "us-east-2"}},
    "networks": {"machine": ["10.0.0.0/16"]},
}


def hub(**spec: Any) -> dict[str, Any]:
    return document("Cluster", "hub", **{**HUB, **spec})


def hosted(**spec: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "role": "hosted",
        "hub": "hub",
        "version": "4.16.18",
        "platform": {"kubevirt": {}},
        "networks": {"machine": ["10.128.0.0/14"]},
        "credentials": {"pullSecret": {"file": "pull-secret.txt"}},
        "controlPlane": {},
        "nodePools": [{"name": "guests", "cpus": 4, "memory": "16Gi"}],
    }
    return document("Cluster", "guests", **{**given, **spec})


def rendered(*documents: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the hub's objects by kind and name."""
    (plan,) = (one for one in planned([*documents]).clusters if one.cluster.name == "hub")
    return {(one.kind, one.name): one.value for one in manifests(plan)}


def subscription(name: str, version: str = "4.16.18", **options: Any) -> dict[str, Any]:
    made = rendered(hub(version=version, operators={name: options}))
    (value,) = (value for (kind, _), value in made.items() if kind == "Subscription")
    spec: dict[str, Any] = value["spec"]
    return spec


def test_a_cluster_that_names_no_operator_gets_none() -> None:
    assert rendered(hub()) == {}


def test_an_operator_is_a_namespace_a_group_and_a_subscription() -> None:
    made = rendered(hub(operators={"lvmStorage": {}}))
    assert list(made) == [
        ("Namespace", "openshift-storage"),
        ("OperatorGroup", "openshift-storage"),
        ("Subscription", "lvms-operator"),
    ]
    assert made["OperatorGroup", "openshift-storage"]["spec"] == {
        "targetNamespaces": ["openshift-storage"]
    }
    assert made["Subscription", "lvms-operator"]["spec"] == {
        "name": "lvms-operator",
        "channel": "stable-4.16",
        "source": "redhat-operators",
        "sourceNamespace": "openshift-marketplace",
        "installPlanApproval": "Automatic",
    }


def test_two_operators_of_a_namespace_share_its_group() -> None:
    made = rendered(hub(operators={"lvmStorage": {}, "dataFoundation": {}}))
    assert [kind for kind, _ in made].count("OperatorGroup") == 1
    assert {name for kind, name in made if kind == "Subscription"} == {
        "lvms-operator",
        "odf-operator",
    }


@pytest.mark.parametrize("name", ["nodeHealth", "selfNodeRemediation", "gitops"])
def test_an_operator_for_all_namespaces_has_a_group_without_targets(name: str) -> None:
    made = rendered(hub(operators={name: {}}))
    (group,) = (value for (kind, _), value in made.items() if kind == "OperatorGroup")
    assert group["spec"] == {}


@pytest.mark.parametrize(
    ("name", "version", "channel"),
    [
        ("virtualization", "4.16.18", "stable"),
        ("nmstate", "4.16.18", "stable"),
        ("multiclusterEngine", "4.16.18", "stable-2.6"),
        ("multiclusterEngine", "4.18.1", "stable-2.8"),
        ("dataFoundation", "4.16.18", "stable-4.16"),
        ("lvmStorage", "4.17.3", "stable-4.17"),
        ("gitops", "4.16.18", "latest"),
        ("observability", "4.16.18", "release-2.11"),
    ],
)
def test_the_channel_follows_the_clusters_version(name: str, version: str, channel: str) -> None:
    assert subscription(name, version)["channel"] == channel


def test_what_is_stated_of_a_subscription_is_kept() -> None:
    stated = {
        "channel": "candidate",
        "source": "mirror",
        "approval": "Manual",
        "startingCSV": "odf-operator.v4.16.0",
    }
    assert subscription("dataFoundation", **stated) == {
        "name": "odf-operator",
        "channel": "candidate",
        "source": "mirror",
        "sourceNamespace": "openshift-marketplace",
        "installPlanApproval": "Manual",
        "startingCSV": "odf-operator.v4.16.0",
    }


def test_what_operators_are_asked_for_comes_after_all_of_them() -> None:
    document = hub(operators={"nmstate": {}, "multiclusterEngine": {}, "sriov": {}})
    (plan,) = planned([document]).clusters
    steps = {one.kind: one.step for one in manifests(plan)}
    assert steps["Subscription"] is Step.OPERATORS
    assert {steps[kind] for kind in ("NMState", "MultiClusterEngine", "SriovOperatorConfig")} == {
        Step.OPERANDS
    }


def test_the_engine_has_hypershift_on() -> None:
    made = rendered(hub(operators={"multiclusterEngine": {}}))
    assert made["MultiClusterEngine", "multiclusterengine"]["spec"] == {
        "overrides": {
            "components": [
                {"name": "hypershift", "enabled": True},
                {"name": "hypershift-local-hosting", "enabled": True},
            ]
        }
    }


def test_virtualization_begins_with_its_object_even_if_nothing_is_said_of_it() -> None:
    made = rendered(hub(operators={"virtualization": {}}))
    assert "spec" not in made["HyperConverged", "kubevirt-hyperconverged"]


def test_multi_architecture_is_the_documented_annotation_letter_for_letter() -> None:
    made = rendered(hub(virtualization={"multiArchitecture": True}))
    annotations = made["HyperConverged", "kubevirt-hyperconverged"]["metadata"]["annotations"]
    assert annotations["kubevirt.kubevirt.io/jsonpatch"] == (
        '[{"op": "add", "path": "/spec/configuration/developerConfiguration/featureGates/-", '
        '"value": "MultiArchitecture" }]'
    )


def test_multi_architecture_and_a_mac_pool_stand_side_by_side() -> None:
    pool = "02:10:00:00:00:00-02:10:00:ff:ff:ff"
    made = rendered(hub(virtualization={"multiArchitecture": True, "macPool": pool}))
    annotations = made["HyperConverged", "kubevirt-hyperconverged"]["metadata"]["annotations"]
    (patch,) = json.loads(annotations["networkaddonsconfigs.kubevirt.io/jsonpatch"])
    (gate,) = json.loads(annotations["kubevirt.kubevirt.io/jsonpatch"])
    assert (patch["path"], gate["value"]) == ("/spec/kubeMacPool", "MultiArchitecture")


def test_devices_of_hosts_are_permitted_by_name() -> None:
    device = {"device": "10de:1eb8", "resource": "nvidia.com/TU104GL"}
    made = rendered(hub(virtualization={"hostDevices": [device]}))
    assert made["HyperConverged", "kubevirt-hyperconverged"]["spec"] == {
        "permittedHostDevices": {
            "pciHostDevices": [
                {"pciDeviceSelector": "10DE:1EB8", "resourceName": "nvidia.com/TU104GL"}
            ]
        }
    }


def test_nodes_of_a_hosted_cluster_are_given_devices_by_name_and_number() -> None:
    pool = {
        "name": "guests",
        "cpus": 4,
        "memory": "16Gi",
        "hostDevices": [{"resource": "nvidia.com/TU104GL", "count": 2}],
    }
    made = rendered(hub(), hosted(nodePools=[pool]))
    (nodes,) = (value for (kind, _), value in made.items() if kind == "NodePool")
    assert nodes["spec"]["platform"]["kubevirt"]["hostDevices"] == [
        {"deviceName": "nvidia.com/TU104GL", "count": 2}
    ]


def test_a_hub_whose_domain_is_passed_through_takes_wildcard_routes() -> None:
    made = rendered(hub(), hosted())
    controller = made["IngressController", "default"]
    assert controller["metadata"]["namespace"] == "openshift-ingress-operator"
    assert controller["spec"] == {"routeAdmission": {"wildcardPolicy": "WildcardsAllowed"}}


@pytest.mark.parametrize(
    "document",
    [
        hosted(baseDomain="example.com"),
        hosted(platform={"aws": {"region": "us-east-2"}}, baseDomain="example.com"),
    ],
)
def test_a_hub_of_clusters_with_domains_of_their_own_keeps_its_routes(
    document: dict[str, Any],
) -> None:
    assert ("IngressController", "default") not in rendered(hub(), document)


AWS = {"multiclusterEngine": {"aws": {"oidcBucket": "oidc-of-hub", "oidcRegion": "us-east-1"}}}


def secrets(**credentials: Any) -> dict[str, dict[str, Any]]:
    """Return what is to be made for the hub, by name."""
    made = planned([hub(operators=AWS, credentials=credentials)])
    files = {file.path: file.text for file in render(made)}
    return {one["name"]: one for one in json.loads(files["secrets/hub.json"])}


def test_the_hypershift_operators_region_and_credentials_are_a_secret_to_be_made() -> None:
    made = secrets(cloud={"file": "aws-credentials"})
    link = made["hypershift-operator-private-link-credentials"]
    assert link["namespace"] == "local-cluster"
    assert link["keys"]["region"] == {"text": "us-east-2"}
    assert link["keys"]["credentials"]["file"].endswith("aws-credentials")


def test_the_bucket_of_oidc_documents_comes_with_it() -> None:
    made = secrets(cloud={"env": "AWS_CREDENTIALS"})
    assert made["hypershift-operator-oidc-provider-s3-credentials"]["keys"] == {
        "credentials": {"env": "AWS_CREDENTIALS"},
        "bucket": {"text": "oidc-of-hub"},
        "region": {"text": "us-east-1"},
    }


def test_credentials_in_a_store_outside_are_brought_in_under_the_same_names() -> None:
    outside = {"external": {"store": "vault", "key": "hub/aws"}}
    made = rendered(hub(operators=AWS, credentials={"cloud": outside}))
    link = made["ExternalSecret", "hypershift-operator-private-link-credentials"]
    assert link["metadata"]["namespace"] == "local-cluster"
    assert link["spec"]["target"]["template"]["data"] == {
        "credentials": "{{ .credentials }}",
        "region": "us-east-2",
    }


def test_the_object_store_of_metrics_is_named_and_never_written() -> None:
    made = rendered(hub(operators={"observability": {"storageClass": "gp3-csi"}}))
    assert made["MultiClusterObservability", "observability"]["spec"]["storageConfig"] == {
        "metricObjectStorage": {"name": "thanos-object-storage", "key": "thanos.yaml"},
        "storageClass": "gp3-csi",
    }
    assert not any(kind == "Secret" for kind, _ in made)


WAITS = "argocd.argoproj.io/sync-options"


def test_argo_cd_waits_for_kinds_that_our_operators_bring() -> None:
    made = rendered(hub(operators={"nmstate": {}}, virtualization={"multiArchitecture": True}))
    assert made["NMState", "nmstate"]["metadata"]["annotations"][WAITS] == (
        "SkipDryRunOnMissingResource=true"
    )
    assert WAITS not in made["Namespace", "openshift-nmstate"]["metadata"]["annotations"]
    virtualization = made["HyperConverged", "kubevirt-hyperconverged"]
    assert WAITS not in virtualization["metadata"]["annotations"]  # taken to be there already


def test_the_application_of_a_cluster_installs_its_operators_first() -> None:
    made = planned([hub(operators={"virtualization": {}})])
    files = [file.path for file in render(made)]
    ours = [path for path in files if path.startswith("clusters/hub/")]
    assert [path.split("/")[2] for path in ours] == [*["02-operators"] * 3, "70-virtualization"]
    assert "argocd/hub.yaml" in files
