"""Mutants of whole estates, by bytes, structure and values, and what must hold of each."""

from __future__ import annotations

import copy
import json
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperleaf.findings import Finding, has_errors
from hyperleaf.model.resolve import resolve
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.rules.registry import check
from hyperleaf.spec.documents import validate
from hyperleaf.spec.yaml import read_text
from properties.yaml_mutations import mutate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

ROOT = Path(__file__).parents[2]
FILE = "estate.yaml"
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 4094, 4095, 65000, 2**24, 2**70),
    *("", " ", "default", "borders", "yes", "red", "hub", "prod", "x" * 300, "Ünï", "\u0000"),
    *("0.0.0.0/0", "10.0.0.0/8", "10.0.0.1", "::/0", "fe80::1", "172.20.100.0/24", "::1/128"),
    *("02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "4.16", "4.99.1", "9s", "0s", "1Gi", "evpn"),
    *([], {}, [[]], [{}], {"a": {}}, ["10.0.0.0/8"], {"name": "x"}),
)


def corpus() -> list[bytes]:
    """Return the texts that mutants are made of: every example, and every option once."""
    files = [*sorted((ROOT / "examples").glob("*/*.yaml")), ROOT / "tests" / "unit" / "full.yaml"]
    return [file.read_bytes() for file in files if file.exists()]


def check_mutant(texts: list[bytes], chance: Random) -> str | None:
    """Make one mutant and take it as far as it goes; return what was wrong with that, if anything.

    Nothing raises; every finding stands inside the text; what has no error can be rendered whole.
    """
    text = chance.choice(texts)
    mutant = mutate(text, chance) if chance.random() < 0.5 else _reshaped(text, chance)
    try:
        findings = _through(mutant)
    except Exception:  # noqa: BLE001 - that nothing raises is what is tested
        return f"{traceback.format_exc()}\n{mutant.decode(errors='replace')}"
    lines = mutant.count(b"\n") + mutant.count(b"\r") + 1
    for finding in findings:
        if not (1 <= finding.place.line <= lines + 1 and finding.place.column >= 1):
            return f"{finding} stands outside of {lines} lines"
    return None


def _through(text: bytes) -> tuple[Finding, ...]:
    documents, unread = read_text(text, FILE)
    texts, invalid = validate(documents)
    estate, unresolved = resolve(texts)
    findings = (*unread, *invalid, *unresolved, *check(estate))
    if not has_errors(findings):
        for _ in render(plan(estate)):
            pass
    return findings


def _reshaped(text: bytes, chance: Random) -> bytes:
    """Return the documents with a few of their nodes removed, renamed, doubled or replaced."""
    documents, _ = read_text(text, FILE)
    values = [copy.deepcopy(document.value) for document in documents]
    for _ in range(chance.randint(1, 4)):
        places = list(_places(values))
        if not places:
            break
        holder, key = chance.choice(places)
        _change(holder, key, chance)
    return "\n---\n".join(json.dumps(value) for value in values).encode(errors="replace")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in list(members):
        yield value, key
        if isinstance(member, dict | list):
            yield from _places(member)


def _change(holder: Any, key: Any, chance: Random) -> None:
    action = chance.randrange(5)
    if action == 0:
        del holder[key]
    elif action == 1 and isinstance(holder, dict):
        holder[f"{key}s"] = holder.pop(key)
    elif action == 2 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    else:
        holder[key] = copy.deepcopy(chance.choice(VALUES))
