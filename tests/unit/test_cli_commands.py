"""What each command writes, for people and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.api import check as check_estate
from hyperleaf.cli import examples
from hyperleaf.cli.completion import command as completion
from hyperleaf.cli.plain import plain
from hyperleaf.rules.registry import CODES
from unit.cli_running import AWS, LAB, LIMIT_SECONDS, ROOT, WRONG, ended, on_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTED = str(ROOT / "examples" / "05-hosted-on-virtualization")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return a function that runs a command and decodes what it writes as JSON."""
    return lambda *arguments: json.loads(ended(capsys, *arguments, "-o", "json").out)


# check


def test_check_counts_what_it_has_read(said: Callable[..., Any]) -> None:
    told = said("check", AWS)
    assert told["counts"] == {"fabrics": 1, "vrfs": 1, "networks": 4, "clusters": 3, "guests": 0}
    assert told["errors"] == 0


def test_check_reads_several_files_and_folders_as_one_estate(said: Callable[..., Any]) -> None:
    assert said("check", AWS, LAB)["counts"]["networks"] == 8


def test_check_says_fine_of_an_estate_without_findings(capsys: pytest.CaptureFixture[str]) -> None:
    trunk = str(ROOT / "examples" / "03-multi-network" / "trunk.yaml")
    assert ended(capsys, "check", trunk).out == "fine: 4 networks, 1 cluster\n"


def test_an_error_is_explained_before_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hosted = Path(HOSTED, "estate.yaml").read_text()
    (tmp_path / "estate.yaml").write_text(hosted.replace("hub: hub\n", "hub: hubb\n"))
    end = ended(capsys, "check", str(tmp_path))
    assert "warning HL1121" in end.out
    assert "`hyperleaf explain HL0608`" in end.out


def test_a_finding_shows_its_line_and_a_caret_on_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    lines = on_terminal("check", str(file), NO_COLOR="1").splitlines()
    shown = lines.index("     7 |   gateways: [172.20.101.1]")
    assert lines[shown + 1].index("^") == lines[shown].index("gateways")


def test_a_caret_stands_under_its_column_after_wide_characters(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    head = "apiVersion: hyperleaf.dev/v1alpha1\nkind: Network\nmetadata: {name: a}\n"
    file.write_text(f"{head}spec: {{description: \u7db2\u7d61, vlan: 4095}}\n", encoding="utf-8")
    shown = on_terminal("check", str(file), columns=160, NO_COLOR="1", PYTHONUTF8="1")
    lines = shown.splitlines()
    number = next(n for n, line in enumerate(lines) if "vlan: 4095" in line and "|" in line)
    before = lines[number].partition("vlan")[0]
    wide = sum(2 if one in "\u7db2\u7d61" else 1 for one in before)
    assert lines[number + 1].index("^") == wide


def test_a_long_line_is_cut_around_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    head = "apiVersion: hyperleaf.dev/v1alpha1\nkind: Network\nmetadata: {name: a}\n"
    file.write_text(f"{head}spec: {{description: {'x' * 200}, vlan: 4095}}\n")
    lines = on_terminal("check", str(file), columns=60, NO_COLOR="1").splitlines()
    number = next(n for n, line in enumerate(lines) if "vlan: 4095" in line and "|" in line)
    assert len(lines[number]) <= 60
    assert lines[number + 1].index("^") == lines[number].index("vlan")


# plan


def test_plan_names_what_a_class_of_nodes_gets(capsys: pytest.CaptureFixture[str]) -> None:
    text = ended(capsys, "plan", AWS, "--only", "prod").out
    for word in ("metal-x86", "vrf20100", "br10100", "172.20.100.1/24", "02:68:6c:00:27:74"):
        assert word in text
    assert "[1] prod's way to the data centre, a transit gateway (8500 bytes" in text


def test_plan_names_what_a_hub_is_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ended(capsys, "plan", HOSTED, "--only", "hub").out.splitlines()
    told = {" ".join(one.split()) for one in lines}
    assert {"pool metal machines 3", "installed workers 3 x m5.4xlarge"} <= told
    assert "operator lvmStorage stable-4.16 of redhat-operators, automatic approval" in told
    assert "device class vg1 of test-lvmcluster xfs, the default" in told
    assert "Hosted here" in told


def test_plan_as_json_has_clusters_borders_and_leases(said: Callable[..., Any]) -> None:
    told = said("plan", AWS)
    assert [one["cluster"]["name"] for one in told["clusters"]] == ["edge", "hub", "prod"]
    prod = told["clusters"][2]
    assert [vrf["name"] for vrf in prod["leaves"]["vrfs"]] == ["blue", "red"]
    segment = prod["leaves"]["vrfs"][1]["segments"][0]
    assert (segment["vni"], segment["gatewayMac"]) == (10100, "02:68:6c:00:27:74")
    assert prod["cluster"]["origin"]["line"] > 1
    assert [one["border"]["name"] for one in told["borders"]] == ["dc-leaf-1", "dc-leaf-2"]


def test_plan_per_node_writes_each_replica_of_each_pool(said: Callable[..., Any]) -> None:
    nodes = said("plan", AWS, "--per-node")["nodes"]
    assert [one["node"] for one in nodes if one["cluster"] == "prod"] == [
        "workers-0",
        "workers-1",
        "workers-2",
        "metal-x86-0",
        "metal-x86-1",
        "metal-arm-0",
    ]
    workers, metal = nodes[1], nodes[-1]
    assert (workers["vtep"], workers["devices"]) == (None, [])
    assert metal["vtep"] == "from the node"
    assert {"vrf20100", "br20100", "vx20100", "br10100", "vx10100"} <= {
        one["device"] for one in metal["devices"]
    }


def test_plan_per_node_names_uplinks_devices(said: Callable[..., Any]) -> None:
    node = said("plan", LAB, "--per-node")["nodes"][0]
    assert {
        "device": "ens224.1925",
        "kind": "vlan",
        "vlan": 1925,
        "network": "vlan-1925",
        "mtu": 1500,
    } in node["devices"]


def test_plan_per_node_says_a_pinned_tunnel_address(
    tmp_path: Path, said: Callable[..., Any]
) -> None:
    text = (Path(AWS) / "estate.yaml").read_text()
    file = tmp_path / "pinned.yaml"
    file.write_text(text.replace("asn: 65000", "asn: 65000\n  vtep: {pinned: {metal-0: 10.1.0.9}}"))
    nodes = {one["node"]: one["vtep"] for one in said("plan", str(file), "--per-node")["nodes"]}
    assert (nodes["metal-0"], nodes["metal-x86-0"]) == ("10.1.0.9", "from the node")


def test_a_narrow_terminal_gets_lists_in_place_of_tables() -> None:
    shown = on_terminal("plan", AWS, "--only", "prod", columns=50, NO_COLOR="1")
    assert "    gateways: 172.20.100.1/24\n" in shown
    assert "    devices: br10100, vx10100\n" in shown


def test_plain_data_of_a_plan_is_json_all_the_way_down() -> None:
    assert json.dumps(plain(check_estate(AWS).estate.networks["red"]))


# render


def test_render_says_what_was_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    text = ended(capsys, "render", AWS, "--out", out).out
    assert "40-policies" in text
    assert "together" in text
    assert f"hyperleaf diff {out} {AWS}" in text
    assert "nothing changed" in ended(capsys, "render", AWS, "--out", out).out


def test_render_as_json_counts_objects_by_cluster_and_step(
    tmp_path: Path, said: Callable[..., Any]
) -> None:
    told = said("render", AWS, "--out", str(tmp_path / "out"))
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    counted = sum(sum(steps.values()) for steps in told["objects"].values())
    assert counted == len(index["objects"])
    assert sorted(told["added"]) == index["files"]
    assert 50 < told["estateLines"] < 120


def test_render_streams_one_cluster_as_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    text = ended(capsys, "render", AWS, "--stream", "edge").out
    assert text.startswith("---\n")
    assert text.count("\n---\n") > 5


def test_render_streams_the_only_cluster_without_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "ens224.1925" in ended(capsys, "render", LAB, "--stream").out


def test_render_of_one_cluster_makes_its_folder_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(capsys, "render", AWS, "--out", str(tmp_path / "out"), "--only", "edge")
    assert [one.name for one in (tmp_path / "out" / "clusters").iterdir()] == ["edge"]


def test_render_of_one_cluster_removes_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    ended(capsys, "render", AWS, "--out", out)
    end = ended(capsys, "render", AWS, "--out", out, "--only", "edge")
    assert end.status == 3
    assert "hub, prod" in end.err
    assert (tmp_path / "out" / "clusters" / "prod").is_dir()


def test_argo_cd_is_told_the_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    ended(capsys, "render", AWS, "--out", str(out), "--repository", "https://git.example.org/n")
    assert "repoURL: https://git.example.org/n" in (out / "argocd" / "prod.yaml").read_text()


def test_reflectors_that_were_found_are_rendered_from_the_facts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (Path(AWS) / "estate.yaml").read_text()
    estate, facts = tmp_path / "estate.yaml", tmp_path / "facts.yml"
    estate.write_text(text.replace(", addresses: [10.0.0.11, 10.0.0.12]", ""))
    facts.write_text("reflectors: [10.0.0.21, 10.0.0.22]\n")
    bare = ended(capsys, "render", str(estate), "--stream", "edge").out
    found = ended(capsys, "render", str(estate), "--facts", str(facts), "--stream", "edge").out
    assert "10.0.0.21" not in bare
    assert "10.0.0.21" in found


@pytest.mark.parametrize(
    ("text", "code"), [("reflectors: 10.0.0.21\n", "HL0056"), ("reflektors: []\n", "HL0055")]
)
def test_a_mistake_in_the_facts_is_a_finding(
    text: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = tmp_path / "facts.yml"
    facts.write_text(text)
    end = ended(capsys, "check", AWS, "--facts", str(facts))
    assert end.status == 1
    assert f"{facts}:1:1: error {code}" in end.out


# diff


def test_diff_ends_with_0_where_nothing_differs(capsys: pytest.CaptureFixture[str]) -> None:
    end = ended(capsys, "diff", AWS, AWS)
    assert (end.status, end.out) == (0, "The same in meaning.\n")


def test_diff_of_a_render_and_its_estate_finds_nothing(
    tmp_path: Path, said: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    ended(capsys, "render", AWS, "--out", out)
    assert said("diff", out, AWS) == {
        "same": True,
        "changes": [],
        "objects": {"added": [], "changed": [], "removed": []},
    }


def test_diff_since_a_render_names_the_objects_that_change(
    tmp_path: Path, said: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    ended(capsys, "render", AWS, "--out", out)
    changed = tmp_path / "changed.yaml"
    text = (Path(AWS) / "estate.yaml").read_text()
    changed.write_text(text.replace("namespaces: [red]", "namespaces: [red, more]"))
    told = said("diff", out, str(changed))
    assert [one["sentence"] for one in told["changes"]] == [
        "network red gains attachment more/red in prod"
    ]
    assert told["objects"]["added"] == [
        "clusters/prod/60-attachments/10-namespace_more.yaml",
        "clusters/prod/60-attachments/50-networkattachmentdefinition_more_red.yaml",
    ]
    assert told["objects"]["removed"] == []


def test_diff_ends_with_1_where_anything_differs(capsys: pytest.CaptureFixture[str]) -> None:
    end = ended(capsys, "diff", AWS, LAB)
    assert end.status == 1
    assert "- network red is gone\n" in end.out
    assert "+ network vlan-1925 is new: " in end.out


def test_an_index_that_is_none_could_not_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "index.json").write_text("[]")
    end = ended(capsys, "diff", str(tmp_path), AWS)
    assert end.status == 3
    assert "no index that render wrote" in end.err


# trace


def test_trace_as_json_has_ends_hops_and_places(said: Callable[..., Any]) -> None:
    told = said("trace", AWS, "red", "outside")
    (verdict,) = told["verdicts"]
    assert told["reached"]
    assert (verdict["how"], verdict["family"], verdict["stoppedBy"]) == ("nat", 4, None)
    assert verdict["source"]["network"] == "red"
    assert verdict["hops"][0].keys() == {"where", "what", "place"}


def test_trace_as_json_has_the_line_that_stops(said: Callable[..., Any]) -> None:
    (verdict,) = said("trace", AWS, "red", "green")["verdicts"]
    assert not verdict["reached"]
    assert verdict["stoppedBy"].keys() == {"file", "line", "column", "document", "reason"}


def test_trace_ends_with_1_where_the_packet_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(capsys, "trace", AWS, "red", "outside").status == 0
    end = ended(capsys, "trace", AWS, "red", "green")
    assert end.status == 1
    assert end.out.startswith("no red@prod")


def test_what_is_said_to_come_next_has_the_facts_and_no_trace_without_networks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text("clusters: {hub: {infraID: hub-h5ffp}}\n")
    out = str(tmp_path / "out")
    end = ended(capsys, "render", HOSTED, "--facts", str(facts), "--out", out)
    assert f"hyperleaf diff {out} {HOSTED} --facts {facts}    what" in end.out
    assert "hyperleaf trace" not in end.out
    assert "hyperleaf trace" in ended(capsys, "render", AWS, "--out", out + "2").out


# explain


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    end = ended(capsys, "explain", code)
    assert end.status == 0
    assert end.out.startswith(f"{code}  {CODES[code].title}\n\n{CODES[code].why}")


@pytest.mark.parametrize("word", ["hl0001", "1", "0001"])
def test_a_code_is_found_as_it_is_typed(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(capsys, "explain", word).out.startswith("HL0001")


def test_all_codes_are_listed(said: Callable[..., Any]) -> None:
    assert [one["code"] for one in said("explain")] == sorted(CODES)


# init


@pytest.mark.parametrize("name", examples.names())
def test_an_example_is_written_as_it_is(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "mine"
    assert ended(capsys, "init", str(place), "--example", name).status == 0
    for file in (ROOT / "examples" / name).glob("*.yaml"):
        assert (place / file.name).read_text() == file.read_text()
    assert ended(capsys, "check", str(place)).status == 0


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "estate.yaml").write_text("mine")
    end = ended(capsys, "init", str(tmp_path), "--example", "04-overlay")
    assert end.status == 3
    assert (tmp_path / "estate.yaml").read_text() == "mine"
    assert [one.name for one in tmp_path.iterdir()] == ["estate.yaml"]


@pytest.mark.parametrize(
    "answers",
    [[], ["vsphere"], ["baremetal"], ["baremetal", "trunk"], ["rosa"]],
    ids=lambda words: " ".join(words) or "the usual answers",
)
def test_answers_make_an_estate_without_errors(
    answers: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _answer(tmp_path, [*answers, *[""] * 30])
    assert ended(capsys, "check", str(tmp_path)).status == 0


def _answer(folder: Path, lines: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hyperleaf", "init", str(folder)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def test_an_answer_that_cannot_be_read_is_asked_again(tmp_path: Path) -> None:
    done = _answer(tmp_path, ["rosa", "Not A Name", "mine", *[""] * 10])
    assert "a name has at most 63 lower-case letters" in done.stderr
    assert "metadata: {name: mine}" in (tmp_path / "estate.yaml").read_text()


def test_answers_that_end_too_early_write_nothing(tmp_path: Path) -> None:
    done = _answer(tmp_path, ["aws"])
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


# completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_this_command(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert completion.name == "completion"
    assert "_HYPERLEAF_COMPLETE" in ended(capsys, "completion", shell).out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("hyperleaf ex", "explain"),
        ("hyperleaf explain HL000", "HL0001"),
        ("hyperleaf init --example 01", "01-aws-hosted"),
        ("hyperleaf check --warn", "--warnings-as-errors"),
    ],
)
def test_words_are_completed(words: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hyperleaf"],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
        env={
            **os.environ,
            "_HYPERLEAF_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
    )
    assert f"plain,{expected}" in done.stdout.splitlines()


def test_the_bash_script_is_one_that_bash_reads(capsys: pytest.CaptureFixture[str]) -> None:
    script = ended(capsys, "completion", "bash").out
    subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=LIMIT_SECONDS)


def test_an_image_is_pinned_by_its_reference(capsys: pytest.CaptureFixture[str]) -> None:
    pinned = "mirror.example.com/frr@sha256:0123"
    end = ended(capsys, "render", AWS, "--image", f"frr={pinned}", "--stream", "prod")
    assert f"image: {pinned}" in end.out
    assert "quay.io/frrouting/frr" not in end.out


def test_an_image_that_nothing_runs_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(capsys, "render", AWS, "--image", "bird=x", "--stream", "prod").status == 2
