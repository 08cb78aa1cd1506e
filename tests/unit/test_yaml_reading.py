"""What is read of a text, where it stands, and how far a mistake reaches."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
import yaml as pyyaml

from hyperleaf.findings import Place
from hyperleaf.spec import yaml_events
from hyperleaf.spec.reading_codes import READING_CODES
from hyperleaf.spec.yaml import read_text

if TYPE_CHECKING:
    from hyperleaf.codes import Code

ESTATE = """\
# a comment
kind: Network
metadata: {name: red}
spec:
  subnets: [10.0.0.0/24, "2001:db8::/64"]
  attach:
  - cluster: prod
    namespaces: [red, "a b"]
  - {cluster: edge}
"""


def values(text: str) -> list[dict[str, Any]]:
    """Return the values of all documents of a text."""
    return [document.value for document in read_text(text.encode(), "f")[0]]


def told(text: str) -> list[str]:
    """Return line, column and code of all findings about a text."""
    return [
        f"{finding.place.line}:{finding.place.column} {finding.code}"
        for finding in read_text(text.encode(), "f")[1]
    ]


def place(*path: str | int) -> tuple[int, int]:
    """Return where a path of ESTATE stands."""
    (document,), _ = read_text(ESTATE.encode(), "f")
    found = document.origin.place(*path)
    return found.line, found.column


def test_a_document_is_plain_data() -> None:
    assert values(ESTATE) == [
        {
            "kind": "Network",
            "metadata": {"name": "red"},
            "spec": {
                "subnets": ["10.0.0.0/24", "2001:db8::/64"],
                "attach": [{"cluster": "prod", "namespaces": ["red", "a b"]}, {"cluster": "edge"}],
            },
        }
    ]


def test_a_document_knows_its_file_kind_and_name() -> None:
    (document,), _ = read_text(ESTATE.encode(), "estate.yaml")
    assert (document.origin.file, str(document.origin)) == ("estate.yaml", "Network/red")


def test_a_document_without_a_name_has_an_empty_one() -> None:
    (document,), _ = read_text(b"kind: Network\nmetadata: {name: 7}\n", "f")
    assert document.origin.name == ""


def test_a_member_is_marked_at_its_key() -> None:
    assert place("spec", "attach") == (6, 3)


def test_a_member_in_braces_is_marked_at_its_key() -> None:
    assert place("metadata", "name") == (3, 12)


def test_an_item_is_marked_where_it_starts() -> None:
    assert place("spec", "subnets", 1) == (5, 26)


def test_an_item_that_is_a_mapping_is_marked_at_its_first_key() -> None:
    assert place("spec", "attach", 0) == (7, 5)


def test_an_item_deep_below_is_marked() -> None:
    assert place("spec", "attach", 0, "namespaces", 1) == (8, 23)


def test_a_path_that_is_not_written_has_the_place_of_what_encloses_it() -> None:
    assert place("spec", "attach", 1, "vrf") == (9, 5)


def test_a_column_counts_characters_and_not_bytes() -> None:
    (document,), _ = read_text('{"ä€😀": 1, b: 2}'.encode(), "f")
    assert document.origin.place("b") == Place("f", 1, 12)


def test_lines_are_counted_over_documents() -> None:
    documents, _ = read_text(b"a: 1\n---\nb: 2\n---\n\nc: 3\n", "f")
    assert [document.origin.marks.line for document in documents] == [1, 3, 6]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends_count_like_line_feeds(end: str) -> None:
    documents, _ = read_text(f"a: 1{end}---{end}b: 2{end}".encode(), "f")
    assert [document.origin.marks.line for document in documents] == [1, 3]


def test_an_index_counts_the_documents_of_a_file() -> None:
    documents, _ = read_text(b"---\n---\na: 1\n---\n# empty\n---\nb: 2\n", "f")
    assert [document.index for document in documents] == [0, 1]


def test_an_index_counts_a_broken_document() -> None:
    documents, _ = read_text(b"a: [\n---\nb: 2\n", "f")
    assert [document.index for document in documents] == [1]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "~\n"])
def test_nothing_is_read_of_an_empty_text(text: str) -> None:
    assert read_text(text.encode(), "f") == ((), ())


def test_a_byte_order_mark_at_the_start_is_accepted() -> None:
    assert values("\ufeffa: 1\n") == [{"a": 1}]


def test_a_bad_byte_after_a_byte_order_mark_is_placed() -> None:
    _, (finding,) = read_text(b"\xef\xbb\xbfa: 1\nb: \xff\n", "f")
    assert (finding.code, finding.place) == ("HL0003", Place("f", 2, 4))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_utf_16_and_its_kin_are_refused_by_name(encoding: str) -> None:
    _, (finding,) = read_text("a: 1\n".encode(encoding), "f")
    assert finding.code == "HL0004"


def test_documents_after_an_end_marker_are_read() -> None:
    assert values("a: 1\n...\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


def test_a_line_of_dashes_within_a_block_is_text() -> None:
    assert values("a: |\n  x\n  ---\n  y\n") == [{"a": "x\n---\ny\n"}]


def test_json_with_tabs_is_read() -> None:
    assert values('{\n\t"a": [1,\n\t\t2],\n\t"b":{"c":null}\n}\n') == [
        {"a": [1, 2], "b": {"c": None}}
    ]


def test_a_quoted_word_is_a_text() -> None:
    assert values("a: 'no'\nb: \"017\"\n'on': \"~\"\n") == [{"a": "no", "b": "017", "on": "~"}]


def test_a_broken_document_costs_only_itself() -> None:
    assert values("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 'x\n---\ne: 5\n") == [
        {"a": 1},
        {"c": 3},
        {"e": 5},
    ]


def test_every_broken_document_is_told_about() -> None:
    assert told("b: [\n---\nc: 3\n---\nd: 'x\n---\n\te: 5\n") == [
        "1:4 HL0012",
        "5:4 HL0011",
        "7:1 HL0010",
    ]


def test_a_finding_names_its_document_even_where_the_name_comes_later() -> None:
    _, (finding,) = read_text(b"spec: {a: yes}\nkind: VRF\nmetadata: {name: blue}\n", "f")
    assert finding.document == "VRF/blue"


def test_a_finding_in_a_broken_document_names_it() -> None:
    _, (finding,) = read_text(b"kind: VRF\nmetadata: {name: blue}\nspec: [\n", "f")
    assert (finding.document, finding.path) == ("VRF/blue", "spec.0")


def test_an_ambiguous_word_stays_in_the_document_as_it_is_written() -> None:
    assert values("a: yes\nb: 017\nc: 1e3\n") == [{"a": "yes", "b": "017", "c": "1e3"}]


def test_the_first_of_two_equal_keys_stays() -> None:
    assert values("a: 1\na: {b: 2}\nc: 3\n") == [{"a": 1, "c": 3}]


def test_equal_keys_in_different_mappings_are_fine() -> None:
    assert told("a: {b: 1}\nc: {b: 1}\n") == []


def test_a_key_that_is_no_text_stays_as_it_is_written() -> None:
    assert values("100: a\ntrue: b\n") == [{"100": "a", "true": "b"}]


def test_members_after_a_key_that_is_a_mapping_are_read() -> None:
    assert values("{a: b}: 1\n? [x, {y: z}]\n: {w: 1}\nc: 2\n") == [{"c": 2}]


def test_a_merge_key_in_quotes_is_a_key() -> None:
    assert told('"<<": 1\n') == []


def test_an_alias_repeats_a_value() -> None:
    assert values("a: &x {b: [1]}\nc: *x\nd: [*x]\n") == [
        {"a": {"b": [1]}, "c": {"b": [1]}, "d": [{"b": [1]}]}
    ]


def test_an_alias_may_be_a_key() -> None:
    assert values("&k red: 1\nb: {*k : 2}\n") == [{"red": 1, "b": {"red": 2}}]


def test_what_an_alias_repeats_is_a_value_of_its_own() -> None:
    (value,) = values("a: &x {b: [1]}\nc: *x\n")
    value["c"]["b"].append(2)
    assert value["a"] == {"b": [1]}


def test_an_alias_is_marked_where_it_stands_and_its_members_where_they_are_written() -> None:
    (document,), _ = read_text(b"a: &x\n  b: 1\nc:\n- *x\n", "f")
    assert document.origin.place("c", 0) == Place("f", 4, 3)
    assert document.origin.place("c", 0, "b") == Place("f", 2, 3)


def test_an_anchor_that_is_given_anew_names_the_newer_value() -> None:
    assert values("a: &x 1\nb: &x 2\nc: *x\n") == [{"a": 1, "b": 2, "c": 2}]


def test_an_anchor_within_the_value_of_its_namesake_is_the_newer_one() -> None:
    assert values("a: &x [&x 1]\nc: *x\n") == [{"a": [1], "c": 1}]


def test_an_anchor_ends_with_its_document() -> None:
    assert told("a: &x 1\n---\nb: *x\n") == ["3:4 HL0028"]


def test_aliases_may_repeat_a_hundred_thousand_values() -> None:
    assert told(f"a: &x [{'1, ' * 999}]\nb: [{'*x, ' * 100}]\n") == []


def test_aliases_may_not_repeat_more() -> None:
    assert told(f"a: &x [{'1, ' * 999}]\nb: [{'*x, ' * 101}]\n") == ["2:405 HL0030"]


def test_an_alias_may_not_nest_deeper_than_text_may() -> None:
    deep = f"a: &x {'[' * 40}{']' * 40}\n"
    assert told(f"{deep}b: {'[' * 23}*x{']' * 23}\n") == []
    assert told(f"{deep}b: {'[' * 24}*x{']' * 24}\n") == ["2:28 HL0007"]


def test_an_alias_of_an_alias_is_as_deep_as_both() -> None:
    text = f"a: &x {'[' * 40}{']' * 40}\nb: &y {'[' * 20}*x{']' * 20}\nc: {'[' * 4}*y{']' * 4}\n"
    assert told(text) == ["3:8 HL0007"]


def test_sixty_four_levels_are_read() -> None:
    assert told("a: " + "[" * 63 + "]" * 63) == []


def test_the_sixty_fifth_level_is_refused() -> None:
    assert told("a: " + "[" * 64 + "]" * 64) == ["1:67 HL0007"]


def test_a_hundred_thousand_brackets_end_soon() -> None:
    assert told("[" * 100_000) == ["1:65 HL0007"]


def test_a_file_of_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_events, "MOST_NODES", 10)
    assert told("a: [1, 2, 3]\n---\nb: [1, 2, 3]\n") == ["3:8 HL0006"]


def test_a_file_of_too_many_documents_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_events, "MOST_DOCUMENTS", 2)
    assert told("a: 1\n---\n---\nb: 1\n") == ["3:1 HL0006"]


def test_values_that_aliases_repeat_count_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_events, "MOST_NODES", 10)
    assert told("a: &x [1, 2, 3]\nb: *x\nc: 1\n") == ["3:1 HL0006"]


def test_a_file_is_not_read_after_a_thousand_findings() -> None:
    codes = [line.split()[1] for line in told("a: yes\n---\n" * 1500)]
    assert (len(codes), codes[-1]) == (1001, "HL0008")


def test_a_text_above_the_limit_is_refused_before_it_is_parsed() -> None:
    assert told("#" * (32 * 1024 * 1024 + 1)) == ["1:1 HL0002"]


@pytest.mark.parametrize("code", READING_CODES.values(), ids=lambda code: code.code)
def test_the_bad_text_of_a_code_has_that_finding_alone(code: Code) -> None:
    assert {line.split()[1] for line in told(code.bad)} == ({code.code} if code.bad else set())


@pytest.mark.parametrize("code", READING_CODES.values(), ids=lambda code: code.code)
def test_the_good_text_of_a_code_has_no_finding(code: Code) -> None:
    assert told(code.good) == []


def test_codes_are_numbered_without_a_gap() -> None:
    assert list(READING_CODES) == [f"HL{number:04}" for number in range(1, len(READING_CODES) + 1)]


@pytest.mark.parametrize("text", [ESTATE, *(code.bad for code in READING_CODES.values())])
def test_the_parser_in_python_reads_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = (values(text), told(text))
    monkeypatch.delattr(pyyaml, "CSafeLoader")
    if text == READING_CODES["HL0017"].bad:  # it points at the letter, not at the backslash
        compiled = (compiled[0], ["1:18 HL0017"])
    assert (values(text), told(text)) == compiled


def test_a_reader_keeps_nothing_of_the_parser() -> None:
    (document,), _ = read_text(ESTATE.encode(), "f")
    pending: list[Any] = [document.value, document.origin.marks.children]
    for item in iter(lambda: pending.pop() if pending else None, None):
        if isinstance(item, dict):
            pending.extend(itertools.chain(item.keys(), item.values()))
        elif isinstance(item, list):
            pending.extend(item)
        else:
            assert type(item).__module__ in {"builtins", "hyperleaf.findings"}
