"""What a lab runs on: the host's kernel, an ordinary user's rights, a machine that lacks things."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import hyperleaf
from hyperleaf.api import load
from hyperleaf.lab import kernel, root, runtime, scratch
from hyperleaf.plan.clusters import plan
from hyperleaf.process import end
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples"
INSIDE = Path(__file__).with_name("prove_inside.py")
AWS = "01-aws-hosted"
# A kernel that stands for a host: its own root is the cached one of the lab in it.
_HOST = """
export PYTHONPATH=/lab/host HYPERLEAF_CACHE=/tmp/cache PYTHONDONTWRITEBYTECODE=1
place=/tmp/cache/lab/root-$(python3 -c 'from hyperleaf.lab import root; print(root.recipe())')
mkdir -p $place/root
mount --bind / $place/root
echo {} > $place/recipe.json
exec python3 /lab/host/prove_inside.py /lab/host native
"""


def _beside(folder: Path, example: str) -> Path:
    """Write what a lab in another Python needs: hyperleaf, YAML, what is to be proven."""
    made = plan(load(EXAMPLES / example).estate)
    write(render(made), folder / "rendered")
    (folder / "around.pickle").write_bytes(pickle.dumps(surroundings(made)))
    for package in (hyperleaf, yaml):
        source = Path(str(package.__file__)).parent
        ignored = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(source, folder / source.name, ignore=ignored)
    shutil.copy(INSIDE, folder)
    return folder


@pytest.mark.judge
def test_the_hosts_own_kernel_runs_a_lab(tmp_path: Path, lab_root: Path) -> None:
    """A kernel with VRFs stands for a host, as the one here may have none."""
    _beside(tmp_path / "host", AWS)
    with kernel.boot(lab_root, tmp_path, enter=runtime.namespaces(), memory_mib=4096) as host:
        ran = host.run(_HOST, seconds=300, check=False)
    assert ran.status == 0, str(ran)
    told: dict[str, Any] = json.loads(ran.out.splitlines()[-1])
    assert told["runtime"] == "native"
    assert told["wrong"] == []
    assert told["checks"] > 500


@pytest.mark.judge
def test_a_kernel_that_cannot_run_a_lab_is_told_what_it_lacks(lab_root: Path) -> None:
    if runtime.find(None, lab_root).name == "native":
        pytest.skip("the kernel here has every device of a leaf")
    with pytest.raises(runtime.NoRuntimeError, match=r"this machine's kernel cannot .* it lacks "):
        runtime.find("native", lab_root)


@pytest.mark.judge
def test_several_kernels_are_joined_by_wires_that_take_jumbo_frames(
    tmp_path: Path, lab_root: Path
) -> None:
    layout = kernel.Layout(2, {"far": 1})
    one, other = kernel.End("near", "one"), kernel.End("far", "other")
    with kernel.boot(lab_root, tmp_path, enter=runtime.namespaces(), layout=layout) as joined:
        for end in (one, other):
            joined.namespace(end.namespace)
        joined.link(one, other, 9001)
        for end, host in ((one, 1), (other, 2)):
            joined.run(_up(end, host), node=end.namespace)
        ping = "ping -n -q -c 2 -i 0.2 -W 2 -M do 192.0.2.2"
        joined.run(f"{ping} -s {9001 - 28}", node="near")
        assert joined.run(f"{ping} -s {9002 - 28}", node="near", check=False).status
        # A node that goes and comes back finds its wire again.
        joined.run("ip netns del far", beside="far")
        joined.namespace("far")
        joined.link(one, other, 9001)
        joined.run(_up(other, 2), node="far")
        joined.run(ping, node="near")


@pytest.mark.judge
def test_a_kernel_that_loses_its_neighbour_goes_on(tmp_path: Path, lab_root: Path) -> None:
    layout = kernel.Layout(2, {"far": 1})
    one, other = kernel.End("near", "one"), kernel.End("far", "other")
    neighbour = "ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev one"
    with kernel.boot(lab_root, tmp_path, enter=runtime.namespaces(), layout=layout) as joined:
        for each in (one, other):
            joined.namespace(each.namespace)
        joined.link(one, other, 9001)
        joined.run(f"{_up(one, 1)}; {neighbour}", node="near")
        end(joined.channels[1].process)
        joined.run("ping -n -q -c 5 -i 0.1 -W 1 192.0.2.2", node="near", check=False)
        before = float(joined.run(_IDLE).out)
        time.sleep(1)
        assert float(joined.run(_IDLE).out) - before > 50  # of a hundred ticks


# How long the kernel had nothing to do, in hundredths of a second.
_IDLE = "awk 'NR == 1 {print $5}' /proc/stat"


def _up(end: kernel.End, host: int) -> str:
    mac = f"02:00:00:00:00:{host:02x}"
    return (
        f"ip link set {end.device} address {mac} up; ip addr add 192.0.2.{host}/24 dev {end.device}"
    )


def test_a_probe_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "unshare"
    hanging.write_text("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(runtime, "PROBE_SECONDS", 1)
    began = time.monotonic()
    with pytest.raises(runtime.NoRuntimeError, match="namespaces cannot be opened here: no end"):
        runtime.check()
    assert runtime.find().name == "uml"
    assert time.monotonic() - began < 10


def test_all_missing_packages_are_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPERLEAF_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(root.RootError, match=r"apt install mmdebstrap .*gcc.*xz-utils"):
        root.ready()
    assert [one.name for one in (tmp_path / "lab").iterdir()] == [".lock"]


@contextmanager
def _small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system for the block."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmp", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("nobody may mount a file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_too_small_for_the_root_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _small_disk(tmp_path / "cache", "20m") as cache:
        monkeypatch.setenv("HYPERLEAF_CACHE", str(cache))
        with pytest.raises(root.RootError, match=r"MiB are left; the lab's root takes .* MiB"):
            root.ready()
        assert [one.name for one in (cache / "lab").iterdir()] == [".lock"]


def test_a_half_made_root_that_something_is_mounted_in_is_left_alone(tmp_path: Path) -> None:
    half = tmp_path / ".root-1"
    half.mkdir()
    with _small_disk(half / "dev", "1m") as mounted:
        (mounted / "null").touch()
        root._remove(half)
        assert (mounted / "null").exists()
    root._remove(half)
    assert not half.exists()


@pytest.mark.judge
def test_a_disk_that_gets_full_while_the_root_is_made_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _small_disk(tmp_path / "cache", "40m") as cache:
        monkeypatch.setenv("HYPERLEAF_CACHE", str(cache))
        monkeypatch.setattr(root, "ROOM_MIB", 1)
        with pytest.raises(root.RootError, match="make room"):
            root.ready()
        assert [one.name for one in (cache / "lab").iterdir()] == [".lock"]


@pytest.mark.judge
def test_a_disk_that_gets_full_under_a_lab_is_named_and_the_lab_goes(
    tmp_path: Path, lab_root: Path
) -> None:
    with _small_disk(tmp_path / "runs", "2m") as runs:
        with (
            scratch.folder(runs) as place,
            kernel.boot(lab_root, place, enter=runtime.namespaces()) as booted,
        ):
            booted.run("true")
            _fill(place / "much")
            with pytest.raises(kernel.KernelError, match="No space left on device"):
                booted.run(["echo", "." * 100_000])
        assert [one.name for one in runs.iterdir() if one.name != scratch.LOCK] == []


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as opened:
        try:
            while opened.write(b"." * 4096):
                pass
        except OSError:
            return


@pytest.fixture
def user() -> Iterator[str]:
    """Make an ordinary user with subordinate ids for a test."""
    if os.geteuid() or shutil.which("useradd") is None or shutil.which("newuidmap") is None:
        pytest.skip("to make a user takes root, useradd and newuidmap")
    name = f"hyperleaf-{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", "--home-dir", "/nonexistent", name], check=True)
    try:
        if f"{name}:" not in runtime.SUBUID.read_text():
            pytest.skip("useradd gives no subordinate ids here")
        yield name
    finally:
        subprocess.run(["userdel", name], check=True)


@pytest.fixture
def home(user: str) -> Iterator[Path]:
    """Make a folder that everybody comes by, of the user's own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix=f"{user}-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        yield home


def _as_user(user: str, home: Path, cache: Path, seconds: int) -> dict[str, Any]:
    """Prove the AWS example as a user, with the system's Python."""
    if not (home / "beside").exists():
        _beside(home / "beside", AWS)
    cache.mkdir(exist_ok=True)
    shutil.chown(cache, user)
    ran = subprocess.run(
        [
            *("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"),
            *("env", "-i", f"PATH={os.environ['PATH']}", f"HYPERLEAF_CACHE={cache}"),
            *("/usr/bin/python3", "-B", str(home / "beside" / INSIDE.name)),
            *(str(home / "beside"), "uml"),
        ],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    if "No module named" in ran.stderr or "SyntaxError" in ran.stderr:
        pytest.skip("the system's Python is too old")
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


def test_a_cache_that_the_labs_users_cannot_come_by_is_named(user: str, home: Path) -> None:
    home.chmod(0o750)
    shutil.chown(home, group=user)
    told = _as_user(user, home, home / "cache", 60)
    assert f"chmod o+x {home}" in told["error"]


@pytest.mark.judge
@pytest.mark.skipif(not os.environ.get("HYPERLEAF_SOAK"), reason="it makes a root of its own")
def test_an_ordinary_user_proves_the_example(user: str, home: Path, lab_root: Path) -> None:
    cache = home / "cache"
    built = next(lab_root.parents[1].glob("modules-*"))
    shutil.copytree(built, cache / "lab" / built.name)
    shutil.chown(cache / "lab", user)
    told = _as_user(user, home, cache, 500)
    assert told.get("wrong") == [], told
    assert told["runtime"] == "uml"
    assert told["checks"] > 500
