"""The filters between tenants and hosts, and the translation of what leaves the node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.values.addresses import IPV4, IPV6

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hyperleaf.plan.nodes import NodePlan
    from hyperleaf.values.addresses import Subnet

PATH = "/etc/hyperleaf/nftables.nft"
UNIT = "hyperleaf-nftables.service"
# Devices of tenants by their first characters: a pattern of nft's is a prefix and a star, and `br*`
# would be OVN-Kubernetes' br-ex and br-int too. Numbers of devices start with none but these.
TENANTS = tuple(f"{kind}{digit}*" for kind in ("vrf", "br") for digit in range(1, 10))


def nftables(nodes: NodePlan) -> str:
    """Return a table of our own that replaces its former self in one transaction."""
    uplinks = ", ".join(f'"{one}"' for one in nodes.uplinks)
    return RULES.format(
        tenants=", ".join(f'"{one}"' for one in TENANTS),
        hosts4=_elements(one for one in nodes.host_ranges if one.version == IPV4),
        hosts6=_elements(one for one in nodes.host_ranges if one.version == IPV6),
        elsewhere=f"\t\toifname != {{ {uplinks} }} counter drop\n" if uplinks else "",
    )


def _elements(subnets: Iterable[Subnet]) -> str:
    listed = ", ".join(str(one) for one in subnets)
    return f"\t\telements = {{ {listed} }}\n" if listed else ""


def unit() -> str:
    """Return the systemd unit that loads the table before any device of a tenant can be there."""
    return SERVICE.format(path=PATH)


# Inside a VRF the hooks see the VRF device in the place of the bridge that a packet came in by.
# The node's own addresses are found before a VRF's table is asked (rule 0 is the local table), so
# only the input chain keeps a tenant from them; routes cannot.
RULES = """\
#!/usr/sbin/nft -f
# hyperleaf: tenants reach no host, and leave the node by its own address. No network is named here.
table inet hyperleaf
delete table inet hyperleaf
table inet hyperleaf {{
	# Nodes, pods, services, the underlay, the cloud's own services.
	set hosts4 {{
		type ipv4_addr
		flags interval
		auto-merge
{hosts4}	}}

	set hosts6 {{
		type ipv6_addr
		flags interval
		auto-merge
{hosts6}	}}

	set tenants {{
		type ifname
		flags interval
		elements = {{ {tenants} }}
	}}

	chain input {{
		type filter hook input priority -10; policy accept;
		iifname @tenants jump from-tenant
	}}

	# The gateway answers pings, neighbour discovery and DHCP, nothing else.
	chain from-tenant {{
		ip daddr @hosts4 counter drop
		ip6 daddr @hosts6 counter drop
		meta l4proto {{ icmp, ipv6-icmp }} counter accept
		udp dport {{ 67, 547 }} counter accept
		counter drop
	}}

	chain forward {{
		type filter hook forward priority -10; policy accept;
		iifname @tenants oifname != @tenants jump out
		iifname != @tenants oifname @tenants jump in
	}}

	chain out {{
		ip daddr @hosts4 counter drop
		ip6 daddr @hosts6 counter drop
{elsewhere}		counter accept
	}}

	# Return routes for translated traffic lie in the main table; nobody else may follow them.
	chain in {{
		ct state established,related counter accept
		counter drop
	}}

	chain postrouting {{
		type nat hook postrouting priority 100; policy accept;
		iifname @tenants oifname != @tenants counter masquerade
	}}
}}
"""

SERVICE = """\
[Unit]
Description=Filters between tenants and hosts (hyperleaf)
DefaultDependencies=no
After=local-fs.target systemd-modules-load.service
Before=network-pre.target shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f {path}
ExecReload=/usr/sbin/nft -f {path}

[Install]
WantedBy=multi-user.target
"""
