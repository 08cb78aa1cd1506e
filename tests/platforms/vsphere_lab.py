"""Steps against a vCenter for tests, and what pyVmomi itself finds there afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyVmomi import vim as untyped

from hyperleaf.platforms.build import Build
from hyperleaf.platforms.carriers import carriers_of
from hyperleaf.platforms.steps import Step, World
from judges.vcenter import PASSWORD, USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.platforms.steps import Owned, Seen
    from judges.vcenter import Vcenter

vim: Any = untyped
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "02-vsphere-lab" / "estate.yaml"
LIMIT_SECONDS = 120
OWNER = "corp"
SOURCE, COPY = "hub-7vxwj-rhcos", "hub-7vxwj-rhcos-cnv"
OPEN = {"allowPromiscuous": True, "macChanges": True, "forgedTransmits": True}
LEARNED = {"allowPromiscuous": False, "macChanges": True, "forgedTransmits": True}
Body = dict[str, Any]


def standard(center: Vcenter, **more: Any) -> Body:
    """Return the body of a step that makes Trunk on each host's vSwitch0."""
    made = {"name": "Trunk", "switch": "vSwitch0", "distributed": False, "vlans": "4095"}
    return place(center) | made | {"security": OPEN, "macLearning": False} | more


def distributed(center: Vcenter, **more: Any) -> Body:
    """Return the body of a step that makes Wide on the distributed switch."""
    made = {"name": "Wide", "switch": "DSwitch", "distributed": True, "vlans": "0-4094"}
    return place(center) | made | {"security": OPEN, "macLearning": False} | more


def template(center: Vcenter, *networks: str, **more: Any) -> Body:
    """Return the body of a step that makes the template of hypervisors."""
    return place(center) | {"source": None, "networks": list(networks)} | more


def place(center: Vcenter) -> Body:
    """Return where the steps of a test are."""
    place = {"server": center.server, "datacenter": "Garden", "cluster": "Goat"}
    return {**place, "credential": None}


@dataclass
class Steps:
    """Carriers of a build with these bodies; each call is one of the engine's."""

    bodies: tuple[Body, ...]
    owner: str = OWNER
    may_replace: bool = False
    _world: World = field(init=False)

    def __post_init__(self) -> None:
        steps = tuple(
            Step(f"step-{n}", _kind(body), body) for n, body in enumerate(self.bodies, start=1)
        )
        build = Build(self.owner, steps, {}, {})
        self._world = World(build, timeout=60.0, may_replace=self.may_replace)

    def see(self) -> list[Seen]:
        """Examine every step."""
        kinds = carriers_of((one.kind for one in self._world.build.steps), self._world)
        return [kinds[one.kind].examine(one, one.body) for one in self._world.build.steps]

    def make(self, only: str = "") -> list[Mapping[str, Any]]:
        """Carry out every step, or those of a kind."""
        kinds = carriers_of((one.kind for one in self._world.build.steps), self._world)
        steps = [one for one in self._world.build.steps if only in one.kind]
        return [kinds[one.kind].carry_out(one, one.body, _nobody) for one in steps]

    def owned(self) -> list[Owned]:
        """Return what bears our mark, in the order of removal."""
        carriers = carriers_of(("vsphere.template", "vsphere.portGroup"), self._world)
        return [one for carrier in carriers.values() for one in carrier.owned()]

    def remove(self) -> None:
        """Remove what bears our mark."""
        carriers = carriers_of(("vsphere.template", "vsphere.portGroup"), self._world)
        for one in self.owned():
            carriers[one.kind].remove(one, _nobody)


def steps(*bodies: Body, **how: Any) -> Steps:
    """Return carriers with a session of their own, as a new run of the command has."""
    return Steps(bodies, **how)


def _kind(body: Body) -> str:
    return "vsphere.template" if "networks" in body else "vsphere.portGroup"


def _nobody(_: str) -> None:
    pass


# What is really there


def everything(center: Vcenter, kind: Any) -> list[Any]:
    """Return all objects of a kind."""
    content = center.session().RetrieveContent()
    return list(
        content.viewManager.CreateContainerView(content.rootFolder, [kind], recursive=True).view
    )


def named(center: Vcenter, kind: Any, name: str) -> Any:
    """Return the object of a kind and a name."""
    (found,) = [one for one in everything(center, kind) if one.name == name]
    return found


def on_hosts(center: Vcenter, name: str) -> dict[str, Any]:
    """Return what each host's port group of a name is specified as; hosts without it are left."""
    return {
        host.name: group.spec
        for host in everything(center, vim.HostSystem)
        for group in host.configManager.networkSystem.networkInfo.portgroup
        if group.spec.name == name
    }


def attributes(center: Vcenter) -> dict[str, str]:
    """Return our custom attribute of everything that has one."""
    content: Any = center.session().RetrieveContent()
    fields = content.customFieldsManager.field
    keys = {one.key for one in fields if one.name == "hyperleaf.dev/owner"}
    view = content.viewManager.CreateContainerView(
        content.rootFolder, [vim.ManagedEntity], recursive=True
    )
    holders: list[Any] = list(view.view)
    return {
        one.name: value.value
        for one in holders
        if isinstance(one, (vim.ClusterComputeResource, vim.DistributedVirtualSwitch))
        for value in one.customValue
        if value.key in keys and value.value
    }


def snapshot(center: Vcenter) -> dict[str, Any]:
    """Return everything that steps may touch, without what differs from one run to the next."""
    machines = everything(center, vim.VirtualMachine)
    groups = everything(center, vim.dvs.DistributedVirtualPortgroup)
    return {
        "machines": {one.name: machine(one) for one in machines},
        "networks": sorted(one.name for one in everything(center, vim.Network)),
        "hosts": {
            host.name: sorted(
                (one.spec.name, one.spec.vlanId, str(one.spec.policy))
                for one in host.configManager.networkSystem.networkInfo.portgroup
            )
            for host in everything(center, vim.HostSystem)
        },
        "distributed": {one.name: str(one.config.defaultPortConfig) for one in groups},
        "marks": attributes(center),
    }


def machine(one: Any) -> dict[str, Any]:
    """Return what a machine is."""
    cards = [
        each
        for each in one.config.hardware.device
        if isinstance(each, vim.vm.device.VirtualEthernetCard)
    ]
    return {
        "template": one.config.template,
        "power": str(one.runtime.powerState),
        "folder": one.parent.name,
        "virtualization": one.config.nestedHVEnabled,
        "iommu": one.config.flags.vvtdEnabled,
        "counters": one.config.vPMCEnabled,
        "cards": [(type(each).__name__.rpartition(".")[2], network_of(each)) for each in cards],
    }


def network_of(card: Any) -> str:
    """Return what a NIC is plugged into: a network's name, or a distributed port group's key."""
    port = getattr(card.backing, "port", None)
    return str(port.portgroupKey if port else card.backing.deviceName)


# The command, in a process of its own


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str


def estate(center: Vcenter, folder: Path, *, credential: str = "") -> Path:
    """Write the example's estate with the vCenter of a test in it."""
    text = EXAMPLE.read_text()
    for old, new in (
        ("vcenter.example.com", center.server),
        ("datacenter: lab", "datacenter: Garden"),
        ("cluster: c1", "cluster: Goat"),
    ):
        assert old in text
        text = text.replace(old, new)
    if credential:
        text = text.replace(
            "  networks: {machine", f"  credentials: {credential}\n  networks: {{machine", 1
        )
    folder.mkdir(exist_ok=True)
    (folder / "estate.yaml").write_text(text)
    return folder


def environment(center: Vcenter, **more: str) -> dict[str, str]:
    """Return the variables by which a command finds the vCenter."""
    login = {"VSPHERE_USER": USER, "VSPHERE_PASSWORD": PASSWORD, "SSL_CERT_FILE": str(center.ca)}
    return {**os.environ, **login, **more}


def words(verb: str, estate: Path, *more: str) -> list[str]:
    """Return the command."""
    return [sys.executable, "-m", "hyperleaf", verb, str(estate), *more]


def ran(center: Vcenter, verb: str, estate: Path, *more: str, **variables: str) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(
        words(verb, estate, *more),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment(center, **variables),
    )
    return Ended(done.returncode, done.stdout, done.stderr)
