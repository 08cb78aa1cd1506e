"""The vCenter for tests takes what a real one takes, refuses what it refuses, and counts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from pyVmomi import vim as untyped

from judges.vcenter import Vcenter, vcenter
from platforms.vsphere_lab import everything, machine, named, on_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

vim: Any = untyped
pytestmark = pytest.mark.judge


@pytest.fixture(scope="module")
def center(
    needed: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Vcenter]:
    """Run one vCenter for all of these."""
    needed("vcenter")
    with vcenter(tmp_path_factory.mktemp("vcenter")) as made:
        yield made


def system(center: Vcenter, host: int) -> Any:
    return everything(center, vim.HostSystem)[host].configManager.networkSystem


def spec(name: str, switch: str = "vSwitch0") -> Any:
    return vim.host.PortGroup.Specification(
        name=name, vlanId=7, vswitchName=switch, policy=vim.host.NetworkPolicy()
    )


def ended(task: Any) -> Any:
    while task.info.state in {"queued", "running"}:
        time.sleep(0.02)
    return task.info


def test_its_inventory_is_the_articles(center: Vcenter) -> None:
    assert [one.name for one in everything(center, vim.Datacenter)] == ["Garden"]
    assert [one.name for one in everything(center, vim.ClusterComputeResource)] == ["Goat"]
    template = machine(named(center, vim.VirtualMachine, "hub-7vxwj-rhcos"))
    assert (template["template"], template["folder"]) == (True, "hub-7vxwj")


def test_port_groups_of_one_name_are_one_network(center: Vcenter) -> None:
    for host in (0, 1):
        system(center, host).AddPortGroup(portgrp=spec("Shared"))
    network = named(center, vim.Network, "Shared")
    assert len(network.host) == 2
    system(center, 0).RemovePortGroup(pgName="Shared")
    assert list(on_hosts(center, "Shared")) == ["esx2.lab.example"]
    system(center, 1).RemovePortGroup(pgName="Shared")
    assert "Shared" not in {one.name for one in everything(center, vim.Network)}


def test_a_host_refuses_a_second_port_group_of_a_name(center: Vcenter) -> None:
    system(center, 0).AddPortGroup(portgrp=spec("Twice"))
    with pytest.raises(vim.fault.AlreadyExists):
        system(center, 0).AddPortGroup(portgrp=spec("Twice"))


def test_a_host_refuses_a_switch_that_it_has_not(center: Vcenter) -> None:
    for name in ("Lost", "Twice-lost"):
        with pytest.raises(vim.fault.NotFound):
            system(center, 1).AddPortGroup(portgrp=spec(name, "vSwitch9"))


def test_a_port_group_in_use_is_not_removed(center: Vcenter) -> None:
    used = "lab-192-168-4-0-b24"
    template = named(center, vim.VirtualMachine, "hub-7vxwj-rhcos")
    with pytest.raises(vim.fault.ResourceInUse):
        template.runtime.host.configManager.networkSystem.RemovePortGroup(pgName=used)


def test_a_template_cannot_be_changed(center: Vcenter) -> None:
    template = named(center, vim.VirtualMachine, "hub-7vxwj-rhcos")
    changed = ended(template.ReconfigVM_Task(spec=vim.vm.ConfigSpec(nestedHVEnabled=True)))
    assert changed.state == "error"
    assert not template.config.nestedHVEnabled


def test_performance_counters_are_kept(center: Vcenter) -> None:
    template = named(center, vim.VirtualMachine, "hub-7vxwj-rhcos")
    where = vim.vm.RelocateSpec(pool=named(center, vim.ResourcePool, "Resources"))
    clone = vim.vm.CloneSpec(location=where)
    assert ended(template.CloneVM_Task(template.parent, "counted", clone)).state == "success"
    copy = named(center, vim.VirtualMachine, "counted")
    assert not copy.config.vPMCEnabled
    ended(copy.ReconfigVM_Task(spec=vim.vm.ConfigSpec(vPMCEnabled=True)))
    assert copy.config.vPMCEnabled


def test_questions_are_told_from_changes(center: Vcenter) -> None:
    before = len(center.changes())
    assert everything(center, vim.VirtualMachine)
    assert len(center.changes()) == before
    assert {"Login", "RetrieveServiceContent"} <= {one.method for one in center.log()}


def test_no_password_is_in_its_log(center: Vcenter) -> None:
    center.session()
    assert not [one for one in center.log() if one.method == "Login" and one.body]
