"""AWS throttles, breaks, drops connections and forgets what it made: the example is made whole.

Among things of others, none of which is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from platforms import foreign, raising

if TYPE_CHECKING:
    from pathlib import Path

    from judges.aws import Aws
    from judges.aws_snapshot import Snapshot

CLUSTER = "hyperleaf-corp-cluster-prod"
MISHAPS: dict[str, list[dict[str, Any]]] = {
    "throttled": [{"kind": "throttle", "every": 4}],
    "broken": [
        {"kind": "error", "status": 500, "every": 7},
        {"kind": "error", "status": 502, "every": 9},
        {"kind": "error", "status": 503, "every": 11},
    ],
    "dropped": [
        {"kind": "drop", "when": "before", "every": 7},
        {"kind": "drop", "when": "after", "every": 5},
    ],
    "each second write dropped": [{"kind": "drop", "when": "after", "every": 2, "mutating": True}],
    "unseen at first": [{"kind": "unseen", "reads": 2}],
    "all of it": [
        {"kind": "slow", "reads": 2},
        {"kind": "unseen", "reads": 1},
        {"kind": "throttle", "every": 9},
        {"kind": "error", "status": 503, "every": 11},
        {"kind": "drop", "when": "after", "every": 13},
    ],
}


@pytest.fixture(scope="module")
def fine(_account: Aws, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Return what is there when all goes well."""
    _account.reset()
    foreign.settle(_account)
    done = raising.up(_account, tmp_path_factory.mktemp("fine") / "facts.yaml")
    assert done.status == 0, done.err
    return _account.snapshot()


@pytest.fixture
def used(account: Aws) -> Aws:
    """Offer an account in which others have things."""
    foreign.settle(account)
    return account


@pytest.mark.parametrize("mishap", MISHAPS)
def test_up_and_down_get_through(used: Aws, fine: Snapshot, tmp_path: Path, mishap: str) -> None:
    before = used.snapshot()
    used.faults(*MISHAPS[mishap])
    done = raising.up(used, tmp_path / "facts.yaml")
    assert done.status == 0, done.err
    assert used.snapshot().alike() == fine.alike()
    done = raising.ran(used, "down", "--yes")
    assert done.status == 0, done.err
    assert used.snapshot() == before
    asked = {one["kind"] for one in MISHAPS[mishap]} - {"slow"}
    assert {one.fault for one in used.calls()} >= asked


def test_a_second_up_changes_nothing_and_facts_come_back_byte_for_byte(
    used: Aws, tmp_path: Path
) -> None:
    facts = tmp_path / "facts.yaml"
    assert raising.up(used, facts).status == 0
    before, written, count = used.snapshot(), facts.read_bytes(), len(used.writes())
    facts.unlink()
    assert raising.up(used, facts).status == 0
    assert used.writes()[count:] == []
    assert (used.snapshot(), facts.read_bytes()) == (before, written)


def test_a_stack_that_fails_says_why_and_the_next_up_recovers(
    used: Aws, fine: Snapshot, tmp_path: Path
) -> None:
    facts = tmp_path / "facts.yaml"
    reason = "The maximum number of NAT gateways has been reached."
    fault = {"kind": "fail", "stack": CLUSTER, "resource": "AWS::EC2::NatGateway"}
    used.faults({**fault, "reason": reason})
    done = raising.up(used, facts)
    assert (done.status, facts.exists()) == (1, False)
    assert "HL1407" in done.err
    assert reason in done.err
    assert "Traceback" not in done.err
    used.faults()
    assert raising.up(used, facts).status == 0
    assert used.snapshot().alike() == fine.alike()


def test_an_account_that_always_throttles_ends_with_a_finding(used: Aws, tmp_path: Path) -> None:
    used.faults({"kind": "throttle", "service": "sts"})
    done = raising.up(used, tmp_path / "facts.yaml")
    assert (done.status, "HL1404" in done.err, "Traceback" in done.err) == (3, True, False)
    assert used.writes() == []


def test_what_cannot_be_removed_is_told_and_the_next_down_goes_on(
    used: Aws, tmp_path: Path
) -> None:
    before = used.snapshot()
    assert raising.up(used, tmp_path / "facts.yaml").status == 0
    reason = "the vpc has dependencies and cannot be deleted."
    fault = {"kind": "fail", "verb": "delete", "stack": CLUSTER, "resource": "AWS::EC2::VPC"}
    used.faults({**fault, "reason": reason})
    done = raising.ran(used, "down", "--yes")
    assert (done.status, "HL1418" in done.err, reason in done.err) == (1, True, True)
    used.faults()
    assert raising.ran(used, "down", "--yes").status == 0
    assert used.snapshot() == before


def test_what_the_hub_put_into_its_bucket_goes_with_it(used: Aws, tmp_path: Path) -> None:
    before = used.snapshot()
    assert raising.up(used, tmp_path / "facts.yaml").status == 0
    (bucket,) = (name for name in used.snapshot().of("buckets") if "corp-oidc" in name)
    for number in range(3):
        key = f"prod/{number}"
        used.client("s3").put_object(Bucket=bucket, Key=key, Body=b"a document")
    done = raising.ran(used, "down", "--yes")
    assert done.status == 0, done.err
    assert used.snapshot() == before
