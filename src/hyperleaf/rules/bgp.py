"""Rules about BGP: the AS, timers, reflectors and borders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words, is_in, repeated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.estate import Estate
    from hyperleaf.rules.rule import Path
    from hyperleaf.values.addresses import Address

REFLECTORS = ("spec", "reflectors")
# RFC 7607 (0), RFC 6793 (23456), RFC 7300 (65535).
RESERVED_AS = {23456: "a stand-in for AS numbers of four bytes", 65535: "reserved"}
LEAST_HOLD, LEAST_BFD, MOST_BFD = 3000, 10, 60000
KEEPALIVES = 3


@rule(
    Code(
        "HL0901",
        "A border of another AS has no `multihop`",
        "A session to another AS is refused unless the neighbour is on the same wire, because its "
        "packets may travel one hop. Between reflectors and borders there mostly are routers.",
        "State how many hops away the border is.",
        "asn: 65100}",
        "asn: 65100, multihop: 3}",
    ),
    Severity.WARNING,
)
def border_can_be_far(estate: Estate) -> Iterator[Fault]:
    """Find an external border without multihop."""
    fabric = estate.fabric
    if fabric is None:
        return
    for border in fabric.borders:
        if border.asn != fabric.asn and border.multihop is None:
            yield Fault(
                fabric.origin,
                ("spec", "borders", border.index),
                f"border {border.name} is of AS {int(border.asn)}, the fabric of "
                f"{int(fabric.asn)}: without `multihop` it must be on the reflectors' own wire",
                "state `multihop`, the number of hops to the border",
            )


@rule(
    Code(
        "HL0902",
        "`multihop` towards the fabric's own AS",
        "Within one AS sessions may be any number of hops long: the option says nothing there.",
        "Remove `multihop`, or state the border's `asn`.",
        "address: 172.16.0.11, multihop: 3",
        "address: 172.16.0.11",
    )
)
def multihop_is_external(estate: Estate) -> Iterator[Fault]:
    """Find multihop for a border of the fabric's AS."""
    fabric = estate.fabric
    if fabric is None:
        return
    for border in fabric.borders:
        if border.multihop is not None and border.asn == fabric.asn:
            yield Fault(
                fabric.origin,
                ("spec", "borders", border.index, "multihop"),
                f"border {border.name} is of the fabric's own AS {int(fabric.asn)}, at "
                f"{fabric.origin.place('spec', 'asn')}: `multihop` is for another",
                "remove `multihop`, or state the border's `asn`",
            )


@rule(
    Code(
        "HL0903",
        "A name or address is used twice among borders and reflectors",
        "A BGP neighbour is known by its address alone, a border's configuration by its name.",
        "Give each an address and a name of its own.",
        "{name: dc-2, address: 172.16.0.11}",
        "{name: dc-2, address: 172.16.0.12}",
    )
)
def neighbours_differ(estate: Estate) -> Iterator[Fault]:
    """Find two reflectors or borders with one address, or two borders of one name."""
    fabric = estate.fabric
    if fabric is None:
        return
    addresses: list[tuple[Address | str, tuple[str, Path]]] = [
        (address, (f"reflector {address}", (*REFLECTORS, "addresses", index)))
        for index, address in enumerate(fabric.reflectors.addresses)
    ]
    for border in fabric.borders:
        path = ("spec", "borders", border.index)
        addresses.append((border.address, (f"border {border.name}", (*path, "address"))))
        addresses.append((border.name, (f"border {border.name}", (*path, "name"))))
    for key, (one, first), (other, second) in repeated(addresses):
        yield Fault(
            fabric.origin,
            second,
            f"{key} of {other} is that of {one} already, at {fabric.origin.place(*first)}",
            "give each an address and a name of its own",
        )


@rule(
    Code(
        "HL0904",
        "A reflector's address is no node's",
        "Leaves open their sessions to these addresses; they are of the machine network of the "
        "reflectors' cluster.",
        "State addresses of nodes of that cluster.",
        "addresses: [10.0.99.11, 10.0.0.12]",
        "addresses: [10.0.0.11, 10.0.0.12]",
    )
)
def reflector_is_a_node(estate: Estate) -> Iterator[Fault]:
    """Find a reflector's address outside its cluster's machine ranges."""
    fabric = estate.fabric
    home = estate.clusters.get(fabric.reflectors.cluster) if fabric else None
    if fabric is None or home is None:
        return
    for index, address in enumerate(fabric.reflectors.addresses):
        if not is_in(address, home.ranges.machine):
            yield Fault(
                fabric.origin,
                (*REFLECTORS, "addresses", index),
                f"reflector {address} is outside the machine network of {home.name} "
                f"({in_words(home.ranges.machine)}), at "
                f"{home.origin.place('spec', 'networks', 'machine')}",
                "state addresses of nodes of that cluster",
            )


@rule(
    Code(
        "HL0905",
        "A border lies outside the underlay",
        "Filters keep guests from every range of the underlay, and leaves accept tunnels from it: "
        "a border outside of it could be reached by guests.",
        "Add its range to `underlay.cidrs`.",
        "address: 172.17.0.11",
        "address: 172.16.0.11",
    )
)
def border_is_in_the_underlay(estate: Estate) -> Iterator[Fault]:
    """Find a border's address that the underlay's ranges do not hold."""
    fabric = estate.fabric
    if fabric is None:
        return
    for border in fabric.borders:
        if not is_in(border.address, fabric.underlay):
            yield Fault(
                fabric.origin,
                ("spec", "borders", border.index, "address"),
                f"border {border.name} ({border.address}) is outside the underlay "
                f"{in_words(fabric.underlay)}, at "
                f"{fabric.origin.place('spec', 'underlay', 'cidrs')}",
                "add its range to `underlay.cidrs`",
            )


@rule(
    Code(
        "HL0906",
        "A border lies in a cluster's machine range",
        "Reflectors accept whoever calls from the machine ranges of clusters with leaves as a "
        "leaf; a border has fixed sessions and no address of a node.",
        "Correct the address, or the machine range.",
        "address: 10.0.16.250",
        "address: 172.16.0.11",
    )
)
def border_is_no_node(estate: Estate) -> Iterator[Fault]:
    """Find a border's address that nodes can get, and that reflectors would take for a leaf's."""
    fabric = estate.fabric
    if fabric is None:
        return
    for border in fabric.borders:
        for cluster in estate.clusters.values():
            if cluster.leaf_pools and is_in(border.address, cluster.ranges.machine):
                yield Fault(
                    fabric.origin,
                    ("spec", "borders", border.index, "address"),
                    f"border {border.name} ({border.address}) lies in the machine network of "
                    f"{cluster.name}, at {cluster.origin.place('spec', 'networks', 'machine')}: "
                    "reflectors would take it for a leaf",
                    "correct the address, or the machine range",
                )


@rule(
    Code(
        "HL0907",
        "Sessions from a range cannot have a password",
        "Reflectors accept leaves by range, so that a new node needs no edit; the listen range is "
        "raw text in an FRRConfiguration, which cannot refer to a Secret, and a password in the "
        "text would lie in Git.",
        "Remove it. Fixed neighbours (borders) take a Secret. For leaves filter TCP 179 where they "
        "are (a security group, an infrastructure ACL), use TCP-AO, or run the reflectors in a "
        "deployment of your own that mounts the Secret.",
        "addresses: [10.0.0.11, 10.0.0.12], password: {secret: bgp}",
        "addresses: [10.0.0.11, 10.0.0.12]",
    )
)
def ranges_have_no_password(estate: Estate) -> Iterator[Fault]:
    """Find `reflectors.password`."""
    fabric = estate.fabric
    if fabric is not None and fabric.reflectors.wants_password:
        yield Fault(
            fabric.origin,
            (*REFLECTORS, "password"),
            "sessions that reflectors accept from a range cannot take a password from a Secret",
            "filter TCP 179 by security group or ACL, use TCP-AO, or run the reflectors in a "
            "deployment of your own that mounts it; `borders` take a `password`",
        )


@rule(
    Code(
        "HL0908",
        "BGP's timers do not fit",
        "A session ends when nothing was heard for the hold time: three keepalives must fit in it "
        "(RFC 4271). Both count whole seconds, and a hold time has at least three.",
        "State a hold time of three keepalives or more.",
        "timers: {hold: 5s, keepalive: 3s}",
        "timers: {hold: 9s, keepalive: 3s}",
    )
)
def timers_fit(estate: Estate) -> Iterator[Fault]:
    """Find a hold time below three keepalives or three seconds, or parts of seconds."""
    fabric = estate.fabric
    if fabric is None:
        return
    hold, keepalive = fabric.hold, fabric.keepalive
    if hold % 1000 or keepalive % 1000:
        wrong = f"hold {hold} and keepalive {keepalive} must be whole seconds"
    elif hold < LEAST_HOLD or keepalive == 0:
        wrong = f"hold {hold} and keepalive {keepalive} are too short: at least 3s and 1s"
    elif keepalive * KEEPALIVES > hold:
        wrong = f"three keepalives of {keepalive} do not fit in a hold time of {hold}"
    else:
        return
    yield Fault(
        fabric.origin,
        ("spec", "timers"),
        wrong,
        "state whole seconds, `hold` three times `keepalive` or more",
    )


@rule(
    Code(
        "HL0909",
        "BFD's interval is out of bounds",
        "frr-k8s takes intervals from 10 ms to 60 s.",
        "State an interval within, such as 300ms.",
        "interval: 5ms",
        "interval: 300ms",
    )
)
def bfd_is_in_bounds(estate: Estate) -> Iterator[Fault]:
    """Find a BFD interval that frr-k8s refuses."""
    fabric = estate.fabric
    if fabric is not None and fabric.bfd is not None:
        interval = fabric.bfd.interval
        if not LEAST_BFD <= interval <= MOST_BFD:
            yield Fault(
                fabric.origin,
                ("spec", "bfd", "interval"),
                f"BFD cannot send a packet every {interval}: from {LEAST_BFD}ms to 60s",
                "state an interval within, such as 300ms",
            )


@rule(
    Code(
        "HL0910",
        "There is one route reflector",
        "When it goes, or its node is drained, no leaf learns of a guest that starts or moves.",
        "State two.",
        "addresses: [10.0.0.11]",
        "addresses: [10.0.0.11, 10.0.0.12]",
    ),
    Severity.WARNING,
)
def reflectors_are_two(estate: Estate) -> Iterator[Fault]:
    """Find a single reflector."""
    fabric = estate.fabric
    if fabric is not None and len(fabric.reflectors.addresses) == 1:
        yield Fault(
            fabric.origin,
            (*REFLECTORS, "addresses"),
            f"{fabric.reflectors.addresses[0]} is the only reflector: no leaf learns anything "
            "while it is away",
            "state two, on two nodes",
        )


@rule(
    Code(
        "HL0911",
        "Reflectors need nodes to run on",
        "The control plane of a hosted cluster runs as pods on its hub, that of ROSA belongs to "
        "the service: there are no control-plane nodes for reflectors.",
        "Name a pool of nodes with fixed addresses, or use the hub.",
        "reflectors: {cluster: prod, addresses: [10.0.16.11, 10.0.16.12]}",
        "reflectors: {cluster: prod, pool: metal, addresses: [10.0.16.11, 10.0.16.12]}",
    )
)
def reflectors_have_nodes(estate: Estate) -> Iterator[Fault]:
    """Find reflectors on control-plane nodes that do not exist."""
    fabric = estate.fabric
    home = estate.clusters.get(fabric.reflectors.cluster) if fabric else None
    if fabric is None or home is None or fabric.reflectors.pool is not None:
        return
    if home.role == "hosted" or home.platform.kind == "rosa":
        yield Fault(
            fabric.origin,
            (*REFLECTORS, "cluster"),
            f"{home.name} is {'hosted' if home.role == 'hosted' else 'on ROSA'}, at "
            f"{home.origin.place('spec', 'role')}: it has no control-plane nodes for reflectors",
            "name a `pool` of nodes with fixed addresses, or the hub",
        )


@rule(
    Code(
        "HL0912",
        "Reflectors in a pool need fixed addresses",
        "Nodes of a pool come and go with new addresses; leaves name the reflectors by theirs, so "
        "that these must be pinned.",
        "State `addresses`, one a node, and give the nodes these addresses.",
        "reflectors: {cluster: prod, pool: metal}",
        "reflectors: {cluster: prod, pool: metal, addresses: [10.0.16.11, 10.0.16.12]}",
    )
)
def pooled_reflectors_are_pinned(estate: Estate) -> Iterator[Fault]:
    """Find reflectors in a pool without addresses, or with more addresses than nodes."""
    fabric = estate.fabric
    if fabric is None or fabric.reflectors.pool is None:
        return
    home = estate.clusters.get(fabric.reflectors.cluster)
    pool = next((p for p in home.pools if p.name == fabric.reflectors.pool), None) if home else None
    count = len(fabric.reflectors.addresses)
    if home is None or pool is None or 0 < count <= pool.replicas:
        return
    place = home.origin.place("spec", "nodePools", pool.index, "replicas")
    yield Fault(
        fabric.origin,
        (*REFLECTORS, "addresses" if count else "pool"),
        f"{count or 'no'} addresses are stated for reflectors on {pool.replicas} nodes of pool "
        f"{pool.name}, at {place}",
        "state an address for each reflector, two or more, and no more than the pool has nodes",
    )


@rule(
    Code(
        "HL0913",
        "An AS number is reserved",
        "23456 stands in for numbers of four bytes, 65535 is reserved (RFC 6793, 7300): sessions "
        "with them are refused.",
        "Use a private one: 64512 to 65534.",
        "asn: 65535",
        "asn: 65000",
    )
)
def asn_is_usable(estate: Estate) -> Iterator[Fault]:
    """Find a reserved AS number."""
    fabric = estate.fabric
    if fabric is None:
        return
    stated: list[tuple[int, Path]] = [(fabric.asn, ("spec", "asn"))]
    stated += [
        (one.asn, ("spec", "borders", one.index, "asn"))
        for one in fabric.borders
        if one.asn != fabric.asn
    ]
    for asn, path in stated:
        if asn in RESERVED_AS:
            yield Fault(
                fabric.origin,
                path,
                f"AS {int(asn)} is {RESERVED_AS[asn]}",
                "use a private one, 64512 to 65534",
            )
