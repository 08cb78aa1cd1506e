"""An estate's stacks are made in an account step by step, by boto3 alone: no engine between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hyperleaf.plan.clusters import plan
from hyperleaf.render.platforms.build import platform_files

if TYPE_CHECKING:
    from hyperleaf.model.estate import Estate
    from judges.aws import Aws

Outputs = dict[str, dict[str, Any]]


def files_of(estate: Estate) -> dict[str, Any]:
    """Return what is rendered of the platforms, by path and read."""
    return {one.path: json.loads(one.text) for one in platform_files(plan(estate))}


def made(account: Aws, files: dict[str, Any]) -> Outputs:
    """Make every stack in the order of steps; return the outputs of all steps that have any."""
    found: Outputs = {}
    for step in files["platforms/build.json"]["steps"]:
        if step["kind"] == "aws.stack":
            body = resolved(step["with"], found)
            found[step["name"]] = _stack(account, body, json.dumps(files[body["template"]]))
    return found


def resolved(value: Any, outputs: Outputs) -> Any:
    """Return a value with its references replaced; KeyError where nobody has made such a thing."""
    if isinstance(value, dict):
        if value.keys() == {"of", "output"}:
            return outputs[value["of"]][value["output"]]
        return {name: resolved(one, outputs) for name, one in value.items()}
    return value


def _stack(account: Aws, body: dict[str, Any], template: str) -> dict[str, str]:
    client = account.client("cloudformation", body["region"])
    client.create_stack(
        StackName=body["stack"],
        TemplateBody=template,
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in body["parameters"].items()
        ],
        Tags=[{"Key": name, "Value": value} for name, value in body["tags"].items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        DisableRollback=True,
    )
    waiter = client.get_waiter("stack_create_complete")
    waiter.wait(StackName=body["stack"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    (stack,) = client.describe_stacks(StackName=body["stack"])["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}
