"""What virtual hypervisors need of a vCenter follows from their cluster's platform and uplinks."""

from __future__ import annotations

from hyperleaf.plan.build import BuildStep, Ref
from hyperleaf.plan.clusters import plan
from unit.writing_estates import document, estate_of

PLACE = {"server": "vc.example.com", "datacenter": "dc", "cluster": "c1", "credential": None}
ROOM = "server: vc.example.com, datacenter: dc, cluster: c1"


def lab(platform: str, name: str = "lab", more: str = "", uplinks: str = "") -> str:
    """Return a cluster on vSphere with one pool."""
    pool = f"{{name: cnv, uplinks: {{{uplinks}}}}}"
    return document(
        "Cluster",
        name,
        "role: standalone, version: 4.16.8, networks: {machine: [192.168.18.0/24]}, "
        f"platform: {{vsphere: {{{ROOM}, {platform}}}}}, nodePools: [{pool}]{more}",
    )


TRUNK = "trunk: {nic: ens224, portGroup: Trunk}"


def steps_of(*texts: str) -> tuple[BuildStep, ...]:
    """Return the steps of estates of vSphere clusters."""
    build = plan(estate_of(*texts)).build
    return build.steps if build is not None else ()


def test_a_standard_trunk_carries_4095_and_is_promiscuous() -> None:
    (step,) = steps_of(lab("portGroups: [{name: Trunk, switch: vSwitch0}]"))
    assert (step.name, step.kind) == ("portgroup.lab.Trunk", "vsphere.portGroup")
    assert step.body == {
        **PLACE,
        "name": "Trunk",
        "switch": "vSwitch0",
        "distributed": False,
        "vlans": "4095",
        "security": {"allowPromiscuous": True, "macChanges": True, "forgedTransmits": True},
        "macLearning": False,
    }
    assert step.sources == ("Cluster/lab",)


def test_a_distributed_trunk_carries_every_vlan() -> None:
    (step,) = steps_of(lab("portGroups: [{name: Trunk, switch: ds, distributed: true}]"))
    assert step.body["vlans"] == "0-4094"


def test_a_switch_that_learns_macs_is_not_promiscuous() -> None:
    group = "{name: Trunk, switch: ds, distributed: true, learning: macLearning}"
    (step,) = steps_of(lab(f"portGroups: [{group}]"))
    assert step.body["macLearning"] is True
    assert step.body["security"] == {
        "allowPromiscuous": False,
        "macChanges": True,
        "forgedTransmits": True,
    }


def test_hypervisors_with_a_trunk_have_a_template_after_their_port_groups() -> None:
    made = steps_of(
        lab("nested: true, portGroups: [{name: Trunk, switch: vSwitch0}]", uplinks=TRUNK)
    )
    assert [one.name for one in made] == ["portgroup.lab.Trunk", "template.lab"]
    assert made[1].body == {**PLACE, "source": None, "networks": ["Trunk"]}


def test_a_port_group_that_is_there_already_needs_no_step() -> None:
    made = steps_of(lab("nested: true, template: hub-rhcos", uplinks=TRUNK))
    assert [(one.name, one.body["source"]) for one in made] == [("template.lab", "hub-rhcos")]


def test_machines_that_are_no_hypervisors_need_no_template() -> None:
    assert steps_of(lab("nested: false", uplinks=TRUNK)) == ()


def test_hypervisors_without_a_trunk_need_no_template() -> None:
    assert steps_of(lab("nested: true", uplinks="trunk: {nic: ens224}")) == ()


def test_the_template_becomes_a_fact_of_its_cluster() -> None:
    build = plan(estate_of(lab("nested: true", uplinks=TRUNK))).build
    assert build is not None
    assert build.facts["clusters"]["lab"] == {"vsphere": {"template": Ref("template.lab", "Name")}}


def test_the_credential_is_named_and_never_read() -> None:
    text = lab(
        "portGroups: [{name: Trunk, switch: vSwitch0}]",
        more=", credentials: {cloud: {env: VCENTER_LOGIN}}",
    )
    (step,) = steps_of(text)
    assert step.body["credential"] == {"env": "VCENTER_LOGIN"}


def test_a_credential_that_only_a_cluster_holds_is_left_to_the_environment() -> None:
    text = lab(
        "portGroups: [{name: Trunk, switch: vSwitch0}]",
        more=", credentials: {cloud: {secret: vsphere-creds}}",
    )
    (step,) = steps_of(text)
    assert step.body["credential"] is None


def test_a_port_group_of_two_clusters_is_made_once() -> None:
    group = "portGroups: [{name: Trunk, switch: vSwitch0}]"
    (step,) = steps_of(lab(group), lab(group, "other"))
    assert step.sources == ("Cluster/lab", "Cluster/other")
