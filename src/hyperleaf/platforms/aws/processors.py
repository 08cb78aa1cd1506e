"""Machines that are to come become a finding where the region's processors would not suffice.

Metal types have a hundred processors and more each, a new account often has a quota of fewer. It is
a warning: networks and roles are made all the same, and the quota may be raised meanwhile.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from hyperleaf.findings import Severity
from hyperleaf.platforms.aws.quotas import Quota, is_ours, limit_of
from hyperleaf.platforms.errors import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_ec2 import EC2Client

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.aws.session import Session
    from hyperleaf.platforms.steps import Step

# Types of these families share one quota (A, C, D, H, I, M, R, T, Z: "Standard").
_STANDARD: Final = re.compile(r"[acdhimrtz][0-9]")
QUOTA: Final = Quota("processors of standard instances", "ec2", "L-1216C47A")
_THERE: Final = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]


def short_of_processors(
    session: Session, owner: str, region: str, machines: Mapping[str, int], step: Step
) -> list[Finding]:
    """Return a finding where machines need more processors than others leave of the quota.

    `machines` are counts by instance type. Machines in VPCs that bear our mark are among these.
    Where the API does not tell, nothing is found.
    """
    wanted = {name: count for name, count in machines.items() if _STANDARD.match(name)}
    if not wanted:
        return []
    client: EC2Client = session.client("ec2", region)
    try:
        limit = limit_of(session, region, QUOTA)
        others = list(_others(client, owner))
        sizes = _sizes(client, {*wanted, *others})
    except (ClientError, BotoCoreError):
        return []
    used = sum(sizes.get(name, 0) for name in others)
    need = sum(sizes.get(name, 0) * count for name, count in wanted.items())
    if limit is None or used + need <= limit:
        return []
    message = (
        f"{region}: the quota is {limit:,} {QUOTA.title}; {used:,} are in use and the estate's "
        f"machines need {need:,}"
    )
    hint = f"have it raised: service {QUOTA.service}, quota {QUOTA.code}"
    return [told("HL1410", message, hint, step=step, severity=Severity.WARNING)]


def _others(client: EC2Client, owner: str) -> Iterator[str]:
    """Yield the instance type of each machine outside of the VPCs that bear our mark."""
    vpcs = client.get_paginator("describe_vpcs").paginate()
    ours = {one["VpcId"] for page in vpcs for one in page["Vpcs"] if is_ours(dict(one), owner)}
    pages = client.get_paginator("describe_instances").paginate(Filters=_THERE)  # type: ignore[arg-type]
    for page in pages:
        for group in page["Reservations"]:
            for one in group["Instances"]:
                if one.get("VpcId") not in ours and _STANDARD.match(one["InstanceType"]):
                    yield one["InstanceType"]


def _sizes(client: EC2Client, types: Iterable[str]) -> dict[str, int]:
    """Return how many processors an instance of each type has."""
    named = [{"Name": "instance-type", "Values": sorted(types)}]
    pages = client.get_paginator("describe_instance_types").paginate(Filters=named)  # type: ignore[arg-type]
    return {
        one["InstanceType"]: one["VCpuInfo"]["DefaultVCpus"]
        for page in pages
        for one in page["InstanceTypes"]
    }
