"""`hyperleaf up` and `down` of the vSphere example, in processes of their own, at a vCenter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from judges.vcenter import Vcenter, vcenter
from platforms.vsphere_lab import COPY, estate, ran, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.judge


@pytest.fixture
def center(tmp_path: Path, needed: Callable[..., None]) -> Iterator[Vcenter]:
    """Run a vCenter."""
    needed("vcenter")
    with vcenter(tmp_path / "vcenter") as made:
        yield made


def test_a_dry_run_shows_everything_and_makes_nothing(center: Vcenter, tmp_path: Path) -> None:
    done = ran(center, "up", estate(center, tmp_path / "estate"), "--dry-run")
    assert done.status == 1
    assert "+ port group Trunk" in done.out
    assert f"+ template {COPY}" in done.out
    assert center.changes() == []


def test_a_dry_run_without_a_login_shows_everything_as_to_be_made(
    center: Vcenter, tmp_path: Path
) -> None:
    folder = estate(center, tmp_path / "estate")
    done = ran(center, "up", folder, "--dry-run", VSPHERE_PASSWORD="")
    assert done.status == 1
    assert "a NIC (vmxnet3) on Trunk" in done.out
    assert "warning HL1402" in done.err
    assert center.log() == []


def test_a_second_up_changes_nothing_and_a_lost_facts_file_is_written_alike(
    center: Vcenter, tmp_path: Path
) -> None:
    folder, facts = estate(center, tmp_path / "estate"), tmp_path / "facts.yaml"
    assert ran(center, "up", folder, "--facts", str(facts), "--yes").status == 0
    first, before = facts.read_bytes(), len(center.changes())
    facts.unlink()
    assert ran(center, "up", folder, "--facts", str(facts), "--yes").status == 0
    assert facts.read_bytes() == first
    assert len(center.changes()) == before


def test_up_and_down_leave_the_vcenter_as_it_was(center: Vcenter, tmp_path: Path) -> None:
    folder, facts = estate(center, tmp_path / "estate"), tmp_path / "facts.yaml"
    before = snapshot(center)
    ran(center, "up", folder, "--facts", str(facts), "--yes")
    assert snapshot(center) != before
    done = ran(center, "down", folder, "--yes")
    assert done.status == 0, done.err
    assert snapshot(center) == before


def test_a_wrong_password_ends_the_command_with_what_to_do(center: Vcenter, tmp_path: Path) -> None:
    folder, facts = estate(center, tmp_path / "estate"), tmp_path / "facts.yaml"
    wrong = {"VSPHERE_PASSWORD": "wr0ng"}
    done = ran(center, "up", folder, "--facts", str(facts), "--yes", **wrong)
    assert done.status == 3
    assert "HL1403" in done.err
    assert "wr0ng" not in done.out + done.err
    assert "Traceback" not in done.err


def test_a_vcenter_that_hears_no_goodbye_keeps_nobody(center: Vcenter, tmp_path: Path) -> None:
    center.misbehave({"kind": "hold", "method": "Logout", "always": True})
    done = ran(center, "up", estate(center, tmp_path / "estate"), "--dry-run")
    assert done.status == 1
    assert "Traceback" not in done.err


def test_every_session_is_ended(center: Vcenter, tmp_path: Path) -> None:
    ran(center, "up", estate(center, tmp_path / "estate"), "--dry-run")
    methods = [one.method for one in center.log()]
    assert methods.count("Login") == methods.count("Logout") == 1
