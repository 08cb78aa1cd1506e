"""Measures every bar of speed and size, and prints it beside the bar and the peers' figures."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from estates import estate
from measuring import Measured, exponent, measure
from proving import made_from_nothing, parts, settle

from hyperleaf.lab.errors import NoProofError

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from judges.aws import aws

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
HYPERLEAF = (sys.executable, "-m", "hyperleaf")
AWS = str(HERE.parent / "examples" / "01-aws-hosted")


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure beside what it must stay below."""

    what: str
    figure: float
    most: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bar."""
        return self.figure <= self.most


def cold() -> list[Bar]:
    """Measure what a person waits for each time."""
    measure((*HYPERLEAF, "--help"), 2)
    return [
        Bar("--help, cold", measure((*HYPERLEAF, "--help"), 7).wall, 0.2, "s"),
        Bar("check 01-aws-hosted, cold", measure((*HYPERLEAF, "check", AWS), 7).wall, 0.4, "s"),
    ]


def write(folder: Path, leaves: int, networks: int) -> Path:
    """Write an estate and return its file."""
    file = folder / f"{leaves}x{networks}.yaml"
    file.write_text("".join(estate(leaves, networks)), encoding="utf-8")
    return file


def render(folder: Path, leaves: int, networks: int) -> Measured:
    """Render an estate into a folder of its own, beginning with reading it."""
    out = folder / f"out-{leaves}x{networks}"
    return measure((*HYPERLEAF, "render", str(write(folder, leaves, networks)), "--out", str(out)))


def expand(folder: Path, leaves: int, networks: int) -> Measured:
    """Plan an estate, every node on its own."""
    return measure(
        (*HYPERLEAF, "plan", str(write(folder, leaves, networks)), "--per-node", "--output", "json")
    )


def scale_free(folder: Path) -> list[Bar]:
    """Measure the rendering of the largest estate, and how its cost grows."""
    largest = render(folder, 5000, 4000)
    by_networks = [(float(n), render(folder, 5000, n).cpu) for n in (1000, 2000)]
    by_leaves = [(float(n), render(folder, n, 1000).cpu) for n in (50, 500)]
    return [
        Bar("render 5,000 nodes x 4,000 networks", largest.wall, 30, "s"),
        Bar("  its peak memory", largest.peak, 400, "MiB"),
        Bar("  growth by networks", exponent([*by_networks, (4000.0, largest.cpu)]), 1.1, ""),
        Bar("  growth by nodes", exponent([*by_leaves, (5000.0, by_networks[0][1])]), 1.1, ""),
    ]


def expanded(folder: Path) -> list[Bar]:
    """Measure the plan of every node, and how its cost grows."""
    bar = expand(folder, 200, 100)
    by_leaves = [(float(n), expand(folder, n, 100).cpu) for n in (1000, 3000, 9000)]
    by_networks = [(float(n), expand(folder, 200, n).cpu) for n in (400, 800, 1600)]
    return [
        Bar("plan --per-node, 200 leaves x 100 networks, CPU", bar.cpu, 3, "s"),
        Bar("  its peak memory", bar.peak, 120, "MiB"),
        Bar("  growth by leaves", exponent(by_leaves), 1.1, ""),
        Bar("  growth by networks", exponent(by_networks), 1.1, ""),
    ]


def clouds(folder: Path) -> list[Bar]:
    """Measure what is asked of an account before anything is made in it: a simulator's, warm."""
    up = (*HYPERLEAF, "up", AWS, "--facts", str(folder / "facts.yaml"), "--dry-run")
    with aws() as account:
        measure(up, 1, status=1, environment=account.env)
        dry = measure(up, 5, status=1, environment=account.env)
    return [Bar("up --dry-run of 01-aws-hosted", dry.wall, 2, "s")]


def lab(*, from_nothing: bool) -> list[Bar]:
    """Measure the lab: the parts of a proof, and leaves until their routes settle."""
    bars = []
    if from_nothing:
        bars.append(Bar("lab: the root, made from nothing", made_from_nothing(), 180, "s"))
    seconds = parts(Path(AWS))
    bars.append(Bar("prove 01-aws-hosted, warm", seconds.pop("all"), 60, "s"))
    bars += [Bar(f"  {name}", figure, 60, "s") for name, figure in seconds.items()]
    for leaves, most, room in ((10, 60, 1000), (40, 300, 4000)):
        done = settle(leaves)
        if done.missing:
            raise RuntimeError(f"{leaves} leaves did not settle: {done.missing}")
        title = f"{leaves} leaves settle, {done.kernels} kernels ({done.timers})"
        bars.append(Bar(title, done.seconds["all"], most, "s"))
        bars.append(
            Bar("  of it, after the last daemon began", done.seconds["converge"], most, "s")
        )
        bars.append(Bar("  memory of all kernels, at most", done.mib, room, "MiB"))
    return bars


def show(bars: list[Bar]) -> None:
    """Print figures beside their bars."""
    for bar in bars:
        unit = f" {bar.unit}" if bar.unit else ""
        verdict = "" if bar.holds else "   OVER"
        print(f"  {bar.what:<52} {bar.figure:8.2f}{unit:<4}  bar {bar.most:g}{unit}{verdict}")


def main() -> int:
    """Measure, print, and tell by the exit status whether every bar holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to a file too")
    parser.add_argument("--peers", action="store_true", help="run netlab and pyavd again")
    parser.add_argument("--only", choices=["text", "lab"], help="the objects, or the lab")
    parser.add_argument(
        "--from-nothing",
        action="store_true",
        help="make the lab's root anew, in a cache of its own",
    )
    options = parser.parse_args()
    bars: list[Bar] = []
    groups: list[Callable[[], list[Bar]]] = []
    with tempfile.TemporaryDirectory(prefix="hyperleaf-bench-") as name:
        if options.only != "lab":
            folder = Path(name)
            groups += [cold, partial(clouds, folder)]
            groups += [partial(scale_free, folder), partial(expanded, folder)]
        if options.only != "text":
            groups.append(partial(lab, from_nothing=options.from_nothing))
        for group in groups:
            try:
                more = group()
            except NoProofError as error:
                print(f"  the lab is not measured: {error}")
                continue
            show(more)
            bars.extend(more)
    print("\nPeers, every node on its own (recorded):")
    for peer in yaml.safe_load((HERE / "peers.yaml").read_text(encoding="utf-8"))["expanded"]:
        seconds = f"{peer['seconds']:g} s" if peer["seconds"] is not None else "-"
        size = f"{peer['leaves']} x {peer['networks']}"
        print(f"  {peer['who']:<16} {size:>10}  {seconds:>8}  {peer['note']}")
    if options.peers:
        from peers import run_peers  # noqa: PLC0415 - it builds environments of its own

        run_peers()
    if options.json:
        figures = {bar.what.strip(): {"figure": bar.figure, "bar": bar.most} for bar in bars}
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if all(bar.holds for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
