"""Service quotas that moto does not know: EC2's, the list of a service, and what a test sets."""

from __future__ import annotations

import json
from typing import Any

from moto.servicequotas import responses
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS

# AWS's defaults of a new account.
EC2 = {"L-0263D0A3": ("EC2-VPC Elastic IPs", 5.0), "L-A2478D36": ("Transit gateways", 5.0)}
EC2 |= {"L-7029FAB6": ("Virtual private gateways", 5.0)}
EC2 |= {"L-4FB7FF5D": ("Customer gateways", 50.0)}
EC2 |= {"L-1216C47A": ("Running On-Demand Standard instances (vCPUs)", 1152.0)}
CHANGED: dict[str, float] = {}
Quota = dict[str, Any]


def _quotas(region: str, service: str) -> list[Quota]:
    listed: list[Quota] = [
        {**one, "QuotaArn": str(one["QuotaArn"]).replace("eu-west-1", region)}
        for one in VPC_DEFAULT_QUOTAS
        if service == "vpc"
    ]
    for code, (name, value) in EC2.items() if service == "ec2" else ():
        arn = f"arn:aws:servicequotas:{region}::ec2/{code}"
        about = {"ServiceCode": "ec2", "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)"}
        listed.append(about | {"QuotaArn": arn, "QuotaCode": code, "QuotaName": name})
        listed[-1] |= {"Value": value, "Unit": "None", "Adjustable": True, "GlobalQuota": False}
    return [{**one, "Value": CHANGED.get(one["QuotaCode"], one["Value"])} for one in listed]


def _get(answer: Any) -> str:
    asked = json.loads(answer.body)
    for one in _quotas(answer.region, asked["ServiceCode"]):
        if one["QuotaCode"] == asked["QuotaCode"]:
            return json.dumps({"Quota": one})
    raise NoSuchResource


def _list(answer: Any) -> str:
    return json.dumps({"Quotas": _quotas(answer.region, json.loads(answer.body)["ServiceCode"])})


def install() -> None:
    """Let moto's Service Quotas know them."""
    responses.ServiceQuotasResponse.get_service_quota = _get  # type: ignore[method-assign,assignment]
    responses.ServiceQuotasResponse.get_aws_default_service_quota = _get  # type: ignore[attr-defined]
    responses.ServiceQuotasResponse.list_service_quotas = _list  # type: ignore[attr-defined]
