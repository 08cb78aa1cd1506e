"""Builders of clusters whose MachineSets are made after a known one: a base in, the objects out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hyperleaf.model.facts import NOTHING_FOUND, ClusterFacts, Facts
from hyperleaf.model.machines import base_of
from hyperleaf.model.resolve import resolve
from hyperleaf.plan.clusters import plan
from hyperleaf.render.machines import machine_set
from hyperleaf.spec.documents import validate
from hyperleaf.spec.yaml import read_text

if TYPE_CHECKING:
    from hyperleaf.model.estate import Estate
    from hyperleaf.model.machines import Base

FOUND = Path(__file__).parents[1] / "machines" / "worker-machine-sets.yaml"
BASES: dict[str, dict[str, Any]] = {
    one["metadata"]["name"]: one for one in yaml.safe_load_all(FOUND.read_text(encoding="utf-8"))
}
PLATFORMS = {
    "aws": "{aws: {region: us-east-2}}",
    "vsphere": "{vsphere: {server: vc.example.com, datacenter: dc1, cluster: c1}}",
    "kubevirt": "{kubevirt: {}}",
}


def estate_of_pool(
    pool: str, *bases: Base, more: str = "", found: ClusterFacts = NOTHING_FOUND
) -> Estate:
    """Return a hub with a pool of machines, and its facts: its bases, and what else was found."""
    platform = PLATFORMS[bases[0].provider or "aws"]
    text = (
        "apiVersion: hyperleaf.dev/v1alpha1\nkind: Cluster\nmetadata: {name: hub}\nspec:\n"
        f"  role: hub\n  version: 4.16.18\n  platform: {platform}\n"
        f"  networks: {{machine: [10.0.0.0/16]}}\n{more}  nodePools:\n  - {{{pool}}}\n"
    )
    documents, unread = read_text(text.encode(), "estate.yaml")
    written, invalid = validate(documents)
    facts = replace(found, infra_id=bases[0].infra_id, machine_sets=bases)
    estate, unresolved = resolve(written, Facts(clusters={"hub": facts}))
    assert (*unread, *invalid, *unresolved) == ()
    return estate


def made(
    pool: str, *bases: dict[str, Any], more: str = "", found: ClusterFacts = NOTHING_FOUND
) -> list[dict[str, Any]]:
    """Return the MachineSets of a pool, made after `bases`."""
    estate = estate_of_pool(pool, *(base_of(one) for one in bases), more=more, found=found)
    return [machine_set(one) for one in plan(estate).clusters[0].machine_sets]
