"""Rules about numbers: VLAN ids, VNIs, routing tables and route targets that collide."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.model.resolve_network import L2_BASE, L3_BASE
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import (
    as_written,
    is_written,
    named,
    repeated,
    stretched,
    vlan_path,
    vlan_place,
)
from hyperleaf.values.numbers import VlanId, Vni

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.findings import Place
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.fabric import Vrf
    from hyperleaf.model.network import Network
    from hyperleaf.rules.rule import Path

# The kernel's own tables (default, main, local), and the one OVN-Kubernetes steers services by.
RESERVED_TABLES = {253: "default", 254: "main", 255: "local", 7: "OVN-Kubernetes' services"}
TWO_BYTES = 0xFFFF


def _pins_vni(network: Network) -> bool:
    return is_written(network.origin, "spec", "vni")


def _vni_path(network: Network) -> Path:
    return ("spec", "vni") if _pins_vni(network) else vlan_path(network)


def _vni_place(network: Network) -> tuple[bool, Place]:
    """Order networks with one VNI: where one is pinned, that can be changed."""
    return _pins_vni(network), network.origin.place(*_vni_path(network))


def _l3_place(estate: Estate, vrf: Vrf) -> tuple[Path, Place, str]:
    """Return where a VRF's number comes from, and its name for a reader."""
    if vrf.shared:
        path: Path = ("spec", "vni")
        return path, vrf.origin.place(*path), f"VRF {vrf.name}"
    network = estate.networks[vrf.name]
    return vlan_path(network), vlan_place(network), f"the VRF of network {vrf.name}"


@rule(
    Code(
        "HL0201",
        "A VLAN id is used twice in the fabric",
        "A segment's VNI follows from its VLAN id, and borders carry every segment by its VLAN id: "
        "two networks with one id would be one segment.",
        "Give the second network another VLAN id, or pin its `vni`.",
        "name: green}\nspec: {vlan: 100,",
        "name: green}\nspec: {vlan: 101,",
    )
)
def vlan_is_used_once(estate: Estate) -> Iterator[Fault]:
    """Find two segments with one VLAN id, none of which pins its VNI."""
    segments = [
        (network.vlan, network)
        for network in stretched(estate)
        if network.vlan is not None and not _pins_vni(network)
    ]
    for vlan, first, second in repeated(segments, vlan_place):
        yield Fault(
            second.origin,
            vlan_path(second),
            f"VLAN {int(vlan)} of {named(second)} is {named(first)}'s already, "
            f"at {vlan_place(first)}",
            f"give {second.name} another VLAN id, or pin its `vni`",
        )


@rule(
    Code(
        "HL0202",
        "Two segments have one VNI",
        "Leaves tell segments apart by the VNI alone: guests of both would share one segment.",
        "Pin another `vni`, or leave it out: the VLAN id gives one.",
        "vni: 10100",
        "vni: 99100",
    )
)
def l2vni_is_used_once(estate: Estate) -> Iterator[Fault]:
    """Find two segments with one VNI, at least one of them pinned."""
    segments = [(network.vni, network) for network in stretched(estate) if network.vni is not None]
    for vni, first, second in repeated(segments, _vni_place):
        if not _pins_vni(second):
            continue  # HL0201
        yield Fault(
            second.origin,
            _vni_path(second),
            f"VNI {int(vni)} of {named(second)} is {named(first)}'s already, "
            f"at {first.origin.place(*_vni_path(first))}",
            f"pin another `vni` in {second.name}, one that no VLAN id gives",
        )


@rule(
    Code(
        "HL0203",
        "A segment and a VRF have one VNI",
        "A VNI names either a segment or a VRF; its devices (br and vx with the number) would be "
        "one as well.",
        "State another `vni` where one is stated.",
        "vni: 10100",
        "vni: 5001",
    )
)
def segment_and_vrf_differ(estate: Estate) -> Iterator[Fault]:
    """Find an L2VNI that is an L3VNI too."""
    by_vni = {network.vni: network for network in stretched(estate) if network.vni is not None}
    for vrf in estate.vrfs.values():
        network = by_vni.get(vrf.vni)
        if network is None:
            continue
        path, place, owner = _l3_place(estate, vrf)
        if vrf.shared:
            origin, there = vrf.origin, network.origin.place(*_vni_path(network))
            message = f"L3VNI {int(vrf.vni)} of {owner} is the VNI of network {named(network)}"
        else:
            origin, path, there = network.origin, _vni_path(network), place
            message = f"VNI {int(vrf.vni)} of network {named(network)} is the L3VNI of {owner}"
        yield Fault(
            origin,
            path,
            f"{message}, at {there}",
            "state another `vni`, or other bases in the fabric's `vnis`",
        )


@rule(
    Code(
        "HL0204",
        "Two VRFs have one L3VNI",
        "Leaves tell VRFs apart by the L3VNI: guests of both would be in one. A network without "
        "`vrf` gets the L3VNI 20000 + VLAN id.",
        "State another `vni` in the VRF; or share a VRF.",
        "vni: 20100",
        "vni: 5001",
    )
)
def l3vni_is_used_once(estate: Estate) -> Iterator[Fault]:
    """Find two VRFs with one number."""
    vrfs = ((vrf.vni, vrf) for vrf in estate.vrfs.values())
    for vni, first, second in repeated(vrfs, lambda vrf: (vrf.shared, vrf.origin.place())):
        if not second.shared and _same_vlan_reported(estate, first, second):
            continue
        path, _, owner = _l3_place(estate, second)
        _, there, other = _l3_place(estate, first)
        yield Fault(
            second.origin,
            path,
            f"L3VNI {int(vni)} of {owner} is that of {other} already, at {there}",
            "state another `vni` in the VRF"
            if second.shared
            else f"write a VRF with a `vni` of its own and `vrf:` with its name in {second.name}",
        )


def _same_vlan_reported(estate: Estate, first: Vrf, second: Vrf) -> bool:
    """Tell whether HL0201 names both networks already."""
    return not any(_pins_vni(estate.networks[one.name]) for one in (first, second))


@rule(
    Code(
        "HL0205",
        "A routing table is reserved",
        "Without `table` the L3VNI is the number of the VRF's routing table. 253 to 255 are the "
        "kernel's own (default, main, local), 7 is OVN-Kubernetes'.",
        "Choose another `vni`, or state `table`.",
        "vni: 254",
        "vni: 500",
    )
)
def table_is_free(estate: Estate) -> Iterator[Fault]:
    """Find a VRF whose table somebody else keeps."""
    for vrf in estate.vrfs.values():
        if vrf.table in RESERVED_TABLES:
            path, _, owner = _table_place(estate, vrf)
            yield Fault(
                vrf.origin,
                path,
                f"{owner} would route in table {vrf.table}, "
                f"which is reserved ({RESERVED_TABLES[vrf.table]})",
                "choose another `table`: without one it is the `vni`",
            )


@rule(
    Code(
        "HL0212",
        "Two VRFs route in one table",
        "A routing table belongs to one VRF device: the second tenant's routes would be the first "
        "one's as well. Without `table` it is the L3VNI.",
        "State another `table`.",
        "table: 20101",
        "table: 900",
    )
)
def table_is_used_once(estate: Estate) -> Iterator[Fault]:
    """Find two VRFs with one table, at least one of them stated."""
    vrfs = ((vrf.table, vrf) for vrf in estate.vrfs.values())
    for table, first, second in repeated(vrfs, lambda vrf: _table_order(estate, vrf)):
        if first.vni == second.vni:
            continue  # HL0204
        path, _, owner = _table_place(estate, second)
        _, there, other = _table_place(estate, first)
        yield Fault(
            second.origin,
            path,
            f"{owner} would route in table {table}, which is that of {other} already, at {there}",
            "state another `table`",
        )


def _table_place(estate: Estate, vrf: Vrf) -> tuple[Path, Place, str]:
    """Return where a VRF's table comes from, and its name for a reader."""
    path, place, owner = _l3_place(estate, vrf)
    if is_written(vrf.origin, "spec", "table"):
        path = ("spec", "table")
        place = vrf.origin.place(*path)
    return path, place, owner


def _table_order(estate: Estate, vrf: Vrf) -> tuple[bool, Place]:
    """Order VRFs with one table: where one is stated, that can be changed."""
    return is_written(vrf.origin, "spec", "table"), _table_place(estate, vrf)[1]


@rule(
    Code(
        "HL0206",
        "A stretched network has no number",
        "The VNI of a segment and that of its VRF follow from the VLAN id. Without one, both must "
        "be stated: `vni` for the segment, and a VRF that has its own.",
        "State `vlan`.",
        "spec: {subnets:",
        "spec: {vlan: 100, subnets:",
    )
)
def segment_has_a_number(estate: Estate) -> Iterator[Fault]:
    """Find a stretched network from which no VNI follows."""
    for network in stretched(estate):
        if network.vlan is not None:
            continue
        shares = is_written(network.origin, "spec", "vrf")
        if network.vni is None or not shares:
            missing = "its segment" if network.vni is None else "its own VRF"
            yield Fault(
                network.origin,
                ("spec",),
                f"no VNI follows for {missing}: {network.name} has no VLAN id",
                "state `vlan`; or both `vni` and a `vrf` that is shared",
            )


@rule(
    Code(
        "HL0207",
        "A VNI does not fit in 24 bits",
        "A VXLAN header has 24 bits for the VNI: 16777215 is the last.",
        "Choose a lower base in the fabric's `vnis`.",
        "vnis: {l2: 16777000}",
        "vnis: {l2: 100000}",
    )
)
def base_leaves_room(estate: Estate) -> Iterator[Fault]:
    """Find a base to which VLAN ids cannot be added."""
    fabric = estate.fabric
    if fabric is None:
        return
    for field, base in (("l2", fabric.l2_base), ("l3", fabric.l3_base)):
        if base + VlanId.most > Vni.most:
            yield Fault(
                fabric.origin,
                ("spec", "vnis", field),
                f"{int(base)} + VLAN id {VlanId.most} is more than {Vni.most}, the last VNI",
                f"choose a base of at most {Vni.most - VlanId.most}",
            )


@rule(
    Code(
        "HL0208",
        "The bases of VNIs lie too close",
        "VLAN ids go up to 4094: with bases nearer than that a VLAN's segment and another's VRF "
        "can get one number, if not today then with the next network.",
        "Keep the bases at least 4095 apart.",
        "vnis: {l2: 10000, l3: 12000}",
        "vnis: {l2: 10000, l3: 20000}",
    ),
    Severity.WARNING,
)
def bases_lie_apart(estate: Estate) -> Iterator[Fault]:
    """Find two ranges of derived VNIs that overlap."""
    fabric = estate.fabric
    if fabric is not None and abs(fabric.l2_base - fabric.l3_base) <= VlanId.most:
        yield Fault(
            fabric.origin,
            ("spec", "vnis"),
            f"VLAN ids up to {VlanId.most} are added to both {int(fabric.l2_base)} (l2) and "
            f"{int(fabric.l3_base)} (l3): they can meet",
            f"keep the bases apart, as {L2_BASE} and {L3_BASE} are",
        )


@rule(
    Code(
        "HL0209",
        "A route target does not fit",
        "A route target has eight bytes: with an AS number of four bytes (above 65535) only two "
        "are left for the VNI (RFC 5668), so that a VNI above 65535 cannot be written.",
        "Use an AS number up to 65535, or VNIs up to 65535.",
        "asn: 4200000000",
        "asn: 65000",
    )
)
def route_target_fits(estate: Estate) -> Iterator[Fault]:
    """Find ASN:VNI where both need more than two bytes."""
    fabric = estate.fabric
    if fabric is None or fabric.asn <= TWO_BYTES:
        return
    owners = [(network.vni, f"network {network.name}") for network in stretched(estate)]
    owners += [(vrf.vni, f"VRF {vrf.name}") for vrf in estate.vrfs.values()]
    large = sorted((vni, owner) for vni, owner in owners if vni is not None and vni > TWO_BYTES)
    if large:
        vni, owner = large[0]
        yield Fault(
            fabric.origin,
            ("spec", "asn"),
            f"AS {int(fabric.asn)} needs four bytes of a route target, so that VNI {int(vni)} of "
            f"{owner} does not fit ({len(large)} such)",
            f"use an AS number up to {TWO_BYTES}, or VNIs up to {TWO_BYTES}",
        )


@rule(
    Code(
        "HL0210",
        "A VLAN is carried twice in one cluster",
        "Guests plug into one bridge per VLAN, brv and the id, on every node: two networks with "
        "one VLAN id in a cluster would meet there.",
        "Use the one network for both, or another VLAN id.",
        "name: shop}\nspec: {transport: vlan, vlan: 40,",
        "name: shop}\nspec: {transport: vlan, vlan: 41,",
    )
)
def vlan_is_carried_once(estate: Estate) -> Iterator[Fault]:
    """Find two networks of transport vlan with one id in one cluster."""
    for cluster in estate.clusters.values():
        tagged: dict[VlanId, list[Network]] = defaultdict(list)
        for network in as_written(estate.networks_in(cluster)):
            if network.transport == "vlan" and network.vlan is not None:
                tagged[network.vlan].append(network)
        for vlan, (first, *others) in tagged.items():
            for second in others:
                yield Fault(
                    second.origin,
                    vlan_path(second),
                    f"VLAN {int(vlan)} of {named(second)} is carried in {cluster.name} already, "
                    f"for {named(first)} at {vlan_place(first)}",
                    "attach the one network in both places, or use another VLAN id",
                )


@rule(
    Code(
        "HL0211",
        "A pinned VNI lies where VLAN ids lead",
        "VNIs between a base and the base + 4094 belong to VLAN ids: a network that comes later "
        "with that id would collide with the pinned number.",
        "Pin a number outside these ranges, or leave `vni` out.",
        "vni: 10300",
        "vni: 99100",
    ),
    Severity.WARNING,
)
def pinned_vni_is_out_of_the_way(estate: Estate) -> Iterator[Fault]:
    """Find a stated VNI that another VLAN id would give."""
    fabric = estate.fabric
    if fabric is None:
        return
    stated: list[tuple[Vni, Network | Vrf, int | None]] = [
        (network.vni, network, network.vlan)
        for network in stretched(estate)
        if network.vni is not None and _pins_vni(network)
    ]
    stated += [(vrf.vni, vrf, None) for vrf in estate.vrfs.values() if vrf.shared]
    used = Counter(one.vni for one in stretched(estate))
    used.update(one.vni for one in estate.vrfs.values())
    for vni, owner, own_vlan in stated:
        if used[vni] > 1:
            continue  # HL0202 to HL0204
        for field, base in (("l2", fabric.l2_base), ("l3", fabric.l3_base)):
            vlan = vni - base
            if VlanId.least <= vlan <= VlanId.most and not (field == "l2" and vlan == own_vlan):
                yield Fault(
                    owner.origin,
                    ("spec", "vni"),
                    f"VNI {int(vni)} of {owner.name} is what VLAN {vlan} would get "
                    f"(vnis.{field} {int(base)} + {vlan})",
                    "pin a number outside the ranges of both bases",
                )
