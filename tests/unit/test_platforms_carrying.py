"""Steps are carried out when what they rest on is there, and none begins once one has failed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from hyperleaf.platforms.build import Build
from hyperleaf.platforms.carrying import Begun, Carried, Ended, carry_out, examine
from hyperleaf.platforms.errors import AccessError, PlatformError, told
from hyperleaf.platforms.removing import Gone, remove
from hyperleaf.platforms.steps import Change, NotYet, Owned, Seen, Step, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT_SECONDS = 30


@dataclass
class World:
    """A carrier whose things are names in a set: a real one, of a world that is only here."""

    there: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    refused: dict[str, PlatformError] = field(default_factory=dict)
    together: threading.Barrier | None = None

    def examine(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Tell whether the name is there."""
        del inputs
        if step.name in self.refused and step.name in self.there:
            raise self.refused[step.name]
        known = step.name in self.there
        change = Change(Verb.CREATE, step.name)
        return Seen(() if known else (change,), {"Id": step.name} if known else None)

    def from_nothing(self, step: Step, inputs: Mapping[str, Any]) -> Seen:
        """Tell that it is not."""
        del inputs
        return Seen((Change(Verb.CREATE, step.name),))

    def carry_out(self, step: Step, inputs: Mapping[str, Any], tell: Any) -> Mapping[str, Any]:
        """Put the name there."""
        assert not [one for one in inputs.values() if isinstance(one, NotYet)]
        tell("making it")
        if self.together is not None and step.name in {"edge", "prod"}:
            self.together.wait(LIMIT_SECONDS)
        if step.name in self.refused:
            raise self.refused[step.name]
        self.done.append(step.name)
        self.there.add(step.name)
        return {"Id": step.name}

    def owned(self) -> tuple[Owned, ...]:
        """Return all names."""
        return tuple(Owned("aws.stack", "here", one) for one in sorted(self.there))

    def remove(self, owned: Owned, tell: Any) -> None:
        """Take a name away."""
        tell("removing it")
        if owned.name in self.refused:
            raise self.refused[owned.name]
        self.there.remove(owned.name)


def step(name: str, *needs: str, kind: str = "aws.stack") -> Step:
    body = {one: {"of": one, "output": "Id"} for one in needs}
    return Step(name, kind, body, (f"Cluster/{name}",))


def build_of(*steps: Step) -> Build:
    return Build("corp", steps, {}, {})


FABRIC = build_of(step("shared"), step("edge", "shared"), step("prod", "shared"))
REFUSED = PlatformError(told("HL1407", "not today"))
AWAY = AccessError(told("HL1404", "nobody answers"))


def carried(world: World, build: Build, *only: str) -> tuple[Carried, list[object]]:
    heard: list[object] = []
    carriers = {one.kind: world for one in build.steps}
    came = Carried()
    examined = examine(build, carriers, lambda _: None)
    carry_out(examined, carriers, frozenset(only), heard.append, came)
    return came, heard


def test_every_step_is_carried_out_and_its_outputs_known() -> None:
    came, _ = carried(World(), FABRIC)
    assert came.changed == ["shared", "edge", "prod"]
    assert came.outputs == {one: {"Id": one} for one in ("shared", "edge", "prod")}


def test_what_rests_on_one_thing_is_made_side_by_side() -> None:
    world = World(together=threading.Barrier(2))
    assert carried(world, FABRIC)[0].findings == []


def test_what_rests_on_another_comes_after_it() -> None:
    world = World()
    carried(world, FABRIC)
    assert world.done[0] == "shared"


def test_a_port_group_comes_after_all_that_stand_before_it() -> None:
    world = World()
    carried(world, build_of(*(step(f"p{n}", kind="vsphere.portGroup") for n in range(5))))
    assert world.done == [f"p{n}" for n in range(5)]


def test_what_is_there_is_left_as_it_is() -> None:
    world = World({"shared", "edge", "prod"})
    came, heard = carried(world, FABRIC)
    assert (world.done, came.changed) == ([], [])
    assert not [one for one in heard if isinstance(one, Begun)]


def test_after_a_failure_nothing_begins() -> None:
    world = World(refused={"shared": REFUSED})
    came, _ = carried(world, FABRIC)
    assert (world.done, came.changed) == ([], [])
    assert [one.message for one in came.findings] == ["not today"]


def test_what_goes_on_beside_a_failure_comes_to_its_end() -> None:
    world = World({"shared"}, refused={"edge": REFUSED}, together=threading.Barrier(2))
    came, heard = carried(world, FABRIC)
    assert came.changed == ["prod"]
    ends = {one.step.name: bool(one.findings) for one in heard if isinstance(one, Ended)}
    assert ends == {"shared": False, "edge": True, "prod": False}


def test_a_failure_stands_at_the_estate_s_documents() -> None:
    came, _ = carried(World(refused={"shared": REFUSED}), FABRIC)
    assert [one.document for one in came.findings] == ["Cluster/shared"]


def test_a_platform_that_is_away_ends_it_with_what_was_done_before_known() -> None:
    world = World(refused={"prod": AWAY})
    came = Carried()
    carriers = {"aws.stack": world}
    examined = examine(FABRIC, carriers, lambda _: None)
    with pytest.raises(AccessError):
        carry_out(examined, carriers, frozenset(), lambda _: None, came)
    assert came.changed == ["shared", "edge"]


def test_only_what_is_asked_for_is_carried_out() -> None:
    world = World({"shared"})
    assert carried(world, FABRIC, "prod")[0].changed == ["prod"]


def test_a_platform_that_is_away_is_shown_as_empty_where_that_is_allowed() -> None:
    world = World({"shared"}, refused={"shared": AWAY})
    shown = examine(FABRIC, {"aws.stack": world}, lambda _: None, without_access=True)
    assert [len(one.seen.changes) for one in shown] == [1, 1, 1]
    assert [one.code for one in shown[0].seen.findings] == ["HL1404"]


def test_a_platform_that_is_away_is_told_at_once_elsewhere() -> None:
    world = World({"shared"}, refused={"shared": AWAY})
    with pytest.raises(AccessError):
        examine(FABRIC, {"aws.stack": world}, lambda _: None)


def removed(world: World) -> Gone:
    return remove(world.owned(), FABRIC, {"aws.stack": world}, lambda _: None)


def test_everything_that_bears_the_mark_is_removed() -> None:
    world = World({"edge", "shared"})
    assert [one.name for one in removed(world).removed] == ["edge", "shared"]
    assert world.there == set()


def test_what_nothing_rests_on_goes_although_another_cannot() -> None:
    world = World({"edge", "prod", "shared"}, refused={"edge": REFUSED})
    clusters = frozenset({"edge", "prod"})
    things = (
        Owned("aws.stack", "here", "edge", key="edge", after=frozenset()),
        Owned("aws.stack", "here", "prod", key="prod", after=frozenset()),
        Owned("aws.stack", "here", "shared", key="shared", after=clusters),
    )
    gone = remove(things, FABRIC, {"aws.stack": world}, lambda _: None)
    assert [one.name for one in gone.removed] == ["prod"]
    assert world.there == {"edge", "shared"}


def test_a_platform_that_goes_away_ends_the_removal() -> None:
    world = World({"edge", "shared"}, refused={"edge": AWAY})
    with pytest.raises(AccessError):
        removed(world)
    assert world.there == {"edge", "shared"}


def test_what_others_may_rest_on_stays_where_one_cannot_be_removed() -> None:
    world = World({"edge", "shared"}, refused={"edge": REFUSED})
    assert [one.code for one in removed(world).findings] == ["HL1407"]
    assert world.there == {"edge", "shared"}
