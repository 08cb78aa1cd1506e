"""Steps of the kind aws.account: whose account it is, and whether it has room for what is to come.

Nothing is made: zones, offered instance types and quotas are asked for before anything is.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from hyperleaf.findings import Severity
from hyperleaf.platforms.aws.processors import short_of_processors
from hyperleaf.platforms.aws.quotas import lacking
from hyperleaf.platforms.aws.session import asking, session_of
from hyperleaf.platforms.errors import told
from hyperleaf.platforms.steps import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_sts import STSClient

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.steps import Owned, Step, Tell, World

_SIDE_BY_SIDE = 4


class Accounts:
    """Asks an account who it is and what it has."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session = session_of(world)

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Return the account's number as output `Account`, and what it lacks as findings."""
        regions: Mapping[str, Any] = inputs["regions"]
        client: STSClient = self._session.first("sts", min(regions, default="us-east-1"))
        with asking("the account", step):
            account = client.get_caller_identity()["Account"]
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as side_by_side:
            asked = [
                side_by_side.submit(ask, step, region, wanted)
                for region, wanted in regions.items()
                for ask in (self._zones, self._types, self._quotas, self._processors)
            ]
        findings = [found for one in asked for found in one.result()]
        return Seen(outputs={"Account": account}, findings=tuple(findings), about=account)

    def from_nothing(self, step: Step, inputs: Mapping[str, Any]) -> Seen:  # noqa: ARG002
        """Return that nothing is made."""
        return Seen()

    def carry_out(self, step: Step, inputs: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:  # noqa: ARG002
        """Ask once more: there is nothing to be made."""
        return self.examine(step, inputs).outputs or {}

    def owned(self) -> tuple[Owned, ...]:
        """Return nothing: nothing was made."""
        return ()

    def remove(self, owned: Owned, tell: Tell) -> None:
        """Do nothing: nothing was made."""

    def _zones(self, step: Step, region: str, wanted: Mapping[str, Any]) -> list[Finding]:
        zones = list(wanted.get("zones", ()))
        if not zones:
            return []
        client: EC2Client = self._session.client("ec2", region)
        with asking(f"the zones of {region}", step):
            found = client.describe_availability_zones()["AvailabilityZones"]
        there = sorted(one["ZoneName"] for one in found if one.get("State") == "available")
        missing = [one for one in zones if one not in there]
        if not missing:
            return []
        message = f"{region} has no {', '.join(missing)} for this account"
        hint = f"it has {', '.join(there)}: name them under platform.aws.zones"
        return [told("HL1412", message, hint, step=step)]

    def _types(self, step: Step, region: str, wanted: Mapping[str, Any]) -> list[Finding]:
        types: Mapping[str, Iterable[str]] = wanted.get("instanceTypes", {})
        if not types:
            return []
        client: EC2Client = self._session.client("ec2", region)
        offered: dict[str, set[str]] = defaultdict(set)
        with asking(f"the instance types of {region}", step):
            pages = client.get_paginator("describe_instance_type_offerings").paginate(
                LocationType="availability-zone",
                Filters=[{"Name": "instance-type", "Values": sorted(types)}],
            )
            for page in pages:
                for one in page["InstanceTypeOfferings"]:
                    offered[one["InstanceType"]].add(one["Location"])
        return list(_not_offered(step, region, types, offered))

    def _quotas(self, step: Step, region: str, wanted: Mapping[str, Any]) -> list[Finding]:
        needs: Mapping[str, int] = wanted.get("needs", {})
        return lacking(self._session, self._world.build.owner, region, needs, step)

    def _processors(self, step: Step, region: str, wanted: Mapping[str, Any]) -> list[Finding]:
        machines: Mapping[str, int] = wanted.get("machines", {})
        owner = self._world.build.owner
        return short_of_processors(self._session, owner, region, machines, step)


def _not_offered(
    step: Step, region: str, types: Mapping[str, Iterable[str]], offered: Mapping[str, set[str]]
) -> Iterator[Finding]:
    for name, zones in types.items():
        there = offered.get(name, set())
        missing = [one for one in zones if one not in there]
        if not missing:
            continue
        message = f"{name} is not offered in {', '.join(missing)}"
        where = f"it is in {', '.join(sorted(there))}" if there else f"{region} has none at all"
        hint = f"{where}: name other zones of the pool, or another instance type"
        # A pool with one zone left still gets its machines.
        severity = Severity.WARNING if set(zones) & there else Severity.ERROR
        yield told("HL1413", message, hint, step=step, severity=severity)
