"""Which carrier knows a kind of step: imported when a build has such a step, and not before."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from hyperleaf.platforms.errors import AccessError, BuildError, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hyperleaf.platforms.steps import Carrier, World

_AWS: Final = "hyperleaf.platforms.aws"
_VSPHERE: Final = "hyperleaf.platforms.vsphere"
# A new kind is a file of its own and a line here: a class that is made with a World.
CARRIERS: Final[Mapping[str, str]] = {
    "aws.account": f"{_AWS}.account:Accounts",
    "aws.publicZone": f"{_AWS}.zones:PublicZones",
    "aws.stack": f"{_AWS}.stacks:Stacks",
    "aws.resolver": f"{_AWS}.zones:Resolvers",
    "aws.tags": f"{_AWS}.tags:Tags",
    "vsphere.portGroup": f"{_VSPHERE}.port_groups:PortGroups",
    "vsphere.template": f"{_VSPHERE}.templates:Templates",
}


# Libraries that only some need, and what brings them.
_EXTRAS: Final[Mapping[str, str]] = {
    "boto3": "aws",
    "botocore": "aws",
    "pyVmomi": "vsphere",
    "pyVim": "vsphere",
}


def carriers_of(kinds: Iterable[str], world: World) -> dict[str, Carrier]:
    """Return the carriers of kinds of steps, each once.

    Raises BuildError for a kind that none knows, AccessError where its library is not installed.
    """
    made: dict[str, Carrier] = {}
    for kind in dict.fromkeys(kinds):
        if kind not in CARRIERS:
            raise BuildError(f"this version of hyperleaf makes no {kind}: render anew")
        module, _, name = CARRIERS[kind].partition(":")
        try:
            carrier = getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            library = str(error.name).partition(".")[0]
            if library not in _EXTRAS:
                raise
            hint = f"install it: pip install 'hyperleaf[{_EXTRAS[library]}]'"
            raise AccessError(told("HL1401", f"{library} is not installed", hint)) from None
        made[kind] = carrier(world)
    return made
