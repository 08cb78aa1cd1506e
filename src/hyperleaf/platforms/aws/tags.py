"""Steps of the kind aws.tags: tags on what others made (a VPC's subnets), and off again.

What is there already stays as it is. A tag of ours says which we set, so that no others are ever
taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hyperleaf.platforms.aws.regions import regions_of
from hyperleaf.platforms.aws.session import asking, session_of
from hyperleaf.platforms.errors import told
from hyperleaf.platforms.steps import Change, Owned, Seen, Verb
from hyperleaf.values.rendered import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef

    from hyperleaf.platforms.steps import Step, Tell, World

KIND: Final = "aws.tags"
# Names, divided by spaces, which no tag of ours has within.
SET_BY_US: Final = "hyperleaf.dev/tags"
_OF_A_STACK: Final = "aws:cloudformation:stack-name"


class Tags:
    """Sets tags on resources that are there, in every region."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session = session_of(world)

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Find which tags are missing; a resource that is not there is an error."""
        wanted = self._wanted(inputs)
        there = self._there(str(inputs["region"]), wanted, step)
        gone = [one for one in wanted if one not in there]
        if gone:
            message = f"not in {inputs['region']}: {', '.join(gone)}"
            hint = "mend the IDs in the estate, or the account and region that are asked"
            return Seen(findings=(told("HL1419", message, hint, step=step),))
        return Seen(_changes(wanted, there), {})

    def from_nothing(self, step: Step, inputs: Mapping[str, Any]) -> Seen:  # noqa: ARG002
        """Return that every tag would be set."""
        return Seen(_changes(self._wanted(inputs), {}))

    def carry_out(self, step: Step, inputs: Mapping[str, Any], tell: Tell) -> Mapping[str, Any]:
        """Set the tags that are missing, with the one that says so."""
        region, wanted = str(inputs["region"]), self._wanted(inputs)
        client: EC2Client = self._session.client("ec2", region)
        there = self._there(region, wanted, step)
        for resource, tags in wanted.items():
            missing = _missing(tags, there.get(resource, {}))
            if missing:
                tell(f"tagging {resource}")
                given: Any = [{"Key": name, "Value": one} for name, one in missing.items()]
                with asking(f"the tags of {resource} in {region}", step):
                    client.create_tags(Resources=[resource], Tags=given)
        return {}

    def owned(self) -> tuple[Owned, ...]:
        """Return the resources, none of them of our stacks, that bear tags we set."""
        made = []
        for region in regions_of(self._world):
            found = self._tags(region, {"Name": f"tag:{OWNER}", "Values": [self._owner]})
            for resource, tags in sorted(found.items()):
                if SET_BY_US in tags and _OF_A_STACK not in tags:
                    made.append(Owned(KIND, region, resource, _ours(tags), key=resource))
        return tuple(made)

    def remove(self, owned: Owned, tell: Tell) -> None:
        """Take away the tags that we set; the resource stays."""
        client: EC2Client = self._session.client("ec2", owned.where)
        tell(f"taking our tags from {owned.name}")
        tags: Any = [{"Key": name} for name in owned.contents]
        with asking(f"the tags of {owned.name} in {owned.where}"):
            client.delete_tags(Resources=[owned.key], Tags=tags)

    def _wanted(self, inputs: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Return the tags of each resource, our mark among them."""
        return {name: {**tags, OWNER: self._owner} for name, tags in inputs["resources"].items()}

    @property
    def _owner(self) -> str:
        return self._world.build.owner

    def _there(
        self, region: str, resources: Iterable[str], step: Step
    ) -> dict[str, dict[str, str]]:
        """Return the tags of subnets that are there, by their IDs; all that estates name so."""
        return self._tags(region, {"Name": "subnet-id", "Values": list(resources)}, step)

    def _tags(
        self, region: str, wanted: FilterTypeDef, step: Step | None = None
    ) -> dict[str, dict[str, str]]:
        """Return the tags of subnets by their IDs."""
        client: EC2Client = self._session.client("ec2", region)
        with asking(f"the subnets in {region}", step):
            pages = client.get_paginator("describe_subnets").paginate(Filters=[wanted])
            return {
                one["SubnetId"]: {tag["Key"]: tag["Value"] for tag in one.get("Tags", ())}
                for page in pages
                for one in page["Subnets"]
            }


def _ours(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the tags that we set, as a resource says."""
    return tuple(sorted({*tags.get(SET_BY_US, "").split(), SET_BY_US}))


def _missing(wanted: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    """Return the tags to be set: those that lack, and ours with other values.

    Another's value of a name stays: Kubernetes asks for the name alone.
    """
    before = {*there.get(SET_BY_US, "").split()}
    lacking = {
        name: value
        for name, value in wanted.items()
        if name not in there or (name in before and there[name] != value)
    }
    record = " ".join(sorted(before | lacking.keys()))
    return {**lacking, SET_BY_US: record} if lacking else {}


def _changes(
    wanted: Mapping[str, Mapping[str, str]], there: Mapping[str, Mapping[str, str]]
) -> tuple[Change, ...]:
    made = []
    for resource, tags in wanted.items():
        missing = _missing(tags, there.get(resource, {}))
        missing.pop(SET_BY_US, None)
        if missing:
            details = tuple(f"{name} = {value}" for name, value in missing.items())
            made.append(Change(Verb.TAG, resource, details))
    return tuple(made)
