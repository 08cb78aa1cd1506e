"""A proof as JSON, as JUnit and grouped by cause tells what the proof holds."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

from hyperleaf.lab.outcome import Checked
from hyperleaf.lab.report.as_json import as_data, interface
from hyperleaf.lab.report.failures import failures
from hyperleaf.lab.report.junit import junit
from unit.report_proofs import CAUSE, HELD, LINE, SKIPPED, lost, proof

WRONG = Checked("g0 to g2", "silent", kind="pair", ends=("g0", "g2"), causes=(CAUSE,))


def test_a_proof_without_faults_is_proven() -> None:
    assert as_data(proof())["proven"] is True


def test_a_figure_beyond_its_limit_is_no_proof() -> None:
    assert as_data(proof(scenarios=(lost(3),)))["proven"] is False


def test_json_names_the_cause_of_a_fault_with_the_estates_line() -> None:
    (check,) = as_data(proof(WRONG))["checks"]
    assert check["causes"][0]["line"] == "estate.yaml:12"


def test_json_holds_a_packet_of_a_timeline_as_a_character() -> None:
    (story,) = as_data(proof(scenarios=(lost(4),)))["scenarios"]
    assert story["told"][1]["answered"] == "1" * 40 + "0" * 4 + "1" * 16


def test_json_tells_the_gap_of_a_timeline() -> None:
    (story,) = as_data(proof(scenarios=(lost(4),)))["scenarios"]
    assert story["told"][1]["gapSeconds"] == LINE.every * 4


def test_a_skipped_scenario_counts_as_skipped_only() -> None:
    counts = as_data(proof(scenarios=(SKIPPED,)))["counts"]
    assert (counts["scenarios"], counts["skipped"]) == (0, 1)


def test_json_survives_being_written_and_read() -> None:
    made = as_data(proof(WRONG, scenarios=(lost(4), SKIPPED)))
    assert json.loads(json.dumps(made)) == made


def test_an_interface_tells_its_tunnels_vni() -> None:
    about = {"info_kind": "vxlan", "info_data": {"id": 10100, "learning": False}}
    made = interface({"ifname": "vx10100", "linkinfo": about})
    assert made["detail"] == "id 10100, learning off"


def test_failures_of_one_cause_stand_together() -> None:
    other = Checked("g9 to g0", "silent", kind="mtu", causes=(CAUSE,))
    (group,) = failures([WRONG, other])
    assert group.checks == (WRONG, other)


def test_failures_without_a_cause_stand_last() -> None:
    alone = Checked("g1 to g2", "silent", kind="pair")
    assert [one.cause for one in failures([alone, alone, WRONG])] == [CAUSE, None]


def test_the_cause_with_evidence_speaks_for_its_group() -> None:
    bare = replace(WRONG, causes=(replace(CAUSE, evidence=()),))
    (group,) = failures([bare, WRONG])
    assert group.cause == CAUSE


def _suites(text: str) -> dict[str, ET.Element]:
    return {one.attrib["name"]: one for one in ET.fromstring(text.partition("\n")[2])}  # noqa: S314


def test_junit_has_a_suite_for_each_kind_and_scenario() -> None:
    made = junit(proof(HELD, replace(HELD, kind="mtu"), scenarios=(lost(0),)))
    assert list(_suites(made)) == ["pair", "mtu", "scenario reflector-lost"]


def test_junit_tells_a_fault_with_its_cause_and_evidence() -> None:
    failure = _suites(junit(proof(WRONG)))["pair"].find("testcase/failure")
    assert failure is not None
    assert "estate.yaml:12" in str(failure.text)
    assert "10101 L2 vx10101" in str(failure.text)


def test_junit_skips_a_skipped_scenario() -> None:
    suite = _suites(junit(proof(scenarios=(SKIPPED,))))["scenario guest-migrates"]
    skipped = suite.find("testcase/skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "there is one leaf"


def test_junit_counts_what_its_suites_count() -> None:
    text = junit(proof(HELD, WRONG, scenarios=(lost(3), SKIPPED))).partition("\n")[2]
    top = ET.fromstring(text)  # noqa: S314 - ours
    assert [int(top.attrib[one]) for one in ("tests", "failures", "skipped")] == [
        sum(int(suite.attrib[one]) for suite in top) for one in ("tests", "failures", "skipped")
    ]


def test_junit_holds_what_xml_cannot_say() -> None:
    strange = Checked("\x1b[31m<&\ud800", "\x00", kind="pair")
    assert _suites(junit(proof(strange)))["pair"].find("testcase/failure") is not None
