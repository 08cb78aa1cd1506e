"""What is ours at a vCenter is written down there: port groups, in a custom attribute.

The attribute belongs to what holds the port groups, a cluster or a distributed switch, and is set
before the first of them is made: whoever is killed between the two finds its own again. A port
group of a standard switch has no place of its own for a mark, only each host's part of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from hyperleaf.platforms.errors import PlatformError, told
from hyperleaf.values.rendered import OWNER

if TYPE_CHECKING:
    from hyperleaf.platforms.steps import Step
    from hyperleaf.platforms.vsphere.session import Session, Thing

# Property of whatever may hold a mark.
VALUES = "customValue"


@dataclass(frozen=True, slots=True)
class Marks:
    """Names of port groups by owner, as a holder's attribute has them."""

    names: dict[str, tuple[str, ...]]

    def of(self, owner: str) -> tuple[str, ...]:
        """Return an owner's names."""
        return self.names.get(owner, ())

    def with_name(self, owner: str, name: str) -> Marks:
        """Return the marks with one more name."""
        return Marks({**self.names, owner: tuple(sorted({*self.of(owner), name}))})

    def without(self, owner: str, name: str) -> Marks:
        """Return the marks without a name."""
        return Marks({**self.names, owner: tuple(one for one in self.of(owner) if one != name)})

    def text(self) -> str:
        """Return what the attribute says then; nothing where there are no marks."""
        left = {owner: list(names) for owner, names in sorted(self.names.items()) if names}
        return json.dumps(left, separators=(",", ":")) if left else ""


def parse(text: str) -> Marks:
    """Return the marks of an attribute's text; ValueError where it is something else."""
    if not text.strip():
        return Marks({})
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("no mapping")
    made = {}
    for owner, names in value.items():
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise ValueError("no list of names")
        made[str(owner)] = tuple(names)
    return Marks(made)


def attribute_key(session: Session, step: Step | None = None) -> int | None:
    """Return the number of our attribute, None where the vCenter has none yet."""
    manager = session.content.customFieldsManager
    found = session.of([manager], {vim.CustomFieldsManager: ("field",)}, step)
    for one in (found[0].get("field") if found else None) or ():
        if one.name == OWNER and one.managedObjectType in {None, vim.ManagedEntity}:
            return int(one.key)
    return None


def read_marks(holder: Thing, key: int | None, step: Step | None = None) -> Marks:
    """Return a holder's marks; PlatformError where its attribute holds something else."""
    for one in holder.get(VALUES) or ():
        if key is not None and one.key == key:
            try:
                return parse(str(one.value))
            except ValueError:
                message = f"the attribute {OWNER} of {holder.name} is no list of ours"
                raise PlatformError(told("HL1446", message, step=step)) from None
    return Marks({})


def write_marks(
    session: Session, holder: Thing, key: int | None, marks: Marks, step: Step | None = None
) -> None:
    """Set a holder's marks, making the attribute where the vCenter has none."""
    manager: Any = session.content.customFieldsManager
    if key is None:
        what = f"making the custom attribute {OWNER}"
        made = session.change(
            what, lambda: manager.AddCustomFieldDef(name=OWNER, moType=None), step
        )
        key = int(made.key)
    what = f"marking {holder.name}"
    session.change(
        what, lambda: manager.SetField(entity=holder.ref, key=key, value=marks.text()), step
    )
