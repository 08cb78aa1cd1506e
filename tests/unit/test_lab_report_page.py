"""The page of a proof is one file, holds its proof as text, and says the worst first."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

from hyperleaf.lab.outcome import Checked, NodeSeen
from hyperleaf.lab.report.page import page
from unit.report_proofs import CAUSE, HELD, SKIPPED, lost, proof

ATTACK = "</script><img src=x onerror=alert(1)>'\""
WRONG = Checked("g0 to g2", "silent", kind="pair", places=("leaf",), causes=(CAUSE,))
VOID = {"meta", "input", "br", "link", "img"}


class _Read(HTMLParser):
    """Elements of a page, their text, and those that were never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.texts: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data


def _read(text: str) -> _Read:
    made = _Read()
    made.feed(text)
    return made


def _script(text: str, name: str) -> str:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', text)
    assert found is not None
    return found[1]


def test_every_element_is_closed() -> None:
    read = _read(page(proof(HELD, WRONG, scenarios=(lost(3), SKIPPED))))
    assert (read.wrong, read.open) == ([], [])


def test_a_proof_that_held_says_so_in_its_first_sentence() -> None:
    assert "Proven: each of 1 promise held." in page(proof())


def test_a_proof_that_failed_counts_what_failed() -> None:
    assert "Not proven: 1 of 2 promises did not hold." in page(proof(HELD, WRONG))


def test_what_failed_stands_before_the_topology() -> None:
    made = page(proof(HELD, WRONG))
    assert made.index('id="failures"') < made.index('id="topology"')


def test_a_cause_is_shown_with_its_object_line_and_evidence() -> None:
    made = page(proof(WRONG))
    assert CAUSE.object in made
    assert "estate.yaml:12" in made
    assert "10101 L2 vx10101" in made


def test_a_skipped_scenario_is_told_of_at_the_top() -> None:
    made = page(proof(scenarios=(SKIPPED,)))
    assert made.index("there is one leaf") < made.index("<main>")


def test_text_of_a_proof_is_never_markup() -> None:
    strange = Checked(ATTACK, ATTACK, kind="pair", ends=(ATTACK,), places=(ATTACK,))
    seen = NodeSeen(ATTACK, "leaf", ATTACK, ATTACK, {ATTACK: ATTACK})
    made = page(replace(proof(strange), nodes=(seen,), estate=ATTACK, versions={"FRR": ATTACK}))
    read = _read(made)
    assert [tag for tag, _ in read.tags].count("script") == 3
    assert "img" not in [tag for tag, _ in read.tags]
    assert read.wrong == []


def test_the_embedded_proof_is_the_proof() -> None:
    made = json.loads(_script(page(proof(replace(HELD, title=ATTACK))), "proof"))
    assert made["checks"][0]["title"] == ATTACK


def test_what_machines_said_is_embedded() -> None:
    assert json.loads(_script(page(proof()), "said"))["leaf"] == {"EVPN routes": "*> [2]:[0]"}


def test_nothing_is_loaded_from_anywhere() -> None:
    loading = {"src", "href", "action", "data", "poster", "srcset"}
    wanted = [
        value
        for _, attributes in _read(page(proof(scenarios=(lost(0),)))).tags
        for name, value in attributes.items()
        if name in loading and not str(value).startswith("#")
    ]
    assert wanted == []
    assert "url(" not in page(proof())


def test_the_policy_allows_the_pages_script_and_no_other() -> None:
    made = page(proof())
    script = made[made.rindex("<script>") + 8 : made.rindex("</script>")]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src &#x27;sha256-{digest}&#x27;" in made
    assert "default-src &#x27;none&#x27;" in made


def test_a_lost_packet_is_drawn_where_it_was_lost() -> None:
    (rectangle,) = re.findall(r'<rect class="lost"[^>]*>', page(proof(scenarios=(lost(4),))))
    assert 'x="40"' in rectangle
    assert 'width="4"' in rectangle


def test_an_event_is_marked_at_its_share_of_the_time() -> None:
    assert '<i class="mark" style="left:66.67%">1</i>' in page(proof(scenarios=(lost(4),)))


def test_a_figure_beyond_its_limit_is_marked() -> None:
    assert 'class="measured bad"' in page(proof(scenarios=(lost(3),)))


def test_every_machine_of_the_figure_can_be_chosen() -> None:
    chosen = {
        attributes["data-machine"]
        for tag, attributes in _read(page(proof())).tags
        if tag == "g" and attributes.get("role") == "button"
    }
    assert chosen == {"rr", "leaf", "dc"}


def test_every_link_of_the_contents_leads_somewhere() -> None:
    read = _read(page(proof(WRONG, scenarios=(lost(3),))))
    places = {attributes.get("id") for _, attributes in read.tags}
    links = {str(attributes["href"])[1:] for tag, attributes in read.tags if tag == "a"}
    assert links <= places


def test_a_lab_in_which_nothing_came_up_has_a_page() -> None:
    bare = replace(proof(WRONG), nodes=(), guests=(), drawing=None, versions={}, seconds={})
    assert "nothing came up" in page(bare)
