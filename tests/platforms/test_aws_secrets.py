"""Credentials of AWS are in nothing that `up` and `down` say, write or are started with."""

from __future__ import annotations

import base64
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from judges.processes import Eyes
from platforms import raising

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from judges.aws import Aws

KEY_ID = "AKIAPLANTEDKEYOFNOB1"
SECRET = "plantedSecretOfNobody/7MDENGbPxRfiCYPLANTED1"  # noqa: S105 - of nobody
TOKEN = "IQoJb3JpZ2luPlantedSessionTokenOfNobody0123456789"  # noqa: S105
PROFILE_ID = "AKIAPLANTEDKEYOFNOB2"
PROFILE = "plantedProfileOfNobody/7MDENGbPxRfiCYPLANTED2"
HUB = "plantedSecretForTheHub/7MDENGbPxRfiCYPLANTED3"
PULL = "cGxhbnRlZDpwdWxsLXNlY3JldC1vZi1ub2JvZHk"
SSH = "AAAAC3NzaC1lZDI1NTE5AAAAIPlantedKeyOfNobody"
PLANTED = (KEY_ID, SECRET, TOKEN, PROFILE_ID, PROFILE, HUB, PULL, SSH)
BESIDE = {
    "aws-credentials": f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {HUB}\n",
    "pull-secret.txt": f'{{"auths": {{"quay.io": {{"auth": "{PULL}"}}}}}}\n',
    "id_ed25519.pub": f"ssh-ed25519 {SSH} core@nowhere\n",
}
# What AWS itself says of a signature that does not fit: with what was signed.
SIGNED = (
    "The request signature we calculated does not match. The Canonical String for this request"
    f" should have been 'x-amz-security-token:{TOKEN} Credential={KEY_ID}/20260101'"
)


@pytest.fixture
def eyes() -> Iterator[Eyes]:
    """Watch the process list."""
    made = Eyes()
    made.start()
    yield made
    made.is_over.set()
    made.join(10)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder to run in, with an estate, secrets beside it, and a profile elsewhere."""
    estate = shutil.copytree(raising.EXAMPLE, tmp_path / "home" / "estate")
    for name, text in BESIDE.items():
        (estate / name).write_text(text)
    profile = f"[planted]\naws_access_key_id = {PROFILE_ID}\naws_secret_access_key = {PROFILE}\n"
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "credentials").write_text(profile)
    return tmp_path / "home"


def variables(home: Path) -> dict[str, str]:
    """Return variables that plant secrets, and keep all that is written in one folder."""
    scratch = home / "scratch"
    scratch.mkdir(exist_ok=True)
    places = dict.fromkeys(("TMPDIR", "HOME", "HYPERLEAF_CACHE"), str(scratch))
    planted = {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_SESSION_TOKEN": TOKEN,
        "AWS_SHARED_CREDENTIALS_FILE": str(home.parent / "keys" / "credentials"),
    }
    return places | planted


def words(home: Path, verb: str, *more: str) -> list[str]:
    facts = ["--facts", str(home / "facts.yaml")] if verb == "up" else []
    return raising.words(verb, *facts, "--yes", *more, estate=home / "estate")


def ran(account: Aws, home: Path, verb: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words(home, verb, *more),
        cwd=home,
        env=raising.environment(account, **variables(home)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=raising.LIMIT_SECONDS,
        check=False,
    )


def interrupted(account: Aws, home: Path) -> subprocess.CompletedProcess[str]:
    """Press Ctrl-C while a stack is being made."""
    with subprocess.Popen(
        words(home, "up"),
        cwd=home,
        env=raising.environment(account, **variables(home)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        ends = time.monotonic() + raising.LIMIT_SECONDS
        while not account.writes() and time.monotonic() < ends:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=raising.LIMIT_SECONDS)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def leaks(home: Path, eyes: Eyes, *ended: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the planted words that are anywhere where they should not be."""
    written = [
        one.read_text(errors="replace")
        for one in home.rglob("*")
        if one.is_file() and one.name not in BESIDE
    ]
    texts = [text for one in ended for text in (one.stdout, one.stderr)]
    secrets = [*PLANTED, *(base64.b64encode(one.encode()).decode() for one in PLANTED)]
    return [word for word in secrets for text in (*texts, *written, *eyes.seen) if word in text]


ENDINGS: dict[str, tuple[int, list[dict[str, Any]], tuple[str, ...]]] = {
    "fine": (0, [], ()),
    "fine, as JSON": (0, [], ("-o", "json")),
    "with a profile": (0, [], ("--profile", "planted")),
    "throttled now and then": (0, [{"kind": "throttle", "every": 5}], ()),
    "throttled for good": (3, [{"kind": "throttle", "service": "sts"}], ()),
    "a stack fails": (1, [{"kind": "fail", "resource": "Vpc", "reason": "no more of them"}], ()),
    "a signature that does not fit": (
        3,
        [{"kind": "refuse", "code": "SignatureDoesNotMatch", "message": SIGNED}],
        (),
    ),
    "AWS repeats what it was asked": (
        1,
        [{"kind": "refuse", "action": "CreateStack", "code": "Odd", "message": SIGNED}],
        ("-o", "json"),
    ),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_no_planted_secret_is_anywhere(account: Aws, home: Path, eyes: Eyes, how: str) -> None:
    status, faults, more = ENDINGS[how]
    account.faults(*faults)
    done = ran(account, home, "up", *more)
    assert done.returncode == status, done.stderr
    assert leaks(home, eyes, done) == []


def test_no_planted_secret_is_anywhere_after_down(account: Aws, home: Path, eyes: Eyes) -> None:
    ended = [ran(account, home, "up"), ran(account, home, "down")]
    assert [one.returncode for one in ended] == [0, 0]
    assert leaks(home, eyes, *ended) == []


def test_no_planted_secret_is_anywhere_after_an_interrupt(
    account: Aws, home: Path, eyes: Eyes
) -> None:
    account.faults({"kind": "slow", "reads": 1000})
    done = interrupted(account, home)
    assert done.returncode == 130, done.stderr
    assert leaks(home, eyes, done) == []


def test_a_secret_that_is_printed_would_be_found(account: Aws, home: Path, eyes: Eyes) -> None:
    del account
    done: subprocess.CompletedProcess[str] = subprocess.CompletedProcess([], 0, f"x{SECRET}y", "")
    assert leaks(home, eyes, done) == [SECRET]
    (home / "facts.yaml").write_text(TOKEN)
    assert leaks(home, eyes) == [TOKEN]
