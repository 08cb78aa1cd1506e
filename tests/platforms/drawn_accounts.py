"""Makes a drawn estate's account, makes it again, and takes it back; says what is then wrong."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import Phase, given, seed, settings

from platforms import raising
from properties.aws_estates import DATA_CENTRE, FAR, NEAR, estates

if TYPE_CHECKING:
    from judges.aws import Aws
    from properties.generating import Document

# Quotas of an account that others have had raised: elastic IPs, VPCs, Internet gateways.
ROOM = {"L_0263D0A3": 100.0, "L_F678F1CE": 100.0, "L_A4707A72": 100.0}
# Not every range of the first goes with the default range of services.
ELSEWHERE = "192.168.0.0/16"
REFUSED = 1


def some(account: Aws, number: int, count: int = 5) -> str:
    """Go through some drawn estates, the same ones for each number; return what is wrong."""
    problems: list[str] = []

    @seed(number)
    @settings(max_examples=count, deadline=None, phases=[Phase.generate], database=None)
    @given(estates())
    def draw(documents: list[Document]) -> None:
        account.reset()
        problems.append(gone_through(account, documents))

    draw()
    return "\n".join(one for one in problems if one)


def gone_through(account: Aws, drawn: list[Document]) -> str:
    """Run `up` twice and `down`; return what is wrong, nothing where the estate is refused."""
    account.quotas(**ROOM)
    documents = _with_what_is_there(account, _possible(drawn))
    before = account.snapshot(NEAR, FAR)
    with tempfile.TemporaryDirectory() as folder:
        estate, facts = Path(folder) / "estate.yaml", Path(folder) / "facts.yaml"
        estate.write_text("---\n".join(yaml.safe_dump(one) for one in documents))
        done = raising.up(account, facts, estate=estate)
        if done.status:
            is_refused = done.status == REFUSED and not account.writes()
            return "" if is_refused else f"up failed: {done.err}"
        count, written = len(account.writes()), facts.read_bytes()
        done = raising.up(account, facts, estate=estate)
        if done.status or account.writes()[count:] or facts.read_bytes() != written:
            return f"a second up did something: {account.writes()[count:]} {done.err}"
        done = raising.ran(account, "down", "--yes", estate=estate)
    if done.status:
        return f"down failed: {done.err}"
    return "" if account.snapshot(NEAR, FAR) == before else "the account is not as before"


def _possible(drawn: list[Document]) -> list[Document]:
    """Return the estate without what rules refuse: a zone that is nowhere, ranges that overlap."""
    documents: list[Any] = json.loads(json.dumps(drawn).replace(DATA_CENTRE, ELSEWHERE))
    for one in documents:
        if one["kind"] == "Fabric":
            one["spec"]["underlay"]["cidrs"] = ["10.0.0.0/12", "172.16.0.0/20"]
        elif one["spec"]["platform"]["aws"]["region"] == FAR:
            platform = one["spec"]["platform"]["aws"]
            nowhere = f"{FAR}d"
            if "zones" in platform:
                zones = [zone for zone in platform["zones"] if zone != nowhere]
                platform["zones"] = zones or [f"{FAR}a"]
            for kind in ("privateSubnets", "publicSubnets"):
                subnets = platform.get("vpc", {}).get(kind, {})
                if subnets.pop(nowhere, None) and not subnets:
                    subnets[f"{FAR}a"] = ""
    return documents


def _with_what_is_there(account: Aws, documents: list[Document]) -> list[Document]:
    """Make the VPCs and gateways that an estate says are there, and name these in it."""
    for one in documents:
        if one["kind"] != "Cluster":
            continue
        platform = one["spec"]["platform"]["aws"]
        ec2 = account.client("ec2", platform["region"])
        if "vpc" in platform:
            machines = one["spec"]["networks"]["machine"][0]
            vpc = platform["vpc"]["id"] = ec2.create_vpc(CidrBlock=machines)["Vpc"]["VpcId"]
            place = machines.split(".")[1]
            number = 0
            for kind in ("privateSubnets", "publicSubnets"):
                for zone in platform["vpc"][kind]:
                    words = {"VpcId": vpc, "AvailabilityZone": zone}
                    words["CidrBlock"] = f"10.{place}.{number}.0/24"
                    made = ec2.create_subnet(**words)["Subnet"]["SubnetId"]
                    platform["vpc"][kind][zone] = made
                    number += 1
        if platform.get("onPrem", {}).get("id", "").startswith("tgw-"):
            made = ec2.create_transit_gateway(Description="theirs")["TransitGateway"]
            platform["onPrem"]["id"] = made["TransitGatewayId"]
    return documents
