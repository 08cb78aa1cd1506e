"""Names that the parts of one FRR configuration know each other by, each told from a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperleaf.values.numbers import Vni

BFD_PROFILE = "hyperleaf"
# The peer group of all leaves on a reflector.
LEAVES = "hl-leaf"
# What tenants' VRFs may take from the main table, and what it takes from them for the way back.
FROM_MAIN = "hl-main"
RETURN = "hl-return"
# Both default routes.
DEFAULT_ROUTE = "hl-default"


def own(vni: Vni) -> str:
    """Return the name of the VRF's own subnets and static routes, and of what it announces."""
    return f"hl-own-{int(vni)}"


def imports(vni: Vni) -> str:
    """Return the name of what the VRF takes from elsewhere."""
    return f"hl-import-{int(vni)}"


def imports_from(vni: Vni, other: str) -> str:
    """Return the name of the prefixes that the VRF takes from `other`."""
    return f"hl-import-{int(vni)}-{other}"


def announces(vni: Vni) -> str:
    """Return the name of what a border announces of the VRF."""
    return f"hl-announce-{int(vni)}"
