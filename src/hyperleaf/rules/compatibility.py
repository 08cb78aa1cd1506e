"""Rules about compatibility mode: hand-written objects that are taken over as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperleaf.codes import Code
from hyperleaf.findings import Severity
from hyperleaf.rules.rule import Fault, rule
from hyperleaf.rules.subjects import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.model.estate import Estate


@rule(
    Code(
        "HL0616",
        "Compatibility mode is on",
        "Objects are named and shaped as a hand-written predecessor's, so that they can be taken "
        "over without a change: selected by its label instead of ours, with a VLAN id in "
        "attachments that does nothing on a bridge per VLAN.",
        "Remove `compatibility` once the old objects are gone.",
        "  compatibility: {policy: ens224-policy, nodeSelector: {node: cnv}}\n",
        "",
    ),
    Severity.WARNING,
)
def compatibility_is_for_a_while(estate: Estate) -> Iterator[Fault]:
    """Find a cluster that takes over hand-written objects."""
    for cluster in estate.clusters.values():
        if cluster.compatibility is not None:
            labels = ", ".join(f"{k}={v}" for k, v in cluster.compatibility.node_selector.items())
            yield Fault(
                cluster.origin,
                ("spec", "compatibility"),
                f"compatibility mode of {cluster.name}: policy {cluster.compatibility.policy} "
                f"for nodes with {labels or 'any label'}, attachments with an inert VLAN id",
                "remove `compatibility` once the hand-written objects are gone",
            )


@rule(
    Code(
        "HL0617",
        "Compatibility mode cannot hold",
        "It names one policy, for one kind of uplink, and finds nodes by one label: a second "
        "uplink or pool would get a policy of the same name, no label would mean every node.",
        "State the label, and one pool with one uplink.",
        "nodeSelector: {}",
        "nodeSelector: {node: cnv}",
    )
)
def compatibility_is_narrow(estate: Estate) -> Iterator[Fault]:
    """Find compatibility mode with several uplinks in use, or an empty selector."""
    for cluster in estate.clusters.values():
        mode = cluster.compatibility
        if mode is None:
            continue
        path = ("spec", "compatibility")
        if not mode.node_selector:
            yield Fault(
                cluster.origin,
                (*path, "nodeSelector"),
                f"policy {mode.policy} would be for every node of {cluster.name}",
                "state the label that the hand-written policy selects by",
            )
        names = {network.uplink for network in estate.networks_in(cluster)}
        used = [
            f"{uplink.name} of {pool.name}"
            for pool in cluster.pools
            for uplink in pool.uplinks.values()
            if uplink.name in names
        ]
        if len(used) > 1:
            yield Fault(
                cluster.origin,
                (*path, "policy"),
                f"{len(used)} uplinks of {cluster.name} would get one policy {mode.policy}: "
                f"{in_words(used)}",
                "use compatibility mode for one uplink of one pool",
            )
