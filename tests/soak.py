"""Runs the long counts for as long as one gives it, taking up where the last run stopped.

    python tests/soak.py                    every count in turn, ten minutes each at most
    python tests/soak.py --only kills       one of them
    python tests/soak.py --seconds 3600     more time for each
    python tests/soak.py --again runs       from nothing

How far each is lies in the cache, so that several sittings add up. A count that fails stops there:
the next run begins with what failed.
"""

from __future__ import annotations

import argparse
import atexit
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))

from cluster import hosting
from hyperleaf.lab import root
from judges import killing
from judges.apiserver import api_server
from judges.aws import aws
from judges.clusters import KINDS
from judges.operators import operators
from lab import agreement, likening, mutating, proving
from platforms import drawn_accounts, killing_ups, vsphere_killing
from properties.mutating import check_mutant, corpus
from properties.test_mutants import end_of
from properties.yaml_mutations import mutate

if TYPE_CHECKING:
    from collections.abc import Callable

    from judges.apiserver import ApiServer
    from judges.aws import Aws

# One of so many mutants goes through the command as well.
EACH = 100
SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Count:
    """Something that must hold `goal` times; `one` returns what is wrong with number n, or nothing.

    `every` is how often the state is written down.
    """

    goal: int
    one: Callable[[int], str]
    every: int = 1


def mutant(number: int) -> str:
    """Check that a mutant of an estate ends in findings or in objects, never in a traceback."""
    problem = check_mutant(corpus(), random.Random(number))
    if problem is None and number % EACH == 0:
        chance = random.Random(number)
        ended = end_of(mutate(chance.choice(corpus()), chance))
        if ended not in {0, 1, 2}:
            return f"through the command: exit status {ended}"
    return problem or ""


def proven(number: int) -> str:
    """Prove the small estate; nothing may be left behind."""
    del number
    with tempfile.TemporaryDirectory() as folder:
        return proving.run_once(proving.place(Path(folder), root.ready().folder))


def killed(number: int) -> str:
    """Kill a proof at a moment of chance; the next must clean up and pass."""
    with tempfile.TemporaryDirectory() as folder:
        place = proving.place(Path(folder), root.ready().folder)
        return proving.kill_once(place, random.Random(number))


def agreed(number: int) -> str:
    """Hold what `trace` says of a small estate against packets."""
    with tempfile.TemporaryDirectory() as folder:
        return "\n".join(agreement.agree(number, Path(folder)).differences)


def mistaken(number: int) -> str:
    """Make one of the mistakes that people make; say what the proof did not see of it."""
    one = list(mutating.read().values())[number]
    with tempfile.TemporaryDirectory() as folder:
        problem = mutating.missed(one, mutating.prove_spoilt(Path(folder), one))
    return f"{one.name}: {problem}" if problem else ""


def alike(number: int) -> str:
    """Prove an example by real agents, and hold what own ones leave against what these leave."""
    return "\n".join(likening.faults(likening.NAMES[number]))


def flagged(number: int) -> str:
    """Hold what a hub makes a hosted cluster from against what hcp makes of the same flags."""
    return hosting.compare(random.Random(number))


@cache
def _cluster() -> tuple[ApiServer, dict[str, Any]]:
    """Return an API server with what stands in for operators, and what an application makes."""
    stack = ExitStack()
    atexit.register(stack.close)
    server = stack.enter_context(api_server())
    for version, kind in KINDS:
        server.resource(version, kind)
    stack.enter_context(operators(server))
    return server, killing.whole(server)


def applied(number: int) -> str:
    """Kill an application at a write of chance; the next must end in the same cluster."""
    server, wanted = _cluster()
    moment = random.Random(number).randint(1, len(wanted))
    return killing.killed(server, moment, wanted)


@cache
def _vcenter() -> dict[str, Any]:
    """Return what `up` makes at a vCenter."""
    return vsphere_killing.whole()


def raised(number: int) -> str:
    """Kill `up` at a vCenter at changes of chance; the next must end in the same."""
    return vsphere_killing.killed(random.Random(number), _vcenter())


@cache
def _empty() -> Aws:
    """Return an account of AWS with nothing in it."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(aws(SECONDS * 6))


def accounted(number: int) -> str:
    """Make what drawn estates on AWS stand on, find it again without a write, take it back."""
    return drawn_accounts.some(_empty(), number)


@cache
def _account() -> tuple[Aws, killing_ups.Whole]:
    """Return an account of AWS, and what `up` makes in it."""
    stack = ExitStack()
    atexit.register(stack.close)
    account = stack.enter_context(aws(SECONDS * 6))
    return account, killing_ups.whole(account)


def raised_on_aws(number: int) -> str:
    """Kill `up`, now and then `down`, at a call of AWS; the next must end in the same account."""
    account, wanted = _account()
    is_down = number % killing_ups.EACH == killing_ups.EACH - 1
    return killing_ups.killed(account, random.Random(number), wanted, is_down=is_down)


COUNTS: dict[str, Count] = {
    "mutants": Count(20_000, mutant, 100),
    "runs": Count(200, proven),
    "kills": Count(50, killed),
    "estates": Count(agreement.COUNT, agreed),
    "applies": Count(50, applied),
    "ups": Count(50, raised_on_aws),
    "accounts": Count(40, accounted),
    "vsphere kills": Count(50, raised),
    "mutations": Count(len(mutating.read()), mistaken),
    "flags": Count(200, flagged, 20),
    "agents": Count(len(likening.NAMES), alike),
}


def state_file(name: str) -> Path:
    """Return where a count is kept between runs; each has its own, so that several may run."""
    cache = Path(os.environ.get("HYPERLEAF_CACHE") or Path.home() / ".cache" / "hyperleaf")
    (cache / "soak").mkdir(parents=True, exist_ok=True)
    return cache / "soak" / name


def main() -> int:
    """Go on with each count until its goal or its time is reached; exit 1 where one fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="at most this long, each")
    parser.add_argument("--only", choices=COUNTS, action="append", help="this one, not all")
    parser.add_argument("--again", choices=COUNTS, action="append", default=[], help="from nothing")
    options = parser.parse_args()
    names = options.only or list(COUNTS)
    for name in options.again:
        state_file(name).unlink(missing_ok=True)
    problems = 0
    for name in names:
        held, problem = _go_on(name, COUNTS[name], time.monotonic() + options.seconds)
        print(f"\r{held} of {COUNTS[name].goal} {name} hold")  # noqa: T201
        if problem:
            print(problem)  # noqa: T201
            problems += 1
    return 1 if problems else 0


def _go_on(name: str, count: Count, ends: float) -> tuple[int, str]:
    """Go on with a count; return how far it is, and what does not hold."""
    file = state_file(name)
    number = held = int(file.read_text()) if file.exists() else 0
    while number < count.goal and time.monotonic() < ends:
        problem = count.one(number)
        if problem:
            return held, f"{name} {number}: {problem}"
        number += 1
        if number % count.every == 0 or number == count.goal:
            held = number
            file.write_text(str(held))
            print(f"\r{held} of {count.goal} {name}", end="", flush=True)  # noqa: T201
    return held, ""


if __name__ == "__main__":
    sys.exit(main())
