"""A proof becomes one page that needs nothing else: text, style, script and data in one file."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.lab.report import sections
from hyperleaf.lab.report.as_json import as_data, check
from hyperleaf.lab.report.figure import STYLE, hues
from hyperleaf.lab.report.markup import Safe, joined, tag
from hyperleaf.lab.report.sections import section

if TYPE_CHECKING:
    from hyperleaf.lab.outcome import Proof

_HERE = Path(__file__).parent
_KEY = (
    ("met", sections.GOOD, "must meet, and does"),
    ("apart", "\N{MIDDLE DOT}", "must not meet, and does not"),
    ("broken", sections.BAD, "must meet, and does not"),
    ("broken", "!", "must not meet, and does"),
)


def page(proof: Proof) -> str:
    """Return the page; all of the proof in it is text, none of it markup."""
    style = Safe((_HERE / "page.css").read_text() + STYLE.read_text())
    script = (_HERE / "page.js").read_text()
    state = "failed" if proof.wrong else "proven"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{state}: {proof.estate or 'a proof'} - hyperleaf"),
        tag("style", style),
    )
    body = tag(
        "body",
        sections.verdict(proof),
        _contents(proof),
        tag("main", *_main(proof)),
        _panel(),
        tag("footer", tag("p", "Made by hyperleaf prove. This file loads nothing.")),
        *_embedded(proof),
        tag("script", Safe(script)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _policy(script: str) -> str:
    """Return what the page may do: run this one script and nothing else, load nothing at all."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def _embedded(proof: Proof) -> list[Safe]:
    """Return the proof as JSON; what machines said stands apart, and is read when asked for."""
    data: dict[str, Any] = as_data(proof)
    said = {one["name"]: one.pop("said") for one in data["machines"]}
    data["hues"] = {}
    if proof.drawing is not None:
        colours = hues(proof.drawing)
        data["hues"] = {one.name: colours.get(one.domain, 0) for one in proof.drawing.networks}
    for story, one in zip(data["scenarios"], proof.scenarios, strict=True):
        story["told"] = [check(each) for each in one.checked]
    return [_json("proof", data), _json("said", said)]


def _json(name: str, value: Any) -> Safe:
    """Return JSON that cannot end its script element."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    content = Safe(text.replace("<", "\\u003c"))
    return tag("script", content, type="application/json", id=name)


def _main(proof: Proof) -> list[Safe]:
    return [
        sections.tiles(proof),
        sections.what_failed(proof),
        sections.topology(proof),
        _pairs(proof),
        sections.scenarios(proof),
        _checks(proof),
        sections.seconds(proof),
    ]


def _contents(proof: Proof) -> Safe:
    names = {
        "failures": "Failed" if proof.wrong else "",
        "topology": "Topology" if proof.drawing is not None else "",
        "pairs": "Pairs",
        "scenarios": "Scenarios" if proof.scenarios else "",
        "checks": "Checks",
        "seconds": "Seconds",
    }
    links = (tag("a", title, href=f"#{name}") for name, title in names.items() if title)
    return tag("nav", tag("ul", *(tag("li", one) for one in links)), aria_label="On this page")


def _pairs(proof: Proof) -> Safe:
    count = sum(one.kind == "pair" for one in proof.checked)
    note = (
        f"{sections.many(count, 'question')} from each guest, a row, to each other one, a column. "
        "Point at a cell or choose it; the arrow keys go from cell to cell."
    )
    key = [
        tag("li", tag("b", sign, class_=kind, aria_hidden="true"), words)
        for kind, sign, words in _KEY
    ]
    return section(
        "pairs",
        "Pairs",
        tag("div", class_="tabs", id="families"),
        tag("div", class_="scroll", id="matrix", tabindex="-1"),
        tag("ul", *key, class_="key"),
        tag("div", "Point at a cell.", class_="told", id="told", aria_live="polite"),
        _without_script(),
        note=note,
    )


def _checks(proof: Proof) -> Safe:
    note = "Everything that was asked, by its kind; what failed stands first."
    search = tag(
        "input", type="search", id="search", placeholder="Search", aria_label="Search the checks"
    )
    title = f"All {sections.many(len(proof.all), 'check')}"
    return section("checks", title, search, tag("div", id="kinds"), _without_script(), note=note)


def _without_script() -> Safe:
    return tag("noscript", tag("p", "This part needs the page's script.", class_="note"))


def _panel() -> Safe:
    title = tag("div", tag("h2", id="panel-title"), tag("p", id="panel-about", class_="soft"))
    close = tag("button", "Close", type="button", class_="close", id="panel-close")
    return tag(
        "dialog",
        tag("div", title, close),
        joined(
            [
                tag("div", id="panel-wrong"),
                tag("div", class_="tabs", id="panel-tabs", role="tablist"),
                tag("div", id="panel-content"),
            ]
        ),
        id="panel",
        aria_labelledby="panel-title",
    )
