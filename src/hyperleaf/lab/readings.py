"""Machines of a lab say what they have: devices, routes, settings, filters, what FRR does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hyperleaf.lab.kernel import Kernel

Said = dict[str, Any]
SECONDS = 60
MAIN_TABLE = 254
_MARK = "\x1e"
# Commands of FRR in one session, told apart by an answer that is always there.
_ASKED = (
    "show bgp l2vpn evpn summary json",
    "show bgp l2vpn evpn vni json",
    "show vrf vni json",
    "show bgp l2vpn evpn route type prefix self-originate json",
    "show running-config",
)
BETWEEN = re.compile(
    r"^FRRouting [^\n]*\nCopyright[^\n]*\nconfigured with:\n[^\n]*\n", re.MULTILINE
)
_SETTINGS = (
    *("ipv4/ip_forward", "ipv4/*_l3mdev_accept", "ipv6/conf/all/forwarding"),
    *(f"ipv4/conf/*/{one}" for one in ("forwarding", "rp_filter", "arp_accept")),
    "ipv6/conf/*/accept_dad",
)
_SCRIPT = rf"""
say() {{ printf '\036'; "$@" 2>/dev/null; }}
say ip -j -d addr
say ip -j -d -4 route show table all
say ip -j -d -6 route show table all
say sh -c 'cd /proc/sys/net && grep -H . {" ".join(_SETTINGS)}'
say nft list ruleset
say ss -Hltn
[ -S "/run/frr/$1/zebra.vty" ] || exit 0
say vtysh -N "$1" {" ".join(f"-c 'show version' -c '{one}'" for one in _ASKED)}
exit 0
"""


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the kernel: `kind` as `ip` calls it, `to` with its length, the devices it uses."""

    kind: str
    to: str
    table: int
    devices: tuple[str, ...]
    protocol: str
    metric: int = 0


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration of FRR: each line under the headings that it stands below."""

    lines: tuple[tuple[tuple[str, ...], str], ...] = ()

    def under(self, *headings: str) -> list[str]:
        """Return the lines that stand directly below headings: a router, then a family."""
        return [line for where, line in self.lines if where == headings]

    def has(self, *headings: str) -> bool:
        """Tell whether something stands below headings."""
        return any(where[: len(headings)] == headings for where, _ in self.lines)

    @property
    def asn(self) -> str:
        """Return the AS number of the main instance, or nothing."""
        heads = (where[0].split() for where, _ in self.lines if where)
        return next((one[2] for one in heads if one[:2] == ["router", "bgp"] and one[3:] == []), "")


@dataclass(frozen=True, slots=True)
class Speaker:
    """What FRR says of itself: sessions, VNIs with their route targets, VRFs, own prefixes."""

    sessions: Said = field(default_factory=dict)
    vnis: Said = field(default_factory=dict)
    vrfs: Said = field(default_factory=dict)
    prefixes: Said = field(default_factory=dict)
    configuration: Configuration = Configuration()

    @property
    def peers(self) -> Said:
        """Return the neighbours with EVPN by their addresses."""
        return dict(self.sessions.get("peers", {}))

    def announced(self, vni: int) -> set[str]:
        """Return the prefixes that it announces with a VRF's VNI, as type 5."""
        wanted = f"RT:[^ ]*:{vni}( |$)"
        return {
            f"{path['ip']}/{path['ipLen']}"
            for routes in self.prefixes.values()
            if isinstance(routes, dict)
            for route in routes.values()
            if isinstance(route, dict)
            for paths in route["paths"]
            for path in paths
            if re.search(wanted, path.get("extendedCommunity", {}).get("string", ""))
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What a machine has; `speaker` is None where FRR does not run."""

    links: Mapping[str, Said] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    filters: str = ""
    listening: frozenset[int] = frozenset()
    speaker: Speaker | None = None

    def within(self, table: int, *kinds: str) -> list[Route]:
        """Return a table's routes of some kinds, or all of them."""
        return [one for one in self.routes if one.table == table and one.kind in (kinds or KINDS)]


KINDS = ("unicast", "blackhole", "unreachable", "prohibit")


def take(kernel: Kernel, names: Iterable[str]) -> dict[str, Reading]:
    """Ask machines at once what they have; what one cannot say is missing."""
    asked = {
        one: kernel.ask(["sh", "-c", _SCRIPT, "sh", one], node=one, seconds=SECONDS)
        for one in names
    }
    return {name: of(kernel.wait(future, SECONDS).out) for name, future in asked.items()}


def of(said: str) -> Reading:
    """Return what the script's output says."""
    parts = [*said.split(_MARK)[1:], *([""] * 7)]
    links = _json(parts[0], [])
    return Reading(
        links={one["ifname"]: one for one in links if "ifname" in one},
        routes=tuple(
            _route(one, everywhere)
            for part, everywhere in ((parts[1], "0.0.0.0/0"), (parts[2], "::/0"))
            for one in _json(part, [])
        ),
        settings=dict(_settings(parts[3])),
        filters=parts[4],
        listening=frozenset(
            int(line.split()[3].rpartition(":")[2])
            for line in parts[5].splitlines()
            if not line.split()[3].startswith("127.")
        ),
        speaker=speaker(parts[6]) if parts[6] else None,
    )


def speaker(said: str) -> Speaker | None:
    """Return what one session with FRR said, or None where BGP does not run."""
    parts = [one.strip() for one in BETWEEN.split(said)[1:]]
    if len(parts) < len(_ASKED) or "bgpd is not running" in parts[0]:
        return None
    sessions, vnis, vrfs, prefixes = (_json(one, {}) for one in parts[:4])
    return Speaker(sessions, vnis, vrfs, prefixes, configuration(parts[4]))


def configuration(text: str) -> Configuration:
    """Return the lines of a configuration with the headings that they stand below."""
    found: list[tuple[tuple[str, ...], str]] = []
    headings: list[tuple[int, str]] = []
    for raw in text.splitlines():
        line = raw.strip()
        depth = len(raw) - len(raw.lstrip())
        while headings and headings[-1][0] >= depth:
            headings.pop()
        if line and not line.startswith(("!", "exit")):
            found.append((tuple(head for _, head in headings), line))
            headings.append((depth, line))
    return Configuration(tuple(found))


def _route(one: Said, everywhere: str) -> Route:
    to = everywhere if one["dst"] == "default" else one["dst"]
    if "/" not in to:
        to += "/128" if ":" in to else "/32"
    hops = one.get("nexthops", [one])
    named = {"main": MAIN_TABLE, "local": 255, "default": 253}
    table = one.get("table", MAIN_TABLE)
    return Route(
        kind=one.get("type", "unicast"),
        to=to,
        table=named.get(str(table)) or int(table),
        devices=tuple(hop["dev"] for hop in hops if "dev" in hop),
        protocol=one.get("protocol", ""),
        metric=one.get("metric", 0),
    )


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        yield name, value.strip()


def _json(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text or "null") or otherwise
    except json.JSONDecodeError:
        return otherwise
