"""Runs inside a lab's kernel: leads each node's agents to their API server, and answers their DNS.

Nothing of hyperleaf is imported here. A line `NODE HOST PORT` on the pipe that the argument names
makes the node's loopback answer on `API` as HOST's PORT does, and on 53 as a resolver that knows
every name: no device, no address and no route of the node is needed for it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

API = 16443
DNS = 53
LOOPBACK = "127.0.0.1"
BLOCK = 65536
A_RECORD = 1
ANSWER = "192.0.2.53"  # documentation's: nobody goes there


class Resolver(asyncio.DatagramProtocol):
    """Knows every name."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go out by."""
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a question with an address, or with nothing where no address is asked for."""
        assert isinstance(self.transport, asyncio.DatagramTransport)  # noqa: S101
        self.transport.sendto(reply(data), addr)


def reply(query: bytes) -> bytes:
    """Return the answer to a query of DNS (RFC 1035): the same address for every name."""
    end = 12
    while query[end]:
        end += query[end] + 1
    question = query[12 : end + 5]
    (kind,) = struct.unpack("!H", query[end + 1 : end + 3])
    known = kind == A_RECORD
    head = query[:2] + struct.pack("!HHHHH", 0x8580, 1, int(known), 0, 0)
    record = struct.pack("!HHHIH", 0xC00C, A_RECORD, 1, 60, 4) + socket.inet_aton(ANSWER)
    return head + question + (record if known else b"")


def opened(node: str, kind: socket.SocketKind, port: int, home: int) -> socket.socket:
    """Return a socket in a node's namespace; this process is in `home` again afterwards."""
    place = os.open(f"/run/netns/{node}", os.O_RDONLY)
    try:
        os.setns(place, os.CLONE_NEWNET)  # type: ignore[attr-defined]
        made = socket.socket(socket.AF_INET, kind)
    finally:
        os.setns(home, os.CLONE_NEWNET)  # type: ignore[attr-defined]
        os.close(place)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((LOOPBACK, port))
    made.settimeout(0)
    return made


async def lead(node: str, host: str, port: int, home: int) -> None:
    """Answer on a node's loopback."""

    async def caller(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            theirs = await asyncio.open_connection(host, port)
            await asyncio.gather(carry(reader, theirs[1]), carry(theirs[0], writer))

    loop = asyncio.get_running_loop()
    await asyncio.start_server(caller, sock=opened(node, socket.SOCK_STREAM, API, home))
    resolver = opened(node, socket.SOCK_DGRAM, DNS, home)
    await loop.create_datagram_endpoint(Resolver, sock=resolver)


def done(node: str) -> None:
    """Say that a node's loopback answers."""
    Path(f"/run/{node}/agents/led").touch()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes until their source is silent for good."""
    with suppress(OSError):
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
    writer.close()


async def serve(pipe: Path) -> None:
    """Take lines from a pipe for ever."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    # Open for writing too: a pipe that nobody writes to would be at its end.
    source = os.fdopen(os.open(pipe, os.O_RDWR), "rb", buffering=0)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    while line := (await reader.readline()).decode().split():
        node, host, port = line
        try:
            await lead(node, host, int(port), home)
            done(node)
        except OSError as error:
            print(node, error, file=sys.stderr, flush=True)  # noqa: T201 - its log


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
