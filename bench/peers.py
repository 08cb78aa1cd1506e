"""Runs netlab and pyavd on fabrics of the same shape: a VRF and a VLAN per tenant on every leaf."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from measuring import measure

VERSIONS = ("networklab==26.10", "pyavd==6.4.0")
LIMIT_SECONDS = 900

# What runs in the peer's own environment: every leaf's structured configuration, then its text.
PYAVD = """\
import sys, json, pyavd
leaves, networks = int(sys.argv[1]), int(sys.argv[2])
tenants = [{"name": "t", "mac_vrf_vni_base": 10000, "vrfs": [
    {"name": f"T{v}", "vrf_vni": 20000 + v, "svis": [{"id": v, "name": f"t{v}", "enabled": True,
     "ip_address_virtual": f"172.{16 + (v >> 8)}.{v & 255}.1/24"}]}
    for v in range(1, networks + 1)]}]
hosts = [f"leaf{n}" for n in range(1, leaves + 1)]
common = {"fabric_name": "F", "type": "l3leaf", "tenants": tenants,
    "underlay_routing_protocol": "ebgp", "overlay_routing_protocol": "ebgp",
    "l3leaf": {"defaults": {"platform": "default", "loopback_ipv4_pool": "10.0.0.0/16",
        "vtep_loopback_ipv4_pool": "10.1.0.0/16", "virtual_router_mac_address": "00:1c:73:00:00:99",
        "spanning_tree_mode": "none", "bgp_as": "65000", "mlag": False,
        "uplink_ipv4_pool": "10.2.0.0/16", "uplink_switches": []},
        "nodes": [{"name": h, "id": n} for n, h in enumerate(hosts, 1)]}}
inputs = {h: {**common, "inventory_hostname": h} for h in hosts}
for one in inputs.values():
    result = pyavd.validate_inputs(one)
    assert not result.validation_result.violations, result.validation_result.violations[:3]
facts = pyavd.get_avd_facts(inputs)
for host, one in inputs.items():
    structured = pyavd.get_device_structured_config(host, one, avd_facts=facts)
    pyavd.get_device_config(structured)
"""


def environment() -> Path:
    """Return the folder of a virtual environment with the peers, made once into the cache."""
    cache = Path(os.environ.get("HYPERLEAF_CACHE", Path.home() / ".cache" / "hyperleaf"))
    folder = cache / "peers"
    if not (folder / "made").exists():
        uv = next(cache.glob("uv-*/bin/uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", folder], check=True)
        python = folder / "bin" / "python"
        subprocess.run([uv, "pip", "install", "-q", "--python", python, *VERSIONS], check=True)
        (folder / "made").touch()
    return folder / "bin"


def topology(leaves: int, networks: int) -> dict[str, Any]:
    """Return netlab's topology of a spine and leaves that all have every tenant."""
    tenants: dict[str, dict[str, str]] = {f"t{n}": {} for n in range(1, networks + 1)}
    return {
        "provider": "clab",
        "defaults": {"device": "frr"},
        "bgp": {"as": 65000},
        "addressing": {"p2p": {"ipv4": "10.1.0.0/16"}, "loopback": {"ipv4": "10.0.0.0/16"}},
        "module": ["ospf", "bgp", "vlan", "vxlan", "vrf", "evpn"],
        "vrfs": tenants,
        "vlans": {name: {"vrf": name, "mode": "irb"} for name in tenants},
        "groups": {"leaf": {"members": [f"l{n}" for n in range(1, leaves + 1)], "vlans": tenants}},
        "nodes": ["s1", *(f"l{n}" for n in range(1, leaves + 1))],
        "links": [f"l{n}-s1" for n in range(1, leaves + 1)],
    }


def run_peers(leaves: int = 50, networks: int = 25) -> None:
    """Print what each peer needs; the recorded figures say what becomes of larger ones."""
    binaries = environment()
    with tempfile.TemporaryDirectory(prefix="hyperleaf-peers-") as name:
        folder = Path(name)
        (folder / "topology.yml").write_text(yaml.safe_dump(topology(leaves, networks)))
        (folder / "avd.py").write_text(PYAVD)
        commands = {
            "netlab": f"cd {folder} && {binaries / 'netlab'} create topology.yml",
            "pyavd": f"{binaries / 'python'} {folder / 'avd.py'} {leaves} {networks}",
        }
        for who, command in commands.items():
            measured = measure(["timeout", str(LIMIT_SECONDS), "bash", "-c", command])
            print(
                f"  {who:<16} {leaves} x {networks:<6} {measured.cpu:8.1f} s CPU"
                f"  {measured.peak:8.0f} MiB"
            )


if __name__ == "__main__":
    run_peers(*(int(one) for one in sys.argv[1:3]))
