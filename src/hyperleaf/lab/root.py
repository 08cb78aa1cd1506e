"""Makes the Debian root that every lab runs in, once: cached by the hash of its recipe.

The kernel is Debian's User-Mode Linux, with some modules of our own building (`modules.py`). FRR is
of a later release than the root: 10.3.0 strands leaves after a BFD down (FRRouting/frr#18562).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.lab import modules
from hyperleaf.lab.errors import NoProofError
from hyperleaf.lab.runtime import NoRuntimeError, namespaces
from hyperleaf.lab.scratch import for_all_to_read
from hyperleaf.process import ProcessError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

RELEASE, LATER_RELEASE = "trixie", "forky"
# Unpacked over the root's own, with the libraries that they want newer than the root has.
LATER = ("frr", "frr-pythontools", "libyang5", "liblua5.5-0", "libpcre2-8-0")
PACKAGES = (
    *("frr", "frr-pythontools", "iproute2", "nftables", "iputils-ping", "arping", "tcpdump"),
    *("kmod", "procps", "systemd", "python3-minimal", "udhcpc", "containernetworking-plugins"),
    *("kea-dhcp4-server", "kea-dhcp6-server", "isc-dhcp-relay", "dhcpcd-base"),
    *("openvswitch-switch", "ovn-central", "ovn-host"),
    *("network-manager", "dbus", "etcd-server"),  # what real agents are made of
    *("qemu-system-x86", "busybox-static"),  # real guests
)
WITHOUT = ("doc", "man", "locale", "info")
# Mount points of what each node has of its own below /etc, and of the lab's own files.
PLACES = ("etc/netns", "etc/hyperleaf", "etc/NetworkManager", "etc/sysctl.d", "lab")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
ROOT_SECONDS = 900
REMOVE_SECONDS = 120
# Commands, and the packages that have them.
TOOLS = {one: one for one in ("mmdebstrap", "dpkg", "tar")} | {
    "apt-get": "apt",
    "setpriv": "util-linux",
}
HALF_MADE = ".root-"
# Who makes a root ends with us, and what he mounts in it goes with him: whoever removes a root that
# was left half-made must not come upon the machine's own devices there.
MORTAL = ("setpriv", "--pdeathsig", "KILL")
MOUNTS = ("unshare", "--mount", "--mount-proc", "--pid", "--fork", "--kill-child")
# What is on the disk at most while the root is made, the kernel's source among it.
ROOM_MIB = 2500


class RootError(NoProofError):
    """The root could not be made: says what is missing, or what a command said."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root that is ready: its folder, and the kernel in it."""

    folder: Path

    @property
    def kernel(self) -> Path:
        """Return the User-Mode Linux kernel, as seen from outside."""
        return self.folder / "usr" / "bin" / "linux.uml"


def cache_folder() -> Path:
    """Return $HYPERLEAF_CACHE or ~/.cache/hyperleaf."""
    return Path(os.environ.get("HYPERLEAF_CACHE") or Path.home() / ".cache" / "hyperleaf")


def recipe() -> str:
    """Return the hash of all that decides what the root holds."""
    parts = (
        RELEASE,
        LATER_RELEASE,
        *LATER,
        *PACKAGES,
        *WITHOUT,
        *PLACES,
        modules.RECIPE,
        os.uname().machine,
    )
    return hashlib.sha256("\n".join((*parts, str(os.geteuid() == 0))).encode()).hexdigest()[:12]


def ready(say: Callable[[str], None] = lambda _line: None) -> Root:
    """Return the root, made first where it is not there; RootError says what is missing."""
    place = cache_folder() / "lab" / f"root-{recipe()}"
    with for_all_to_read():
        place.parent.mkdir(parents=True, exist_ok=True)
        _searchable(place.parent)
        if not (place / "recipe.json").is_file():
            with _alone(place.parent):
                if not (place / "recipe.json").is_file():
                    _make(place, say)
    return Root(place / "root")


def _searchable(folder: Path) -> None:
    """Refuse a folder that the ids of an ordinary user's lab could not come by."""
    if os.geteuid() == 0:
        return
    way = [folder.resolve(), *folder.resolve().parents]
    closed = [str(one) for one in reversed(way) if not one.stat().st_mode & stat.S_IXOTH]
    if closed:
        raise RootError(
            f"the lab's users cannot come by {', '.join(closed)}: chmod o+x {' '.join(closed)}, "
            "or name another folder by HYPERLEAF_CACHE"
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the cache while something is made in it: a second lab waits, then finds it made."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(place: Path, say: Callable[[str], None]) -> None:
    _need()
    for left in place.parent.glob(f"{HALF_MADE}*"):  # of one that was killed
        _remove(left)
    scratch = place.with_name(f"{HALF_MADE}{os.getpid()}")
    try:
        scratch.mkdir()
        _room(scratch)
        say("the kernel: Debian's User-Mode Linux")
        kernel = _kernel(scratch, say)
        say("the routing daemons: Debian's FRR")
        later = _later(scratch)
        say(f"the root: Debian {RELEASE}")
        finished = scratch / "finished"
        finished.mkdir()
        # In its place from the start: who does not own a folder cannot move it to another one.
        _debian(finished / "root", later, kernel)
        (finished / "recipe.json").write_text(json.dumps({"recipe": recipe()}))
        finished.rename(place)
    except (ProcessError, OSError) as error:
        raise RootError(_told(error, place.parent)) from error
    finally:
        _remove(scratch)


def _need() -> None:
    """Refuse to begin where commands are missing: all of them at once."""
    built = list(cache_folder().glob(f"lab/modules-*-{modules.MARK}"))
    tools = TOOLS if built else {**TOOLS, **modules.TOOLS}
    missing = [package for tool, package in tools.items() if shutil.which(tool) is None]
    if not KEYRING.exists():
        missing.append("debian-archive-keyring")
    if missing:
        wanted = " ".join(dict.fromkeys(missing))
        raise RootError(f"to make the lab's root, once: apt install {wanted}")


def _room(folder: Path) -> None:
    """Refuse to begin where the root would not fit."""
    left = shutil.disk_usage(folder).free >> 20
    if left < ROOM_MIB:
        raise RootError(_full(folder.parent, f"{left:,} MiB are left"))


def _told(error: ProcessError | OSError, folder: Path) -> str:
    """Return what went wrong; a full disk in one sentence."""
    if isinstance(error, OSError):
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    else:
        full = os.strerror(errno.ENOSPC) in error.finished.stderr + error.finished.stdout
    return _full(folder, os.strerror(errno.ENOSPC)) if full else str(error)


def _full(folder: Path, said: str) -> str:
    return (
        f"{folder}: {said}; the lab's root takes {ROOM_MIB:,} MiB while it is made: "
        "make room, or name another folder by HYPERLEAF_CACHE"
    )


def _remove(folder: Path) -> None:
    """Remove a folder, of whichever of an ordinary user's ids its files are.

    One that something is mounted in is left alone.
    """
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    if any(one.split()[1].startswith(f"{folder}/") for one in mounts):
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        with suppress(ProcessError, NoRuntimeError):
            words = [*namespaces(), "rm", "-rf", str(folder)]
            run(words, timeout_seconds=REMOVE_SECONDS, accept=range(256))
        shutil.rmtree(folder, ignore_errors=True)


def _kernel(scratch: Path, say: Callable[[str], None]) -> Path:
    """Return a tar archive of the kernel with its modules, those built here among them."""
    unpacked = scratch / "kernel"
    unpack(scratch, LATER_RELEASE, ["user-mode-linux"], unpacked)
    (version,) = (one.name for one in (unpacked / "usr/lib/uml/modules").iterdir())
    built = cache_folder() / "lab" / f"modules-{version}-{modules.MARK}"
    if not built.is_dir():
        say(f"modules of the kernel {version} for filters and translation: built once")
        unpack(scratch, LATER_RELEASE, [modules.source_package(version)], scratch / "source")
        modules.build(scratch, unpacked, version, built)
    modules.install(built, unpacked / "usr/lib/uml/modules" / version)
    return _archive(unpacked)


def _later(scratch: Path) -> Path:
    """Return a tar archive of what the root has of the later release."""
    unpacked = scratch / "later"
    unpack(scratch, LATER_RELEASE, LATER, unpacked)
    for one in WITHOUT:
        shutil.rmtree(unpacked / "usr/share" / one, ignore_errors=True)
    return _archive(unpacked)


def _archive(folder: Path) -> Path:
    made = folder.with_suffix(".tar")
    words = ["tar", "-C", str(folder), "--owner=0", "--group=0", "-cf", str(made), "usr"]
    run(words, timeout_seconds=120)
    return made


def _debian(folder: Path, *over: Path) -> None:
    modules = (
        f"mkdir -p {' '.join(f'/{one}' for one in PLACES)} /usr/lib/modules && "
        "cd /usr/lib/uml/modules && for version in *; do "
        "ln -s ../uml/modules/$version /usr/lib/modules/$version; depmod $version; done"
    )
    alone = (*MORTAL, *(MOUNTS if os.geteuid() == 0 else ()))
    run(
        [
            *alone,
            *("mmdebstrap", "--mode=root" if os.geteuid() == 0 else "--mode=unshare"),
            *("--variant=minbase", "--components=main", f"--include={','.join(PACKAGES)}"),
            *(f"--dpkgopt=path-exclude=/usr/share/{one}/*" for one in WITHOUT),
            *(f"--customize-hook=tar-in {one} /" for one in over),
            f"--customize-hook=chroot \"$1\" sh -euc '{modules}'",
            *(RELEASE, str(folder), source(RELEASE)),
        ],
        timeout_seconds=ROOT_SECONDS,
    )


def mirror() -> str:
    """Return the address that this machine's own apt takes Debian's main component from."""
    release = Path("/etc/os-release").read_text()
    found = re.search(r"^VERSION_CODENAME=\"?(\w+)", release, re.MULTILINE)
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    words = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    for line in run(words, timeout_seconds=60).stdout.splitlines():
        address, suite, component = line.split()
        if found and (suite, component) == (found[1], "main"):
            return address.rstrip("/")
    raise RootError("apt has no source of Debian's main component")


def source(release: str) -> str:
    """Return the line that names a release of Debian on this machine's mirror."""
    return f"deb [signed-by={KEYRING}] {mirror()} {release} main"


def unpack(scratch: Path, release: str, names: Sequence[str], into: Path) -> None:
    """Unpack a release's packages into a folder; the machine's own packages stay as they are."""
    place = scratch / f"apt-{into.name}"
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (place / folder).mkdir(parents=True)
    (place / "sources.list").write_text(source(release) + "\n")
    options = {
        "Dir::Etc::SourceList": place / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": place / "state",
        "Dir::State::status": "/dev/null",
        "Dir::Cache": place / "cache",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
    }
    words = [
        "apt-get",
        *(word for key, value in options.items() for word in ("-o", f"{key}={value}")),
    ]
    run([*words, "--quiet=2", "update"], timeout_seconds=300)
    run([*words, "--quiet=2", "download", *names], cwd=place, timeout_seconds=300)
    into.mkdir(parents=True, exist_ok=True)
    for name in names:
        (archive,) = place.glob(f"{name}_*.deb")
        run(["dpkg", "-x", str(archive), str(into)], timeout_seconds=120)
