"""What guests plug into: bridges, switches of the cluster, virtual functions, and namespaces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hyperleaf.render.attachments import attachment_manifests, is_platform
from hyperleaf.render.manifest import Manifest, Step
from properties.generating import document, head, planned

# As the document on nested virtualization writes it.
DOCUMENTED = {
    "name": "vlan-1928",
    "cniVersion": "0.3.1",
    "plugins": [
        {"type": "cnv-bridge", "bridge": "br-1928", "vlan": 1928, "ipam": {}},
        {"type": "cnv-tuning"},
    ],
}


def room(version: str = "4.18.1", **spec: Any) -> dict[str, Any]:
    uplinks = {"trunk": {"nic": "ens224"}, "cabled": {"nic": "ens2f0"}, "fast": {"nic": "ens3f0"}}
    return document(
        "Cluster",
        "room",
        role="standalone",
        version=version,
        platform={"baremetal": {}},
        networks={"machine": ["10.10.0.0/24"]},
        nodePools=[{"name": "cnv", "replicas": 2, "uplinks": uplinks}],
        **spec,
    )


def network(name: str, *namespaces: str, **spec: Any) -> dict[str, Any]:
    attach = [{"cluster": "room", "namespaces": list(namespaces)}]
    return document("Network", name, attach=attach, **spec)


def office(*namespaces: str, **spec: Any) -> dict[str, Any]:
    return network("office", *namespaces, transport="vlan", vlan=40, uplink="trunk", **spec)


def rendered(*documents: dict[str, Any]) -> list[Manifest]:
    (plan,) = (one for one in planned([*documents]).clusters if one.cluster.name == "room")
    return list(attachment_manifests(plan))


def of_kind(kind: str, *documents: dict[str, Any]) -> list[dict[str, Any]]:
    return [one.value for one in rendered(*documents) if one.kind == kind]


def attachment(*documents: dict[str, Any]) -> dict[str, Any]:
    (only,) = of_kind("NetworkAttachmentDefinition", *documents)
    return only


def config(*documents: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(attachment(*documents)["spec"]["config"])
    return made


def noted(made: dict[str, Any]) -> dict[str, str]:
    ours = "hyperleaf.dev/from"
    return {key: value for key, value in made["metadata"]["annotations"].items() if key != ours}


def test_a_guest_plugs_into_the_bridge_of_its_network_without_a_tag() -> None:
    assert config(room(), office("front")) == {
        "cniVersion": "0.3.1",
        "name": "office",
        "type": "bridge",
        "bridge": "brv40",
        "mtu": 1500,
        "macspoofchk": True,
        "ipam": {},
        "disableContainerInterface": True,
    }


def test_a_guest_runs_where_its_bridge_is() -> None:
    made = attachment(room(), office("front"))
    wanted = {"k8s.v1.cni.cncf.io/resourceName": "bridge.network.kubevirt.io/brv40"}
    assert noted(made) == wanted


def test_before_4_16_the_plugin_is_not_told_to_keep_the_pods_end_down() -> None:
    assert "disableContainerInterface" not in config(room("4.15.9"), office("front"))


def test_a_stretched_network_is_plugged_into_by_its_l2vnis_bridge() -> None:
    leafs = head()
    tenant = document(
        "Network",
        "red",
        vlan=100,
        subnets=["172.20.100.0/24"],
        attach=[{"cluster": "prod", "namespaces": ["red"]}],
    )
    (plan,) = (one for one in planned([*leafs, tenant]).clusters if one.cluster.name == "prod")
    made = [one.value for one in attachment_manifests(plan)][-1]
    assert json.loads(made["spec"]["config"])["bridge"] == "br10100"


def test_each_namespace_has_the_attachment_and_is_made_before_it() -> None:
    made = rendered(room(), office("front", "back"))
    assert [(one.kind, one.namespace or one.name) for one in made] == [
        ("Namespace", "back"),
        ("Namespace", "front"),
        ("NetworkAttachmentDefinition", "back"),
        ("NetworkAttachmentDefinition", "front"),
    ]
    assert [one.order for one in made] == [10, 10, 50, 50]


def test_a_namespace_of_many_networks_is_one_object_that_names_them_all() -> None:
    other = network("printers", "front", transport="vlan", vlan=41, uplink="trunk")
    (namespace,) = of_kind("Namespace", room(), office("front"), other)
    source = namespace["metadata"]["annotations"]["hyperleaf.dev/from"]
    assert source == "Network/office, Network/printers"


@pytest.mark.parametrize("name", ["openshift-cnv", "kube-system", "default", "openshift"])
def test_namespaces_of_the_platform_are_never_ours(name: str) -> None:
    assert is_platform(name)
    assert of_kind("Namespace", room(), office(name)) == []


@pytest.mark.parametrize("name", ["openshifters", "kubes", "defaults", "red"])
def test_namespaces_that_only_sound_alike_are_tenants(name: str) -> None:
    assert not is_platform(name)


def test_a_configuration_is_one_line_without_spaces_between_its_parts() -> None:
    text = attachment(room(), office("front"))["spec"]["config"]
    assert text == json.dumps(json.loads(text), separators=(",", ":"))


def test_migration_pods_get_addresses_that_nobody_has() -> None:
    moves = network(
        "moves",
        role="migration",
        transport="untagged",
        uplink="cabled",
        subnets=["10.10.20.0/24"],
        addresses="pinned",
        pinned={"w-1": "10.10.20.11", "w-2": "10.10.20.12"},
    )
    made = attachment(room(), moves)
    assert made["metadata"]["namespace"] == "openshift-cnv"
    assert noted(made) == {}
    assert json.loads(made["spec"]["config"]) == {
        "cniVersion": "0.3.1",
        "name": "moves",
        "type": "bridge",
        "bridge": "brucabled",
        "mtu": 1500,
        "ipam": {
            "type": "whereabouts",
            "range": "10.10.20.0/24",
            "exclude": ["10.10.20.11/32", "10.10.20.12/32"],
        },
    }


def test_migration_over_both_families_has_a_range_of_each() -> None:
    moves = network(
        "moves",
        role="migration",
        transport="untagged",
        uplink="cabled",
        subnets=["10.10.20.0/24", "2001:db8:20::/64"],
    )
    ranges = [{"range": "10.10.20.0/24"}, {"range": "2001:db8:20::/64"}]
    assert config(room(), moves)["ipam"] == {"type": "whereabouts", "ipRanges": ranges}


def test_an_overlay_is_one_switch_for_all_its_namespaces() -> None:
    east = network("east-west", "app", "db", transport="overlay", subnets=["10.200.0.0/24"])
    app, db = (
        json.loads(one["spec"]["config"])
        for one in of_kind("NetworkAttachmentDefinition", room(), east)
    )
    assert app == {
        "cniVersion": "0.3.1",
        "name": "east-west",
        "type": "ovn-k8s-cni-overlay",
        "topology": "layer2",
        "netAttachDefName": "app/east-west",
        "mtu": 1400,
        "subnets": "10.200.0.0/24",
        "allowPersistentIPs": True,
    }
    assert db == {**app, "netAttachDefName": "db/east-west"}


def test_an_overlay_without_subnets_gives_no_addresses() -> None:
    made = config(room(), network("flat", "app", transport="overlay"))
    assert "subnets" not in made
    assert "allowPersistentIPs" not in made


def test_networks_by_virtual_functions_of_an_uplink_share_one_policy() -> None:
    cut = {"numVfs": 16, "vendor": "8086"}
    one, other = (
        network(name, "hpc", transport="sriov", vlan=vlan, uplink="fast", sriov=cut)
        for name, vlan in (("ring", 41), ("star", 42))
    )
    (policy,) = (each for each in rendered(room(), one, other) if each.step is Step.POLICIES)
    assert policy.kind == "SriovNetworkNodePolicy"
    assert policy.value["spec"] == {
        "resourceName": "hyperleaf_fast",
        "nodeSelector": {"hyperleaf.dev/pool": "cnv"},
        "numVfs": 16,
        "nicSelector": {"pfNames": ["ens3f0"], "vendor": "8086"},
        "deviceType": "vfio-pci",
        "mtu": 1500,
    }


def test_a_network_by_virtual_functions_sets_its_tag_itself() -> None:
    cut = {"numVfs": 16}
    fast = network("ring", "hpc", transport="sriov", vlan=41, uplink="fast", sriov=cut)
    (made,) = of_kind("SriovNetwork", room(), fast)
    assert made["metadata"]["namespace"] == "openshift-sriov-network-operator"
    assert made["spec"] == {
        "resourceName": "hyperleaf_fast",
        "networkNamespace": "hpc",
        "spoofChk": "on",
        "vlan": 41,
    }


def test_the_compatibility_mode_writes_the_documents_own_attachment() -> None:
    taken = {"policy": "ens224-policy", "nodeSelector": {"machineset": "hub-7vxwj-cnv"}}
    described = {"description": "Provisioning Bridge V1928"}
    provisioning = network(
        "vlan-1928", "provisioning", transport="vlan", vlan=1928, uplink="trunk", **described
    )
    made = attachment(room(compatibility=taken), provisioning)
    assert json.loads(made["spec"]["config"]) == DOCUMENTED
    assert (made["metadata"]["name"], made["metadata"]["namespace"]) == (
        "vlan-1928",
        "provisioning",
    )
    assert noted(made) == {
        **described,
        "k8s.v1.cni.cncf.io/resourceName": "bridge.network.kubevirt.io/br-1928",
    }
