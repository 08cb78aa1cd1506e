"""Port groups are made at a vCenter, found again, mended, told of and removed; read by pyVmomi."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from pyVmomi import vim as untyped

from hyperleaf.platforms.errors import PlatformError
from hyperleaf.platforms.steps import Verb
from judges.vcenter import PASSWORD, USER, Vcenter, vcenter
from platforms.vsphere_lab import (
    LEARNED,
    attributes,
    distributed,
    everything,
    named,
    on_hosts,
    snapshot,
    standard,
    steps,
    template,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

vim: Any = untyped
pytestmark = pytest.mark.judge
HOSTS = ["esx1.lab.example", "esx2.lab.example"]


def by_hand(center: Vcenter, name: str = "Trunk", host: int = 0, **how: Any) -> None:
    """Make or change a host's port group as a person does in vCenter."""
    system = everything(center, vim.HostSystem)[host].configManager.networkSystem
    security = {"allowPromiscuous": True, "macChanges": True, "forgedTransmits": True} | how
    vlan = security.pop("vlan", 4095)
    policy = vim.host.NetworkPolicy(security=vim.host.NetworkPolicy.SecurityPolicy(**security))
    spec = vim.host.PortGroup.Specification(
        name=name, vlanId=vlan, vswitchName="vSwitch0", policy=policy
    )
    if name in on_hosts(center, name) or any(
        one.spec.name == name for one in system.networkInfo.portgroup
    ):
        system.UpdatePortGroup(pgName=name, portgrp=spec)
    else:
        system.AddPortGroup(portgrp=spec)


def on_every_host_by_hand(center: Vcenter, **how: Any) -> None:
    for host in range(len(HOSTS)):
        by_hand(center, host=host, **how)


def test_every_host_has_the_trunk_with_all_vlans_and_every_mac_let_through(
    center: Vcenter,
) -> None:
    assert steps(standard(center)).make() == [{"Name": "Trunk"}]
    made = on_hosts(center, "Trunk")
    assert sorted(made) == HOSTS
    for spec in made.values():
        security = spec.policy.security
        assert (spec.vlanId, spec.vswitchName) == (4095, "vSwitch0")
        assert security.allowPromiscuous
        assert security.macChanges
        assert security.forgedTransmits


def test_a_distributed_trunk_carries_every_vlan_and_lets_every_mac_through(
    center: Vcenter,
) -> None:
    steps(distributed(center)).make()
    group = named(center, vim.dvs.DistributedVirtualPortgroup, "Wide")
    setting = group.config.defaultPortConfig
    assert [(one.start, one.end) for one in setting.vlan.vlanId] == [(0, 4094)]
    assert setting.macManagementPolicy.allowPromiscuous
    assert setting.macManagementPolicy.forgedTransmits
    assert setting.securityPolicy.allowPromiscuous.value
    assert (group.config.type, group.config.autoExpand) == ("earlyBinding", True)


def test_a_distributed_trunk_that_learns_macs_is_not_promiscuous(center: Vcenter) -> None:
    steps(distributed(center, security=LEARNED, macLearning=True)).make()
    group = named(center, vim.dvs.DistributedVirtualPortgroup, "Wide")
    policy = group.config.defaultPortConfig.macManagementPolicy
    assert policy.macLearningPolicy.enabled
    assert policy.macLearningPolicy.allowUnicastFlooding
    assert policy.forgedTransmits
    assert not policy.allowPromiscuous


def test_a_second_run_changes_nothing(center: Vcenter) -> None:
    bodies = (standard(center), distributed(center))
    steps(*bodies).make()
    before = len(center.changes())
    again = steps(*bodies)
    assert [one.changes for one in again.see()] == [(), ()]
    again.make()
    assert len(center.changes()) == before


def test_looking_changes_nothing(center: Vcenter) -> None:
    seen = steps(standard(center), distributed(center)).see()
    assert [one.changes[0].verb for one in seen] == [Verb.CREATE, Verb.CREATE]
    assert center.changes() == []


def test_a_port_group_made_by_hand_is_used_as_it_is(center: Vcenter) -> None:
    on_every_host_by_hand(center)
    before = len(center.changes())
    (seen,) = steps(standard(center)).see()
    assert (seen.changes, seen.findings) == ((), ())
    assert seen.outputs == {"Name": "Trunk"}
    assert seen.about == "there already, not ours"
    steps(standard(center)).make()
    assert len(center.changes()) == before


def test_a_port_group_made_by_hand_that_differs_is_told_and_left(center: Vcenter) -> None:
    on_every_host_by_hand(center, allowPromiscuous=False, vlan=12)
    before = snapshot(center)
    (seen,) = steps(standard(center)).see()
    (finding,) = seen.findings
    assert finding.code == "HL1441"
    assert "VLANs: 12 -> 4095" in finding.message
    assert "promiscuous mode: rejected -> accepted" in finding.message
    with pytest.raises(PlatformError, match="not ours"):
        steps(standard(center)).make()
    assert snapshot(center) == before


def test_a_port_group_made_by_hand_on_some_hosts_is_told_with_the_others(center: Vcenter) -> None:
    by_hand(center)
    (seen,) = steps(standard(center)).see()
    assert [one.code for one in seen.findings] == ["HL1441"]
    assert "on esx2.lab.example" in seen.findings[0].message


def test_ours_that_somebody_changed_is_mended(center: Vcenter) -> None:
    steps(standard(center)).make()
    by_hand(center, host=1, forgedTransmits=False)
    (seen,) = steps(standard(center)).see()
    assert [(one.verb, one.what) for one in seen.changes] == [
        (Verb.CHANGE, "port group Trunk on esx2.lab.example")
    ]
    assert seen.changes[0].details == ("forged transmits: rejected -> accepted",)
    steps(standard(center)).make()
    assert on_hosts(center, "Trunk")["esx2.lab.example"].policy.security.forgedTransmits


def test_a_distributed_one_of_ours_is_mended_and_keeps_the_rest(center: Vcenter) -> None:
    steps(distributed(center)).make()
    want = distributed(center, security=LEARNED, macLearning=True)
    (seen,) = steps(want).see()
    assert seen.changes[0].details == (
        "promiscuous mode: accepted -> rejected",
        "MAC learning: rejected -> accepted",
    )
    steps(want).make()
    group = named(center, vim.dvs.DistributedVirtualPortgroup, "Wide")
    assert (group.config.name, group.config.type) == ("Wide", "earlyBinding")
    assert group.config.autoExpand


def test_a_host_that_came_later_gets_its_port_group(center: Vcenter) -> None:
    steps(standard(center)).make()
    host = everything(center, vim.HostSystem)[1]
    host.configManager.networkSystem.RemovePortGroup(pgName="Trunk")
    before = len(center.changes())
    steps(standard(center)).make()
    assert [one.method for one in center.changes()[before:]] == ["AddPortGroup"]
    assert sorted(on_hosts(center, "Trunk")) == HOSTS


def test_hosts_without_the_switch_are_named(center: Vcenter) -> None:
    (seen,) = steps(standard(center, switch="vSwitch7")).see()
    (finding,) = seen.findings
    assert finding.code == "HL1442"
    assert "esx1.lab.example, esx2.lab.example" in finding.message
    assert finding.hint == "switches there: vSwitch0"


def test_hosts_outside_the_distributed_switch_are_named(center: Vcenter) -> None:
    switch = named(center, vim.DistributedVirtualSwitch, "DSwitch")
    host = everything(center, vim.HostSystem)[0]
    member = vim.dvs.HostMember.ConfigSpec(operation="remove", host=host)
    switch.ReconfigureDvs_Task(vim.DistributedVirtualSwitch.ConfigSpec(host=[member]))
    (seen,) = steps(distributed(center)).see()
    assert [one.code for one in seen.findings] == ["HL1442"]
    assert "esx1.lab.example" in seen.findings[0].message


def test_a_host_that_is_away_is_told_of_and_keeps_the_others_waiting_for_nothing(
    center: Vcenter,
) -> None:
    away(center, 1)
    (seen,) = steps(standard(center)).see()
    assert [(one.code, one.severity) for one in seen.findings] == [("HL1443", "warning")]
    steps(standard(center)).make()
    assert list(on_hosts(center, "Trunk")) == HOSTS[:1]


def test_what_a_host_that_is_away_may_have_is_not_called_removed(center: Vcenter) -> None:
    steps(standard(center)).make()
    away(center, 1)
    with pytest.raises(PlatformError) as caught:
        steps(standard(center)).remove()
    assert caught.value.finding.code == "HL1418"
    assert "esx2.lab.example" in caught.value.finding.message
    assert [one.name for one in steps(standard(center)).owned()] == ["Trunk"]


def away(center: Vcenter, number: int) -> None:
    """Take a host off the vCenter, as for a repair."""
    everything(center, vim.HostSystem)[number].DisconnectHost_Task()
    while everything(center, vim.HostSystem)[number].runtime.connectionState == "connected":
        time.sleep(0.02)


def test_a_standard_switch_learns_no_macs(center: Vcenter) -> None:
    (seen,) = steps(standard(center, macLearning=True)).see()
    assert [one.code for one in seen.findings] == ["HL1444"]


def test_a_name_that_another_kind_of_switch_has_is_refused(center: Vcenter) -> None:
    steps(distributed(center)).make()
    (seen,) = steps(standard(center, name="Wide")).see()
    assert [one.code for one in seen.findings] == ["HL1441"]


@pytest.mark.parametrize(
    ("what", "there"),
    [
        ({"datacenter": "Yard"}, "there are: Garden"),
        ({"cluster": "Sheep"}, "there are: Goat"),
        ({"switch": "Other", "distributed": True, "vlans": "0-4094"}, "there are: DSwitch"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(
    center: Vcenter, what: dict[str, Any], there: str
) -> None:
    with pytest.raises(PlatformError) as caught:
        steps(standard(center, **what)).see()
    assert (caught.value.finding.code, caught.value.finding.hint) == ("HL1419", there)


def test_what_is_ours_is_written_where_it_is(center: Vcenter) -> None:
    steps(standard(center), distributed(center)).make()
    assert attributes(center) == {"Goat": '{"corp":["Trunk"]}', "DSwitch": '{"corp":["Wide"]}'}


def test_an_attribute_that_holds_something_else_is_left(center: Vcenter) -> None:
    steps(standard(center)).make()
    content = center.session().RetrieveContent()
    (field,) = content.customFieldsManager.field
    cluster = named(center, vim.ClusterComputeResource, "Goat")
    content.customFieldsManager.SetField(entity=cluster, key=field.key, value="ask Ann")
    with pytest.raises(PlatformError) as caught:
        steps(standard(center)).see()
    assert caught.value.finding.code == "HL1446"


def test_everything_of_ours_and_nothing_else_is_removed(center: Vcenter) -> None:
    by_hand(center, name="Theirs")
    before = snapshot(center)
    steps(standard(center), distributed(center)).make()
    steps(standard(center)).remove()
    assert snapshot(center) == before


def test_another_owners_port_group_stays(center: Vcenter) -> None:
    steps(standard(center, name="Lab"), owner="lab").make()
    before = snapshot(center)
    steps(standard(center), owner="corp").make()
    steps(standard(center), owner="corp").remove()
    assert snapshot(center) == before
    assert attributes(center) == {"Goat": '{"lab":["Lab"]}'}


def test_what_left_the_estate_is_still_found(center: Vcenter) -> None:
    steps(standard(center), distributed(center)).make()
    found = steps(standard(center, name="Other")).owned()
    assert [one.name for one in found] == ["Trunk", "Wide"]


@pytest.mark.parametrize(("make", "name"), [(standard, "Trunk"), (distributed, "Wide")])
def test_a_port_group_in_use_is_not_removed_and_its_machines_are_named(
    center: Vcenter, make: Callable[..., dict[str, Any]], name: str
) -> None:
    steps(make(center), template(center, name)).make()
    copy = named(center, vim.VirtualMachine, "hub-7vxwj-rhcos-cnv")
    pool = named(center, vim.ResourcePool, "Resources")
    where = vim.vm.RelocateSpec(pool=pool)
    copy.CloneVM_Task(folder=copy.parent, name="hub-cnv-abc", spec=vim.vm.CloneSpec(location=where))
    with pytest.raises(PlatformError) as caught:
        steps(make(center)).remove()
    assert caught.value.finding.code == "HL1418"
    assert "hub-cnv-abc" in caught.value.finding.message
    assert [one.name for one in steps(make(center)).owned()] == [name]


def test_a_vcenter_full_of_machines_is_asked_no_more_often(
    tmp_path: Path, needed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    needed("vcenter")
    monkeypatch.setenv("VSPHERE_USER", USER)
    monkeypatch.setenv("VSPHERE_PASSWORD", PASSWORD)
    counted = []
    for number in (0, 150):
        with vcenter(tmp_path / str(number), "-machines", str(number)) as center:
            monkeypatch.setenv("SSL_CERT_FILE", str(center.ca))
            steps(standard(center), template(center, "Trunk")).see()
            counted.append([re.sub(r"\W.*", "", one.method) for one in center.log()])
    assert counted[0] == counted[1]
    assert len(counted[0]) < 25
