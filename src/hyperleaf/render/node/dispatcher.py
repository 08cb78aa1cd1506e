"""The script by which NetworkManager sets the flags of tunnel ports that nmstate cannot express."""

from __future__ import annotations

PATH = "/etc/NetworkManager/dispatcher.d/50-hyperleaf-tunnel-ports"


def dispatcher() -> str:
    """Return the script; NetworkManager calls it with a device's name and what happened to it."""
    return SCRIPT


# Learning from the data path would contradict BGP, which knows where each address is, and flooding
# of ARP and ND is what the answers from BGP's knowledge replace. NetworkManager sets neither flag,
# and puts both back when it brings a port up again.
SCRIPT = """\
#!/bin/sh
# hyperleaf: on a tunnel's bridge port BGP says where addresses are, not the frames that pass.
set -u
case "${2:-}" in up | reapply) ;; *) exit 0 ;; esac
number=${1#vx}
case "$number" in "$1" | "" | *[!0-9]*) exit 0 ;; esac
exec bridge link set dev "$1" learning off neigh_suppress on
"""
