"""What may be written of machines: what nodes are for, disks, and pools made by MachineSets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from hyperleaf.spec.fields import Model, QuantityField, Text, field
from hyperleaf.spec.shapes import Problem, Shape, told

if TYPE_CHECKING:
    from hyperleaf.spec.shapes import Path

Role = Literal["infra", "storage", "virtualization"]


class DataDisk(Model):
    """A second disk of each machine, which storage operators take."""

    device: Text = field(default="/dev/xvdb", pattern=r"^/dev/[a-z0-9]+$")
    size: QuantityField
    type: Literal["gp2", "gp3", "io1", "io2", "st1", "sc1"] = "gp3"
    iops: int | None = field(default=None, least=100, most=256000)


class Machines(Model):
    """How the pool's machines differ from those of the worker MachineSet that facts name."""

    base: Text | None = field(
        default=None, description="The MachineSet to start from, where facts name several."
    )
    template: Text | None = field(
        default=None, description="On vSphere: the template to clone, if not the base's."
    )
    cores_per_socket: int | None = field(default=None, least=1, description="On vSphere.")


# What is needed of a MachineSet to make others after it.
_NEEDED: tuple[tuple[str, ...], ...] = (
    ("metadata", "name"),
    ("spec", "template", "metadata", "labels", "machine.openshift.io/cluster-api-cluster"),
    ("spec", "template", "spec", "providerSpec", "value", "kind"),
)


class MachineSetShape(Shape):
    """A MachineSet as the cluster hands it out, kept as it is."""

    __slots__ = ()

    def read(self, value: object, path: Path, problems: list[Problem]) -> Any:
        """Return the object; what is needed of it and not there is a problem."""
        if not isinstance(value, dict):
            problems.append(Problem(path, "type", f"must be a MachineSet, not {told(value)}"))
        elif value.get("kind") != "MachineSet":
            kind = told(value.get("kind"))
            problems.append(Problem((*path, "kind"), "value", f"must be MachineSet, not {kind}"))
        else:
            problems.extend(
                Problem((*path, *one), "missing", "", description="as in the cluster itself")
                for one in _NEEDED
                if not isinstance(_at(value, one), str)
            )
        return value

    def schema(self) -> dict[str, Any]:
        """Return the schema of an object of any members."""
        return {"type": "object"}


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
