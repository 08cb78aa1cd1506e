"""The reports of a real proof agree, and the page of forty leaves works in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from hyperleaf.lab.outcome import Checked, GuestSeen, NodeSeen, Session
from hyperleaf.lab.report.drawing import Machine, Wire
from hyperleaf.lab.report.page import page
from unit.report_proofs import proof

if TYPE_CHECKING:
    from hyperleaf.lab.outcome import Proof

SMALL = Path(__file__).parent / "estates" / "small"
LIMIT_SECONDS = 400
LEAVES = 40
BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Prove the small estate; return its JSON, and the folder with its page and its JUnit."""
    folder = tmp_path_factory.mktemp("reports")
    words = ["--report", str(folder / "r.html"), "--junit", str(folder / "j.xml"), "-o", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "hyperleaf", "prove", str(SMALL), *words],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), folder


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_every_machine_has_said_what_it_has(reports: tuple[dict[str, Any], Path]) -> None:
    machines = reports[0]["machines"]
    speakers = [one for one in machines if one["role"] in {"leaf", "reflector", "border"}]
    assert speakers
    assert [one["name"] for one in speakers if "EVPN routes" not in one["said"]] == []
    assert [one["name"] for one in machines if not one["interfaces"]] == []


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_every_session_that_objects_ask_for_is_drawn_as_up(
    reports: tuple[dict[str, Any], Path],
) -> None:
    states = re.findall(r'class="wire (\w+)"', (reports[1] / "r.html").read_text())
    assert states
    assert set(states) == {"up"}


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_the_page_holds_the_checks_of_the_json(reports: tuple[dict[str, Any], Path]) -> None:
    text = (reports[1] / "r.html").read_text()
    found = re.search(r'id="proof">(.*?)</script>', text)
    assert found is not None
    assert json.loads(found[1])["checks"] == reports[0]["checks"]


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_junit_holds_the_checks_of_the_json(reports: tuple[dict[str, Any], Path]) -> None:
    root = ET.parse(reports[1] / "j.xml").getroot()  # noqa: S314 - ours
    assert len(root.findall("testsuite/testcase")) == reports[0]["counts"]["checks"]


def _forty() -> Proof:
    """Return a proof of forty leaves, each with a guest, all pairs of one network."""
    made = proof()
    assert made.drawing is not None
    leaves = [Machine(f"p{n}", "leaf", "prod", f"10.0.17.{n}") for n in range(LEAVES)]
    guests = tuple(
        GuestSeen(f"g{n}", "red@prod", "red", one.name, (f"172.20.100.{n}/24",))
        for n, one in enumerate(leaves)
    )
    pairs = tuple(
        Checked(f"red@prod({a.name}) to red@prod({b.name}) IPv4: same segment", "", kind="pair")
        for a in guests
        for b in guests
        if a is not b
    )
    said = dict.fromkeys(("EVPN routes", "Neighbours", "VNIs"), "a line of routes\n" * 350)
    up = (Session("10.0.0.11", "Established", 4),)
    nodes = [NodeSeen(m.name, "leaf", m.site, m.address, said, (), up) for m in leaves]
    wires = tuple(Wire(one.name, "rr") for one in leaves)
    drawn = replace(made.drawing, machines=(*made.drawing.machines, *leaves), wires=wires)
    return replace(made, checked=pairs, guests=guests, nodes=(*made.nodes, *nodes), drawing=drawn)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Open the page of forty leaves; return what the browser made of it, and its complaints."""
    if BROWSER is None:
        pytest.skip("there is no browser: apt install chromium")
    folder = tmp_path_factory.mktemp("browser")
    (folder / "r.html").write_text(page(_forty()))
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    # What lies below the window is made a moment later.
    words += [f"--user-data-dir={folder}", "--virtual-time-budget=5000"]
    done = subprocess.run(
        [BROWSER, *words, "--dump-dom", (folder / "r.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout, "\n".join(one for one in done.stderr.splitlines() if "CONSOLE" in one)


def test_a_browser_has_nothing_to_complain_of(shown: tuple[str, str]) -> None:
    assert shown[1] == ""


def test_a_browser_draws_every_pair(shown: tuple[str, str]) -> None:
    assert shown[0].count('class="met"') == LEAVES * (LEAVES - 1) + 1  # and the one of the key


def test_a_browser_lists_the_kinds_of_checks(shown: tuple[str, str]) -> None:
    assert 'class="kind"' in shown[0]
