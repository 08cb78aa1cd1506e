"""Runs commands in the Debian root, in namespaces of their own: no trace, no network but lo."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from judges import cache

INPUT = "/tmp/input"  # noqa: S108 - on a tmpfs of the command's own mount namespace
# The root itself stays as it was built: whatever a command writes goes to memory.
_ENTER = """
root=$1; shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for place in tmp run var/tmp var/log var/lib etc/frr; do
  mount -t tmpfs -o mode=0755 tmp "$root/$place"
done
chmod 1777 "$root/tmp" "$root/var/tmp"
cat > "$root/tmp/input"
chroot "$root" ip link set lo up
exec chroot "$root" "$@" </dev/null
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


def namespaces() -> list[str]:
    """Return the command that opens namespaces, as root or through subordinate ids."""
    words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
    if os.geteuid() == 0:
        return words
    start, count = _subordinate(Path("/etc/subuid"))
    group, groups = _subordinate(Path("/etc/subgid"))
    # Not one's own id onto 0: the root's files belong to the subordinate ids.
    mapped = [f"--map-users={start},0,{count}", f"--map-groups={group},0,{groups}"]
    return [*words, *mapped, "--setuid", "0", "--setgid", "0"]


def _subordinate(path: Path) -> tuple[int, int]:
    names = {os.environ.get("USER"), str(os.getuid())}
    for line in path.read_text().splitlines():
        name, start, count = line.split(":")
        if name in names:
            return int(start), int(count)
    raise FileNotFoundError(f"no range for {names} in {path}")


def run(*command: str, text: str = "", seconds: float = 60) -> Ran:
    """Run a command in the root; `text` lies in the file INPUT; all it starts ends with it."""
    root = cache.folder("root") / "root"
    words = [*namespaces(), "sh", "-euc", _ENTER, "sh", str(root), *command]
    ended = subprocess.run(
        words, input=text, capture_output=True, text=True, timeout=seconds, check=False
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)
