"""What every node policy is made of: its name, its captures and its interfaces' common fields."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal

from hyperleaf.render.manifest import Manifest, Step, metadata
from hyperleaf.values.addresses import IPV4

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hyperleaf.values.addresses import Interface

API_VERSION = "nmstate.io/v1"
KIND = "NodeNetworkConfigurationPolicy"
HOSTNAME = "kubernetes.io/hostname"
# On an object that exists once a node: why, so that nobody wonders where scale went.
PER_NODE = "hyperleaf.dev/per-node"
# An object of this kind is also the value of the label nmstate.io/policy on its enactments.
MOST_NAME_CHARACTERS = 63
DIGEST_CHARACTERS = 8
# nmstate leaves static addresses alone only where neither of these asks for others.
STATIC_4 = {"enabled": True, "dhcp": False}
STATIC_6 = {"enabled": True, "dhcp": False, "autoconf": False}

Family = Literal["ipv4", "ipv6"]


def digest(text: str) -> str:
    """Return a few hexadecimal digits that change with `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]


def bounded(name: str) -> str:
    """Return `name`, or its start and a digest of the whole where it is too long for a label."""
    if len(name) <= MOST_NAME_CHARACTERS:
        return name
    kept = name[: MOST_NAME_CHARACTERS - DIGEST_CHARACTERS - 1].rstrip("-.")
    return f"{kept}-{digest(name)}"


def policy(  # noqa: PLR0913 - the object's own fields
    name: str,
    sources: Iterable[str],
    selector: Mapping[str, str],
    interfaces: list[dict[str, Any]],
    *,
    capture: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    api_version: str = API_VERSION,
    order: int = 50,
) -> Manifest:
    """Return a policy for the nodes that `selector` picks."""
    spec: dict[str, Any] = {"nodeSelector": dict(selector)}
    if capture:
        spec["capture"] = dict(capture)
    spec["desiredState"] = {"interfaces": interfaces}
    return Manifest(
        Step.POLICIES,
        {
            "apiVersion": api_version,
            "kind": KIND,
            "metadata": metadata(name, *dict.fromkeys(sources), annotations=annotations),
            "spec": spec,
        },
        order,
    )


def off() -> dict[str, Any]:
    """Return what turns an address family off; one that is not mentioned is left as found."""
    return {"enabled": False}


def address(ip: str, prefix_length: int) -> dict[str, Any]:
    """Return one address as nmstate writes it."""
    return {"ip": ip, "prefix-length": prefix_length}


def static(addresses: Iterable[Interface]) -> dict[str, Any]:
    """Return the `ipv4` and `ipv6` of an interface with these addresses and no others."""
    of: dict[Family, list[dict[str, Any]]] = {"ipv4": [], "ipv6": []}
    for one in addresses:
        family: Family = "ipv4" if one.version == IPV4 else "ipv6"
        of[family].append(address(str(one.ip), one.network.prefixlen))
    return {
        "ipv4": {**STATIC_4, "address": of["ipv4"]} if of["ipv4"] else off(),
        "ipv6": {**STATIC_6, "address": of["ipv6"]} if of["ipv6"] else off(),
    }


def bridge_of(ports: Iterable[str]) -> dict[str, Any]:
    """Return the `bridge` of an interface that joins `ports`.

    Without `vlan: {}` the operator's handler gives a port a trunk of 2-4094 and turns VLAN
    filtering on, which cuts untagged guests off. A spanning tree would delay every port.
    """
    return {
        "options": {"stp": {"enabled": False}},
        "port": [{"name": port, "vlan": {}} for port in ports],
    }
