"""Parts of a proof become the page's sections, each readable without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.lab.outcome import Checked, Figure
from hyperleaf.lab.report.failures import failures
from hyperleaf.lab.report.figure import ESTABLISHED, figure, seen
from hyperleaf.lab.report.markup import Safe, joined, tag
from hyperleaf.lab.report.timeline import drawn, strands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.lab.outcome import Cause, NodeSeen, Proof, Scenario
    from hyperleaf.lab.report.failures import Failure

_SHOWN = 6
_ALSO = 3
RUNTIMES = {"uml": "User-Mode Linux", "native": "this machine's kernel"}
GOOD, BAD, SKIPPED = "\N{CHECK MARK}", "\N{MULTIPLICATION X}", "\N{EN DASH}"


def many(count: int, one: str, several: str = "") -> str:
    """Return a number with its noun."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def section(name: str, title: str, *parts: str, note: str = "") -> Safe:
    """Return a section with its heading, that the page's list of contents leads to."""
    head = tag("h2", title, id=f"{name}-title")
    about = tag("p", note, class_="note") if note else ""
    return tag("section", head, about, *parts, id=name, aria_labelledby=f"{name}-title")


def verdict(proof: Proof) -> Safe:
    """Return the proof in one sentence, what it was seen on, and what was not shown."""
    wrong, total = len(proof.wrong), len(proof.all)
    if wrong:
        words = f"Not proven: {wrong:,} of {many(total, 'promise')} did not hold."
    else:
        words = f"Proven: each of {many(total, 'promise')} held."
    mark = tag("span", BAD if wrong else GOOD, class_="mark-of-all", aria_hidden="true")
    skipped = [one for one in proof.scenarios if one.skipped]
    return tag(
        "header",
        tag("p", "hyperleaf prove", *_asked(proof), class_="eyebrow"),
        tag("h1", mark, tag("span", words)),
        tag("p", _world(proof), class_="lead"),
        _not_shown(skipped) if skipped else "",
        class_="bad verdict" if wrong else "good verdict",
    )


def _asked(proof: Proof) -> list[Safe]:
    began = proof.began.replace("T", " ").replace("+00:00", " UTC")
    return [tag("span", one) for one in (proof.estate, began) if one]


def _world(proof: Proof) -> str:
    roles = [one.role for one in proof.nodes]
    counts = [
        many(roles.count("leaf"), "leaf", "leaves"),
        many(roles.count("reflector"), "route reflector"),
        many(roles.count("border"), "border"),
        many(roles.count("node"), "node"),
        many(len(proof.guests), "guest"),
    ]
    there = ", ".join(one for one in counts if not one.startswith("0 "))
    took = f" It took {proof.seconds['all']:.1f} s." if "all" in proof.seconds else ""
    versions = [f"{name} {version}" for name, version in proof.versions.items()]
    on = ", ".join([RUNTIMES.get(proof.runtime, proof.runtime), *versions])
    return f"The rendered objects ran in a lab ({there or 'nothing came up'}; {on}).{took}"


def _not_shown(skipped: Iterable[Scenario]) -> Safe:
    items = joined(tag("li", tag("b", one.name), f": {one.skipped}") for one in skipped)
    head = tag("b", "Not shown in this lab, and not counted as held:")
    return tag("div", head, tag("ul", items), class_="skipped", role="note")


def tiles(proof: Proof) -> Safe:
    """Return the four numbers that are asked for first."""
    pairs = [one for one in proof.all if one.kind == "pair"]
    met = [one for one in pairs if one.hoped]
    apart = [one for one in proof.all if not one.hoped]
    gone = [one for one in proof.scenarios if not one.skipped]
    good = [one for one in gone if not any(each.fault for each in one.checked)]
    made = [
        _tile("pairs that must meet", _held(met), len(met), "#pairs"),
        _tile("forbidden tries stopped", _held(apart), len(apart), "#checks"),
        _tile("scenarios", len(good), len(gone), "#scenarios"),
    ]
    if "converge" in proof.seconds:
        value = tag("b", f"{proof.seconds['converge']:.1f} s")
        made.append(tag("a", value, tag("span", "until routes rest"), href="#seconds"))
    return tag("div", *made, class_="tiles")


def _held(checks: Iterable[Checked]) -> int:
    return sum(not one.fault for one in checks)


def _tile(label: str, held: int, total: int, href: str) -> Safe:
    value = tag("b", f"{held:,}", tag("small", f" of {total:,}"))
    return tag("a", value, tag("span", label), href=href, class_="bad" if held < total else None)


def what_failed(proof: Proof) -> Safe:
    """Return what failed, by its likely cause; nothing where nothing did."""
    groups = failures(proof.wrong)
    if not groups:
        return Safe("")
    title = f"What failed: {many(len(proof.wrong), 'check')}"
    return section("failures", title, *map(_failure, groups))


def _failure(one: Failure) -> Safe:
    shown, rest = one.checks[:_SHOWN], one.checks[_SHOWN:]
    checks = [tag("ul", *map(_wrong, shown), class_="wrong")]
    if rest:
        head = tag("summary", f"and {len(rest):,} more")
        checks.append(tag("details", head, tag("ul", *map(_wrong, rest), class_="wrong")))
    if one.cause is None:
        words = f"No cause was found: {many(len(one.checks), 'check')} of kind {one.checks[0].kind}"
        return tag("article", tag("h3", words), *checks, class_="failure")
    also = {(each.object, each.why): each for check in one.checks for each in check.causes[1:]}
    other = [f"{each.object}: {each.why}" for each in also.values()][:_ALSO]
    further = tag("ul", *(tag("li", each) for each in other)) if other else ""
    return tag(
        "article",
        _cause(one.cause),
        *checks,
        tag("details", tag("summary", "Other possible causes"), further) if other else "",
        class_="failure",
    )


def _wrong(one: Checked) -> Safe:
    places = [
        tag("button", place, type="button", data_machine=place, class_="link")
        for place in one.places
    ]
    where = tag("span", *places, class_="places") if places else ""
    return tag("li", tag("span", one.title), tag("pre", one.fault), where)


def _cause(one: Cause) -> Safe:
    facts = [("file", one.file), ("follows from", one.origin), ("estate", one.line)]
    rows = [joined([tag("dt", name), tag("dd", value)]) for name, value in facts if value]
    evidence = [
        tag("div", tag("p", tag("code", asked)), tag("pre", said)) for asked, said in one.evidence
    ]
    fold = tag("details", tag("summary", "Evidence"), *evidence) if evidence else ""
    head = tag("h3", tag("span", "likely cause", class_="tag"), " ", tag("code", one.object))
    return tag("div", head, tag("p", one.why), tag("dl", *rows), fold, class_="cause")


def topology(proof: Proof) -> Safe:
    """Return the figure, and its machines as a table."""
    if proof.drawing is None:
        return Safe("")
    made = figure(proof.drawing, "Machines and their sessions", seen(proof))
    faults = seen(proof).faults
    guests = seen(proof).guests
    rows = [_machine(one, guests.get(one.name, 0), faults.get(one.name, 0)) for one in proof.nodes]
    head = ("machine", "role", "site", "address", "sessions up", "guests", "failed")
    table = tag(
        "table",
        tag("thead", tag("tr", *(tag("th", one, scope="col") for one in head))),
        tag("tbody", *rows),
    )
    fold = tag(
        "details",
        tag("summary", f"All {many(len(proof.nodes), 'machine')} as a table"),
        tag("div", table, class_="scroll"),
    )
    note = (
        "Drawn from the rendered objects; colours are what the lab saw at the end. Choose a machine"
        " for its interfaces, forwarding database, routes and sessions."
    )
    where = tag("div", made, class_="scroll", tabindex="0", role="region", aria_label="figure")
    return section("topology", "Topology", where, fold, note=note)


def _machine(one: NodeSeen, guests: int, faults: int) -> Safe:
    up = sum(each.state == ESTABLISHED for each in one.sessions)
    sessions = f"{up} of {len(one.sessions)}" if one.sessions else ""
    name = tag("button", one.name, type="button", data_machine=one.name, class_="link")
    cells = (one.role, one.site, one.address, sessions, str(guests or ""), str(faults or ""))
    return tag("tr", tag("th", name, scope="row"), *(tag("td", cell) for cell in cells))


def scenarios(proof: Proof) -> Safe:
    """Return each scenario with its figures, timelines and checks, the failed ones first."""
    if not proof.scenarios:
        return Safe("")
    ordered = sorted(proof.scenarios, key=_weight)
    note = "One tick is one packet. A red bar is a packet that had no answer."
    return section("scenarios", "Scenarios", *map(_scenario, ordered), note=note)


def _weight(one: Scenario) -> int:
    return 0 if any(each.fault for each in one.checked) else 2 if one.skipped else 1


def _scenario(one: Scenario) -> Safe:
    wrong = any(each.fault for each in one.checked)
    state = "skipped" if one.skipped else "bad" if wrong else "good"
    mark = {"skipped": SKIPPED, "bad": BAD, "good": GOOD}[state]
    said = {"skipped": "skipped", "bad": "did not hold", "good": "held"}[state]
    head = tag(
        "h3",
        tag("span", mark, class_="sign", aria_hidden="true"),
        tag("code", one.name),
        tag("span", f"{said}, {one.seconds:.1f} s", class_="soft"),
    )
    figures = [each for each in one.told if isinstance(each, Figure)]
    checks = [each for each in one.told if isinstance(each, Checked)]
    return tag(
        "article",
        head,
        tag("p", one.title),
        tag("p", one.skipped, class_="skipped") if one.skipped else "",
        tag("div", *map(_measured, figures), class_="figures") if figures else "",
        *map(drawn, strands(one.told)),
        _checks(checks) if checks else "",
        class_=f"scenario {state}",
        id=f"scenario-{one.name}",
    )


def _measured(one: Figure) -> Safe:
    """Return a figure beside its limit: a bar up to it, which a mark ends."""
    limit = "" if one.limit is None else f"at most {one.limit:g} {one.unit}"
    bar: Safe | str = ""
    if one.limit:
        most = max(one.value, one.limit) * 1.05
        bar = tag(
            "div",
            tag("i", style=f"width:{100 * one.value / most:.1f}%"),
            tag("b", style=f"left:{100 * one.limit / most:.1f}%"),
            class_="meter",
            aria_hidden="true",
        )
    value = tag("b", f"{one.value:g}", tag("small", f" {one.unit}"))
    state = "measured bad" if one.fault else "measured good" if limit else "measured"
    words = tag("span", one.name, class_="name"), tag("span", limit, class_="soft")
    return tag("div", value, *words, bar, class_=state)


def _checks(checks: list[Checked]) -> Safe:
    wrong = [one for one in checks if one.fault]
    held = [one for one in checks if not one.fault]
    parts: list[str] = [tag("ul", *map(_wrong, wrong), class_="wrong")] if wrong else []
    if held:
        items = tag("ul", *(tag("li", one.title) for one in held), class_="held")
        parts.append(tag("details", tag("summary", f"{many(len(held), 'check')} held"), items))
    return joined(parts)


def seconds(proof: Proof) -> Safe:
    """Return how long each part took, as bars in the order of the parts."""
    parts = {name: value for name, value in proof.seconds.items() if name != "all"}
    longest = max(parts.values(), default=0) or 1
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", f"{value:.1f} s"),
            tag("td", tag("i", style=f"width:{100 * value / longest:.1f}%"), aria_hidden="true"),
        )
        for name, value in parts.items()
    ]
    total = f"{proof.seconds['all']:.1f} s in all." if "all" in proof.seconds else ""
    return section("seconds", "Seconds by part", tag("table", *rows, class_="bars"), note=total)
