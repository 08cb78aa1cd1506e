"""A vCenter that is slow, refuses or breaks off: each is told, and the next run goes on."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyVmomi import vim as untyped

from hyperleaf.platforms.errors import AccessError, PlatformError
from hyperleaf.platforms.vsphere import session as sessions
from judges.vcenter import PASSWORD, USER, Vcenter, vcenter
from platforms.vsphere_lab import (
    distributed,
    environment,
    estate,
    named,
    ran,
    snapshot,
    standard,
    steps,
    template,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.judge
# Every call that changes something, in the order of a first run.
CHANGES = (
    "AddCustomFieldDef",
    "SetField",
    "AddPortGroup",
    "AddPortGroup",
    "CloneVM_Task",
    "ReconfigVM_Task",
    "MarkAsTemplate",
)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(sessions, "_PAUSE_SECONDS", 0.01)


def all_of(center: Vcenter) -> tuple[dict[str, Any], ...]:
    return standard(center), template(center, "Trunk")


@pytest.fixture
def whole(center: Vcenter) -> dict[str, Any]:
    """Return what one undisturbed run makes, in a vCenter that is then as before."""
    steps(*all_of(center)).make()
    made = snapshot(center)
    steps(*all_of(center)).remove()
    return made


def test_a_first_run_sends_these_changes(center: Vcenter) -> None:
    steps(*all_of(center)).make()
    assert tuple(one.method for one in center.changes()) == CHANGES


@pytest.mark.parametrize("kind", ["drop", "lose"])
@pytest.mark.parametrize("number", range(1, len(CHANGES)))
def test_a_connection_that_breaks_at_a_change_is_told_and_the_next_run_ends_the_same(
    center: Vcenter, whole: dict[str, Any], number: int, kind: str
) -> None:
    # The attribute is there from the undisturbed run.
    center.misbehave({"kind": kind, "mutating": True, "nth": number})
    with pytest.raises(AccessError) as caught:
        steps(*all_of(center)).make()
    assert caught.value.finding.code == "HL1404"
    center.misbehave()
    steps(*all_of(center)).make()
    assert snapshot(center) == whole


@pytest.mark.parametrize("kind", ["drop", "lose"])
@pytest.mark.parametrize("number", range(1, 6))
def test_the_same_holds_at_a_distributed_switch(center: Vcenter, number: int, kind: str) -> None:
    bodies = distributed(center), template(center, "Wide")
    steps(*bodies).make()
    wanted = alike(snapshot(center))
    steps(*bodies).remove()
    center.misbehave({"kind": kind, "mutating": True, "nth": number})
    with pytest.raises(AccessError):
        steps(*bodies).make()
    center.misbehave()
    steps(*bodies).make()
    assert alike(snapshot(center)) == wanted


def alike(seen: dict[str, Any]) -> dict[str, Any]:
    """Return a snapshot without the key of a port group, which is another each time."""
    text = re.sub(r"dvportgroup-\d+", "dvportgroup", json.dumps(seen, sort_keys=True))
    made: dict[str, Any] = json.loads(text)
    return made


def test_a_clone_that_fails_is_told_in_vcenters_words_and_leaves_nothing(
    center: Vcenter, whole: dict[str, Any]
) -> None:
    source = named(center, untyped.VirtualMachine, "hub-7vxwj-rhcos")
    in_the_way = source.parent.CreateFolder("hub-7vxwj-rhcos-cnv")
    with pytest.raises(PlatformError) as caught:
        steps(*all_of(center)).make()
    assert caught.value.finding.code == "HL1407"
    assert "cloning hub-7vxwj-rhcos: DuplicateName (hub-7vxwj-rhcos-cnv)" in str(
        caught.value.finding
    )
    in_the_way.Destroy_Task()
    steps(*all_of(center)).make()
    assert snapshot(center) == whole


@pytest.mark.parametrize("kind", ["drop", "busy"])
def test_a_question_is_asked_again_when_the_connection_breaks(center: Vcenter, kind: str) -> None:
    for method in ("CreateContainerView", "RetrievePropertiesEx"):
        center.misbehave({"kind": kind, "method": method})
        seen = steps(*all_of(center)).see()
        assert [len(one.changes) for one in seen] == [1, 1]


def test_a_vcenter_that_stays_away_is_told(center: Vcenter) -> None:
    center.misbehave({"kind": "drop", "method": "RetrievePropertiesEx", "always": True})
    with pytest.raises(AccessError) as caught:
        steps(*all_of(center)).see()
    assert caught.value.finding.code == "HL1404"
    assert center.server in caught.value.finding.message


@pytest.mark.parametrize("method", ["versions", "Login", "RetrievePropertiesEx", "AddPortGroup"])
def test_a_slow_vcenter_is_not_waited_for_without_end(
    center: Vcenter, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(sessions, "CONNECT_SECONDS", 0.5)
    center.misbehave({"kind": "slow", "method": method, "seconds": 30, "always": True})
    with pytest.raises(AccessError) as caught:
        steps(*all_of(center)).make()
    assert caught.value.finding.code == "HL1404"
    assert "did not answer in time" in caught.value.finding.message


def test_a_slow_vcenter_is_waited_for_as_long_as_it_answers(center: Vcenter) -> None:
    center.misbehave({"kind": "slow", "seconds": 0.05, "always": True})
    assert steps(*all_of(center)).make()[1] == {"Name": "hub-7vxwj-rhcos-cnv"}


def test_a_wrong_password_is_told_and_not_repeated(
    center: Vcenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VSPHERE_PASSWORD", "not-th3-pa55word")
    with pytest.raises(AccessError) as caught:
        steps(*all_of(center)).see()
    assert caught.value.finding.code == "HL1403"
    assert "not-th3-pa55word" not in str(caught.value.finding)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    center: Vcenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(AccessError) as caught:
        steps(*all_of(center)).see()
    assert caught.value.finding.code == "HL1404"
    assert "certificate is not trusted" in caught.value.finding.message
    assert not [one for one in center.log() if one.method == "Login"]


def test_nobody_listening_is_told(center: Vcenter) -> None:
    nowhere = {**standard(center), "server": "127.0.0.1:1"}
    with pytest.raises(AccessError) as caught:
        steps(nowhere).see()
    assert caught.value.finding.code == "HL1404"
    assert "127.0.0.1:1 does not answer" in caught.value.finding.message


def test_what_is_no_vcenter_is_told(center: Vcenter) -> None:
    center.misbehave({"kind": "soap", "method": "versions", "fault": "NotFound"})
    with pytest.raises(AccessError) as caught:
        steps(*all_of(center)).see()
    assert caught.value.finding.code == "HL1440"


def test_a_session_that_has_ended_is_told_and_the_next_run_goes_on(
    center: Vcenter, whole: dict[str, Any]
) -> None:
    center.misbehave({"kind": "soap", "method": "CloneVM_Task", "fault": "NotAuthenticated"})
    with pytest.raises(AccessError) as caught:
        steps(*all_of(center)).make()
    assert "has ended the session" in caught.value.finding.message
    center.misbehave()
    steps(*all_of(center)).make()
    assert snapshot(center) == whole


def test_a_privilege_that_is_missing_is_named(center: Vcenter) -> None:
    center.misbehave({"kind": "soap", "method": "AddPortGroup", "fault": "NoPermission"})
    with pytest.raises(PlatformError) as caught:
        steps(*all_of(center)).make()
    assert caught.value.finding.code == "HL1405"
    assert "Network.Assign" in caught.value.finding.message


@pytest.mark.parametrize(
    ("stated", "variables", "why"),
    [
        (None, {}, "VSPHERE_USER and VSPHERE_PASSWORD are not set"),
        ({"env": "CLOUD"}, {}, "the variable CLOUD is not set"),
        ({"env": "CLOUD"}, {"CLOUD": "s3cret-w0rd"}, "does not say"),
        ({"env": "CLOUD"}, {"CLOUD": "a: {s3cret-w0rd"}, "is no YAML"),
        ({"file": "nowhere.yaml"}, {}, "No such file"),
    ],
)
def test_a_login_that_is_not_there_is_told_and_never_repeated(
    center: Vcenter,
    monkeypatch: pytest.MonkeyPatch,
    stated: dict[str, str] | None,
    variables: dict[str, str],
    why: str,
) -> None:
    for name in ("VSPHERE_USER", "VSPHERE_PASSWORD"):
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AccessError) as caught:
        steps({**standard(center), "credential": stated}).see()
    assert caught.value.finding.code == "HL1402"
    assert why in caught.value.finding.message
    assert "s3cret-w0rd" not in str(caught.value.finding)


# The command


def held_by(center: Vcenter, when: str, number: int, folder: Path, facts: Path) -> list[str]:
    """Start `up`, kill it at a change before or after that is made; return its command line."""
    center.misbehave({"kind": when, "mutating": True, "nth": number})
    command = words("up", folder, "--facts", str(facts), "--yes")
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(center),
    )
    try:
        center.held()
        return (Path("/proc") / str(process.pid) / "cmdline").read_text().split("\0")
    finally:
        process.kill()
        process.wait(30)
        center.misbehave()


@pytest.mark.parametrize("when", ["hold", "holdAfter"])
@pytest.mark.parametrize("number", range(1, len(CHANGES) + 1))
def test_killed_at_any_change_the_next_run_ends_as_an_undisturbed_one(
    center: Vcenter, tmp_path: Path, number: int, when: str
) -> None:
    folder, facts = estate(center, tmp_path / "estate"), tmp_path / "facts.yaml"
    held_by(center, when, number, folder, facts)
    assert not facts.exists()
    assert ran(center, "up", folder, "--facts", str(facts), "--yes").status == 0
    made = snapshot(center)
    assert made["machines"]["hub-7vxwj-rhcos-cnv"]["template"]
    assert len(made["machines"]) == 2
    assert facts.read_text().endswith("template: hub-7vxwj-rhcos-cnv\n")
    run = steps(*all_of(center), owner="lab")
    assert [one.changes for one in run.see()] == [(), ()]
    run.remove()
    assert list(snapshot(center)["machines"]) == ["hub-7vxwj-rhcos"]
    assert snapshot(center)["marks"] == {}


def test_killed_while_it_is_cloned_the_next_run_waits_for_the_same_clone(
    tmp_path: Path, needed: Callable[..., None]
) -> None:
    needed("vcenter")
    with vcenter(tmp_path / "vcenter", "-cloning", "4000") as center:
        folder, facts = estate(center, tmp_path / "estate"), tmp_path / "facts.yaml"
        clone = CHANGES.index("CloneVM_Task") + 1
        held_by(center, "holdAfter", clone, folder, facts)
        looked = ran(center, "up", folder, "--dry-run")
        assert "hub-7vxwj-rhcos is being cloned" in looked.out
        done = ran(center, "up", folder, "--facts", str(facts), "--yes")
        assert done.status == 0, done.err
        assert [one.method for one in center.changes()].count("CloneVM_Task") == 1
        assert snapshot(center)["machines"]["hub-7vxwj-rhcos-cnv"]["template"]


def test_the_password_is_in_no_file_no_output_and_no_process_list(
    center: Vcenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "login.yaml").write_text(f"username: {USER}\npassword: {PASSWORD}\n")
    monkeypatch.delenv("VSPHERE_USER")
    monkeypatch.delenv("VSPHERE_PASSWORD")
    folder = estate(center, tmp_path / "estate", credential="{cloud: {file: ../login.yaml}}")
    facts, out = tmp_path / "facts.yaml", tmp_path / "out"
    empty = {"VSPHERE_USER": "", "VSPHERE_PASSWORD": ""}
    told = [ran(center, "render", folder, "--out", str(out))]
    listed = held_by(center, "hold", 1, folder, facts)
    for fault in (
        {"kind": "drop", "mutating": True, "nth": 2},
        {"kind": "soap", "method": "Login", "fault": "InvalidLogin"},
        {"kind": "soap", "method": "CloneVM_Task", "fault": "NoPermission"},
        {"kind": "busy", "method": "versions"},
    ):
        center.misbehave(fault)
        told.append(ran(center, "up", folder, "--facts", str(facts), "--yes", **empty))
        assert told[-1].status in {1, 3}
    center.misbehave()
    told.append(ran(center, "up", folder, "--facts", str(facts), "--yes", **empty))
    assert told[-1].status == 0
    files = [one for one in tmp_path.rglob("*") if one.is_file() and one.name != "login.yaml"]
    said = [text for one in told for text in (one.out, one.err)]
    for text in (*said, *listed, *(one.read_text(errors="replace") for one in files)):
        assert PASSWORD not in text
