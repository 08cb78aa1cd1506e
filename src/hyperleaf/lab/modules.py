"""Builds the modules that Debian's User-Mode Linux lacks: nftables, translation, tracking by zones.

The package is built with nftables for bridges only. Its own configuration plus three options gives
modules that the packaged kernel loads: it checks no symbol versions, only its version's name.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from typing import TYPE_CHECKING

from hyperleaf.lab.errors import NoProofError
from hyperleaf.process import run

if TYPE_CHECKING:
    from pathlib import Path

# Commands, and the packages that have them.
TOOLS = {one: one for one in ("gcc", "make", "flex", "bison", "bc", "gzip")} | {"xz": "xz-utils"}
SECONDS = 1800
OPTIONS = (
    # OVN tracks connections by zones, a part of each connection: all that reads one is built anew.
    *("-e", "NF_CONNTRACK_ZONES"),
    *("-e", "NF_TABLES_INET", "-e", "NF_TABLES_IPV4", "-e", "NF_TABLES_IPV6"),
    *("-m", "NFT_NAT", "-m", "NFT_REJECT_INET"),
)
# Each is built in a folder of its own beside the kernel's other sources of net/netfilter.
BUILDS = (
    """nf_tables-objs := nf_tables_core.o nf_tables_api.o nft_chain_filter.o nf_tables_trace.o \\
 nft_immediate.o nft_cmp.o nft_range.o nft_bitwise.o nft_byteorder.o nft_payload.o nft_lookup.o \\
 nft_dynset.o nft_meta.o nft_rt.o nft_exthdr.o nft_last.o nft_counter.o nft_objref.o nft_inner.o \\
 nft_chain_route.o nf_tables_offload.o nft_set_hash.o nft_set_bitmap.o nft_set_rbtree.o \\
 nft_set_pipapo.o
obj-m := nf_tables.o nft_nat.o nft_masq.o nft_redir.o nft_ct.o nft_reject.o nft_reject_inet.o \\
 nft_reject_ipv4.o nft_reject_ipv6.o nft_limit.o nft_log.o nft_compat.o
""",
    """nf_nat-y := nf_nat_core.o nf_nat_proto.o nf_nat_helper.o nf_nat_redirect.o \\
 nf_nat_masquerade.o nf_nat_ovs.o
obj-m := nf_nat.o nft_chain_nat.o
""",
    """nf_conntrack-y := nf_conntrack_core.o nf_conntrack_standalone.o nf_conntrack_expect.o \\
 nf_conntrack_helper.o nf_conntrack_proto.o nf_conntrack_proto_generic.o nf_conntrack_proto_tcp.o \\
 nf_conntrack_proto_udp.o nf_conntrack_proto_icmp.o nf_conntrack_proto_icmpv6.o \\
 nf_conntrack_proto_sctp.o nf_conntrack_proto_gre.o nf_conntrack_extend.o nf_conntrack_acct.o \\
 nf_conntrack_seqadj.o nf_conntrack_timeout.o nf_conntrack_ecache.o nf_conntrack_labels.o \\
 nf_conntrack_ovs.o
obj-m := nf_conntrack.o nf_conncount.o nf_conntrack_netlink.o nfnetlink_cttimeout.o \\
 nf_conntrack_bridge.o
""",
    """openvswitch-y := actions.o datapath.o dp_notify.o flow.o flow_netlink.o flow_table.o \\
 meter.o openvswitch_trace.o vport.o vport-internal_dev.o vport-netdev.o conntrack.o
CFLAGS_openvswitch_trace.o = -I$(src)
obj-m := openvswitch.o vport-geneve.o
""",
)
READS_CONNECTIONS = {"nf_conntrack", "nf_nat"}
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")
# The drivers of a workstation are most of the source, and of no use here; every Kconfig stays.
_UNPACK = """
tar -xJf "$1" -C "$2" --strip-components=1 --wildcards \
 --exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/media/*.[ch]' --exclude='*/sound/*.[ch]' \
 --exclude='*/drivers/net/ethernet/*.[ch]' --exclude='*/drivers/net/wireless/*.[ch]' \
 --exclude='*/Documentation/*.rst' --exclude='*/tools/testing/*'
"""
_PREPARE = """
cd "$1"
sed -i "s/^SUBLEVEL = .*/SUBLEVEL = $3/" Makefile
zcat "$2" > .config
scripts/config OPTIONS
make -s ARCH=um olddefconfig modules_prepare
""".replace("OPTIONS", " ".join(OPTIONS))
_MODULES = """
cd "$1"
cp net/bridge/*.h "$2/"
for kbuild in "$2"/*.kbuild; do
  place=${kbuild%.kbuild}
  mkdir "$place"
  cp net/netfilter/*.[ch] net/openvswitch/*.[ch] net/ipv4/netfilter/nft_reject_ipv4.c \
   net/ipv6/netfilter/nft_reject_ipv6.c net/bridge/netfilter/nf_conntrack_bridge.c "$place/"
  cp "$kbuild" "$place/Kbuild"
  make -s -j"$3" ARCH=um M="$place" KBUILD_MODPOST_WARN=1 modules
done
"""
RECIPE = "\n".join((*OPTIONS, *BUILDS, _UNPACK, _PREPARE, _MODULES))
MARK = hashlib.sha256(RECIPE.encode()).hexdigest()[:8]


class ModulesError(NoProofError):
    """The modules cannot be built here: says what is missing."""


def source_package(version: str) -> str:
    """Return Debian's package of the source for a kernel: linux-source-7.2 for 7.2.7."""
    return f"linux-source-{version.rpartition('.')[0]}"


def build(scratch: Path, kernel: Path, version: str, into: Path) -> None:
    """Build the modules for the kernel unpacked in `kernel`, whose source is in scratch/source."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        raise ModulesError(f"to build the kernel's modules: apt install {' '.join(missing)}")
    (archive,) = (scratch / "source" / "usr" / "src").glob("linux-source-*.tar.xz")
    tree, work = scratch / "linux", scratch / "modules"
    tree.mkdir()
    work.mkdir()
    for number, kbuild in enumerate(BUILDS):
        (work / f"{number}.kbuild").write_text(kbuild)
    (config,) = kernel.glob("usr/share/doc/user-mode-linux/config*.gz")
    jobs = str(len(os.sched_getaffinity(0)))
    for script, words in (
        (_UNPACK, (archive, tree)),
        (_PREPARE, (tree, config, version.rpartition(".")[2])),
        (_MODULES, (tree, work, jobs)),
    ):
        arguments = [str(word) for word in words]
        run(["nice", "sh", "-euc", script, "sh", *arguments], timeout_seconds=SECONDS)
    finished = into.with_name(f".{into.name}.{os.getpid()}")
    finished.mkdir(parents=True)
    for module in work.rglob("*.ko"):
        shutil.copy(module, finished / module.name)
    finished.rename(into)


def install(built: Path, modules: Path) -> None:
    """Put modules in the place of a kernel's own, and take away what they would not agree with."""
    own = {one.name: one for one in modules.rglob("*.ko")}
    for module in built.glob("*.ko"):
        place = own.pop(module.name, modules / "kernel" / "net" / "netfilter" / module.name)
        shutil.copy(module, place)
    for place in own.values():
        found = _DEPENDS.search(place.read_bytes())
        if found and READS_CONNECTIONS & set(found[1].decode().split(",")):
            place.unlink()
