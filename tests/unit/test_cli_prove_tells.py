"""What `prove` says while it goes on and at its end, without a lab."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hyperleaf.cli.progress import Progress
from hyperleaf.cli.verdict import tell
from hyperleaf.lab.outcome import Checked, Proof
from unit.cli_running import AWS, ended
from unit.report_proofs import CAUSE, HELD, SKIPPED, lost, proof

if TYPE_CHECKING:
    from pathlib import Path

WRONG = Checked("g0 to g2", "silent", kind="pair", causes=(CAUSE,))


def _told(capsys: pytest.CaptureFixture[str], made: Proof) -> list[str]:
    tell(made)
    return capsys.readouterr().out.splitlines()


def test_a_proof_ends_with_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert _told(capsys, proof()) == [
        "proven: 1 of 1 check held in 30.5 s (User-Mode Linux, kernel 6.12, FRR 10.3)"
    ]


def test_a_cause_stands_before_what_it_broke(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, proof(WRONG))
    assert told[:5] == [
        "cause  FRRConfiguration/hyperleaf-vrf-red",
        "  the VNI is another one here",
        "  estate.yaml:12 (Network/red)",
        "  clusters/prod/50-bgp/red.yaml",
        "  no  g0 to g2",
    ]


def test_checks_of_one_cause_are_counted_after_the_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    many = [replace(WRONG, title=f"g0 to g{n}") for n in range(9)]
    assert "  and 4 more" in _told(capsys, proof(*many))


def test_a_scenario_is_a_line_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, proof(scenarios=(lost(0),)))
    assert told[0] == "held     reflector-lost (15.0 s): packets lost: 0 packets, at most 0"


def test_a_figure_beyond_its_limit_fails_its_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, proof(scenarios=(lost(3),)))
    assert any(one.startswith("no       reflector-lost") for one in told)


def test_what_was_not_shown_is_said_last(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, proof(scenarios=(SKIPPED,)))
    assert told[-1].startswith("not shown: 1 scenario (guest-migrates)")


def test_in_a_pipe_a_part_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as shown:
        shown("boot")
        shown("converge")
    lines = capsys.readouterr().err.splitlines()
    assert [one.split()[-1] for one in lines] == ["boot", "converge"]


def test_in_a_pipe_checks_tell_how_many_failed(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as shown:
        shown("2 questions")
        shown((HELD, WRONG))
    assert capsys.readouterr().err.splitlines()[-1].endswith("1 of 2 checks failed")


def test_a_scenario_that_was_skipped_is_neither_good_nor_bad() -> None:
    with Progress() as shown:
        shown("guest-migrates")
        shown(SKIPPED)
    assert shown.rows[-1].good is None


def _break_off(progress: Progress) -> None:
    with progress as shown:
        shown("boot")
        raise ValueError("broken")


def test_the_part_in_which_a_proof_breaks_off_is_marked() -> None:
    shown = Progress()
    with pytest.raises(ValueError, match="broken"):
        _break_off(shown)
    assert shown.rows[-1].good is False


def test_a_report_that_cannot_be_written_is_said_before_the_lab(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    made = ended(capsys, "prove", AWS, "--report", str(tmp_path / "file" / "report.html"))
    assert made.status == 3
    assert "file" in made.err
