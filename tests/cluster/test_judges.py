"""The judges judge: each takes what is good and refuses what is bad."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from judges.apiserver import ApiServer, index
from judges.nmstate import Nmstate, PolicyError

if TYPE_CHECKING:
    from judges.frr import Frr
    from judges.frrk8s import FrrK8s
    from judges.kea import Kea
    from judges.nft import Nft

pytestmark = pytest.mark.judge

NAD: dict[str, Any] = {
    "apiVersion": "k8s.cni.cncf.io/v1",
    "kind": "NetworkAttachmentDefinition",
    "metadata": {"name": "judged", "namespace": "default"},
    "spec": {"config": "{}"},
}
MIGRATION_POLICY: dict[str, Any] = {
    "apiVersion": "migrations.kubevirt.io/v1alpha1",
    "kind": "MigrationPolicy",
    "metadata": {"name": "judged"},
    "spec": {"bandwidthPerMigration": "64Mi", "selectors": {"namespaceSelector": {"a": "b"}}},
}
HYPERCONVERGED: dict[str, Any] = {
    "apiVersion": "hco.kubevirt.io/v1beta1",
    "kind": "HyperConverged",
    "metadata": {"name": "judged", "namespace": "default"},
    "spec": {"liveMigrationConfig": {"network": "migration"}},
}
NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "judged", "labels": {"role": "leaf"}},
}
FRR_CONFIGURATION: dict[str, Any] = {
    "apiVersion": "frrk8s.metallb.io/v1beta1",
    "kind": "FRRConfiguration",
    "metadata": {"name": "leaf", "namespace": "anywhere"},
    "spec": {
        "nodeSelector": {"matchLabels": {"role": "leaf"}},
        "bgp": {"routers": [{"asn": 65000, "neighbors": [{"address": "10.0.0.2", "asn": 65000}]}]},
        "raw": {
            "priority": 10,
            "rawConfig": "router bgp 65000\n address-family l2vpn evpn\n"
            "  neighbor 10.0.0.2 activate\n  advertise-all-vni\n exit-address-family\nexit\n",
        },
    },
}
FRR_CONF = """\
vrf vrf20110
 vni 20110
exit-vrf
router bgp 65000
 no bgp default ipv4-unicast
 neighbor 10.0.0.2 remote-as 65000
 address-family l2vpn evpn
  neighbor 10.0.0.2 activate
  advertise-all-vni
 exit-address-family
exit
"""


def test_the_api_server_takes_a_good_object(apiserver: ApiServer) -> None:
    assert apiserver.apply(NAD)[0] in {200, 201}
    assert apiserver.get(NAD)[1]["spec"] == NAD["spec"]


def test_the_api_server_refuses_an_unknown_field(apiserver: ApiServer) -> None:
    status, answer = apiserver.apply(NAD | {"spec": {"config": "{}", "konfig": 1}})
    assert status >= 400
    assert ".spec.konfig: field not declared in schema" in answer["message"]


def test_the_api_server_refuses_a_value_of_the_wrong_type(apiserver: ApiServer) -> None:
    status, _ = apiserver.apply(MIGRATION_POLICY | {"spec": {"allowPostCopy": "yes"}})
    assert status >= 400


def test_the_api_server_knows_no_kind_without_a_definition(apiserver: ApiServer) -> None:
    status, _ = apiserver.apply(NAD | {"apiVersion": "k8s.cni.cncf.io/v9"})
    assert status == 404


def test_a_definition_that_exists_only_as_a_function_judges(apiserver: ApiServer) -> None:
    assert apiserver.apply(MIGRATION_POLICY)[0] in {200, 201}


def test_a_definition_made_from_what_a_cluster_published_judges(apiserver: ApiServer) -> None:
    assert apiserver.apply(HYPERCONVERGED)[0] in {200, 201}
    status, answer = apiserver.apply(HYPERCONVERGED | {"spec": {"liveMigration": {}}})
    assert status >= 400
    assert ".spec.liveMigration: field not declared in schema" in answer["message"]


def test_a_deleted_object_is_gone(apiserver: ApiServer) -> None:
    thing = NAD | {"metadata": {"name": "gone", "namespace": "default"}}
    apiserver.apply(thing)
    apiserver.delete(thing)
    assert apiserver.get(thing)[0] == 404


def test_a_second_manager_meets_a_conflict(apiserver: ApiServer) -> None:
    thing = NAD | {"metadata": {"name": "contested", "namespace": "default"}}
    apiserver.apply(thing)
    status, _ = apiserver.apply(
        thing | {"spec": {"config": '{"a": 1}'}}, force=False, manager="another"
    )
    assert status == 409


@pytest.mark.parametrize(
    "wanted",
    [
        "NodeNetworkConfigurationPolicy",
        "FRRConfiguration",
        "NetworkAttachmentDefinition",
        "MachineConfig",
        "HostedCluster",
        "NodePool",
        "VirtualMachine",
        "MigrationPolicy",
        "HyperConverged",
        "Subscription",
        "Application",
        "SriovNetwork",
        "IngressController",
        "MachineSet",
        "LVMCluster",
        "MultiClusterEngine",
        "NodeHealthCheck",
    ],
)
def test_there_is_a_definition_of(wanted: str, apiserver: ApiServer) -> None:
    assert apiserver.port
    assert wanted in {entry["kind"] for entry in index()}


def test_frr_is_new_enough_to_keep_its_next_hops(frr_judge: Frr) -> None:
    assert tuple(map(int, frr_judge.version().split("."))) >= (10, 3)


def test_the_grammar_takes_a_good_configuration(frr_judge: Frr) -> None:
    assert frr_judge.check_configuration(FRR_CONF) == []


def test_the_grammar_names_the_line_it_does_not_know(frr_judge: Frr) -> None:
    (refusal,) = frr_judge.check_configuration(FRR_CONF.replace("all-vni", "every-vni"))
    assert refusal.startswith("line 9: % Unknown command")


def test_daemons_run_with_a_good_configuration(frr_judge: Frr) -> None:
    loaded = frr_judge.load(FRR_CONF)
    assert loaded.errors == []
    assert "  advertise-all-vni\n" in loaded.running


def test_daemons_refuse_what_only_they_can_know_is_wrong(frr_judge: Frr) -> None:
    twice = FRR_CONF + "router bgp 65001\n bgp router-id 10.0.0.1\nexit\n"
    assert frr_judge.check_configuration(twice) == []
    assert "BGP instance is already running; AS is 65000" in frr_judge.load(twice).errors


def test_frr_loads_what_frr_k8s_makes_of_an_frrconfiguration(
    frr_k8s: FrrK8s, frr_judge: Frr
) -> None:
    converted = frr_k8s.convert(NODE, [FRR_CONFIGURATION])
    assert converted.conversion == "success"
    loaded = frr_judge.load(converted.frr_conf)
    assert loaded.errors == []
    assert "  neighbor 10.0.0.2 activate\n  advertise-all-vni\n" in loaded.running


def test_frr_k8s_leaves_out_what_selects_other_nodes(frr_k8s: FrrK8s) -> None:
    elsewhere = copy.deepcopy(FRR_CONFIGURATION)
    elsewhere["spec"]["nodeSelector"]["matchLabels"]["role"] = "reflector"
    assert "router bgp" not in frr_k8s.convert(NODE, [elsewhere]).frr_conf


def test_frr_k8s_refuses_a_second_autonomous_system_for_the_whole_node(frr_k8s: FrrK8s) -> None:
    foreign = copy.deepcopy(FRR_CONFIGURATION)
    foreign["metadata"]["name"] = "foreign"
    foreign["spec"]["bgp"]["routers"][0]["asn"] = 65001
    converted = frr_k8s.convert(NODE, [FRR_CONFIGURATION, foreign])
    assert converted.conversion.startswith("failed: different asns")
    assert converted.frr_conf == ""


# A cluster's node: br-ex is two interfaces of one name, and a default route leaked into a tenant's
# table stands before the node's own.
CURRENT: dict[str, Any] = {
    "interfaces": [
        {"name": "br-ex", "type": "ovs-bridge", "state": "up", "bridge": {"port": []}},
        {
            "name": "br-ex",
            "type": "ovs-interface",
            "state": "up",
            "mac-address": "52:54:00:00:00:01",
            "ipv4": {
                "enabled": True,
                "address": [
                    {"ip": "10.0.1.250", "prefix-length": 32},
                    {"ip": "10.0.1.11", "prefix-length": 16},
                    {"ip": "169.254.169.2", "prefix-length": 29},
                ],
            },
        },
        {"name": "ens5", "type": "ethernet", "state": "up"},
    ],
    "routes": {
        "running": [
            {
                "destination": "0.0.0.0/0",
                "next-hop-interface": "vrf20110",
                "next-hop-address": "10.9.9.9",
                "table-id": 20110,
            },
            {
                "destination": "0.0.0.0/0",
                "next-hop-interface": "br-ex",
                "next-hop-address": "10.0.0.1",
                "source": "10.0.1.11",
                "table-id": 254,
            },
        ]
    },
}
POLICY: dict[str, Any] = {
    "capture": {
        "defaults": 'routes.running.destination=="0.0.0.0/0"',
        "default-route": "capture.defaults | routes.running.table-id==254",
        "named": "interfaces.name==capture.default-route.routes.running.0.next-hop-interface",
        "uplink": 'capture.named | interfaces.type=="ovs-interface"',
    },
    "desiredState": {
        "interfaces": [
            {
                "name": "vx10110",
                "type": "vxlan",
                "state": "up",
                "vxlan": {
                    "id": 10110,
                    "local": "{{ capture.default-route.routes.running.0.source }}",
                    "base-iface": "{{ capture.default-route.routes.running.0.next-hop-interface }}",
                    "destination-port": 4789,
                },
            },
            {
                "name": "br20110",
                "type": "linux-bridge",
                "state": "up",
                "mac-address": "{{ capture.uplink.interfaces.0.mac-address }}",
                "bridge": {"port": [{"name": "vx20110", "vlan": {}}]},
            },
        ]
    },
}


def _interfaces(resolved: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in resolved["interfaces"]}


def test_nmstate_resolves_the_tunnel_to_the_source_of_the_nodes_own_default_route(
    nmstate: Nmstate,
) -> None:
    vxlan = _interfaces(nmstate.resolve(POLICY, CURRENT))["vx10110"]["vxlan"]
    assert vxlan["local"] == "10.0.1.11"
    assert vxlan["base-iface"] == "br-ex"


def test_nmstate_takes_the_router_mac_from_the_interface_of_the_two_that_are_named_alike(
    nmstate: Nmstate,
) -> None:
    bridge = _interfaces(nmstate.resolve(POLICY, CURRENT))["br20110"]
    assert bridge["mac-address"].lower() == "52:54:00:00:00:01"


def test_nmstate_fails_where_a_capture_finds_nothing(nmstate: Nmstate) -> None:
    nowhere = CURRENT | {"routes": {"running": []}}
    with pytest.raises(PolicyError, match=r"route with 'destination=0\.0\.0\.0/0' not found"):
        nmstate.resolve(POLICY, nowhere)


def test_nmstate_answers_on_after_a_failure(nmstate: Nmstate) -> None:
    with pytest.raises(PolicyError):
        nmstate.resolve({"desiredState": {"interfaces": "none"}}, CURRENT)
    assert nmstate.resolve(POLICY, CURRENT)["interfaces"]


def test_nft_takes_good_rules(nft_judge: Nft) -> None:
    rules = """
    table inet judged {
      chain out { type nat hook postrouting priority srcnat
        oifname "br-ex" meta mark 0x1 masquerade
      }
    }
    """
    assert nft_judge.check(rules) == []


def test_nft_refuses_a_chain_of_no_type(nft_judge: Nft) -> None:
    said = nft_judge.check("table inet judged { chain out { type nut hook input priority 0; } }")
    assert "unknown chain type" in "\n".join(said)


def _dhcp(subnet: str, pool: str, family: int) -> dict[str, Any]:
    return {
        f"Dhcp{family}": {
            "lease-database": {"type": "memfile", "persist": False},
            f"subnet{family}": [{"id": 1, "subnet": subnet, "pools": [{"pool": pool}]}],
        }
    }


@pytest.mark.parametrize(
    ("family", "subnet", "pool"),
    [(4, "10.1.0.0/24", "10.1.0.10-10.1.0.20"), (6, "2001:db8::/64", "2001:db8::10-2001:db8::20")],
)
def test_kea_takes_a_pool_inside_its_subnet(
    kea_judge: Kea, family: int, subnet: str, pool: str
) -> None:
    assert kea_judge.check(family, _dhcp(subnet, pool, family)) == []


@pytest.mark.parametrize(
    ("family", "subnet", "pool"),
    [(4, "10.1.0.0/24", "10.2.0.10-10.2.0.20"), (6, "2001:db8::/64", "2001:db9::1-2001:db9::2")],
)
def test_kea_refuses_a_pool_outside_its_subnet(
    kea_judge: Kea, family: int, subnet: str, pool: str
) -> None:
    assert "does not match the prefix" in "\n".join(
        kea_judge.check(family, _dhcp(subnet, pool, family))
    )
