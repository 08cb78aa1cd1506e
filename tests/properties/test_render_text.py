"""Whatever plain data: its text reads as that data again, by YAML 1.1's reader and by ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperleaf.render.text import documents, text
from hyperleaf.spec.yaml import read_text

# What people and machines write into objects, rather than any character at all.
LIKELY = st.text(
    alphabet=" \n\t-:#&*!|>'\"%@`{}[],?=~<.0123456789_+eExXoOyYnNtrufalsé/\\\U0001f340"
)
# Words that are numbers, dates, booleans or syntax to some reader of YAML, and some that look so.
WORDS = st.sampled_from((Path(__file__).parent / "corpus" / "words.txt").read_text().splitlines())
ANY = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
# Our reader refuses control characters, wherever and however they are written.
PLAIN = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Cf", "Zl", "Zp"])
)
INTEGERS = st.integers(min_value=-(2**63), max_value=2**64 - 1)


def data(strings: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    scalars = strings | WORDS | INTEGERS | st.booleans() | st.none()
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(strings | WORDS, inner, max_size=4)
        ),
        max_leaves=12,
    )


@given(data(LIKELY | ANY))
@settings(max_examples=300)
def test_pyyaml_reads_back_what_was_written(value: Any) -> None:
    assert yaml.safe_load(text(value)) == value


@given(st.dictionaries(LIKELY | PLAIN, data(LIKELY | PLAIN), max_size=4))
@settings(max_examples=300)
def test_our_reader_reads_back_what_was_written(value: dict[str, Any]) -> None:
    read, findings = read_text(text(value).encode(), "written.yaml")
    assert not findings
    assert [document.value for document in read] == [value]


@given(st.lists(st.dictionaries(LIKELY, data(LIKELY), max_size=3, min_size=1), max_size=3))
def test_a_stream_holds_every_document(values: list[dict[str, Any]]) -> None:
    assert list(yaml.safe_load_all(documents(values))) == values


@given(data(LIKELY))
def test_no_line_ends_in_a_space_that_the_data_lacks(value: Any) -> None:
    for line in text(value).splitlines():
        assert not line.endswith(": ")
