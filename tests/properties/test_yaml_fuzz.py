"""Whatever the bytes are, reading them ends in documents and findings with places in the file."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperleaf.spec.yaml import read_text
from hyperleaf.spec.yaml_events import FORBIDDEN
from properties.yaml_mutations import CORPUS, mutate, read_mutants, unsound

if TYPE_CHECKING:
    from hyperleaf.findings import Marks

TEXTS = st.text(max_size=12).filter(lambda text: not FORBIDDEN.search(text) and "\r" not in text)
NAMES = st.text("abcdefgh", min_size=3, max_size=8)
WORDS = st.builds("{}{}{}".format, NAMES, st.sampled_from(" /=.:-#'\""), NAMES)
NUMBERS = st.integers(-(2**63), 2**64 - 1)


def objects(texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings of all that JSON can write, less floats."""
    values = st.recursive(
        st.one_of(st.none(), st.booleans(), NUMBERS, texts),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)
        ),
        max_leaves=12,
    )
    return st.dictionaries(texts, values, min_size=1, max_size=4)


def test_the_corpus_is_read() -> None:
    assert [len(read_text(data, "f")[0]) for data in CORPUS] == [2, 2, 3, 2]


def test_broken_files_are_read_without_a_crash_and_placed_inside() -> None:
    assert read_mutants(1500, seed=20) == []


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_a_crash(data: bytes) -> None:
    assert unsound(data) == []


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab10:-,[]{}#&*!|>'\"%@?~<.\\ \t\n\u00e9", max_size=60))
def test_any_signs_are_read_without_a_crash(text: str) -> None:
    assert unsound(text.encode()) == []


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(CORPUS))
def test_a_mutant_depends_only_on_its_seed(seed: int, data: bytes) -> None:
    assert mutate(data, random.Random(seed)) == mutate(data, random.Random(seed))


@settings(max_examples=100, deadline=None)
@given(objects(TEXTS), st.sampled_from([None, 1]))
def test_json_is_read_as_it_was_written(value: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    documents, findings = read_text(text.encode(), "f")
    assert ([document.value for document in documents], findings) == ([value], ())


@settings(max_examples=100, deadline=None)
@given(objects(WORDS), st.booleans())
def test_yaml_is_read_as_it_was_written(value: dict[str, Any], flow: bool) -> None:  # noqa: FBT001
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    documents, findings = read_text(text.encode(), "f")
    assert ([document.value for document in documents], findings) == ([value], ())


@settings(max_examples=100, deadline=None)
@given(objects(NAMES))
def test_a_member_is_marked_where_its_key_stands(value: dict[str, Any]) -> None:
    lines = json.dumps(value, indent=1).split("\n")
    (document,), _ = read_text("\n".join(lines).encode(), "f")
    assert keys_at(lines, document.origin.marks) == keys_of(document.origin.marks)


def keys_of(marks: Marks) -> list[str]:
    """Return every key below `marks`."""
    return [
        key
        for step, child in marks.children.items()
        for key in ([step] if isinstance(step, str) else []) + keys_of(child)
    ]


def keys_at(lines: list[str], marks: Marks) -> list[str]:
    """Return every key below `marks` as it is written at its place."""
    found = []
    for step, child in marks.children.items():
        if isinstance(step, str):
            key = re.match(r'"([a-z]+)"', lines[child.line - 1][child.column - 1 :])
            found.append(key[1] if key else "")
        found += keys_at(lines, child)
    return found
