"""`hyperleaf lab`: labs that `prove --keep` left up are listed, looked into, ended."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hyperleaf.cli import ending
from hyperleaf.cli.screen import say, say_json
from hyperleaf.cli.tables import Rows, show

if TYPE_CHECKING:
    from hyperleaf.lab.keeping import About, Said

_SECONDS = 600.0


@click.group("lab", short_help="Look into a lab that prove --keep left up, and end it.")
def command() -> None:
    """Look into a lab that `hyperleaf prove --keep` left up, and end it.

    \b
    Examples:
      hyperleaf prove estate --keep
      hyperleaf lab list
      hyperleaf lab exec prod-1 vtysh -c "show bgp l2vpn evpn summary"
      hyperleaf lab exec g0 ping -c 3 172.20.100.1
      hyperleaf lab capture prod-1 br-ex udp port 4789
      hyperleaf lab down

    A lab that nobody ends goes by itself after eight hours.
    """  # noqa: D301 - click's mark for a block that is not wrapped


_lab = click.option("--lab", "named", metavar="NAME", default="", help="Which lab, if several.")


@command.command("list")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text")
def list_(output: str) -> int:
    """List the labs that are up, and their machines and guests."""
    from hyperleaf.lab import keeping  # noqa: PLC0415 - after a usage error

    labs = keeping.kept()
    if output == "json":
        say_json(
            [
                {"name": one.name, "estate": one.estate, "nodes": one.nodes, "until": one.until}
                for one in labs
            ]
        )
    elif labs:
        rows = [
            (one.name, one.estate, "\n".join(one.nodes), f"{_hours(one):.1f} h") for one in labs
        ]
        show(Rows("", ("lab", "estate", "machines and guests", "stays"), rows))
    else:
        say("no lab is up: hyperleaf prove ESTATE --keep leaves one")
    return ending.FINE


@command.command("exec", context_settings={"ignore_unknown_options": True})
@_lab
@click.option("--seconds", type=click.FloatRange(1), default=60.0, help="At most this long.")
@click.argument("node")
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(named: str, seconds: float, node: str, words: tuple[str, ...]) -> int:
    """Run a command on a machine or guest of a lab; its exit status is passed on.

    \b
    Examples:
      hyperleaf lab exec prod-1 bridge fdb show dev vx10100
      hyperleaf lab exec prod-1 vtysh -c "show evpn vni"
    """  # noqa: D301
    said = _execute(named, node, words, seconds)
    click.echo(said.out, nl=False)
    click.echo(said.err, nl=False, err=True)
    return said.status


@command.command("capture", context_settings={"ignore_unknown_options": True})
@_lab
@click.option("--seconds", type=click.FloatRange(1, _SECONDS), default=10.0, show_default=True)
@click.option("--count", type=click.IntRange(1), default=1000, help="At most so many packets.")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="As a pcap file.")
@click.argument("node")
@click.argument("iface")
@click.argument("words", metavar="[FILTER]...", nargs=-1, type=click.UNPROCESSED)
def capture(  # noqa: PLR0913, PLR0917 - what tcpdump is told
    named: str,
    seconds: float,
    count: int,
    out: str | None,
    node: str,
    iface: str,
    words: tuple[str, ...],
) -> int:
    """Show the packets on a machine's interface, as tcpdump does, or write them to a file.

    \b
    Examples:
      hyperleaf lab capture prod-1 br-ex udp port 4789
      hyperleaf lab capture g0 eth0 --seconds 30 --out g0.pcap arp or icmp
    """  # noqa: D301
    tcpdump = f'timeout {seconds} tcpdump -n -i "$1" -c {count}'
    script = f'{tcpdump} -U -w - "$2" | base64 -w0' if out else f'{tcpdump} -l "$2"'
    # tcpdump takes an empty filter for all packets; 124 says that the time is over, as it may be.
    shell = ["sh", "-c", script, "sh", iface, " ".join(words)]
    said = _execute(named, node, shell, seconds + 10)
    if out:
        if not said.out:
            raise ending.CouldNotRunError(said.err.strip())
        Path(out).write_bytes(base64.b64decode(said.out))
        say(f"written: {out}")
        return ending.FINE
    click.echo(said.out, nl=False)
    if said.status not in {0, 124}:
        raise ending.CouldNotRunError(said.err.strip())
    return ending.FINE


@command.command("down")
@click.argument("name", required=False, default="")
@click.option("--all", "everything", is_flag=True, help="Every lab that is up.")
def down(name: str, *, everything: bool) -> int:
    """End a lab that is kept up."""
    from hyperleaf.lab import keeping  # noqa: PLC0415 - after a usage error

    try:
        for one in keeping.kept() if everything else [keeping.choose(name)]:
            keeping.down(one)
            say(f"{one.name} is down")
    except keeping.NoLabError as error:
        raise ending.CouldNotRunError(str(error)) from None
    return ending.FINE


def _execute(named: str, node: str, words: tuple[str, ...] | list[str], seconds: float) -> Said:
    from hyperleaf.lab import keeping  # noqa: PLC0415 - after a usage error

    try:
        return keeping.execute(keeping.choose(named), node, words, seconds)
    except keeping.NoLabError as error:
        raise ending.CouldNotRunError(str(error)) from None


def _hours(about: About) -> float:
    return max(0.0, (about.until - time.time()) / 3600)
