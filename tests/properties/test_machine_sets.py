"""MachineSets of any pool after any base: names agree everywhere, and the base is as it was."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hyperleaf.model.machines import base_of
from hyperleaf.rules.registry import check
from unit.machine_sets import BASES, estate_of_pool, made

OURS = {"replicas", "selector", "template"}
SET, CLUSTER = (f"machine.openshift.io/cluster-api-{one}" for one in ("machineset", "cluster"))
# The fields of a machine that a pool may state; no other may differ from the base's.
STATED = {
    "AWSMachineProviderConfig": {"instanceType", "placement", "subnet", "blockDevices"},
    "VSphereMachineProviderSpec": {
        "diskGiB",
        "memoryMiB",
        "numCPUs",
        "numCoresPerSocket",
        "template",
        "network",
    },
    "KubevirtMachineProviderSpec": {
        "requestedCPU",
        "requestedMemory",
        "requestedStorage",
        "storageClassName",
    },
}
NAMES = st.from_regex(r"p[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@st.composite
def pools(draw: st.DrawFn, base: dict[str, Any]) -> str:
    """Draw a pool that fits a base, as it is written."""
    kind = base["spec"]["template"]["spec"]["providerSpec"]["value"]["kind"]
    said = [f"name: {draw(NAMES)}", f"replicas: {draw(st.integers(0, 9))}", "machines: {}"]
    if draw(st.booleans()):
        said.append("roles: [virtualization]")
    if draw(st.booleans()):
        said.append("taints: [{key: dedicated, value: virt, effect: NoSchedule}]")
    if draw(st.booleans()):
        said.append(f"disk: {draw(st.integers(100, 2000))}Gi")
    if kind == "AWSMachineProviderConfig":
        zone = base["spec"]["template"]["spec"]["providerSpec"]["value"]["placement"][
            "availabilityZone"
        ]
        zones = draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=4))
        if zones:
            said.append(f"zones: [{', '.join(zone[:-1] + one for one in zones)}]")
        if draw(st.booleans()):
            said.append(f"instanceType: {draw(st.sampled_from(['m5.metal', 'c5n.metal']))}")
        if draw(st.booleans()):
            said.append(f"dataDisk: {{size: {draw(st.integers(10, 4000))}Gi}}")
    elif draw(st.booleans()):
        said.append(f"cpus: {draw(st.integers(1, 32))}, memory: {draw(st.integers(1, 256))}Gi")
    return ", ".join(said)


@given(st.data())
def test_names_agree_and_nothing_else_changes(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from(list(BASES.values())))
    pool = data.draw(pools(base))
    before = json.dumps(base)
    sets = made(pool, base)
    assert json.dumps(base) == before
    assert len({one["metadata"]["name"] for one in sets}) == len(sets)
    for one in sets:
        holds(one, base)


def holds(one: dict[str, Any], base: dict[str, Any]) -> None:
    """Assert what is true of every MachineSet that was made after another."""
    name, spec, before = one["metadata"]["name"], one["spec"], base["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert name.startswith(labels[CLUSTER] + "-")
    assert labels[SET] == spec["selector"]["matchLabels"][SET] == name
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert one["metadata"]["labels"][CLUSTER] == labels[CLUSTER]
    assert labels | {SET: base["metadata"]["name"]} == before["template"]["metadata"]["labels"]
    assert {k: v for k, v in spec.items() if k not in OURS} == {
        k: v for k, v in before.items() if k not in OURS
    }
    inner, old = deepcopy(spec["template"]["spec"]), deepcopy(before["template"]["spec"])
    value, was = inner["providerSpec"].pop("value"), old["providerSpec"].pop("value")
    for each in (inner, old):
        each.pop("taints", None)
        each.pop("metadata", None)
    assert inner == old
    assert {key for key in value.keys() | was.keys() if value.get(key) != was.get(key)} <= STATED[
        value["kind"]
    ]
    assert value["kind"] == was["kind"]


@given(st.data())
def test_a_zone_stands_in_every_place_or_a_rule_says_why_not(data: st.DataObject) -> None:
    on_aws = [one for one in BASES.values() if base_of(one).provider == "aws"]
    base = data.draw(st.sampled_from(on_aws))
    old = base_of(base).zone or ""
    zone = old[:-1] + data.draw(st.sampled_from("abcdef"))
    pool = f"name: metal, replicas: 2, zones: [{zone}], machines: {{}}"
    codes = {one.code for one in check(estate_of_pool(pool, base_of(base)))}
    (one,) = made(pool, base)
    value = one["spec"]["template"]["spec"]["providerSpec"]["value"]
    assert one["metadata"]["name"].endswith(f"-{zone}")
    assert value["placement"]["availabilityZone"] == zone
    filters = value["subnet"].get("filters", ())
    follows = all(name.endswith(f"-{zone}") for each in filters for name in each["values"])
    assert ("HL1123" in codes) == (zone != old and not (filters and follows))
