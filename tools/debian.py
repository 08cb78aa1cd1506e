"""Turns Debian packages of other releases than the machine's into folders, without installing them.

Nothing of the machine's own packages changes: apt runs on lists of its own, and a package is
unpacked, never configured, so that no service of it starts.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tools.building import RECIPES, UnavailableError, Workshop
from tools.toolchains import debian_package, version_of

RELEASE = "trixie"
KERNEL_RELEASE = "forky"
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg",)
UNSHARE_NEEDED = (2, 38)


def mirror() -> str:
    """Return the address that this machine's own apt takes Debian's main component from."""
    release = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    codename = release.get("VERSION_CODENAME", "").strip('"')
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    listed = ("apt-get", "indextargets", "--format", form, "Created-By: Packages")
    try:
        ran = subprocess.run(listed, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(f"needs Debian's apt: {error}") from error
    for address, suite, component in (line.split() for line in ran.stdout.splitlines()):
        if (suite, component) == (codename, "main"):
            return address.rstrip("/")
    raise UnavailableError(f"apt has no source for the main component of {codename or 'Debian'}")


def source(release: str) -> str:
    """Return the line that names a release of Debian on this machine's mirror."""
    keyring = next((path for path in KEYRINGS if Path(path).exists()), None)
    if keyring is None:
        raise UnavailableError("needs the Debian package debian-archive-keyring")
    return f"deb [signed-by={keyring}] {mirror()} {release} main"


def unpack(shop: Workshop, release: str, package: str, into: Path) -> None:
    """Unpack one package of a release into a folder."""
    place = shop.scratch / f"apt-{release}"
    (place / "state" / "lists" / "partial").mkdir(parents=True)
    (place / "cache" / "archives" / "partial").mkdir(parents=True)
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
    words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    shop.run("apt-get", *words, "--quiet=2", "update")
    shop.run("apt-get", *words, "--quiet=2", "download", package, cwd=place)
    (archive,) = place.glob(f"{package}_*.deb")
    into.mkdir(parents=True, exist_ok=True)
    shop.run("dpkg", "-x", archive, into)


def build_root(shop: Workshop) -> None:
    """Make a Debian root with FRR, nftables, Kea, NetworkManager and a User-Mode Linux kernel.

    It belongs to root, or to the first id of the subordinate range of whoever is not root.
    """
    debian_package(shop, "mmdebstrap", *([] if os.geteuid() == 0 else ["uidmap"]))
    packages = (RECIPES / "root" / "packages.txt").read_text().split()
    kernel = shop.scratch / "kernel"
    unpack(shop, KERNEL_RELEASE, "user-mode-linux", kernel)
    if os.geteuid() != 0:
        _subordinate_ids()
    unpacked = shop.scratch / "kernel.tar"
    shop.run("tar", "-C", kernel, "--owner=0", "--group=0", "-cf", unpacked, "usr")
    # The package keeps its modules where the host's kmod would not take them for the host's own.
    modules = (
        "mkdir -p /usr/lib/modules && cd /usr/lib/uml/modules && for version in *; do "
        "ln -s ../uml/modules/$version /usr/lib/modules/$version; depmod $version; done"
    )
    shop.run(
        "mmdebstrap",
        "--mode=root" if os.geteuid() == 0 else "--mode=unshare",
        *("--variant=minbase", "--components=main", f"--include={','.join(packages)}"),
        *("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*"),
        *("--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/info/*"),
        f"--customize-hook=tar-in {unpacked} /",
        f"--customize-hook=chroot \"$1\" sh -euc '{modules}'",
        *(RELEASE, shop.folder / "root", source(RELEASE)),
    )


def _subordinate_ids() -> None:
    """Refuse where unshared namespaces cannot map a range of ids, saying what is missing."""
    user = os.environ.get("USER") or str(os.getuid())
    for path in ("/etc/subuid", "/etc/subgid"):
        text = Path(path).read_text() if Path(path).exists() else ""
        if not re.search(rf"^({user}|{os.getuid()}):", text, re.MULTILINE):
            raise UnavailableError(f"{user} has no range in {path}: run `usermod --add-subuids`")
    if (version_of("unshare", "--version") or ()) < UNSHARE_NEEDED:
        raise UnavailableError("needs unshare of util-linux >= 2.38")
