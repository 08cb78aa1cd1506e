"""What a text without quotes means."""

from __future__ import annotations

import pytest

from hyperleaf.spec.yaml_refusals import Refused
from hyperleaf.spec.yaml_scalars import plain, tagged


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_null(text: str) -> None:
    assert plain(text) is None


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_true_in_three_casings_is_true(text: str) -> None:
    assert plain(text) is True


@pytest.mark.parametrize("text", ["false", "False", "FALSE"])
def test_false_in_three_casings_is_false(text: str) -> None:
    assert plain(text) is False


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0", 0),
        ("100", 100),
        ("+7", 7),
        ("-7", -7),
        ("0x1F", 31),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_an_integer_is_read(text: str, number: int) -> None:
    assert plain(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "red",
        "tRUE",
        "nO",
        "nUll",
        "4.18",
        "4.20",
        "4.16.8",
        "10.0.0.1",
        "10.0.0.0/24",
        "65000:10",
        "12:34:56:12:34:56",
        "02:68:6c:00:27:d8",
        "::1",
        "2001:db8::/64",
        "2024-01-01",
        "2024-01-01T10:00:00Z",
        "802.3ad",
        "300ms",
        "4Gi",
        "0b",
        "0o8",
        "0xyz",
        "1e",
        "e3",
        "-",
        "...",
        ".",
        "1-2",
        "=",
        "_1",
    ],
)
def test_all_else_is_a_text_as_it_is_written(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "y",
        "Y",
        "yes",
        "Yes",
        "YES",
        "on",
        "On",
        "ON",
        "n",
        "N",
        "no",
        "No",
        "NO",
        "off",
        "Off",
        "OFF",
    ],
)
def test_a_boolean_of_yaml_1_1_is_refused(text: str) -> None:
    assert code(plain(text)) == "HL0031"


@pytest.mark.parametrize(
    "text",
    [
        "017",
        "-017",
        "00",
        "08",
        "0o17",
        "-0o7",
        "0b1",
        "0b_1",
        "1_000",
        "1_",
        "-1_0",
        "1_0.5",
        "1_0.",
        "0x_1",
        "0xA_B",
        "-0x1F",
        "+0x1F",
    ],
)
def test_a_number_of_one_version_only_is_refused(text: str) -> None:
    assert code(plain(text)) == "HL0032"


@pytest.mark.parametrize(
    "text",
    [
        "1e3",
        "12E4",
        "1.5e-3",
        ".5",
        "5.",
        "-4.18",
        "+0.1",
        ".inf",
        "-.INF",
        "+.Inf",
        ".nan",
        ".NaN",
        ".NAN",
    ],
)
def test_a_floating_point_number_is_refused(text: str) -> None:
    assert code(plain(text)) == "HL0033"


@pytest.mark.parametrize(
    "text", ["18446744073709551616", "-9223372036854775809", "9" * 5000, "0x" + "f" * 17]
)
def test_a_number_beyond_64_bits_is_refused(text: str) -> None:
    assert code(plain(text)) == "HL0034"


def test_a_long_text_is_shortened_in_a_message() -> None:
    refused = plain("9" * 5000)
    assert isinstance(refused, Refused)
    assert len(refused.message) < 120


def test_the_tag_str_makes_a_text_of_a_number() -> None:
    assert tagged("str", "017") == "017"


@pytest.mark.parametrize(
    ("tag", "text", "value"), [("int", "7", 7), ("bool", "true", True), ("null", "", None)]
)
def test_a_tag_that_fits_changes_nothing(tag: str, text: str, value: object) -> None:
    assert tagged(tag, text) == value


@pytest.mark.parametrize(
    ("tag", "text"),
    [("int", "true"), ("int", ""), ("bool", "1"), ("null", "0"), ("float", "1.5"), ("float", "1")],
)
def test_a_tag_that_does_not_fit_is_refused(tag: str, text: str) -> None:
    assert code(tagged(tag, text)) == "HL0027"


def test_a_tag_does_not_help_an_ambiguous_number() -> None:
    assert code(tagged("int", "017")) == "HL0032"


def code(value: object) -> str:
    """Return the code of a refusal."""
    assert isinstance(value, Refused)
    return value.code
