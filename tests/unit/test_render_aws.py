"""Templates say what CloudFormation must be told, in an order of their own, and no secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hyperleaf.plan.clusters import plan
from hyperleaf.render.platforms.build import platform_files
from hyperleaf.render.platforms.template import Part, resource, template
from unit.test_plan_aws import FABRIC, hosted, hub
from unit.writing_estates import HUB, estate_of

BUILD = "platforms/build.json"


def rendered(*texts: str) -> dict[str, Any]:
    """Return what is rendered underneath an estate, by path and read."""
    made = platform_files(plan(estate_of(*texts)))
    return {one.path: json.loads(one.text) for one in made}


def stack(step: str, *texts: str) -> dict[str, Any]:
    """Return the template of a step."""
    found: dict[str, Any] = rendered(*texts)[f"platforms/aws/{step}.template.json"]
    return found


def of_type(made: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the resources of a type."""
    return {name: one for name, one in made["Resources"].items() if one["Type"] == f"AWS::{kind}"}


def test_routes_come_after_the_attachment_that_they_need() -> None:
    routes = of_type(stack("prod", FABRIC, hub(), hosted()), "EC2::Route")
    by_gateway = [one for one in routes.values() if "TransitGatewayId" in one["Properties"]]
    assert by_gateway
    assert all(one["DependsOn"] == ["TransitGatewayAttachment"] for one in by_gateway)


@pytest.mark.parametrize("kind", ["EC2::EIP", "EC2::NatGateway"])
def test_nat_gateways_and_their_addresses_come_after_the_internet(kind: str) -> None:
    found = of_type(stack("prod", FABRIC, hub(), hosted()), kind)
    assert found
    assert all(one["DependsOn"] == ["InternetGatewayAttachment"] for one in found.values())


def test_routes_are_learned_once_the_private_gateway_is_attached() -> None:
    made = stack("hub", hub("onPrem: {via: vpn, cidrs: [172.16.0.0/12]}"))
    assert made["Resources"]["RoutePropagation"]["DependsOn"] == ["VpnGatewayAttachment"]


def test_whatever_changes_in_a_cluster_what_is_behind_a_name_stays_of_one_type() -> None:
    ways = (
        "nat: perZone, resolver: true",
        "onPrem: {via: transitGateway, cidrs: [172.16.0.0/12]}",
        "onPrem: {via: directConnect, id: 9ed3b54a, cidrs: [172.16.0.0/12]}",
        "onPrem: {via: vpn, peer: {address: 203.0.113.1}, cidrs: [172.16.0.0/12]}",
        "vpc: {id: vpc-1, privateSubnets: {us-east-1a: subnet-1}}, resolver: true",
    )
    found: dict[str, set[str]] = {}
    for way in ways:
        made = stack("prod", FABRIC, hub(), hosted(aws=way))
        for name, one in made["Resources"].items():
            found.setdefault(name, set()).add(one["Type"])
    assert {name for name, kinds in found.items() if len(kinds) > 1} == set()


def test_only_names_that_the_world_needs_are_fixed() -> None:
    named = {"RoleName", "InstanceProfileName", "BucketName", "UserName", "PolicyName", "GroupName"}
    found = {
        (one["Type"], name)
        for path, made in rendered(FABRIC, hub(), hosted()).items()
        if path != BUILD
        for one in made["Resources"].values()
        for name in named & one.get("Properties", {}).keys()
    }
    assert found == {
        ("AWS::IAM::Role", "RoleName"),
        ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
        ("AWS::S3::Bucket", "BucketName"),
        ("AWS::IAM::User", "UserName"),
    }


def test_no_stack_makes_a_key() -> None:
    text = json.dumps(rendered(FABRIC, hub(), hosted()))
    assert "AccessKey" not in text


def test_every_template_says_what_it_is_of() -> None:
    made = rendered(FABRIC, hub(), hosted())
    said = {path: one["Description"] for path, one in made.items() if path != BUILD}
    assert said == {
        "platforms/aws/oidc.us-east-1.template.json": "Where hosted clusters of corp publish how "
        "their tokens are signed.",
        "platforms/aws/connection.us-east-1.template.json": "The transit gateway of corp in "
        "us-east-1.",
        "platforms/aws/hub.template.json": "What the OpenShift cluster hub of corp stands on.",
        "platforms/aws/prod.template.json": "What the OpenShift cluster prod of corp stands on.",
    }


def test_templates_use_neither_mappings_nor_macros_nor_conditions() -> None:
    for path, made in rendered(FABRIC, hub(), hosted()).items():
        if path != BUILD:
            assert not {"Mappings", "Transform", "Conditions"} & made.keys()


def test_a_group_s_description_is_the_same_whatever_it_lets_in() -> None:
    before = stack("prod", FABRIC, hub(), hosted())
    moved = FABRIC.replace("asn: 65000", "asn: 65000, bfd: {enabled: false}")
    after = stack("prod", moved, hub(), hosted())
    groups = [one["Resources"]["LeavesGroup"]["Properties"] for one in (before, after)]
    assert groups[0]["GroupDescription"] == groups[1]["GroupDescription"]
    assert groups[0]["SecurityGroupIngress"] != groups[1]["SecurityGroupIngress"]


@pytest.mark.parametrize(
    ("region", "domain"),
    [("us-east-1", "ec2.internal"), ("eu-west-1", "eu-west-1.compute.internal")],
)
def test_instances_are_named_as_amazon_names_them(region: str, domain: str) -> None:
    made = stack("hub", hub().replace("us-east-1", region))
    assert made["Resources"]["DhcpOptions"]["Properties"]["DomainName"] == domain


def test_a_resolver_in_one_zone_has_two_addresses_all_the_same() -> None:
    made = stack("hub", hub("zones: [us-east-1a], resolver: true"))
    addresses = made["Resources"]["ResolverEndpoint"]["Properties"]["IpAddresses"]
    assert addresses == [{"SubnetId": {"Ref": "PrivateSubnetA"}}] * 2


def test_an_autonomous_system_beyond_31_bits_has_a_property_of_its_own() -> None:
    peer = "onPrem: {via: vpn, peer: {address: 203.0.113.1, asn: 4200000000}}"
    end = stack("hub", hub(peer))["Resources"]["CustomerGateway"]["Properties"]
    assert end["BgpAsnExtended"] == 4_200_000_000
    assert "BgpAsn" not in end


def test_a_vpc_that_is_there_and_wants_nothing_has_no_stack() -> None:
    there = "vpc: {id: vpc-1, privateSubnets: {us-east-1a: subnet-1}}"
    found = rendered(hub(there))
    assert list(found) == [BUILD]
    assert [step["name"] for step in found[BUILD]["steps"]] == ["account.aws"]


def test_steps_stand_a_line_each_so_that_differences_can_be_read() -> None:
    (first, *_) = platform_files(plan(estate_of(FABRIC, hub(), hosted())))
    lines = first.text.splitlines()
    for step in json.loads(first.text)["steps"]:
        assert sum(f'"name": "{step["name"]}", "kind"' in line for line in lines) == 1


def test_nothing_is_rendered_where_nothing_is_to_be_made() -> None:
    assert rendered(HUB) == {}


def test_two_parts_of_a_template_never_make_the_same_thing() -> None:
    part = Part({"Vpc": resource("EC2::VPC", {})})
    with pytest.raises(ValueError, match="Vpc: made twice"):
        template("Twice.", [part, part])
