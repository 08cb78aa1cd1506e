"""A server's own tables of what it runs: the columns that `oc get` prints, of any version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hyperleaf.cluster.errors import AnswerError
from hyperleaf.cluster.volume_groups import COLUMNS, volume_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hyperleaf.cluster.client import Client, Resource

_AS_TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io"
# What people look at, in the order in which it comes to be.
KINDS: Final = (
    ("operators.coreos.com/v1alpha1", "Subscription"),
    ("multicluster.openshift.io/v1", "MultiClusterEngine"),
    ("machine.openshift.io/v1beta1", "MachineSet"),
    ("machineconfiguration.openshift.io/v1", "MachineConfigPool"),
    ("lvm.topolvm.io/v1alpha1", "LVMCluster"),
    ("ocs.openshift.io/v1", "StorageCluster"),
    ("hco.kubevirt.io/v1beta1", "HyperConverged"),
    ("remediation.medik8s.io/v1alpha1", "NodeHealthCheck"),
    ("nmstate.io/v1", "NodeNetworkConfigurationPolicy"),
    ("nmstate.io/v1beta1", "NodeNetworkConfigurationEnactment"),
    ("hypershift.openshift.io/v1beta1", "HostedCluster"),
    ("hypershift.openshift.io/v1beta1", "NodePool"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """Objects of a kind as the server shows them; `rows` are cells as text.

    `why` says what is in the way where they may not be listed.
    """

    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    why: str = ""


def tables(client: Client, name: str = "") -> Iterator[Table]:
    """Yield a table for each kind that the server has objects of.

    With a name, those of a hosted cluster: the HostedCluster called so, and its NodePools.
    """
    for version, kind in KINDS:
        if name and kind not in {"HostedCluster", "NodePool"}:
            continue
        resource = client.resource(version, kind)
        if resource is None:
            continue
        try:
            table = _table(client, resource, name)
        except AnswerError as error:
            yield Table(kind, (), (), error.finding.message)
        else:
            if table.rows:
                yield table
                if kind == "LVMCluster":
                    yield from _volume_groups(client, resource)


def _volume_groups(client: Client, resource: Resource) -> Iterator[Table]:
    """Yield which nodes have which volume group: columns that no server prints."""
    rows = volume_groups(client.request("GET", resource.of()).get("items") or ())
    if rows:
        yield Table("Volume groups", COLUMNS, rows)


def _table(client: Client, resource: Resource, name: str) -> Table:
    answer = client.request("GET", resource.of(), accept=f"{_AS_TABLE},application/json")
    stated = answer.get("columnDefinitions") or ()
    shown = [place for place, one in enumerate(stated) if not one.get("priority")]
    rows, spaces = [], set()
    for row in answer.get("rows") or ():
        about = row["object"]["metadata"]
        cells = tuple(_text(row["cells"][place]) for place in shown)
        named = {column["name"]: cell for column, cell in zip(stated, row["cells"], strict=True)}
        if name not in {"", about["name"], named.get("Cluster")}:
            continue
        spaces.add(about.get("namespace", ""))
        rows.append((about.get("namespace", ""), *cells))
    columns = tuple(str(stated[place]["name"]).upper() for place in shown)
    if len(spaces) > 1:
        return Table(resource.kind, ("NAMESPACE", *columns), tuple(rows))
    return Table(resource.kind, columns, tuple(row[1:] for row in rows))


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell)
    return "" if cell is None else str(cell)
