"""What LVMClusters say of themselves becomes rows: a state, a volume group, a node that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Not every release's definition prints the state.
COLUMNS = ("LVMCLUSTER", "STATUS", "VG", "NODE")
Object = dict[str, Any]
Row = tuple[str, str, str, str]


def volume_groups(clusters: Iterable[Object]) -> tuple[Row, ...]:
    """Return a row for each volume group and node, or for a cluster that has none yet.

    >>> groups = [{"name": "vg1", "nodeStatus": [{"node": "w-1"}]}]
    >>> status = {"state": "Ready", "deviceClassStatuses": groups}
    >>> volume_groups([{"metadata": {"name": "lvm"}, "status": status}])
    (('lvm', 'Ready', 'vg1', 'w-1'),)
    """
    return tuple(row for one in clusters for row in _rows(one))


def _rows(cluster: Object) -> Iterator[Row]:
    name, status = str(cluster["metadata"]["name"]), cluster.get("status") or {}
    state = str(status.get("state", ""))
    pairs = sorted(
        (str(group.get("name", "")), str(node.get("node", "")))
        for group in status.get("deviceClassStatuses") or ()
        for node in group.get("nodeStatus") or ()
    )
    yield from ((name, state, *pair) for pair in pairs or [("", "")])
