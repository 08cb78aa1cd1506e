"""Guests of virtual hypervisors get leases over their trunk, or do not, as the article says.

A DHCP server (Kea) is a guest on one hypervisor, its client a guest on the other: what the server
answers goes to the client's MAC, which vSphere has not handed out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hyperleaf.api import load
from hyperleaf.lab.prove import prove
from hyperleaf.plan.clusters import plan
from hyperleaf.render.estate import render
from hyperleaf.surroundings import surroundings
from hyperleaf.writing import write

if TYPE_CHECKING:
    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.outcome import Proof

EXAMPLE = Path(__file__).parents[2] / "examples" / "02-vsphere-lab"
NETWORK = "vlan-1925"
SUBNET, POOL = "203.0.113.0/24", "203.0.113.100 - 203.0.113.199"
KEA = {
    "Dhcp4": {
        "interfaces-config": {"interfaces": ["eth0/203.0.113.1"]},
        "lease-database": {"type": "memfile", "persist": False},
        "subnet4": [{"id": 1, "subnet": SUBNET, "interface": "eth0", "pools": [{"pool": POOL}]}],
    }
}
ASK = "busybox udhcpc -f -q -n -t 3 -T 2 -i eth0 -s /bin/true 2>&1"


def proven(folder: Path, old: str = "", new: str = "") -> tuple[str, Proof]:
    """Prove the example with its port group changed by hand; return what a DHCP client said too."""
    made = plan(load(EXAMPLE).estate)
    write(render(made), folder)
    build = folder / "platforms" / "build.json"
    assert old in build.read_text()
    build.write_text(build.read_text().replace(old, new) if old else build.read_text())
    said: list[str] = []

    def ask(lab: Lab) -> None:
        server, client = [one.namespace for one in lab.guests if one.network == NETWORK]
        lab.kernel.write("/run/kea-of-a-guest.conf", json.dumps(KEA))
        lab.kernel.run("ip addr add 203.0.113.1/24 dev eth0", node=server)
        serve = "kea-dhcp4 -c /run/kea-of-a-guest.conf >/run/kea-of-a-guest 2>&1 </dev/null &"
        lab.kernel.run(f"{serve} sleep 1", node=server)
        said.append(lab.kernel.run(ASK, node=client, check=False).out)

    proof = prove(folder, surroundings(made), before=ask)
    return said[0], proof


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_a_guest_gets_a_lease_over_the_rendered_trunk(tmp_path: Path) -> None:
    said, proof = proven(tmp_path)
    assert "lease of 203.0.113.1" in said
    assert proof.wrong == ()


@pytest.mark.judge
@pytest.mark.usefixtures("lab_root")
def test_without_promiscuous_mode_dhcp_gets_no_reply_and_the_port_group_is_named(
    tmp_path: Path,
) -> None:
    said, proof = proven(tmp_path, '"allowPromiscuous": true', '"allowPromiscuous": false')
    assert "no lease" in said
    (cause,) = {one.causes[0].object for one in proof.wrong}
    assert cause == "PortGroup/Trunk"
    assert "a reply of DHCP" in proof.wrong[0].causes[0].why
