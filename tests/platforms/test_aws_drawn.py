"""Whatever an estate on AWS says is made once, found again without a write, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platforms import drawn_accounts

if TYPE_CHECKING:
    from judges.aws import Aws


def test_drawn_estates_are_made_found_again_and_taken_back(account: Aws) -> None:
    assert drawn_accounts.some(account, number=1) == ""


def test_what_fails_is_told(account: Aws) -> None:
    hub = {
        "apiVersion": "hyperleaf.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "hub"},
        "spec": {
            "role": "hub",
            "version": "4.16.8",
            "platform": {"aws": {"region": "us-east-1"}},
            "networks": {"machine": ["10.0.0.0/20"]},
        },
    }
    account.faults({"kind": "fail", "resource": "AWS::EC2::VPC", "reason": "no more of them"})
    assert "no more of them" in drawn_accounts.gone_through(account, [hub])
