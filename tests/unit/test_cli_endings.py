"""How every command ends: its status, no traceback, colour only where somebody looks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from hyperleaf.cli import command, screen
from unit.cli_running import AWS, LAB, LIMIT_SECONDS, WRONG, ended, on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HYPERLEAF = (sys.executable, "-m", "hyperleaf")
# Who owns nothing, on every Linux.
NOBODY = 65534
ABOUT_AN_ESTATE = ("check", "plan", "render", "trace", "diff")
FURTHER = {
    "render": ["--stream", "x"],
    "trace": ["red", "outside"],
    "diff": [AWS],
}


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    """Return the path of an estate with a mistake."""
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    return str(file)


def test_a_sound_estate_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(capsys, "check", AWS).status == 0


@pytest.mark.parametrize("name", ABOUT_AN_ESTATE)
def test_an_estate_with_a_mistake_ends_with_1(
    name: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    end = ended(capsys, name, wrong, *FURTHER.get(name, []))
    assert end.status == 1
    assert "HL0313" in end.out + end.err


@pytest.mark.parametrize("name", ["plan", "render", "trace"])
def test_nothing_but_findings_is_written_of_an_estate_with_a_mistake(
    name: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    end = ended(capsys, name, wrong, *FURTHER.get(name, []))
    assert end.out == ""
    assert end.err.endswith("nothing was done.\n")


@pytest.mark.parametrize("name", ["plan", "trace", "check"])
def test_findings_are_json_where_json_is_asked_for(
    name: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(ended(capsys, name, wrong, *FURTHER.get(name, []), "-o", "json").out)
    assert told["errors"] >= 1
    assert {"code", "severity", "message", "hint", "file", "line", "column"} <= told["findings"][
        0
    ].keys()


def test_a_warning_ends_with_0_and_with_1_where_it_counts_as_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ended(capsys, "check", LAB).status == 0
    assert ended(capsys, "check", LAB, "--warnings-as-errors").status == 1
    assert ended(capsys, "plan", LAB, "--warnings-as-errors").status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["chekc"],
        ["check"],
        ["check", AWS, "--nothing"],
        ["check", AWS, "--output", "xml"],
        ["render", AWS],
        ["render", AWS, "--out", "x", "--stream", "prod"],
        ["render", AWS, "--stream", "nowhere"],
        ["render", AWS, "--stream"],
        ["plan", AWS, "--only", "nowhere"],
        ["trace", AWS, "red", "gren"],
        ["trace", AWS, "outside", "border"],
        ["explain", "HL9999"],
        ["init", "--example", "none"],
        ["schema", "--kind", "Vlan"],
        ["completion", "tcsh"],
        ["diff", AWS],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    end = ended(capsys, *arguments)
    assert (end.status, end.out) == (2, "")
    assert "Error: " in end.err


def test_a_command_with_a_wrong_letter_is_told_which_is_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "Did you mean check?" in ended(capsys, "chekc").err


def test_what_could_not_run_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    end = ended(capsys, "render", LAB, "--out", str(tmp_path))
    assert end.status == 3
    assert end.err.splitlines()[-1].startswith("hyperleaf: ")


@pytest.mark.parametrize("name", ABOUT_AN_ESTATE)
@pytest.mark.parametrize("kind", ["missing", "empty folder", "no YAML", "binary", "empty file"])
def test_no_input_makes_a_traceback(
    name: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "estate"
    match kind:
        case "empty folder":
            place.mkdir()
        case "no YAML":
            place.mkdir()
            (place / "notes.txt").write_text("notes")
        case "binary":
            place.write_bytes(bytes(range(256)))
        case "empty file":
            place.write_text("")
        case _:
            pass
    end = ended(capsys, name, str(place), *FURTHER.get(name, []))
    assert end.status in {0, 1, 2}
    assert "Traceback" not in end.out + end.err
    assert "mistake of ours" not in end.err


@contextmanager
def without_rights() -> Iterator[None]:
    """Be nobody for a while, where we are root, who reads everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_that_may_not_be_read_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "secret.yaml"
    file.write_text("")
    file.chmod(0)
    ended(capsys, "check", str(tmp_path / "nothing.yaml"))  # imports while they can be read
    with without_rights():
        assert "HL0001" in ended(capsys, "check", str(file)).out


def test_an_output_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    end = ended(capsys, "render", LAB, "--out", str(tmp_path / "file" / "out"))
    assert end.status == 3
    assert end.err.splitlines()[-1] == f"hyperleaf: {tmp_path / 'file'}: File exists"


def test_a_mistake_of_ours_is_one_sentence_and_how_to_report_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HYPERLEAF_DEBUG", raising=False)
    monkeypatch.setattr("hyperleaf.api.load", lambda *_, **__: 1 / 0)
    end = ended(capsys, "check", AWS)
    assert end.status == 3
    assert "ZeroDivisionError" in end.err
    assert "HYPERLEAF_DEBUG=1" in end.err
    assert "Traceback" not in end.err


def test_a_mistake_of_ours_is_shown_where_somebody_wants_to_see_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HYPERLEAF_DEBUG", "1")
    monkeypatch.setattr("hyperleaf.api.load", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        command.run(["check", AWS])


def test_an_interrupt_ends_with_130_and_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hyperleaf.api.load", interrupt)
    end = ended(capsys, "check", AWS)
    assert (end.status, end.out, end.err.strip()) == (130, "", "")


def test_an_interrupt_from_the_keyboard_ends_quietly() -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*HYPERLEAF, "init", "nowhere"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.read(4) == "What"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT_SECONDS)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    process = subprocess.Popen(
        [*HYPERLEAF, "plan", AWS, "--per-node"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 141
    assert b"Traceback" not in err
    assert b"Broken" not in err


# Colour


@pytest.mark.parametrize("name", ["check", "plan"])
def test_a_pipe_has_no_colour(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    end = ended(capsys, name, LAB)
    assert "\x1b" not in end.out + end.err


def test_a_terminal_has_colour_unless_it_is_not_wanted(wrong: str) -> None:
    assert "\x1b[" in on_terminal("check", wrong)
    assert "\x1b[" not in on_terminal("check", wrong, NO_COLOR="1")
    assert "\x1b[" not in on_terminal("check", wrong, TERM="dumb")


def test_colour_may_be_forced_into_a_pipe(
    wrong: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    assert "\x1b[" in ended(capsys, "check", wrong).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in ended(capsys, "check", wrong).out


def test_text_that_a_terminal_cannot_show_is_written_by_its_numbers(tmp_path: Path) -> None:
    file = tmp_path / "wide.yaml"
    file.write_text('apiVersion: "\u7db2"\nkind: Network\nmetadata: {name: \u7db2}\n', "utf-8")
    shown = subprocess.run(
        [*HYPERLEAF, "check", str(file)],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert shown.returncode in {0, 1}
    assert "Traceback" not in shown.stderr


def test_a_line_is_never_wider_than_the_terminal(wrong: str) -> None:
    shown = on_terminal("check", wrong, columns=50, NO_COLOR="1")
    prose = [line for line in shown.splitlines() if wrong not in line]
    assert max(map(len, prose)) <= 50


def test_plain_text_is_as_wide_as_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert screen.width(sys.__stdout__ or sys.stdout) >= 40


# Starting


def test_help_imports_neither_yaml_nor_rich_nor_the_model() -> None:
    code = (
        "import sys; from hyperleaf.cli.command import run; run(['--help']); "
        "print([one for one in ('yaml', 'rich', 'json', 'hyperleaf.api', 'hyperleaf.model') "
        "if one in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == "[]"


def test_check_imports_neither_rich_nor_the_plan() -> None:
    code = (
        f"import sys; from hyperleaf.cli.command import run; run(['check', {AWS!r}]); "
        "print([one for one in ('rich', 'hyperleaf.render', 'difflib') if one in sys.modules], "
        "file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", command.COMMANDS)
def test_every_command_has_help_with_examples(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    end = ended(capsys, name, "--help")
    assert end.status == 0
    assert "Examples:" in end.out
    assert f"hyperleaf {name}" in end.out


def test_the_list_of_commands_says_what_each_says_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = ended(capsys, "--help").out
    for name, sentence in command.COMMANDS.items():
        assert f"  {name}" in listed
        assert sentence.split(":")[0][:30] in listed


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(capsys, "--version").out.startswith("hyperleaf 0.")


@pytest.mark.parametrize("form", ["text", "json"])
def test_facts_of_no_kubeconfig_are_refused_with_file_code_and_hint(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "none.yaml")
    end = ended(capsys, "facts", "--cluster", "hub", "--kubeconfig", file, "-o", form)
    first, second = end.err.splitlines()
    assert (end.status, first.startswith(f"hyperleaf: HL1201: {file}: ")) == (3, True)
    assert second.startswith("  hint: name another with --kubeconfig")
    codes = [one["code"] for one in json.loads(end.out)["findings"]] if end.out else []
    assert codes == (["HL1201"] if form == "json" else [])


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (("--timeout", "soon"), "--timeout: a duration is written like"),
        (("--take-over", "nonsense"), "--take-over: write KIND/NAME, not 'nonsense'."),
        (("--take-over", "ConfigMap/nobody"), "--take-over: lab gets no ConfigMap/nobody of ours."),
        (("--take-over", "Secret/"), "--take-over: write KIND/NAME, not 'Secret/'."),
        (("--cluster", "nope"), "There is no cluster 'nope'; the estate's are lab."),
    ],
)
def test_what_apply_cannot_do_is_said_alone_and_before_any_cluster_is_asked(
    options: tuple[str, ...], first: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = str(tmp_path / "none.yaml")
    end = ended(capsys, "apply", LAB, "--kubeconfig", none, *options)
    assert (end.status, f"Error: {first}" in end.err) == (2, True)
    assert "warning" not in end.err


def test_an_object_that_was_meant_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = str(tmp_path / "none.yaml")
    arguments = ("apply", LAB, "--kubeconfig", none, "--take-over")
    end = ended(capsys, *arguments, "NodeNetworkConfigurationPolici/hyperleaf")
    assert (end.status, "Did you mean NodeNetworkConfigurationPolicy/" in end.err) == (2, True)


def test_status_names_the_option_of_a_bad_time(capsys: pytest.CaptureFixture[str]) -> None:
    end = ended(capsys, "status", "--cluster", "a", "--watch", "--timeout", "soon")
    assert (end.status, "Error: --timeout: a duration is" in end.err) == (2, True)


@pytest.mark.parametrize("arguments", [("status",), ("apply", LAB)])
def test_no_kubeconfig_is_told_with_its_file(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "none.yaml")
    end = ended(capsys, *arguments, "--kubeconfig", file)
    assert (end.status, f"hyperleaf: HL1201: {file}: " in end.err) == (3, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", LAB, "--only", "nope"),
        ("render", LAB, "--stream", "nope"),
        ("render", LAB, "--out", "out", "--only", "nope"),
        ("trace", LAB, "nobody", "nowhere"),
        ("install-config", LAB, "--out", "/nowhere", "--cluster", "nope"),
        ("prove", LAB, "--scenarios", "nope"),
    ],
)
def test_a_usage_error_comes_alone(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    end = ended(capsys, *arguments)
    assert (end.status, "Error: " in end.err, "warning" in end.err) == (2, True, False)
