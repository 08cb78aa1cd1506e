"""A proof becomes plain data of a stable shape; docs/reference/proof.md tells it field by field."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.outcome import Checked, Figure, Happened, Skipped, Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperleaf.lab.outcome import Cause, NodeSeen, Proof, Scenario, Told

FORMAT = 1


def as_data(proof: Proof) -> dict[str, Any]:
    """Return a proof as JSON can hold it."""
    skipped = [one for one in proof.scenarios if one.skipped]
    return {
        "format": FORMAT,
        "proven": not proof.wrong,
        "estate": proof.estate or None,
        "began": proof.began or None,
        "runtime": proof.runtime,
        "versions": dict(proof.versions),
        "seconds": dict(proof.seconds),
        "counts": {
            "checks": len(proof.all),
            "failed": len(proof.wrong),
            "scenarios": len(proof.scenarios) - len(skipped),
            "skipped": len(skipped),
            "kinds": dict(Counter(one.kind for one in proof.all)),
        },
        "checks": [check(one) for one in proof.checked],
        "scenarios": [_scenario(one) for one in proof.scenarios],
        "guests": [
            {
                "name": one.name,
                "expected": one.expected,
                "network": one.network,
                "place": one.place,
                "addresses": list(one.addresses),
            }
            for one in proof.guests
        ],
        "machines": [_machine(one) for one in proof.nodes],
    }


def check(one: Checked) -> dict[str, Any]:
    """Return a check; what it has nothing of is left out, its fault is null where it held."""
    made: dict[str, Any] = {
        "title": one.title,
        "kind": one.kind,
        "hoped": one.hoped,
        "fault": one.fault or None,
    }
    parts: dict[str, Any] = {
        "ends": list(one.ends),
        "places": list(one.places),
        "subject": one.subject,
        "causes": [_cause(each) for each in one.causes],
    }
    return made | {name: value for name, value in parts.items() if value}


def _cause(one: Cause) -> dict[str, Any]:
    return {
        "object": one.object,
        "file": one.file,
        "origin": one.origin or None,
        "line": one.line or None,
        "why": one.why,
        "evidence": [{"asked": asked, "said": said} for asked, said in one.evidence],
    }


def _scenario(one: Scenario) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "skipped": one.skipped or None,
        "seconds": one.seconds,
        "failed": sum(bool(each.fault) for each in one.checked),
        "told": [_told(each) for each in one.told],
    }


def _told(one: Told) -> dict[str, Any]:
    match one:
        case Checked():
            return {"type": "check", **check(one)}
        case Figure():
            return {
                "type": "figure",
                "name": one.name,
                "value": one.value,
                "unit": one.unit,
                "limit": one.limit,
                "fault": one.fault or None,
            }
        case Timeline():
            return {
                "type": "timeline",
                "title": one.title,
                "every": one.every,
                "answered": "".join("1" if ok else "0" for ok in one.answered),
                "lost": one.lost,
                "gapSeconds": round(one.gap_seconds, 3),
            }
        case Happened():
            return {"type": "event", "seconds": one.seconds, "what": one.what}
        case Skipped():
            return {"type": "skipped", "why": one.why}


def _machine(one: NodeSeen) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role,
        "site": one.site,
        "address": one.address,
        "sessions": [
            {"peer": each.peer, "state": each.state, "heard": each.heard} for each in one.sessions
        ],
        "interfaces": [interface(each) for each in one.links],
        "said": dict(one.said),
    }


def interface(link: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of `ip -j -d addr` that people read of a device."""
    about = link.get("linkinfo", {})
    told = about.get("info_data", {}) if isinstance(about.get("info_data"), dict) else {}
    port = about.get("info_slave_data", {})
    port = port if isinstance(port, dict) else {}
    kept = ("id", "local", "learning", "table", "mode")
    detail = [f"{name} {_word(told[name])}" for name in kept if name in told]
    flags = ("neigh_suppress", "isolated", "vlan_tunnel")
    detail += [name.replace("_", " ") for name in flags if port.get(name)]
    return {
        "name": link.get("ifname", ""),
        "kind": about.get("info_kind", link.get("link_type", "")),
        "state": link.get("operstate", ""),
        "mtu": link.get("mtu"),
        "mac": link.get("address", ""),
        "master": link.get("master"),
        "addresses": [f"{one['local']}/{one['prefixlen']}" for one in link.get("addr_info", [])],
        "detail": ", ".join(detail),
    }


def _word(value: object) -> str:
    return (
        {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )
