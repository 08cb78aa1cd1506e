"""The plan's scopes become configurations of Kea 2.6, one for each address family."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.render.manifest import TextFile
from hyperleaf.values.addresses import IPV4, IPV6
from hyperleaf.values.rendered import SOURCE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hyperleaf.plan.borders import Scope
    from hyperleaf.plan.clusters import Plan

LEASE_SECONDS = 3600
# The server's NIC as its DHCPv6 configuration names it; whoever runs the server puts in its own.
DEVICE = "eth0"
SERVERS = {IPV4: "dhcp/kea-dhcp4.conf", IPV6: "dhcp/kea-dhcp6.conf"}


def dhcp_files(plan: Plan) -> Iterator[TextFile]:
    """Yield the servers' configurations; none for a family that nothing is leased in."""
    for version, path in SERVERS.items():
        scopes = [one for one in plan.scopes if one.subnet.version == version]
        if scopes:
            yield TextFile(path, json.dumps(kea(version, scopes), indent=2) + "\n")


def kea(version: int, scopes: Collection[Scope]) -> dict[str, Any]:
    """Return a whole configuration; everything it hears was relayed, so plain sockets do.

    Of DHCPv6 each of several servers keeps its own address, on the device that it has.
    """
    interfaces: dict[str, Any] = {"interfaces": ["*"]}
    server: dict[str, Any] = {"interfaces-config": interfaces}
    if version == IPV4:
        interfaces["dhcp-socket-type"] = "udp"
        server["authoritative"] = True
    else:
        # By a star Kea hears multicast alone, and relays send to an address: it must be named, and
        # with it the device that has it.
        own = dict.fromkeys(str(one) for scope in scopes for one in scope.servers)
        interfaces["interfaces"] = [f"{DEVICE}/{one}" for one in own]
    server["lease-database"] = {"type": "memfile", "persist": True}
    server["valid-lifetime"] = LEASE_SECONDS
    server[f"subnet{version}"] = [_subnet(scope) for scope in scopes]
    return {f"Dhcp{version}": server}


def _subnet(scope: Scope) -> dict[str, Any]:
    """Return a subnet, found by the relay's address in it; leases are kept by its id."""
    made: dict[str, Any] = {
        "id": scope.number,
        "subnet": str(scope.subnet),
        "pools": [{"pool": f"{first} - {last}"} for first, last in scope.pools],
    }
    if scope.relays:
        made["relay"] = {"ip-addresses": [str(one) for one in scope.relays]}
    options = list(_options(scope))
    if options:
        made["option-data"] = options
    made["user-context"] = {SOURCE: scope.source}
    return made


def _options(scope: Scope) -> Iterator[dict[str, str]]:
    """Yield what guests are told; by DHCPv6 neither a router nor an MTU: the gateway says both."""
    if scope.subnet.version == IPV4:
        if scope.router is not None:
            yield {"name": "routers", "data": str(scope.router)}
        yield {"name": "interface-mtu", "data": str(int(scope.mtu))}
    if scope.dns:
        name = "domain-name-servers" if scope.subnet.version == IPV4 else "dns-servers"
        yield {"name": name, "data": ", ".join(str(one) for one in scope.dns)}
