"""A running lab becomes what each machine says of itself: sessions first, the rest at leisure."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.outcome import NodeSeen, Session
from hyperleaf.lab.readings import BETWEEN
from hyperleaf.lab.report.drawing import role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.kernel import Kernel

SECONDS = 60
# What all machines say together, and the least that one of them may say under one title.
MOST_CHARACTERS, LEAST_CHARACTERS, USUAL_CHARACTERS = 3_000_000, 4_000, 24_000
TITLES = 12
_MARK = "\x1e"
_LINKS, _SESSIONS, _FRR = "links", "sessions", "frr"
# One session with FRR answers all of them, the longest answer last.
_FIRST = {
    _SESSIONS: "show bgp l2vpn evpn summary json",
    "BGP sessions": "show bgp l2vpn evpn summary",
}
_ASKED = {
    "VNIs": "show evpn vni",
    "FRR configuration": "show running-config",
    "EVPN routes": "show bgp l2vpn evpn",
}
# What the short answers may take together: their summaries grow with the peers.
_SHORT_CHARACTERS, _PEER_CHARACTERS = 40_000, 1_000
AT_ONCE = 2


def _frr(asked: Mapping[str, str]) -> str:
    """Return the shell's words for one session with FRR."""
    words = " ".join(f"-c 'show version' -c '{one}'" for one in asked.values())
    return f'[ -S "/run/frr/$node/zebra.vty" ] && say frr vtysh -N "$node" {words}'


_HEAD = r"""
node=$1 most=$3
say() { printf '\036%s\n' "$1"; shift; "$@" 2>/dev/null | head -c "$most"; echo; }
"""
# Asked of all before anybody is kept busy: answers at length can cost a session its hold time.
_SESSIONS_SCRIPT = f"{_HEAD}\n{_frr(_FIRST)}\nexit 0"
# A title begins with the mark; what is too long is cut where it is made.
_SCRIPT = rf"""{_HEAD}
{_frr(_ASKED)}
most=$2
printf '\036links\n'; ip -j -d addr
say 'Forwarding database' bridge fdb show
say 'Neighbours' ip neigh show
say 'Routes, main table' sh -c 'ip route show; ip -6 route show'
for vrf in $(ip -br link show type vrf | cut -d' ' -f1); do
  say "Routes, $vrf" sh -c "ip route show vrf $vrf; ip -6 route show vrf $vrf"
done
say 'Filters' nft list ruleset
exit 0
"""
_VERSIONS = "uname -r; /usr/lib/frr/bgpd --version | sed -n 's/^bgpd version *//p'"


def take(lab: Lab) -> tuple[NodeSeen, ...]:
    """Ask every node and border what it has, sessions first; what one cannot say is left out."""
    here = list(_machines(lab))
    most = MOST_CHARACTERS // (TITLES * max(1, len(here)))
    most = min(max(most, LEAST_CHARACTERS), USUAL_CHARACTERS)
    frr = most + _SHORT_CHARACTERS + _PEER_CHARACTERS * len(here)

    def ask(script: str, one: NodeSeen) -> str:
        # One character more than is shown tells that there were more.
        words = ["nice", "-n", "19", "sh", "-c", script, "sh", one.name, str(most + 1), str(frr)]
        return lab.kernel.run(words, node=one.name, seconds=SECONDS, check=False).out

    with lab.kernel.together(AT_ONCE) as pool:
        first = list(pool.map(partial(ask, _SESSIONS_SCRIPT), here))
        rest = list(pool.map(partial(ask, _SCRIPT), here))
    return tuple(seen(*one, most) for one in zip(here, first, rest, strict=True))


def versions(kernel: Kernel) -> dict[str, str]:
    """Return the versions that decide what a lab shows: the kernel's and FRR's."""
    said = kernel.run(_VERSIONS, check=False).out.splitlines()
    return dict(zip(("kernel", "FRR"), said, strict=False))


def _machines(lab: Lab) -> Iterator[NodeSeen]:
    joined = (one.node for one in lab.nodes.values() if one.node not in lab.around.nodes)
    for node in (*lab.around.nodes, *joined):
        yield NodeSeen(node.name, role(node.labels), node.cluster, str(node.address))
    for place in lab.around.borders:
        address = lab.rendered.borders[place.name].sheet["vtep"]["address"]
        yield NodeSeen(place.name, "border", place.segment, str(address))


def seen(machine: NodeSeen, first: str, rest: str, most: int) -> NodeSeen:
    """Return a machine with what the scripts' outputs say of it, at most `most` characters each."""
    parts = {**_answers(first, _FIRST), **_answers(rest, _ASKED)}
    links = tuple(_json(parts.pop(_LINKS, ""), []))
    sessions = tuple(_sessions(_json(parts.pop(_SESSIONS, ""), {})))
    told = {title: _cut(text, most) for title, text in parts.items() if text}
    return NodeSeen(
        machine.name, machine.role, machine.site, machine.address, told, links, sessions
    )


def _answers(said: str, asked: Mapping[str, str]) -> dict[str, str]:
    """Return what was said by its title; what FRR said in one session is told apart."""
    parts = dict(_parts(said))
    answers = (one.strip("\n") for one in BETWEEN.split(parts.pop(_FRR, ""))[1:])
    return {**parts, **dict(zip(asked, answers, strict=False))}


def _parts(said: str) -> Iterator[tuple[str, str]]:
    for part in said.split(_MARK)[1:]:
        title, _, text = part.partition("\n")
        yield title, text.strip("\n")


def _json(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text or "null") or otherwise
    except json.JSONDecodeError:  # a machine that was stopped in the middle of its answer
        return otherwise


def _sessions(said: Mapping[str, Any]) -> Iterator[Session]:
    for peer, one in said.get("peers", {}).items():
        hostname = one.get("hostname", "")
        yield Session(peer, one["state"], one.get("pfxRcd", 0), hostname)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most].rpartition("\n")[0] + f"\n... cut here, after {most:,} characters"
