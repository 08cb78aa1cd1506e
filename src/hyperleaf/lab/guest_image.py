"""Debian's cloud kernel and a busybox become what a real guest boots: a kernel and its first files.

The kernel is fetched once and cached; the first files are put together for every lab.
"""

from __future__ import annotations

import lzma
import os
import re
import shutil
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperleaf.lab import root
from hyperleaf.process import ProcessError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PACKAGE = "linux-image-cloud-amd64"
# In the order in which each finds what it needs; Debian's kernel has the others built in.
MODULES = ("failover", "net_failover", "virtio_net")
INIT = Path(__file__).with_name("guest_init.sh")
BUSYBOX = Path("usr/bin/busybox")
FOLDERS = ("bin", "dev", "etc", "modules", "proc", "run", "sys", "tmp")
CONSOLE = (5, 1)
KERNEL = "vmlinux"
SECTOR, ZSTD = 512, b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an archive: its kind and rights, what is in it, or the device that it is."""

    name: str
    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)


def archive(entries: Iterable[Entry]) -> bytes:
    """Return an archive as the kernel unpacks it into its first memory (cpio, `newc`)."""
    packed = bytearray()
    for number, one in enumerate([*entries, Entry("TRAILER!!!", 0)], start=1):
        name = one.name.encode() + b"\0"
        fields = (number, one.mode, 0, 0, 1, 0, len(one.content), 0, 0, *one.device, len(name), 0)
        packed += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        packed += b"\0" * (-len(packed) % 4)
        packed += one.content
        packed += b"\0" * (-len(packed) % 4)
    return bytes(packed)


def ready(say: Callable[[str], None] = lambda _line: None) -> Path:
    """Return the folder of the guests' kernel (`vmlinux`) and modules, fetched where it is not."""
    place = root.cache_folder() / "lab" / f"guest-{root.RELEASE}-unpacked"
    if place.is_dir():
        return place
    scratch = place.with_name(f".{place.name}.{os.getpid()}")
    scratch.mkdir(parents=True)
    try:
        say(f"the guests' kernel: Debian's {PACKAGE}")
        _fetch(scratch, scratch / "finished")
        (scratch / "finished").rename(place)
    except (ProcessError, OSError) as error:
        if place.is_dir():  # another lab was quicker
            return place
        raise root.RootError(f"the guests' kernel: {error}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return place


def _fetch(scratch: Path, into: Path) -> None:
    root.unpack(scratch, root.RELEASE, [PACKAGE], scratch / "newest")
    (newest,) = (scratch / "apt-newest").glob("*.deb")
    needs = run(["dpkg-deb", "-f", str(newest), "Depends"], timeout_seconds=60).stdout
    root.unpack(scratch, root.RELEASE, [kernel_package(needs)], scratch / "kernel")
    (found,) = (scratch / "kernel" / "boot").glob("vmlinuz-*")
    image = found.read_bytes()
    into.mkdir()
    (into / KERNEL).write_bytes(image)
    kernel = payload(image)
    if kernel and shutil.which("zstd"):
        (scratch / "packed").write_bytes(kernel)
        words = ["zstd", "-dqf", str(scratch / "packed"), "-o", str(into / KERNEL)]
        run(words, timeout_seconds=60)
    for module in MODULES:
        (packed,) = (scratch / "kernel").rglob(f"{module}.ko.xz")
        (into / f"{module}.ko").write_bytes(lzma.decompress(packed.read_bytes()))


def payload(image: bytes) -> bytes:
    """Return the kernel packed with zstd that a bzImage unpacks as it boots, or nothing.

    An emulated processor takes as long for that as for the rest of its boot; QEMU boots the
    unpacked one as well (the x86 boot protocol, `payload_offset` and `payload_length`).
    """
    sectors = image[0x1F1] + 1
    offset, length = struct.unpack_from("<II", image, 0x248)
    begin = sectors * SECTOR + offset
    # The last four bytes are the unpacked one's length.
    packed = image[begin : begin + length - 4]
    return packed if packed.startswith(ZSTD) else b""


def kernel_package(needs: str) -> str:
    """Return the kernel's package among what the newest one depends on."""
    found = re.search(r"linux-image-\d\S*", needs)
    if found is None:
        raise root.RootError(f"{PACKAGE} depends on no kernel: {needs}")
    return found[0]


def files(kernel: Path, busybox: Path) -> bytes:
    """Return the guest's first files: busybox, modules in their order, its first program."""
    folders = [Entry(name, stat.S_IFDIR | 0o755) for name in FOLDERS]
    modules = [
        Entry(
            f"modules/{place}-{name}.ko",
            stat.S_IFREG | 0o644,
            (kernel / f"{name}.ko").read_bytes(),
        )
        for place, name in enumerate(MODULES)
    ]
    programs = [
        Entry("bin/busybox", stat.S_IFREG | 0o755, busybox.read_bytes()),
        Entry("init", stat.S_IFREG | 0o755, INIT.read_bytes()),
    ]
    console = Entry("dev/console", stat.S_IFCHR | 0o600, b"", CONSOLE)
    return archive([*folders, console, *modules, *programs])
