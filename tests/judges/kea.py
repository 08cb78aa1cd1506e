"""Judges Kea configurations by the real servers, which parse them and look at every value."""

from __future__ import annotations

import json
from typing import Any

from judges import root


class Kea:
    """kea-dhcp4 and kea-dhcp6 of the Debian root."""

    def check(self, family: int, configuration: dict[str, Any] | str) -> list[str]:
        """Return what kea-dhcp4 or kea-dhcp6 (family 4 or 6) objects to.

        Interfaces named in a configuration need not exist for this check.
        """
        text = configuration if isinstance(configuration, str) else json.dumps(configuration)
        folders = "/run/kea /run/lock/kea /var/lib/kea /var/log/kea"
        script = f"mkdir -p {folders}; exec kea-dhcp{family} -t $0"
        ran = root.run("sh", "-c", script, root.INPUT, text=text)
        said = (ran.out + ran.err).splitlines()
        wrong = [line for line in said if "ERROR" in line or "rror encountered" in line]
        return wrong or ([] if ran.status == 0 else said)
