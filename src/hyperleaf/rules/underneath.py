"""Rules about what is made underneath a cluster: its VPC, its way out, a vCenter's port groups."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address
from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.model.platforms import ZONES, cut
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words, is_written
from hyperleaf.values.addresses import IPV4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.cluster import Cluster
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.platforms import AwsSite

AWS = ("spec", "platform", "aws")
ON_PREM = (*AWS, "onPrem")
# A VPC's range has 16 to 28 bits of prefix, a subnet's at most 28; a VPC is quartered twice.
WIDEST, NARROWEST = 16, 24
# Of every subnet Amazon keeps the first four addresses and the last one.
KEPT = (0, 1, 2, 3, -1)


def on_aws(estate: Estate) -> Iterator[tuple[Cluster, AwsSite]]:
    """Yield the clusters on AWS."""
    for cluster in estate.clusters.values():
        if cluster.platform.aws is not None:
            yield cluster, cluster.platform.aws


@rule(
    Code(
        "HL1501",
        "A machine range is no VPC's",
        "A VPC is made of the machine ranges. AWS takes ranges from /16 to /28; ours are quartered "
        "into three private subnets and room for three public ones, which needs a /24 or more.",
        "State a machine range from /16 to /24, or the VPC that is there (`platform.aws.vpc`).",
        "machine: [10.0.0.0/12]",
        "machine: [10.0.0.0/16]",
    )
)
def machine_range_is_a_vpc_s(estate: Estate) -> Iterator[Fault]:
    """Find a first machine range of IPv4 that no VPC can have, where one would be made."""
    for cluster, site in on_aws(estate):
        index, first = next(
            ((i, one) for i, one in enumerate(cluster.ranges.machine) if one.version == IPV4),
            (0, None),
        )
        if site.vpc is None and (first is None or not WIDEST <= first.prefixlen <= NARROWEST):
            yield Fault(
                cluster.origin,
                ("spec", "networks", "machine", index),
                f"{first or 'a range of IPv6 alone'} cannot be the range of a VPC with subnets in "
                "three zones",
                f"state one from /{WIDEST} to /{NARROWEST}, or the VPC under `platform.aws.vpc`",
            )


@rule(
    Code(
        "HL1502",
        "More zones than a VPC of ours has",
        "A VPC is made with a private and a public subnet in at most three availability zones.",
        "State up to three zones of the region.",
        "zones: [us-east-1a, us-east-1b, us-east-1c, us-east-1d]",
        "zones: [us-east-1a, us-east-1b, us-east-1d]",
    )
)
def zones_are_few(estate: Estate) -> Iterator[Fault]:
    """Find more than three zones of a VPC that is to be made."""
    for cluster, site in on_aws(estate):
        if site.vpc is None and len(site.zones) > len(ZONES):
            yield Fault(
                cluster.origin,
                (*AWS, "zones"),
                f"{len(site.zones)} zones are stated, and a VPC of ours has subnets in three",
                "leave out all but three",
            )


@rule(
    Code(
        "HL1503",
        "A zone is another region's, or stated twice",
        "A VPC lies in one region; each of its zones has one subnet of either kind.",
        "State each zone of the region once.",
        "zones: [us-east-1a, us-east-2b]",
        "zones: [us-east-1a, us-east-1b]",
    )
)
def zones_are_the_region_s(estate: Estate) -> Iterator[Fault]:
    """Find zones that do not begin with the region's name, and repeated ones."""
    for cluster, site in on_aws(estate):
        where = (*AWS, "vpc", "privateSubnets") if site.vpc else (*AWS, "zones")
        for index, zone in enumerate(site.zones):
            path = (*where, zone if site.vpc else index)
            if not zone.startswith(site.region) or zone == site.region:
                message = f"{zone} is no zone of {site.region}"
                yield Fault(cluster.origin, path, message, f"write one like {site.region}a")
            elif zone in site.zones[:index]:
                yield Fault(cluster.origin, path, f"{zone} is stated twice", "leave one out")


@rule(
    Code(
        "HL1504",
        "A pool's zone has no subnet",
        "Nodes are made in the private subnet of their zone.",
        "State a zone of the cluster's for the pool, or add the zone to `platform.aws`.",
        "{name: metal, instanceType: m5.metal, zones: [us-east-1d]}",
        "{name: metal, instanceType: m5.metal, zones: [us-east-1c]}",
    )
)
def pools_have_subnets(estate: Estate) -> Iterator[Fault]:
    """Find a pool in a zone in which the cluster's VPC has no private subnet."""
    for cluster, site in on_aws(estate):
        if not (cluster.role == "hosted" or is_written(cluster.origin, *AWS, "zones")):
            continue  # an installer chose the zones of the others
        for pool in cluster.pools:
            for index, zone in enumerate(pool.zones):
                if zone not in {*site.zones, *cluster.found.aws.subnets}:
                    yield Fault(
                        cluster.origin,
                        ("spec", "nodePools", pool.index, "zones", index),
                        f"{cluster.name} has subnets in {in_words(site.zones)}, and none in {zone}",
                        "choose one of these, or state `platform.aws.zones`",
                    )


@rule(
    Code(
        "HL1505",
        "Zones of a VPC that is there",
        "Its subnets, stated by zone under `vpc`, say in which zones it is.",
        "Leave `zones` out.",
        "zones: [us-east-1a], vpc:",
        "vpc:",
    )
)
def zones_are_said_once(estate: Estate) -> Iterator[Fault]:
    """Find `zones` beside `vpc`."""
    for cluster, site in on_aws(estate):
        if site.vpc is not None and is_written(cluster.origin, *AWS, "zones"):
            yield Fault(
                cluster.origin,
                (*AWS, "zones"),
                "`vpc.privateSubnets` already says in which zones the VPC is",
                "leave `zones` out",
            )


@rule(
    Code(
        "HL1506",
        "The way to the data centre has another end",
        "A transit gateway's ID begins with tgw-, a VPN's end is its peer's address; a transit "
        "gateway and Direct Connect have no peer of their own here.",
        "State `id` of a transit gateway or a Direct Connect gateway, `peer` of a VPN.",
        "via: transitGateway, id: vgw-0a1b2c",
        "via: transitGateway, id: tgw-0a1b2c",
    )
)
def ends_fit_the_way(estate: Estate) -> Iterator[Fault]:
    """Find an ID of another kind, an ID of a VPN, and a peer of anything else."""
    for cluster, site in on_aws(estate):
        via = cluster.platform.via
        if via == "transitGateway" and site.connection and not site.connection.startswith("tgw-"):
            yield Fault(
                cluster.origin,
                (*ON_PREM, "id"),
                f"{site.connection} is no transit gateway's ID",
                "write one like tgw-0a1b2c3d4e5f60718, or leave it out to have one made",
            )
        if via == "vpn" and site.connection is not None:
            yield Fault(
                cluster.origin,
                (*ON_PREM, "id"),
                "a VPN is made to a peer, it has no ID before",
                "state `peer: {address: 203.0.113.1, asn: 65100}`, the data centre's end",
            )
        if via != "vpn" and site.peer is not None:
            yield Fault(
                cluster.origin,
                (*ON_PREM, "peer"),
                f"a peer is of a VPN, and the way is by {via}",
                "write `via: vpn`, or leave `peer` out",
            )


@rule(
    Code(
        "HL1507",
        "A reflector's address is in no private subnet",
        "Reflectors run on nodes of the hub, and nodes are in the private subnets: of the first "
        "machine range the first three quarters. Of each subnet Amazon keeps the first four "
        "addresses and the last one.",
        "State addresses that the hub's nodes can have.",
        "addresses: [10.0.0.2, 10.0.4.11]",
        "addresses: [10.0.0.11, 10.0.4.11]",
    )
)
def reflectors_are_in_subnets(estate: Estate) -> Iterator[Fault]:
    """Find a reflector on AWS with an address that no node of the VPC to be can have."""
    fabric = estate.fabric
    hub = estate.clusters.get(fabric.reflectors.cluster) if fabric is not None else None
    if fabric is None or hub is None or hub.platform.aws is None or hub.platform.aws.vpc:
        return
    first = next((one for one in hub.ranges.machine if one.version == IPV4), None)
    if first is None or not WIDEST <= first.prefixlen <= NARROWEST:
        return
    private, _ = cut(IPv4Network(str(first)))
    subnets = private[: len(hub.platform.aws.zones)]
    for index, address in enumerate(fabric.reflectors.addresses):
        if address not in first:
            continue  # of another range of the hub's, or another rule tells of it
        node = ip_address(str(address))
        around = next((one for one in subnets if node in one), None)
        if around is None or node in {around[number] for number in KEPT}:
            yield Fault(
                fabric.origin,
                ("spec", "reflectors", "addresses", index),
                f"no node of {hub.name} can have {address}: nodes are in "
                f"{in_words([str(one) for one in subnets])}"
                + ("" if around is None else ", of whose addresses Amazon keeps this one"),
                "state an address of one of these",
            )


@rule(
    Code(
        "HL1508",
        "Two regions, and no gateway between them",
        "A transit gateway that is made for an estate serves one region: leaves of another one "
        "would never reach the reflectors.",
        "State under `onPrem.id` the transit gateways that the network's owners have joined.",
        "aws: {region: eu-west-1, onPrem: {via: transitGateway}}",
        "aws: {region: us-east-1, onPrem: {via: transitGateway}}",
    )
)
def regions_are_joined(estate: Estate) -> Iterator[Fault]:
    """Find leaves in another region than the reflectors', with a gateway that is to be made."""
    fabric = estate.fabric
    hub = estate.clusters.get(fabric.reflectors.cluster) if fabric is not None else None
    if hub is None or hub.platform.aws is None:
        return
    for cluster, site in on_aws(estate):
        is_other = site.region != hub.platform.aws.region and cluster.leaf_pools
        if is_other and site.connection is None and site.vpc is None:
            yield Fault(
                cluster.origin,
                (*AWS, "region"),
                f"{cluster.name} is in {site.region}, the reflectors are in "
                f"{hub.platform.aws.region} (at {hub.origin.place(*AWS, 'region')}), and nothing "
                "joins the two",
                "state `onPrem: {via: transitGateway, id: tgw-...}` of gateways that are peers",
            )


@rule(
    Code(
        "HL1509",
        "Only a distributed switch learns MACs",
        "A standard switch knows the MACs that it gave itself, and passes guests' frames only in "
        "promiscuous mode.",
        "Leave `learning` out, or use a distributed switch.",
        "switch: vSwitch0, learning: macLearning",
        "switch: DSwitch, distributed: true, learning: macLearning",
    )
)
def switches_that_learn(estate: Estate) -> Iterator[Fault]:
    """Find a port group of a standard switch that is to learn MACs."""
    for cluster in estate.clusters.values():
        site = cluster.platform.vsphere
        for one in site.port_groups if site is not None else ():
            if one.learning == "macLearning" and not one.distributed:
                yield Fault(
                    cluster.origin,
                    ("spec", "platform", "vsphere", "portGroups", one.index, "learning"),
                    f"{one.switch} is a standard switch, which learns no MACs",
                    "leave `learning` out: promiscuous is the other way",
                )
