"""The template of virtual hypervisors is copied, changed and marked at a vCenter, never started."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from pyVmomi import vim as untyped

from hyperleaf.platforms.errors import PlatformError
from hyperleaf.platforms.steps import Verb
from platforms.vsphere_lab import (
    COPY,
    SOURCE,
    distributed,
    everything,
    machine,
    named,
    snapshot,
    standard,
    steps,
    template,
)

if TYPE_CHECKING:
    from judges.vcenter import Vcenter

vim: Any = untyped
pytestmark = pytest.mark.judge
VMXNET3 = "VirtualVmxnet3"
PRIMARY = (VMXNET3, "lab-192-168-4-0-b24")


def copy_of(center: Vcenter, name: str = COPY) -> Any:
    return named(center, vim.VirtualMachine, name)


def done(task: Any) -> None:
    """Wait for a task of the tests' own."""
    while task.info.state in {"queued", "running"}:
        time.sleep(0.02)
    assert task.info.state == "success", task.info.error


def cloned(center: Vcenter, source: str, name: str, *, is_template: bool = True) -> Any:
    """Clone a machine as a person does."""
    one = copy_of(center, source)
    where = vim.vm.RelocateSpec(pool=named(center, vim.ResourcePool, "Resources"))
    spec = vim.vm.CloneSpec(location=where, template=is_template)
    done(one.CloneVM_Task(folder=one.parent, name=name, spec=spec))
    return copy_of(center, name)


def with_trunk(center: Vcenter, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return standard(center), template(center, "Trunk", **more)


def test_the_copy_can_run_hypervisors_and_has_a_nic_on_the_trunk(center: Vcenter) -> None:
    made = steps(*with_trunk(center)).make()
    assert made[1] == {"Name": COPY}
    assert machine(copy_of(center)) == {
        "template": True,
        "power": "poweredOff",
        "folder": "hub-7vxwj",
        "virtualization": True,
        "iommu": True,
        "counters": True,
        "cards": [PRIMARY, (VMXNET3, "Trunk")],
    }


def test_a_nic_on_a_distributed_trunk_is_a_port_of_the_switch(center: Vcenter) -> None:
    steps(distributed(center), template(center, "Wide")).make()
    group = named(center, vim.dvs.DistributedVirtualPortgroup, "Wide")
    assert machine(copy_of(center))["cards"] == [PRIMARY, (VMXNET3, group.key)]


def test_several_trunks_are_several_nics_in_their_order(center: Vcenter) -> None:
    steps(standard(center), distributed(center), template(center, "Wide", "Trunk")).make()
    group = named(center, vim.dvs.DistributedVirtualPortgroup, "Wide")
    cards = machine(copy_of(center))["cards"]
    assert cards == [PRIMARY, (VMXNET3, group.key), (VMXNET3, "Trunk")]


def test_the_source_stays_as_it_was(center: Vcenter) -> None:
    before = machine(copy_of(center, SOURCE))
    steps(*with_trunk(center)).make()
    assert machine(copy_of(center, SOURCE)) == before


def test_nothing_is_ever_started(center: Vcenter) -> None:
    steps(*with_trunk(center)).make()
    sent = {one.method: one.body for one in center.changes()}
    assert not [one for one in sent if "Power" in one]
    assert "<powerOn>false</powerOn>" in sent["CloneVM_Task"]
    assert "<vPMCEnabled>true</vPMCEnabled>" in sent["ReconfigVM_Task"]


def test_the_copy_is_a_machine_until_it_is_changed(center: Vcenter) -> None:
    steps(*with_trunk(center)).make()
    calls = [one.method for one in center.changes()]
    assert calls[-3:] == ["CloneVM_Task", "ReconfigVM_Task", "MarkAsTemplate"]


def test_a_second_run_changes_nothing(center: Vcenter) -> None:
    steps(*with_trunk(center)).make()
    before = len(center.changes())
    again = steps(*with_trunk(center))
    assert [one.changes for one in again.see()] == [(), ()]
    assert again.see()[1].outputs == {"Name": COPY}
    again.make()
    assert len(center.changes()) == before


def test_what_was_taken_from_our_copy_is_added_again(center: Vcenter) -> None:
    steps(*with_trunk(center)).make()
    one = copy_of(center)
    pool = named(center, vim.ResourcePool, "Resources")
    one.MarkAsVirtualMachine(pool=pool)
    card = [each for each in one.config.hardware.device if "Vmxnet3" in type(each).__name__][-1]
    change = vim.vm.device.VirtualDeviceSpec(operation="remove", device=card)
    done(one.ReconfigVM_Task(spec=vim.vm.ConfigSpec(deviceChange=[change], nestedHVEnabled=False)))
    one.MarkAsTemplate()
    seen = steps(*with_trunk(center)).see()[1]
    assert seen.changes[0].details == ("hardware virtualization on", "a NIC on Trunk")
    steps(*with_trunk(center)).make()
    assert machine(copy_of(center))["virtualization"]
    assert machine(copy_of(center))["cards"] == [PRIMARY, (VMXNET3, "Trunk")]
    assert machine(copy_of(center))["template"]


def test_a_copy_made_by_hand_is_used_where_it_lacks_nothing(center: Vcenter) -> None:
    steps(*with_trunk(center), owner="somebody").make()
    before = len(center.changes())
    seen = steps(*with_trunk(center)).see()[1]
    assert (seen.changes, seen.findings, seen.outputs) == ((), (), {"Name": COPY})
    steps(*with_trunk(center)).make()
    assert len(center.changes()) == before


def test_a_copy_made_by_hand_that_lacks_something_is_told_and_left(center: Vcenter) -> None:
    steps(standard(center)).make()
    cloned(center, SOURCE, COPY)
    before = snapshot(center)
    seen = steps(*with_trunk(center)).see()[1]
    assert [one.code for one in seen.findings] == ["HL1448"]
    assert "IOMMU on" in seen.findings[0].message
    with pytest.raises(PlatformError, match="a NIC on Trunk"):
        steps(*with_trunk(center)).make()
    assert snapshot(center) == before


def test_a_copy_that_was_started_is_told_and_left(center: Vcenter) -> None:
    steps(*with_trunk(center)).make()
    one = copy_of(center)
    one.MarkAsVirtualMachine(pool=named(center, vim.ResourcePool, "Resources"))
    done(one.PowerOnVM_Task())
    seen = steps(*with_trunk(center)).see()[1]
    assert [one.code for one in seen.findings] == ["HL1448"]
    assert "powered on" in seen.findings[0].message
    with pytest.raises(PlatformError) as caught:
        steps(*with_trunk(center)).remove()
    assert caught.value.finding.code == "HL1418"
    assert copy_of(center).runtime.powerState == "poweredOn"


def test_of_several_templates_one_must_be_named(center: Vcenter) -> None:
    cloned(center, SOURCE, "prod-x7k2p-rhcos-region-zone")
    with pytest.raises(PlatformError) as caught:
        steps(*with_trunk(center)).see()
    assert caught.value.finding.code == "HL1447"
    assert SOURCE in caught.value.finding.message
    assert "prod-x7k2p-rhcos-region-zone" in caught.value.finding.message


@pytest.mark.parametrize("stated", ["prod-x7k2p-rhcos-region-zone", "prod-x7k2p-rhcos"])
def test_the_named_one_is_taken_also_with_the_installers_ending(
    center: Vcenter, stated: str
) -> None:
    cloned(center, SOURCE, "prod-x7k2p-rhcos-region-zone")
    made = steps(*with_trunk(center, source=stated)).make()
    assert made[1] == {"Name": "prod-x7k2p-rhcos-region-zone-cnv"}


def test_without_a_template_those_that_are_there_are_told(center: Vcenter) -> None:
    with pytest.raises(PlatformError) as caught:
        steps(*with_trunk(center, source="lab-rhcos")).see()
    assert caught.value.finding.code == "HL1447"
    assert caught.value.finding.hint.endswith(f"templates there: {SOURCE}")


def test_a_port_group_that_nobody_makes_is_told_before_anything_is_made(center: Vcenter) -> None:
    (seen,) = steps(template(center, "Trnk")).see()
    assert [one.code for one in seen.findings] == ["HL1450"]
    with pytest.raises(PlatformError, match="no port group Trnk"):
        steps(template(center, "Trnk")).make()
    assert center.changes() == []


def test_a_port_group_that_another_step_makes_is_awaited(center: Vcenter) -> None:
    seen = steps(*with_trunk(center)).see()[1]
    assert seen.findings == ()
    assert "a NIC (vmxnet3) on Trunk" in seen.changes[0].details


def test_a_port_group_that_shows_itself_late_is_waited_for(center: Vcenter) -> None:
    late = threading.Timer(0.7, steps(standard(center)).make)
    late.start()
    both = steps(*with_trunk(center))
    made = both.make(only="vsphere.template")
    late.join()
    assert made == [{"Name": COPY}]
    assert machine(copy_of(center))["cards"] == [PRIMARY, (VMXNET3, "Trunk")]


def test_a_source_that_has_changed_since_is_told(center: Vcenter) -> None:
    steps(*with_trunk(center)).make()
    newer(center)
    seen = steps(*with_trunk(center)).see()[1]
    assert seen.changes == ()
    assert [(one.code, one.severity) for one in seen.findings] == [("HL1449", "warning")]


def newer(center: Vcenter) -> None:
    """Give the source another version of its operating system, as far as a copy can tell."""
    source = copy_of(center, SOURCE)
    source.MarkAsVirtualMachine(pool=named(center, vim.ResourcePool, "Resources"))
    done(source.ReconfigVM_Task(spec=vim.vm.ConfigSpec(annotation="4.17")))
    source.MarkAsTemplate()


def test_a_source_that_has_changed_is_copied_anew_when_that_is_said(center: Vcenter) -> None:
    steps(*with_trunk(center)).make()
    newer(center)
    again = steps(*with_trunk(center), may_replace=True)
    assert [one.verb for one in again.see()[1].changes] == [Verb.REPLACE]
    again.make()
    seen = steps(*with_trunk(center)).see()[1]
    assert (seen.changes, seen.findings) == ((), ())


def test_machines_that_are_cloned_from_the_template_are_not_ours(center: Vcenter) -> None:
    steps(*with_trunk(center)).make()
    node = cloned(center, COPY, "hub-7vxwj-node-cnv", is_template=False)
    marks = [one for one in copy_of(center).config.extraConfig if "hyperleaf" in one.key]
    change = vim.vm.ConfigSpec(extraConfig=marks)  # which a real vCenter copies
    done(node.ReconfigVM_Task(spec=change))
    assert [one.name for one in steps(*with_trunk(center)).owned()] == [COPY, "Trunk"]


def test_everything_of_ours_is_removed_the_template_first(center: Vcenter) -> None:
    before = snapshot(center)
    steps(*with_trunk(center)).make()
    steps(*with_trunk(center)).remove()
    assert snapshot(center) == before
    assert [one.method for one in center.changes()][-4:] == [
        "Destroy_Task",
        "RemovePortGroup",
        "RemovePortGroup",
        "SetField",
    ]


def test_what_is_gone_already_is_removed_without_complaint(center: Vcenter) -> None:
    run = steps(*with_trunk(center))
    run.make()
    done(copy_of(center).Destroy_Task())
    for host in everything(center, vim.HostSystem):
        host.configManager.networkSystem.RemovePortGroup(pgName="Trunk")
    steps(*with_trunk(center)).remove()
    assert steps(*with_trunk(center)).owned() == []
