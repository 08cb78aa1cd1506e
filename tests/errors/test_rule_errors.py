"""Every code has a case: a bad estate with its findings word for word, and a good one without.

HYPERLEAF_UPDATE_GOLDEN=1 writes the words anew; read the
difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from golden.comparing import is_updating
from hyperleaf.api import check
from hyperleaf.cluster.cluster_codes import CLUSTER_CODES
from hyperleaf.describing import describe
from hyperleaf.platforms.platform_codes import PLATFORM_CODES
from hyperleaf.platforms.vsphere.vsphere_codes import VSPHERE_CODES
from hyperleaf.rules.registry import CODES, RULES
from hyperleaf.spec.reading_codes import READING_CODES

if TYPE_CHECKING:
    from hyperleaf.findings import Finding

CASES = sorted((Path(__file__).parent / "cases").iterdir())


def code_of(case: Path) -> str:
    """Return the code that a case is about: HL0201 of HL0201-vlan-twice."""
    return case.name.partition("-")[0]


def found(estate: str) -> tuple[Finding, ...]:
    """Return what is found in an estate of the current folder, with the facts beside it."""
    return check(estate, facts="facts.yaml" if Path("facts.yaml").exists() else None).findings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_estate_is_told_about_in_these_words(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)
    told = describe(found("bad.yaml"))
    golden = case / "expected.txt"
    if is_updating():
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_estate_has_the_finding_and_a_good_one_has_not(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)
    bad = {finding.code for finding in found("bad.yaml")}
    good = {finding.code for finding in found("good.yaml")}
    assert (code_of(case) in bad, code_of(case) in good) == (True, False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_explain_shows_is_all_that_differs(case: Path) -> None:
    code = CODES[code_of(case)]
    bad = (case / "bad.yaml").read_text(encoding="utf-8")
    good = (case / "good.yaml").read_text(encoding="utf-8")
    assert (bad.count(code.bad), bad.replace(code.bad, code.good)) == (1, good)


def test_every_code_has_one_case() -> None:
    assert [code_of(case) for case in CASES] == sorted(
        # What a real server finds is seen in tests/cluster and tests/platforms.
        set(CODES) - set(READING_CODES) - set(CLUSTER_CODES) - {*PLATFORM_CODES, *VSPHERE_CODES}
    )


def test_every_rule_has_a_code_of_its_own() -> None:
    codes = [rule.code.code for rule in RULES]
    assert sorted(set(codes)) == sorted(codes)


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_every_code_says_what_why_and_what_to_do(code: object) -> None:
    said = (getattr(code, field) for field in ("title", "why", "mend"))
    assert all(said)
