"""Stacks that tests make by hand, to see what the judge makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from judges.aws import Aws

TEMPLATES = yaml.safe_load((Path(__file__).parent / "every-type.yaml").read_text())
OURS = [{"Key": "hyperleaf.dev/owner", "Value": "corp"}]
Template = dict[str, Any]


def body(template: Template) -> dict[str, Any]:
    """Return what every call that brings a template says."""
    return {"TemplateBody": json.dumps(template), "Capabilities": ["CAPABILITY_NAMED_IAM"]}


def parameters(stated: dict[str, str]) -> list[dict[str, str]]:
    """Return parameters as the API wants them."""
    return [{"ParameterKey": name, "ParameterValue": one} for name, one in stated.items()]


def make(account: Aws, name: str, template: Template, **stated: str) -> dict[str, str]:
    """Make a stack, and return its outputs; its status is to be asked for."""
    client = account.client("cloudformation")
    words = {"Parameters": parameters(stated), "Tags": OURS}
    client.create_stack(StackName=name, **words, **body(template))
    return outputs(account, name)


def stack(account: Aws, name: str) -> dict[str, Any]:
    """Return a stack's description."""
    found: dict[str, Any] = account.client("cloudformation").describe_stacks(StackName=name)
    return dict(found["Stacks"][0])


def outputs(account: Aws, name: str) -> dict[str, str]:
    """Return a stack's outputs."""
    told = stack(account, name).get("Outputs", ())
    return {one["OutputKey"]: one["OutputValue"] for one in told}


def failures(account: Aws, name: str) -> dict[str, str]:
    """Return the resources that failed, with the reasons."""
    events = account.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    return {
        one["LogicalResourceId"]: one["ResourceStatusReason"]
        for one in events
        if one["ResourceStatus"].endswith("_FAILED") and one["LogicalResourceId"] != name
    }


def make_all(account: Aws) -> dict[str, str]:
    """Make both stacks of every type; return the outputs of the cluster's."""
    gateway = make(account, "connection", TEMPLATES["connection"])
    return make(account, "cluster", TEMPLATES["cluster"], **gateway)
