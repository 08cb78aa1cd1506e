"""A node's Open vSwitch: its two daemons, br-ex as OVN-Kubernetes keeps it, what nmstate sees.

Every node has a database, a switch daemon and their sockets of its own, below /run; the datapath
is the kernel's, in the node's namespace. Flows are those of OVN-Kubernetes (gateway_shared_intf.go,
commonFlows) as far as they decide about the node's own packets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hyperleaf.lab.kernel import Kernel

BRIDGE, INTEGRATION, MANAGEMENT = "br-ex", "br-int", "ovn-k8s-mp0"
IPV6 = 6
TO_OVN = "patch-to-br-int"
# Where OVN-Kubernetes remembers whose a connection is, and its marks for OVN's and the node's own.
ZONE, OVN, HOST = 64000, "0x1", "0x2"
BFD = 3784
# Router and neighbour advertisements: connection tracking knows no connection of theirs.
ADVERTISEMENTS = (134, 136)
# Of Geneve's and the pods' own headers; as the cluster's network operator takes it off the MTU.
GENEVE_BYTES = 100
# All that shall be lies in the database before the switch's daemon reads it: one sweep.
_START = """
set -e
mkdir -p $OVS_RUNDIR
empty=/run/openvswitch.db
[ -e $empty ] || {
  ovsdb-tool create $empty.$1 /usr/share/openvswitch/vswitch.ovsschema
  mv $empty.$1 $empty
}
cp $empty $OVS_RUNDIR/conf.db
quiet="-vconsole:off -vsyslog:off --no-chdir --detach --pidfile"
ovsdb-server $OVS_RUNDIR/conf.db --remote=punix:$OVS_RUNDIR/db.sock $quiet \
  --log-file=$OVS_RUNDIR/ovsdb-server.log
ovs-vsctl --no-wait \
  -- init -- set Open_vSwitch . external-ids:system-id=$1 external-ids:hostname=$1 \
  -- add-br br-ex -- set Bridge br-ex other-config:hwaddr=$3 \
  -- br-set-external-id br-ex bridge-id br-ex -- br-set-external-id br-ex bridge-uplink $2 \
  -- add-port br-ex $2 -- set Interface br-ex mtu_request=$4 \
  -- add-br br-int -- set Bridge br-int fail-mode=secure other-config:disable-in-band=true \
  -- add-port br-int ovn-k8s-mp0 \
  -- set Interface ovn-k8s-mp0 type=internal mtu_request=$5 \
  -- add-port br-ex patch-to-br-int \
  -- set Interface patch-to-br-int type=patch options:peer=patch-to-br-ex \
  -- add-port br-int patch-to-br-ex \
  -- set Interface patch-to-br-ex type=patch options:peer=patch-to-br-int
ovs-vswitchd unix:$OVS_RUNDIR/db.sock $quiet --log-file=$OVS_RUNDIR/ovs-vswitchd.log
ovs-ofctl --bundle replace-flows br-ex -
"""


def folder(node: str) -> str:
    """Return where a node's Open vSwitch has its sockets, its database and its logs."""
    return f"/run/{node}/openvswitch"


def environment(node: str) -> str:
    """Return the words for a shell that make Open vSwitch's commands speak to a node's."""
    place = folder(node)
    return f"export OVS_RUNDIR={place} OVS_DBDIR={place} OVS_LOGDIR={place}\n"


@dataclass(frozen=True, slots=True)
class Uplink:
    """The NIC that br-ex stands on: its name, the node's MAC, its MTU in bytes."""

    nic: str
    mac: str
    mtu: int


def start(kernel: Kernel, node: str, uplink: Uplink, versions: Iterable[int]) -> None:
    """Start a node's Open vSwitch with br-ex; `versions` are the cluster's IP versions."""
    nic, mac, mtu = uplink.nic, uplink.mac, uplink.mtu
    script = environment(node) + _START
    words = ["sh", "-c", script, "sh", node, nic, mac, str(mtu), str(mtu - GENEVE_BYTES)]
    kernel.run(words, node=node, stdin="\n".join(flows(nic, mac, versions)) + "\n")


def flows(nic: str, mac: str, versions: Iterable[int]) -> Iterator[str]:
    """Yield br-ex's flows: answers to what the node sent are its own, those to OVN's are OVN's.

    New connections to the bridge's MAC are the node's.
    """
    yield f"priority=10,table=0,in_port={nic},dl_dst={mac},actions=output:{TO_OVN},LOCAL"
    yield "priority=0,table=0,actions=NORMAL"
    for version in versions:
        word = "ipv6" if version == IPV6 else "ip"
        for place, mark, back in ((TO_OVN, OVN, f"output:{TO_OVN}"), ("LOCAL", HOST, "LOCAL")):
            commit = f"ct(commit,zone={ZONE},exec(set_field:{mark}->ct_mark))"
            yield f"priority=100,table=0,in_port={place},{word},actions={commit},output:{nic}"
            for state in ("+trk+est", "+trk+rel"):
                yield f"priority=100,table=1,{word},ct_state={state},ct_mark={mark},actions={back}"
        yield f"priority=50,table=0,in_port={nic},{word},actions=ct(zone={ZONE},table=1)"
        udp = "udp6" if version == IPV6 else "udp"
        both = f"actions=output:{TO_OVN},LOCAL"
        yield f"priority=13,table=1,in_port={nic},{udp},tp_dst={BFD},{both}"
        if version == IPV6:
            for kind in ADVERTISEMENTS:
                yield f"priority=14,table=1,icmp6,icmpv6_type={kind},actions=FLOOD"
    yield f"priority=10,table=1,dl_dst={mac},actions=LOCAL"
    yield "priority=0,table=1,actions=NORMAL"


def stop(kernel: Kernel, node: str) -> None:
    """End a node's Open vSwitch as a power cut does."""
    place = folder(node)
    words = f"cat {place}/*.pid 2>/dev/null | xargs -r kill -9; rm -rf {place}"
    kernel.run(words, beside=node, check=False)


def interfaces(kernel: Kernel, node: str) -> tuple[tuple[str, str], ...]:
    """Return what nmstate reads in a node's database: interfaces' names and their types there.

    A bridge and its own port have one name and two types. Nothing where no database is.
    """
    find = "-- --columns=name find Interface"
    script = environment(node) + "[ -S $OVS_RUNDIR/db.sock ] || exit 0\n"
    script += f"ovs-vsctl list-br; echo; ovs-vsctl --bare {find} type=internal {find} type=patch"
    bridges, _, ports = kernel.run(["sh", "-c", script], node=node).out.partition("\n\n")
    return (
        *((name, "ovs-bridge") for name in bridges.split()),
        *((name, "ovs-interface") for name in ports.split()),
    )
