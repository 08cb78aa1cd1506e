"""YAML text as people see it: what is quoted, what is a literal, what is refused."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from hyperleaf.render.text import documents, text
from hyperleaf.values.macs import Mac
from hyperleaf.values.names import DeviceName
from hyperleaf.values.numbers import Vni


def test_a_list_stands_as_far_left_as_its_key() -> None:
    assert text({"ports": [{"name": "vx1", "vlan": {}}, {"name": "vx2", "vlan": {}}]}) == (
        "ports:\n- name: vx1\n  vlan: {}\n- name: vx2\n  vlan: {}\n"
    )


def test_lists_within_lists_stand_on_their_dashes() -> None:
    assert text([["a", "b"], []]) == "- - a\n  - b\n- []\n"


def test_several_lines_are_a_literal() -> None:
    assert text({"raw": "router bgp 65000\n exit\n", "next": 1}) == (
        "raw: |\n  router bgp 65000\n   exit\nnext: 1\n"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a\nb", "k: |-\n  a\n  b\n"),
        ("a\nb\n", "k: |\n  a\n  b\n"),
        ("a\nb\n\n", "k: |+\n  a\n  b\n\n"),
        (" a\nb\n", 'k: " a\\nb\\n"\n'),
    ],
)
def test_a_literal_keeps_its_end_and_quotes_a_start_that_it_cannot(
    value: str, written: str
) -> None:
    assert text({"k": value}) == written


@pytest.mark.parametrize(
    "word",
    [
        *("yes", "NO", "off", "y", "N", "~", "null", "True"),
        *("017", "0x1f", "1_000", "1e3", ".5", "12:30:45", "10:20:30:40:50:59", "2024-01-01"),
        *("4.16", "4.16.8", "fe80::", "2001:db8::1", "{{ capture.a.b }}", "<<", "=", "", " "),
    ],
)
def test_what_a_reader_could_mistake_is_quoted(word: str) -> None:
    assert text({"k": word}) == f'k: "{word}"\n'


@pytest.mark.parametrize(
    "word",
    ["br-ex", "10.0.0.1", "10.0.0.0/8", "nmstate.io/v1", 'interfaces.type=="bond"', "a | b==254"],
)
def test_what_nobody_mistakes_is_plain(word: str) -> None:
    assert text({"k": word}) == f"k: {word}\n"


def test_our_numbers_and_names_are_plain_data() -> None:
    assert text({"id": Vni(10100), "name": DeviceName("vx10100")}) == "id: 10100\nname: vx10100\n"


@pytest.mark.parametrize("value", [1.5, ip_address("10.0.0.1"), Mac(1), {1, 2}, b"x", object()])
def test_what_is_no_plain_data_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        text({"k": value})


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="no text"):
        text({1: "x"})


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="half a character"):
        text({"k": "\ud800"})


def test_documents_are_divided_by_dashes() -> None:
    assert documents([{"a": 1}, {"b": 2}]) == "---\na: 1\n---\nb: 2\n"
