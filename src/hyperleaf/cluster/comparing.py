"""Objects to be and objects that are become what an application would do, tried by the server.

An object that is there is left alone where what the server noted of us says that it is settled, or
where the server, applying it for trial (`dryRun`), would write nothing: so a second application
writes nothing, without anything being remembered elsewhere.
"""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from hyperleaf.cluster.answers import HIDDEN
from hyperleaf.cluster.client import side_by_side
from hyperleaf.cluster.difference import Contested, contested, differences, has, would_write
from hyperleaf.cluster.errors import AnswerError, ClusterError, told
from hyperleaf.cluster.secrets import with_data
from hyperleaf.cluster.settled import is_settled
from hyperleaf.findings import Finding, Severity
from hyperleaf.values.readiness import COMPLETED
from hyperleaf.values.rendered import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hyperleaf.cluster.client import Client, Resource
    from hyperleaf.cluster.difference import Difference
    from hyperleaf.cluster.reading import Item, Target

Object = dict[str, Any]
# From so many objects of a kind on, one list is less than a request each.
MANY = 5
_BAD_REQUEST = 400


class What(StrEnum):
    """What becomes of an object."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    KEPT = "kept"  # there, and not ours to touch
    LATER = "later"  # its kind comes with what is applied before it
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Compared:
    """An object, and what an application would do to it.

    `findings` say why it is refused or kept; `is_forced` where it takes fields over from others;
    `is_tried` where the server has judged it.
    """

    item: Item
    what: What
    differences: tuple[Difference, ...] = ()
    findings: tuple[Finding, ...] = ()
    contested: tuple[Contested, ...] = field(default=(), repr=False)
    live: Object | None = field(default=None, repr=False)
    is_forced: bool = False
    is_tried: bool = True

    @property
    def is_written(self) -> bool:
        """Whether applying it writes."""
        return self.what in {What.NEW, What.CHANGED, What.LATER}


@dataclass(frozen=True, slots=True)
class Coming:
    """What a target brings by itself: namespaces, and whether kinds may come with operators."""

    namespaces: frozenset[str]
    brings_kinds: bool
    groups_by_hand: frozenset[str]

    @classmethod
    def of(cls, target: Target) -> Coming:
        """Return what a target brings."""
        kinds = {one.kind for one in target.items}
        return cls(
            frozenset(one.name for one in target.items if one.kind == "Namespace"),
            bool(kinds & {"Subscription", "CustomResourceDefinition"}),
            frozenset({"frrk8s.metallb.io"} if target.kustomizations else ()),
        )


def compare(
    client: Client,
    target: Target,
    taken: Sequence[str] = (),
    tell: Callable[[int, int], None] | None = None,
) -> tuple[Compared, ...]:
    """Return what applying a target would do, in its order; nothing is written.

    `taken` are objects (`KIND/NAME`) whose fields may be taken over from other managers. `tell` is
    called with how many are done, of how many. Raises AccessError.
    """
    coming = Coming.of(target)
    _look_up(client, target.items)
    known = _listed(client, target.items)
    allowed = frozenset(map(str.lower, taken))

    def one(item: Item) -> Compared:
        live = known.get(item.key)
        return compare_one(client, item, coming=coming, taken=allowed, live=live)

    made: list[Compared] = []
    for compared in side_by_side(one, target.items):
        made.append(compared)
        if tell is not None:
            tell(len(made), len(target.items))
    return tuple(made)


def _look_up(client: Client, items: Iterable[Item]) -> None:
    """Ask once for each version of the API, before several threads would."""
    for version, kind in dict.fromkeys((one.api_version, one.kind) for one in items):
        client.resource(version, kind)


def _listed(client: Client, items: Sequence[Item]) -> dict[tuple[str, str, str, str], Object]:
    """Return objects of ours that live, of kinds of which there are many: a list is one request."""
    made: dict[tuple[str, str, str, str], Object] = {}
    groups: dict[tuple[str, str, str], list[Item]] = {}
    for one in items:
        groups.setdefault((one.api_version, one.kind, one.namespace), []).append(one)
    for (version, kind, namespace), members in groups.items():
        resource = client.resource(version, kind)
        if resource is None or len(members) <= MANY:
            continue
        group = members[0].key[0]
        with suppress(AnswerError):  # whoever may not list asks for each
            for live in client.every(resource, namespace, f"{MANAGED_BY}={MANAGER}"):
                whole = {**live, "apiVersion": version, "kind": kind}
                made[group, kind, namespace, live["metadata"]["name"]] = whole
    return made


def compare_one(
    client: Client,
    item: Item,
    *,
    coming: Coming,
    taken: frozenset[str] = frozenset(),
    live: Object | None = None,
) -> Compared:
    """Return what applying one object would do; `live` is the one that lives, where it is known."""
    resource = client.resource(item.api_version, item.kind)
    if resource is None:
        return _without_kind(item, coming)
    try:
        live = live or client.get(resource, item.namespace, item.name)
        return _compared(client, resource, item, live, coming, taken)
    except AnswerError as error:
        return Compared(item, What.REFUSED, findings=(about(item, error.finding),))
    except ClusterError as error:
        if error.finding.code != "HL1210":
            raise
        if live is None:
            return Compared(item, What.REFUSED, findings=(error.finding,))
        warning = replace(error.finding, severity=Severity.WARNING)
        return Compared(item, What.KEPT, findings=(warning,), live=live)


def _compared(  # noqa: PLR0913, PLR0917 - both sides and what is allowed
    client: Client,
    resource: Resource,
    item: Item,
    live: Object | None,
    coming: Coming,
    taken: frozenset[str],
) -> Compared:
    if item.sought is not None and live is not None and not is_ours(live):
        return _not_ours(item, live)
    value = completed(with_data(item, live, client.hidden), live)
    if live is not None and is_settled(live, value):
        return Compared(item, What.SAME, live=live)
    return _tried(client, resource, replace(item, value=value), live, coming, taken)


def _tried(  # noqa: PLR0913, PLR0917 - both sides and what is allowed
    client: Client,
    resource: Resource,
    item: Item,
    live: Object | None,
    coming: Coming,
    taken: frozenset[str],
) -> Compared:
    known = _beforehand(client, resource, item, live, coming)
    if known is not None:
        return known
    attempt = partial(client.apply, resource, item.value, namespace=item.namespace, is_tried=True)
    try:
        return _outcome(item, live, attempt(), [])
    except AnswerError as error:
        fields = contested(error.causes, live or {}, item.value)
        if fields and taken & names_of(item):
            return _outcome(item, live, attempt(is_forced=True), fields)
        if fields:
            finding = conflict(item, fields)
            return Compared(item, What.REFUSED, findings=(finding,), contested=tuple(fields))
        if _cannot_try(error):
            what = What.SAME if live and has(live, item.value) else What.CHANGED
            return Compared(item, What.NEW if live is None else what, live=live, is_tried=False)
        raise


def _beforehand(
    client: Client, resource: Resource, item: Item, live: Object | None, coming: Coming
) -> Compared | None:
    """Return what is known of an object without trying it, None where it is to be tried."""
    if live is not None:
        is_going = "deletionTimestamp" in live["metadata"]
        return Compared(item, What.NEW, live=live, is_tried=False) if is_going else None
    if item.namespace in coming.namespaces or (item.namespace and coming.brings_kinds):
        # The server judges nothing in a namespace that is not there; operators make some.
        spaces = client.resource("v1", "Namespace")
        if spaces is not None and client.get(spaces, "", item.namespace) is None:
            return Compared(item, What.NEW, is_tried=False)
    other = _second_group(client, resource, item) if item.kind == "OperatorGroup" else None
    return Compared(item, What.REFUSED, findings=(other,)) if other is not None else None


def completed(value: Object, live: Object | None) -> Object:
    """Return an object whose lists hold what its operator adds to them, with ours over it.

    Such a list is one value to the server: without what was added, it would be taken away, and the
    operator would add it again.
    """
    group = value["apiVersion"].rpartition("/")[0]
    stated = COMPLETED.get((group, value["kind"]))
    if stated is None or live is None:
        return value
    path, key = stated
    here, there = value, live
    for name in path[:-1]:
        here, there = here.get(name) or {}, there.get(name) or {}
    ours, theirs = here.get(path[-1]), there.get(path[-1])
    if not ours or not theirs:
        return value
    by_key = {one[key]: one for one in ours}
    whole = [{**one, **by_key.pop(one[key], {})} for one in theirs] + list(by_key.values())
    made = deepcopy(value)
    inner = made
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = whole
    return made


def _second_group(client: Client, resource: Resource, item: Item) -> Finding | None:
    """Return the finding of a namespace that has an OperatorGroup already: two stop everything."""
    others = [
        one["metadata"]["name"]
        for one in client.every(resource, item.namespace, heads_only=True)
        if one["metadata"]["name"] != item.name
    ]
    if not others:
        return None
    return finding_of(
        item,
        "HL1215",
        f"{item.title} would be the second one: there is {', '.join(others)} already",
        f"delete the other (kubectl -n {item.namespace} delete operatorgroup {others[0]}), whose "
        "subscriptions then go on with ours",
    )


def _outcome(item: Item, live: Object | None, after: Object, fields: list[Contested]) -> Compared:
    forced = bool(fields)
    if live is None:
        return Compared(item, What.NEW, is_forced=forced)
    if not would_write(live, after):
        return Compared(item, What.SAME, live=live)
    return Compared(
        item,
        What.CHANGED,
        _shown(item, differences(live, after)),
        contested=tuple(fields),
        live=live,
        is_forced=forced,
    )


def _shown(item: Item, found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Return differences without the values of a Secret."""
    if item.kind != "Secret":
        return found
    return tuple(
        replace(one, before=HIDDEN, after=HIDDEN) if one.path.startswith("data") else one
        for one in found
    )


def is_ours(live: Object) -> bool:
    """Tell whether an object bears our mark and was applied by us."""
    about = live.get("metadata", {})
    managers = {
        (one.get("manager"), one.get("operation")) for one in about.get("managedFields", ())
    }
    marked = (about.get("labels") or {}).get(MANAGED_BY) == MANAGER
    return marked and (MANAGER, "Apply") in managers


def names_of(item: Item) -> frozenset[str]:
    """Return how an object may be named where it is taken over, in small letters."""
    named = f"{item.kind}/{item.name}", f"{item.kind}/{item.namespace}/{item.name}"
    return frozenset(map(str.lower, named))


def _cannot_try(error: AnswerError) -> bool:
    """Tell whether a webhook of somebody's does not support trials."""
    return error.status == _BAD_REQUEST and "dry run" in str(error).replace("-", " ").lower()


# Findings


def about(item: Item, finding: Finding) -> Finding:
    """Return a finding with the object and the estate's line it follows from."""
    return replace(
        finding,
        place=item.place,
        message=finding.message
        if item.title in finding.message
        else f"{item.title}: {finding.message}",
        document=", ".join(item.sources),
    )


def finding_of(item: Item, code: str, message: str, hint: str = "") -> Finding:
    """Return a finding at the estate's line that an object follows from."""
    place, document = item.place, ", ".join(item.sources)
    return told(code, message, hint, file=place.file, line=place.line, document=document)


def conflict(item: Item, fields: Sequence[Contested]) -> Finding:
    """Return the finding of fields that others own; a Secret's values are not shown."""
    said = "; ".join(_contested(item, one) for one in fields)
    return finding_of(
        item,
        "HL1207",
        f"{item.title} is also managed by others: {said}",
        "leave the field to its manager, have it let go, or take it over: "
        f"--take-over {item.kind}/{item.name}",
    )


def _contested(item: Item, one: Contested) -> str:
    if item.kind == "Secret":
        return f"{one.manager} owns {one.path}"
    return f"{one.manager} has {one.path} = {one.theirs!r}, and ours is {one.ours!r}"


def _without_kind(item: Item, coming: Coming) -> Compared:
    group = item.api_version.rpartition("/")[0]
    if coming.brings_kinds and group not in coming.groups_by_hand:
        return Compared(item, What.LATER, is_tried=False)
    return Compared(item, What.REFUSED, findings=(no_kind(item, coming),))


def no_kind(item: Item, coming: Coming) -> Finding:
    """Return the finding of a kind that the cluster does not serve."""
    group = item.api_version.rpartition("/")[0]
    if group in coming.groups_by_hand:
        folder = item.file.split("/")[1]
        hint = f"`kubectl apply --server-side -k clusters/{folder}/30-frr/crds` brings it"
    else:
        hint = "its operator is not installed: name it under spec.operators of the cluster"
    message = f"the cluster has no kind {item.kind} of {item.api_version}, for {item.title}"
    return finding_of(item, "HL1205", message, hint)


def _not_ours(item: Item, live: Object) -> Compared:
    finding = finding_of(
        item,
        "HL1211",
        f"{item.title} is there and bears no mark of ours: it stays as it is",
        "name it by `secret:` in the estate, or delete it to have it made",
    )
    return Compared(
        item, What.KEPT, findings=(replace(finding, severity=Severity.WARNING),), live=live
    )
