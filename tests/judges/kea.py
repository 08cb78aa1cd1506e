"""Judges Kea configurations by the real servers, which parse them and look at every value."""

from __future__ import annotations

import json
from typing import Any

from judges import root


class Kea:
    """kea-dhcp4 and kea-dhcp6 of the Debian root."""

    def check(self, family: int, configuration: dict[str, Any] | str) -> list[str]:
        """Return what kea-dhcp4 or kea-dhcp6 (family 4 or 6) objects to.

        The server has the interfaces and addresses that its configuration names.
        """
        text = configuration if isinstance(configuration, str) else json.dumps(configuration)
        folders = "/run/kea /run/lock/kea /var/lib/kea /var/log/kea"
        script = f"mkdir -p {folders}\n{_devices(text, family)}\nexec kea-dhcp{family} -t $0"
        ran = root.run("sh", "-c", script, root.INPUT, text=text)
        said = (ran.out + ran.err).splitlines()
        wrong = [line for line in said if "ERROR" in line or "rror encountered" in line]
        return wrong or ([] if ran.status == 0 else said)


def _devices(text: str, family: int) -> str:
    """Return the commands that make what `interfaces` names as DEVICE/ADDRESS."""
    stated = json.loads(text)[f"Dhcp{family}"].get("interfaces-config", {}).get("interfaces", [])
    lines = []
    for device, address in (one.split("/") for one in stated if "/" in one):
        lines.append(f"ip link show {device} >/dev/null 2>&1 || ip link add {device} type veth")
        lines.append(f"ip link set {device} up; ip addr add {address} dev {device} nodad")
    return "\n".join(lines)
