"""Judges FRR configurations by FRR itself: vtysh's grammar, and running daemons."""

from __future__ import annotations

import re
from dataclasses import dataclass

from judges import root

DAEMONS = ("mgmtd", "zebra", "staticd", "bfdd", "bgpd")
_MARK = "=====running====="
# mgmtd first: in FRR 10 it owns the configuration of zebra and staticd.
_LOAD = """
node=judge
mkdir -p /etc/frr/$node /run/frr/$node /var/log/frr /var/lib/frr
touch /etc/frr/$node/vtysh.conf /etc/frr/vtysh.conf
cp /tmp/input /etc/frr/$node/frr.conf
chown -R frr:frr /etc/frr /run/frr /var/log/frr /var/lib/frr
for daemon in $DAEMONS; do
  /usr/lib/frr/$daemon -d -N $node </dev/null >>/tmp/daemons 2>&1 || {
  cat /tmp/daemons; exit 1; }
done
status=0
# Its progress, a line for each daemon, is no objection.
vtysh -N $node -f /etc/frr/$node/frr.conf 2>&1 || status=$?
echo "exit status $status"
echo "$MARK"
vtysh -N $node -c 'show running-config'
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What FRR objected to, and the configuration it runs with after that."""

    errors: list[str]
    running: str


class Frr:
    """FRR of the Debian root."""

    def version(self) -> str:
        """Return FRR's version, as 10.3."""
        said = root.run("/usr/lib/frr/zebra", "--version").out
        found = re.search(r"version (\d+\.\d+(?:\.\d+)?)", said)
        return found[1] if found else said

    def check_configuration(self, text: str) -> list[str]:
        """Return the lines that vtysh's grammar refuses; nothing is started for it."""
        script = f"touch /etc/frr/vtysh.conf; exec vtysh -C -f {root.INPUT}"
        ran = root.run("sh", "-c", script, text=text)
        said = [line for line in (ran.out + ran.err).splitlines() if line.strip()]
        refused = [line for line in said if line.startswith("line ")]
        return refused or (said if ran.status else [])

    def load(self, text: str, daemons: tuple[str, ...] = DAEMONS) -> Loaded:
        """Start daemons, load the configuration, return their objections and what they run with.

        The kernel's namespace is empty: interfaces and VRFs named are configured, not active.
        """
        words = (f"DAEMONS={' '.join(daemons)}", f"MARK={_MARK}", "sh", "-euc", _LOAD)
        ran = root.run("env", *words, text=text)
        said, mark, running = ran.out.partition(_MARK + "\n")
        if not mark:
            return Loaded([f"FRR did not start: {ran.out}{ran.err}"], "")
        progress = re.compile(r"^(\[\d+\|\w+\] (sending|done|Conf)|Waiting for|exit status|$)")
        lines = (said + ran.err).splitlines()
        objections = [line for line in lines if not progress.match(line)]
        if not objections and "exit status 0" not in lines:
            objections = lines
        # Every daemon's vtysh says the same of a line that none of them knows.
        return Loaded(list(dict.fromkeys(objections)), running)
