"""The script by which NetworkManager gives tenants' devices what nmstate cannot express."""

from __future__ import annotations

PATH = "/etc/NetworkManager/dispatcher.d/50-hyperleaf"


def dispatcher() -> str:
    """Return the script; NetworkManager calls it with a device's name and what happened to it."""
    return SCRIPT


# Learning from the data path would contradict BGP, which knows where each address is, and flooding
# of ARP and ND is what the answers from BGP's knowledge replace. NetworkManager sets neither flag,
# and puts both back when it brings a port up again. It changes some settings of devices, too, and
# a device may have been there before the settings' file.
SCRIPT = """\
#!/bin/sh
# hyperleaf: on a tunnel's bridge port BGP says where addresses are, not the frames that pass; a
# bridge and a VRF get their kernel settings (sysctl.d/90-hyperleaf.conf) once more.
set -u
case "${2:-}" in up | reapply) ;; *) exit 0 ;; esac
case "$1" in
vx*) number=${1#vx} ;;
br*) number=${1#br} ;;
vrf*) number=${1#vrf} ;;
*) exit 0 ;;
esac
case "$number" in "" | *[!0-9]*) exit 0 ;; esac
case "$1" in
vx*) exec bridge link set dev "$1" learning off neigh_suppress on ;;
*) exec /usr/lib/systemd/systemd-sysctl "--prefix=/net/ipv4/conf/$1" "--prefix=/net/ipv6/conf/$1" ;;
esac
"""
