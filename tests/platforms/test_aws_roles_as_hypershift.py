"""Roles are those that HyperShift's own command line makes, with the same permissions and trust.

What is narrower with us is said here, and nothing is wider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from judges import hypershift_iam
from judges.aws import aws
from platforms.building import files_of, made
from platforms.test_aws_rows import BUCKET, FABRIC, HUB, INFRA, PROD, SUBJECTS
from unit.writing_estates import estate_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUFFIXES = (*SUBJECTS, "worker-role")
# HyperShift asks for an action that there is not: two begin so.
MEANT = {"kms:reencrypt": "kms:reencrypt*"}
# What is narrower: the resources and conditions that we name where HyperShift says `*`.
NARROWER = {"iam:passrole", "iam:createservicelinkedrole", "route53:changeresourcerecordsets"}
Document = dict[str, Any]


@dataclass(frozen=True)
class Roles:
    """Roles of an account by what ends their names: who may take them, and what they may do."""

    trust: dict[str, Document]
    statements: dict[str, list[Document]]
    provider: Document
    profile: list[str]


@pytest.fixture(scope="module")
def both(needed: Callable[..., None]) -> Iterator[tuple[Roles, Roles]]:
    """Make one cluster's roles twice, in two accounts: as HyperShift does, and by our stacks."""
    needed(hypershift_iam.JUDGE)
    with aws() as theirs, aws() as ours:
        zones = ("ZPUBLIC", "ZPRIVATE", "ZLOCAL")
        hypershift_iam.make(theirs, INFRA, BUCKET, "us-east-1", zones)
        made(ours, files_of(estate_of(HUB, FABRIC, PROD)))
        yield read(theirs.client("iam")), read(ours.client("iam"))


def read(client: Any) -> Roles:
    """Return the roles of an account."""
    trust, statements = {}, {}
    for role in client.list_roles()["Roles"]:
        name, suffix = role["RoleName"], role["RoleName"].removeprefix(f"{INFRA}-")
        (policy,) = client.list_role_policies(RoleName=name)["PolicyNames"]
        said = client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        trust[suffix], statements[suffix] = role["AssumeRolePolicyDocument"], said["Statement"]
    (one,) = client.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    provider = client.get_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"])
    profile = client.get_instance_profile(InstanceProfileName=f"{INFRA}-worker")["InstanceProfile"]
    return Roles(trust, statements, provider, [item["RoleName"] for item in profile["Roles"]])


def listed(value: Any) -> list[Any]:
    """Return one thing or several as several."""
    return value if isinstance(value, list) else [value]


def actions(statements: list[Document]) -> set[str]:
    """Return the actions that statements allow; their case says nothing."""
    found = {one.lower() for said in statements for one in listed(said["Action"])}
    return {MEANT.get(one, one) for one in found}


def test_the_same_roles_are_made(both: tuple[Roles, Roles]) -> None:
    theirs, ours = both
    assert ours.trust.keys() == theirs.trust.keys() == {*SUFFIXES}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_role_may_do_the_same(both: tuple[Roles, Roles], suffix: str) -> None:
    theirs, ours = (actions(one.statements[suffix]) for one in both)
    assert ours == theirs


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_on_nothing_is_more_allowed_than_there(both: tuple[Roles, Roles], suffix: str) -> None:
    theirs, ours = (wide(one.statements[suffix]) for one in both)
    assert ours <= theirs
    assert theirs - ours <= NARROWER


def wide(statements: list[Document]) -> set[str]:
    """Return the actions that statements allow on everything, without a condition."""
    found = [
        said
        for said in statements
        if any("*" in one for one in listed(said["Resource"])) and "Condition" not in said
    ]
    return actions(found)


@pytest.mark.parametrize("suffix", SUBJECTS)
def test_the_same_service_accounts_take_a_role(both: tuple[Roles, Roles], suffix: str) -> None:
    theirs, ours = (subjects(one.trust[suffix]) for one in both)
    assert ours == theirs


def subjects(trust: Document) -> tuple[str, list[str]]:
    """Return what a token is asked for its subject by, and the subjects that are meant."""
    (said,) = trust["Statement"]
    ((name, value),) = [
        item for item in said["Condition"]["StringEquals"].items() if item[0].endswith(":sub")
    ]
    return name, sorted(listed(value))


def test_nodes_have_the_same_profile(both: tuple[Roles, Roles]) -> None:
    theirs, ours = both
    assert ours.profile == theirs.profile
    (said,), (wanted,) = (one.trust["worker-role"]["Statement"] for one in (ours, theirs))
    assert said["Principal"] == wanted["Principal"]


def test_the_provider_is_the_same_but_for_workloads_tokens_which_later_versions_add(
    both: tuple[Roles, Roles],
) -> None:
    theirs, ours = (one.provider for one in both)
    assert ours["Url"] == theirs["Url"]
    assert ours["ClientIDList"] == [*theirs["ClientIDList"], "sts.amazonaws.com"]
    assert [one.lower() for one in theirs["ThumbprintList"]] == ours["ThumbprintList"]
