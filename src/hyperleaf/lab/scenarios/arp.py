"""A guest tells its segment that it has an address, as operating systems do at their start.

To all, as a request that asks for nothing (RFC 5227's announcement, or "gratuitous ARP").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperleaf.lab.guests import Guest
    from hyperleaf.lab.kernel import Kernel

_SAY = """
import socket, sys
device, address = sys.argv[1:]
own = open(f"/sys/class/net/{device}/address").read().strip()
mac, ip = bytes.fromhex(own.replace(":", "")), socket.inet_aton(address)
frame = b"\\xff" * 6 + mac + b"\\x08\\x06" + bytes.fromhex("0001080006040001")
frame += mac + ip + b"\\0" * 6 + ip
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((device, 0))
out.send(frame)
"""


def announce(kernel: Kernel, guest: Guest, address: str) -> None:
    """Let a guest announce an address, once."""
    kernel.run(["python3", "-c", _SAY, "eth0", address], node=guest.namespace)


def mac(kernel: Kernel, guest: Guest) -> str:
    """Return a guest's MAC address."""
    return kernel.run("cat /sys/class/net/eth0/address", node=guest.namespace).out.strip()
