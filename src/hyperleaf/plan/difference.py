"""Two estates' meanings become sentences that say what changes from one to the other, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from hyperleaf.plan.meaning_hosted import rolled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperleaf.plan.clusters import Plan
    from hyperleaf.plan.meaning import Facts, Meaning, Said

What = Literal["added", "removed", "changed"]
Reasons = dict[tuple[str, str], str]

_SECTIONS = {
    "fabrics": "fabric",
    "clusters": "cluster",
    "borders": "border",
    "vrfs": "VRF",
    "networks": "network",
}
# What is said of a thing that is new, in this order, as far as it has it.
_TOLD = (
    *("role", "platform", "version", "machine networks", "asn", "underlay", "address"),
    *("transport", "vlan", "vni", "vrf", "subnets", "egress", "mtu"),
)
_ONE = {
    "subnets": "subnet",
    "gateways": "gateway",
    "dhcp servers": "DHCP server",
    "reflectors": "reflector",
    "routes": "route",
    "underlay": "underlay range",
    "dns": "DNS server",
    "on premises": "on-premises range",
}
_POOL = "pool "
_OWN_ADDRESS = "own address in "
_ATTACHED = "attached in "


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `before` and `after` are None where there is none, `because` where known.

    `consequence` says which nodes it replaces or restarts, empty where it touches none.
    """

    kind: str
    name: str
    what: What
    sentence: str
    field: str | None = None
    before: Said | None = None
    after: Said | None = None
    because: str | None = None
    consequence: str = ""


def differences(old: Meaning, new: Meaning, reasons: Reasons | None = None) -> tuple[Change, ...]:
    """Return what changes from `old` to `new`, things in the order of the estate's layers.

    What follows from a network's coming or going (its own VRF, its addresses on borders) is told
    with it and not again. `reasons` say why a network has a value, by network and field.
    """
    return tuple(
        change
        for section, kind in _SECTIONS.items()
        for change in _section(section, kind, old, new, reasons or {})
    )


def reasons_of(plan: Plan) -> Reasons:
    """Return why networks have the values that follow from elsewhere: their MTU, from a path."""
    return {
        (network.name, "mtu"): network.path_mtu.why
        for network in plan.estate.networks.values()
        if network.stated_mtu is None
    }


def _section(
    section: str, kind: str, old: Meaning, new: Meaning, reasons: Reasons
) -> Iterator[Change]:
    before, after = old.get(section, {}), new.get(section, {})
    moved = old.get("networks", {}).keys() ^ new.get("networks", {}).keys()
    for name in sorted(before.keys() | after.keys()):
        if kind == "VRF" and name in moved and (name in before) != (name in after):
            continue
        if name not in after:
            yield Change(kind, name, "removed", f"{kind} {name} is gone")
        elif name not in before:
            sentence = f"{kind} {name} is new{_summary(after[name])}"
            yield Change(kind, name, "added", sentence)
        else:
            told = _Thing(kind, name, reasons if kind == "network" else {}, moved)
            yield from told.changes(before[name], after[name])


def _summary(facts: Facts) -> str:
    parts = [f"{field} {_text(facts[field])}" for field in _TOLD if field in facts]
    places = [field.removeprefix(_ATTACHED) for field in facts if field.startswith(_ATTACHED)]
    if places:
        parts.append(f"in {', '.join(places)}")
    return f": {', '.join(parts)}" if parts else ""


def _text(said: Said) -> str:
    return said if isinstance(said, str) else ", ".join(said) or "nothing"


def _with(change: Change, consequence: str) -> Change:
    if not consequence:
        return change
    return replace(change, sentence=f"{change.sentence}: {consequence}", consequence=consequence)


@dataclass(frozen=True, slots=True)
class _Thing:
    """A thing that both sides have."""

    kind: str
    name: str
    reasons: Mapping[tuple[str, str], str]
    moved: frozenset[str] | set[str]

    def changes(self, before: Facts, after: Facts) -> Iterator[Change]:
        """Yield what differs, pools that come or go as a whole."""
        pools = _pools(before) ^ _pools(after)
        for pool in sorted(pools):
            gains = pool in _pools(after)
            facts = _of_pool(after if gains else before, pool)
            sentence = f"{self._what(gains=gains)} pool {pool}{_pool_summary(facts, gains=gains)}"
            what: What = "added" if gains else "removed"
            yield Change(self.kind, self.name, what, sentence, f"{_POOL}{pool}")
        for field in (*before, *(one for one in after if one not in before)):
            follows = field.removeprefix(_OWN_ADDRESS) in self.moved
            if _pool_of(field) in pools or follows or (self.kind, field) == ("VRF", "networks"):
                continue
            if before.get(field) != after.get(field):
                # A cluster that was not there, or is gone, has no nodes to lose.
                nodes = rolled(field, {k: v for k, v in after.items() if k in before})
                for one in self._field(field, before.get(field), after.get(field)):
                    yield _with(one, nodes)

    def _what(self, *, gains: bool) -> str:
        return f"{self.kind} {self.name} {'gains' if gains else 'loses'}"

    def _field(self, field: str, before: Said | None, after: Said | None) -> Iterator[Change]:
        lists = all(one is None or isinstance(one, list) for one in (before, after))
        if lists:
            old, new = list(before or ()), list(after or ())
            for one in (item for item in new if item not in old):
                yield self._item(field, one, gains=True)
            for one in (item for item in old if item not in new):
                yield self._item(field, one, gains=False)
            if sorted(old) == sorted(new):
                sentence = f"{self.kind} {self.name} orders its {field} anew: {_text(new)}"
                yield Change(self.kind, self.name, "changed", sentence, field, old, new)
            return
        if before is None or after is None:
            gains = before is None
            said = _text((after if gains else before) or "")
            sentence = f"{self._what(gains=gains)} {field} {said}"
        else:
            sentence = f"{self.kind} {self.name} changes {field} {_text(before)} -> {_text(after)}"
        because = self.reasons.get((self.name, field)) if after is not None else None
        sentence += f" (because of {because})" if because else ""
        yield Change(self.kind, self.name, "changed", sentence, field, before, after, because)

    def _item(self, field: str, item: str, *, gains: bool) -> Change:
        if field.startswith(_ATTACHED):
            said = f"attachment {item} in {field.removeprefix(_ATTACHED)}"
        else:
            said = f"{_ONE.get(field, field)} {item}"
        before, after = (None, item) if gains else (item, None)
        sentence = f"{self._what(gains=gains)} {said}"
        return Change(self.kind, self.name, "changed", sentence, field, before, after)


def _pool_of(field: str) -> str | None:
    return field.split(" ")[1] if field.startswith(_POOL) else None


def _pools(facts: Facts) -> set[str]:
    return {pool for pool in map(_pool_of, facts) if pool is not None}


def _of_pool(facts: Facts, pool: str) -> dict[str, str]:
    prefix = f"{_POOL}{pool} "
    return {
        field.removeprefix(prefix): _text(said)
        for field, said in facts.items()
        if field.startswith(prefix)
    }


def _pool_summary(facts: dict[str, str], *, gains: bool) -> str:
    if not gains:
        return ""
    leaf = ", leaves" if facts.get("leaf") == "yes" else ""
    return f": {facts.get('replicas', '?')} x {facts.get('architecture', '?')}{leaf}"
