"""What a region is to hold becomes findings about quotas that would not suffice for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from hyperleaf.findings import Severity
from hyperleaf.platforms.aws.session import code_of
from hyperleaf.platforms.errors import told
from hyperleaf.values.rendered import OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_service_quotas import ServiceQuotasClient

    from hyperleaf.findings import Finding
    from hyperleaf.platforms.aws.session import Session
    from hyperleaf.platforms.steps import Step


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota by its service and code, and the call that lists what is used of it, if anything."""

    title: str
    service: str
    code: str
    call: str = ""
    members: str = ""


# Codes: Service Quotas' own, by `aws service-quotas list-service-quotas --service-code vpc`.
QUOTAS: Final[Mapping[str, Quota]] = {
    "vpcs": Quota("VPCs", "vpc", "L-F678F1CE", "describe_vpcs", "Vpcs"),
    "internetGateways": Quota(
        "internet gateways", "vpc", "L-A4707A72", "describe_internet_gateways", "InternetGateways"
    ),
    "elasticIps": Quota("elastic IPs", "ec2", "L-0263D0A3", "describe_addresses", "Addresses"),
    "transitGateways": Quota(
        "transit gateways", "ec2", "L-A2478D36", "describe_transit_gateways", "TransitGateways"
    ),
    "rulesOfAGroup": Quota("inbound rules of a security group", "vpc", "L-0EA8095F"),
    "vpnGateways": Quota(
        "virtual private gateways", "ec2", "L-7029FAB6", "describe_vpn_gateways", "VpnGateways"
    ),
    "customerGateways": Quota(
        "customer gateways", "ec2", "L-4FB7FF5D", "describe_customer_gateways", "CustomerGateways"
    ),
}
# What was deleted is listed for a while.
_GONE: Final = frozenset({"deleted", "deleting"})
_OF_A_STACK: Final = "aws:cloudformation:stack-name"


def lacking(
    session: Session, owner: str, region: str, needs: Mapping[str, int], step: Step
) -> list[Finding]:
    """Return a finding for each quota that does not suffice, and one for those not to be told.

    What bears our mark is among the needs, and counts once.
    """
    findings: list[Finding] = []
    unknown: list[str] = []
    for name, need in needs.items():
        quota = QUOTAS.get(name)
        if quota is None or not need:
            continue
        try:
            limit = limit_of(session, region, quota)
            used = _used(session, owner, region, quota) if limit is not None else 0
        except (ClientError, BotoCoreError):
            limit = None
        if limit is None:
            unknown.append(quota.title)
        elif used + need > limit:
            message = (
                f"{region}: the quota is {limit:,} {quota.title}; {used:,} are in use "
                f"and {need:,} are needed"
            )
            hint = f"have it raised: service {quota.service}, quota {quota.code}"
            findings.append(told("HL1410", message, hint, step=step))
    if unknown:
        message = f"{region}: whether there is room cannot be told: {', '.join(unknown)}"
        hint = "grant servicequotas:GetServiceQuota to have it asked before"
        findings.append(told("HL1411", message, hint, step=step, severity=Severity.WARNING))
    return findings


def limit_of(session: Session, region: str, quota: Quota) -> int | None:
    """Return the quota's value, the default one where the account has none of its own."""
    client: ServiceQuotasClient = session.client("service-quotas", region)
    try:
        found = client.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)
    except ClientError as error:
        if code_of(error) != "NoSuchResourceException":
            raise
        default = client.get_aws_default_service_quota(
            ServiceCode=quota.service, QuotaCode=quota.code
        )
        return _whole(default["Quota"].get("Value"))
    return _whole(found["Quota"].get("Value"))


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _used(session: Session, owner: str, region: str, quota: Quota) -> int:
    """Return how many are used by others than us."""
    if not quota.call:
        return 0
    client: Any = session.client("ec2", region)
    found = getattr(client, quota.call)()[quota.members]
    there = (one for one in found if one.get("State") not in _GONE)
    return sum(not is_ours(one, owner) for one in there)


def is_ours(one: Mapping[str, Any], owner: str) -> bool:
    """Tell whether a thing bears our mark, or is of a stack that does by its name."""
    tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", ())}
    stack = str(tags.get(_OF_A_STACK, ""))
    return tags.get(OWNER) == owner or stack.startswith(f"hyperleaf-{owner}-")
