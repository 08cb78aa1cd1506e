"""A node's files where NetworkManager rules: the flags and settings that it would undo."""

from __future__ import annotations

import pytest

from hyperleaf.render.node import dispatcher, sysctl
from judges import root

# A NetworkManager with its dispatcher, both on a bus of their own, as D-Bus would start them.
START = """
mount -t tmpfs tmp /etc/NetworkManager
mount -t sysfs -o ro sys /sys
cd /etc/NetworkManager; mkdir -p dispatcher.d system-connections /run/dbus /run/NetworkManager
printf '[main]\\nplugins=keyfile\\nno-auto-default=*\\ndns=none\\n' > NetworkManager.conf
csplit -sf /tmp/part /tmp/input /====/
install -m 755 /tmp/part00 dispatcher.d/50-hyperleaf
mount -t tmpfs tmp /etc/sysctl.d
tail -n +2 /tmp/part01 > /etc/sysctl.d/90-hyperleaf.conf
dbus-daemon --system --fork --nopidfile
/usr/lib/systemd/systemd-sysctl --prefix=/net
/usr/libexec/nm-dispatcher --persist &>/tmp/dispatcher.log &
NetworkManager -n &>/tmp/networkmanager.log &
for _ in {1..50}; do nmcli -t general &>/dev/null && break; sleep 0.2; done
{
nmcli connection add type bridge ifname br10100 con-name br10100 bridge.stp no \
  ipv4.method manual ipv4.addresses 172.20.100.1/24 \
  ipv6.method manual ipv6.addresses 2001:db8:0:100::1/64
nmcli connection add type vxlan ifname vx10100 con-name vx10100 vxlan.id 10100 \
  vxlan.local 192.0.2.1 vxlan.destination-port 4789 vxlan.learning no master br10100
nmcli connection up br10100
nmcli connection up vx10100
} >/dev/null
flags() {
  for _ in {1..25}; do
    shown=$(bridge -d link show dev vx10100 | grep -oE '(learning|neigh_suppress) o(n|ff)' | xargs)
    [ "$shown" = 'learning off neigh_suppress on' ] && break
    sleep 0.2
  done
  echo "$shown"
}
"""
RIGHT = "learning off neigh_suppress on"
pytestmark = pytest.mark.usefixtures("nft_judge")


def run(script: str) -> list[str]:
    text = f"{dispatcher.dispatcher()}====\n{sysctl.sysctl()}"
    ran = root.run("bash", "-euc", START + script, text=text, seconds=90)
    assert ran.status == 0, f"{ran.out}\n{ran.err}"
    return ran.out.splitlines()


def test_a_tunnel_that_networkmanager_brings_up_gets_both_flags() -> None:
    assert run("flags") == [RIGHT]


def test_the_gateways_addresses_never_wait_for_a_duplicate() -> None:
    assert run("ip -6 addr show dev br10100 tentative") == []


def test_a_tunnel_that_is_brought_up_again_keeps_them() -> None:
    again = "nmcli connection up vx10100 >/dev/null; flags; nmcli device reapply vx10100 >/dev/null"
    assert run(f"flags; {again}; sleep 1; flags") == [RIGHT, RIGHT, RIGHT]


def test_a_segment_that_networkmanager_brings_up_gets_its_settings() -> None:
    script = """
    flags >/dev/null
    cd /proc/sys/net; grep -r . ipv4/conf/br10100 ipv6/conf/br10100 2>/dev/null || true
    """
    printed = run(script)
    for one in sysctl.settings():
        if sysctl.BRIDGES in one.key:
            path = one.key.replace(sysctl.BRIDGES, "br10100").removeprefix("net.")
            assert f"{path.replace('.', '/')}:{one.value}" in printed
