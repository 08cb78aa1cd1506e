"""What clusters on AWS stand on follows from the estate alone, and from nobody's neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.plan.aws import AwsPlan, plan_aws
from hyperleaf.plan.aws_names import short
from hyperleaf.plan.aws_steps import aws_facts, aws_steps
from hyperleaf.plan.build import Ref
from hyperleaf.plan.clusters import plan
from unit.writing_estates import HUB, document, estate_of

if TYPE_CHECKING:
    from hyperleaf.plan.aws import AwsCluster

FABRIC = document(
    "Fabric",
    "corp",
    "asn: 65000, underlay: {cidrs: [10.0.0.0/16, 172.16.0.0/20], mtu: 9001}, "
    "reflectors: {cluster: hub, addresses: [10.0.0.11, 10.0.0.12]}, "
    "borders: [{name: dc-1, address: 172.16.0.11}]",
)
TRANSIT = "onPrem: {via: transitGateway, cidrs: [172.16.0.0/12]}"


def hub(aws: str = TRANSIT, more: str = "") -> str:
    """Return a hub on AWS as text."""
    return document(
        "Cluster",
        "hub",
        f"role: hub, version: 4.16.8, platform: {{aws: {{region: us-east-1, {aws}}}}}, "
        f"networks: {{machine: [10.0.0.0/20]}}{more}",
    )


def hosted(name: str = "prod", aws: str = TRANSIT, machine: str = "10.0.16.0/20") -> str:
    """Return a hosted cluster with leaves as text."""
    return document(
        "Cluster",
        name,
        "role: hosted, hub: hub, version: 4.16.8, baseDomain: example.com, "
        f"platform: {{aws: {{region: us-east-1, {aws}}}}}, networks: {{machine: [{machine}]}}, "
        "nodePools: [{name: metal, instanceType: m5.metal, leaf: true}]",
    )


def planned(*texts: str) -> AwsPlan:
    """Return the plan of an estate that has something on AWS."""
    made = plan_aws(estate_of(*texts))
    assert made is not None
    return made


def cluster_of(made: AwsPlan, name: str) -> AwsCluster:
    """Return one cluster's part."""
    return next(one for one in made.clusters if one.name == name)


def cidrs(one: AwsCluster, *, public: bool) -> list[str]:
    """Return the subnets of one kind, in the order of zones."""
    assert one.vpc is not None
    return [str(part.range) for part in one.vpc.subnets if part.public is public]


def test_three_quarters_of_the_first_range_are_private_and_the_fourth_is_cut_for_public_ones() -> (
    None
):
    one = cluster_of(planned(hub()), "hub")
    assert cidrs(one, public=False) == ["10.0.0.0/22", "10.0.4.0/22", "10.0.8.0/22"]
    assert cidrs(one, public=True) == ["10.0.12.0/24", "10.0.13.0/24", "10.0.14.0/24"]


def test_a_zone_keeps_its_subnets_when_another_one_comes() -> None:
    few = cluster_of(planned(hub("zones: [us-east-1a, us-east-1d]")), "hub").vpc
    more = cluster_of(planned(hub("zones: [us-east-1a, us-east-1d, us-east-1f]")), "hub").vpc
    assert few is not None
    assert more is not None
    assert set(few.subnets) < set(more.subnets)


def test_ranges_after_the_first_belong_to_the_vpc_but_hold_no_subnet() -> None:
    text = hub().replace("[10.0.0.0/20]", "[10.0.0.0/20, 10.3.0.0/24]")
    vpc = cluster_of(planned(text), "hub").vpc
    assert vpc is not None
    assert [str(one) for one in vpc.ranges] == ["10.0.0.0/20", "10.3.0.0/24"]
    assert all(one.range.subnet_of(vpc.ranges[0]) for one in vpc.subnets)


def test_one_nat_gateway_is_in_the_first_zone_and_serves_all() -> None:
    vpc = cluster_of(planned(hub()), "hub").vpc
    assert vpc is not None
    assert {vpc.nat_of(one.part) for one in vpc.private} == {"A"}


def test_with_a_nat_gateway_in_each_zone_traffic_stays_there() -> None:
    vpc = cluster_of(planned(hub("nat: perZone")), "hub").vpc
    assert vpc is not None
    assert [vpc.nat_of(one.part) for one in vpc.private] == ["A", "B", "C"]


def test_beyond_a_vpc_lie_the_data_centre_the_underlay_and_other_clusters_each_said_once() -> None:
    made = planned(FABRIC, hub(), hosted(), hosted("edge", machine="10.9.0.0/20"))
    found = [str(one) for one in cluster_of(made, "prod").beyond]
    assert found == ["10.0.0.0/16", "10.9.0.0/20", "172.16.0.0/12"]


def test_what_a_vpc_is_itself_does_not_lie_beyond_it() -> None:
    underlay = FABRIC.replace("10.0.0.0/16", "10.0.0.0/20, 10.0.16.0/20")
    made = planned(underlay, hub(), hosted())
    assert "10.0.16.0/20" not in {str(one) for one in cluster_of(made, "prod").beyond}


def test_the_internet_is_never_reached_by_the_data_centre_s_routes() -> None:
    made = planned(hub("onPrem: {via: transitGateway, cidrs: [0.0.0.0/0, 172.16.0.0/12]}"))
    assert [str(one) for one in cluster_of(made, "hub").beyond] == ["172.16.0.0/12"]


def test_vpcs_at_one_transit_gateway_are_no_peers() -> None:
    assert planned(FABRIC, hub(), hosted()).peerings == ()


@pytest.mark.parametrize("aws", ["nat: one", "onPrem: {via: vpn}", "onPrem: {via: directConnect}"])
def test_vpcs_of_a_fabric_that_no_transit_gateway_joins_are_peers(aws: str) -> None:
    (peering,) = planned(FABRIC, hub(aws), hosted(aws=aws)).peerings
    assert (peering.one.name, peering.other.name) == ("hub", "prod")


def test_peers_are_reached_as_such_and_not_by_way_of_the_data_centre() -> None:
    underlay = FABRIC.replace("10.0.0.0/16", "10.0.0.0/20, 10.0.16.0/20")
    vpn = "onPrem: {via: vpn}"
    made = planned(underlay, hub(vpn), hosted(aws=vpn))
    assert [str(one) for one in cluster_of(made, "prod").beyond] == ["172.16.0.0/20"]


def test_clusters_without_a_fabric_are_no_peers() -> None:
    assert planned(hub("nat: one"), hosted(aws="nat: one")).peerings == ()


def test_a_vpc_that_is_there_is_left_to_its_owners_to_join() -> None:
    there = "vpc: {id: vpc-1, privateSubnets: {us-east-1a: subnet-1}}"
    assert planned(FABRIC, hub("nat: one"), hosted(aws=there)).peerings == ()


def test_an_infrastructure_id_is_the_same_each_time_and_another_for_another_owner() -> None:
    one = cluster_of(planned(FABRIC, hub(), hosted()), "prod")
    again = cluster_of(planned(FABRIC, hub(), hosted()), "prod")
    other = cluster_of(planned(FABRIC.replace("corp", "lab"), hub(), hosted()), "prod")
    assert one.infra_id == again.infra_id == "prod-6hjfu"
    assert other.infra_id != one.infra_id


def test_long_names_of_clusters_leave_room_for_the_names_of_roles() -> None:
    name = "a-cluster-with-a-name-that-goes-on"
    one = cluster_of(planned(FABRIC, hub(), hosted(name)), name)
    assert len(f"{one.infra_id}-cloud-network-config-controller") <= 64


def test_long_names_of_fabrics_and_clusters_leave_stacks_names_that_differ_and_fit() -> None:
    fabric = FABRIC.replace("corp", "f" * 63)
    clusters = [hosted(f"{'c' * 62}{end}", machine=f"10.{end}.0.0/20") for end in (1, 2)]
    stacks = [
        one.body["stack"]
        for one in aws_steps(planned(fabric, hub(), *clusters))
        if one.kind == "aws.stack"
    ]
    assert len(set(stacks)) == len(stacks)
    assert max(map(len, stacks)) <= 128


def test_a_bucket_s_name_fits_however_long_the_owner_s_is() -> None:
    assert len(f"hyperleaf-{short('f' * 63)}-oidc-123456789012") <= 63
    assert short("f" * 62 + "a") != short("f" * 62 + "b")


def test_an_installer_s_cluster_has_no_infrastructure_id_of_ours() -> None:
    assert cluster_of(planned(FABRIC, hub()), "hub").infra_id is None


def steps_of(*texts: str) -> dict[str, dict[str, Any]]:
    """Return the bodies of an estate's steps by name."""
    return {one.name: dict(one.body) for one in aws_steps(planned(*texts))}


def test_steps_stand_in_the_order_in_which_they_need_each_other() -> None:
    assert list(steps_of(FABRIC, hub(), hosted())) == [
        "account.aws",
        "zone.example.com",
        "oidc.us-east-1",
        "connection.us-east-1",
        "hub",
        "prod",
        "resolver.prod",
    ]


def test_a_stated_transit_gateway_is_used_and_none_is_made() -> None:
    stated = "onPrem: {via: transitGateway, id: tgw-0a1b2c}"
    found = steps_of(FABRIC, hub(stated), hosted(aws=stated))
    assert not any(name.startswith("connection.") for name in found)
    assert found["prod"]["parameters"]["TransitGateway"] == "tgw-0a1b2c"


def test_a_stated_bucket_is_used_and_none_is_made() -> None:
    more = ", operators: {multiclusterEngine: {aws: {oidcBucket: ours, oidcRegion: us-east-2}}}"
    made = planned(FABRIC, hub(more=more), hosted())
    found = {one.name: one.body for one in aws_steps(made)}
    assert not any(name.startswith("oidc.") for name in found)
    assert found["prod"]["parameters"]["OidcBucket"] == "ours"
    assert made.oidc is not None
    assert made.oidc.region == "us-east-2"


def test_marks_say_whose_a_stack_is_and_of_which_cluster() -> None:
    found = steps_of(FABRIC, hub(), hosted())
    owner = {"hyperleaf.dev/owner": "corp"}
    assert found["oidc.us-east-1"]["tags"] == owner
    assert found["prod"]["tags"] == owner | {"hyperleaf.dev/cluster": "prod"}


def test_no_two_steps_and_no_two_stacks_of_an_estate_have_one_name() -> None:
    names = ("account", "connection", "oidc", "peering", "resolver", "zone")
    clusters = [hosted(one, machine=f"10.{n}.0.0/20") for n, one in enumerate(names, start=1)]
    made = aws_steps(planned(FABRIC, hub(), *clusters))
    stacks = [one.body["stack"] for one in made if one.kind == "aws.stack"]
    assert len({one.name for one in made}) == len(made)
    assert len(set(stacks)) == len(stacks)


def test_a_cluster_that_comes_changes_no_stack_of_others_but_for_what_it_says_to_them() -> None:
    before = steps_of(FABRIC, hub(), hosted())
    after = steps_of(FABRIC, hub(), hosted(), hosted("edge", machine="10.0.32.0/20"))
    for name in before.keys() - {"account.aws"}:
        assert before[name] == after[name]


def test_facts_tell_a_hosted_cluster_what_was_made_for_it() -> None:
    found = aws_facts(planned(FABRIC, hub(), hosted()))["prod"]
    assert found["infraID"] == "prod-6hjfu"
    assert found["aws"]["vpc"] == Ref("prod", "Vpc")
    assert found["aws"]["subnets"]["us-east-1b"] == Ref("prod", "PrivateSubnetB")
    assert found["aws"]["publicSubnets"]["us-east-1c"] == Ref("prod", "PublicSubnetC")
    assert found["aws"]["securityGroups"] == {"leaves": Ref("prod", "LeavesGroup")}
    assert found["aws"]["roles"]["ingress"] == Ref("prod", "IngressRole")
    assert found["aws"]["publicZone"] == Ref("zone.example.com", "Id")
    assert found["aws"]["transitGateway"] == Ref("connection.us-east-1", "TransitGateway")
    assert found["aws"]["resolver"] == Ref("resolver.prod", "Addresses")


def test_facts_tell_a_hub_its_bucket_and_the_group_of_its_reflectors_but_no_id_of_its_own() -> None:
    found = aws_facts(planned(FABRIC, hub(), hosted()))["hub"]
    assert "infraID" not in found
    assert found["aws"]["oidcBucket"] == Ref("oidc.us-east-1", "Bucket")
    assert found["aws"]["securityGroups"] == {"reflectors": Ref("hub", "ReflectorsGroup")}


def test_a_hub_elsewhere_is_told_its_bucket_too() -> None:
    room = document(
        "Cluster",
        "hub",
        "role: hub, version: 4.16.8, platform: {baremetal: {}}, networks: {machine: [10.0.0.0/20]}",
    )
    assert aws_facts(planned(room, hosted()))["hub"] == {
        "aws": {"oidcBucket": Ref("oidc.us-east-1", "Bucket")}
    }


def test_an_estate_with_nothing_on_aws_has_nothing_to_be_made_there() -> None:
    assert plan(estate_of(HUB)).aws is None


def test_without_bfd_in_the_fabric_no_group_lets_it_in() -> None:
    quiet = FABRIC.replace("asn: 65000", "asn: 65000, bfd: {enabled: false}")
    (group,) = cluster_of(planned(quiet, hub(), hosted()), "prod").groups[:1]
    assert {one.first for one in group.rules if one.protocol == "udp"} == {4789}


def test_while_nobody_knows_the_reflectors_their_whole_cluster_may_speak() -> None:
    unknown = FABRIC.replace(", addresses: [10.0.0.11, 10.0.0.12]", "")
    (group,) = cluster_of(planned(unknown, hub(), hosted()), "prod").groups[:1]
    assert "10.0.0.0/20" in {
        str(one.source) for one in group.rules if one.why == "BFD from reflectors"
    }


def test_no_rule_of_a_group_is_said_twice() -> None:
    same = FABRIC.replace("10.0.0.11, 10.0.0.12", "10.0.0.11").replace(
        "{name: dc-1, address: 172.16.0.11}",
        "{name: dc-1, address: 172.16.0.11}, {name: dc-2, address: 10.0.0.11}",
    )
    for group in cluster_of(planned(same, hub(), hosted()), "hub").groups:
        said = [(one.protocol, one.first, one.last, one.source) for one in group.rules]
        assert len(said) == len(set(said))
