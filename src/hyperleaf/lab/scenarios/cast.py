"""Who plays in scenarios: pairs of guests and kinds of nodes, found in a lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hyperleaf.lab.estate import Lab
    from hyperleaf.lab.facts import Node
    from hyperleaf.lab.guests import Guest

REFLECTOR = "hyperleaf.dev/reflector"
IPV4 = 4


def reflectors(lab: Lab) -> list[Node]:
    """Return the reflectors, the one whose paths are best first.

    Of equal paths that by the lowest neighbour is best (RFC 4271 9.1.2.2).
    """
    found = [one for one in lab.around.nodes if REFLECTOR in one.labels]
    return sorted(found, key=lambda one: int(one.address))


def apart(lab: Lab) -> tuple[Guest, Guest] | None:
    """Return two guests of one segment on two leaves."""
    real = [one for one in lab.guests if not one.vrf and IPV4 in one.addresses]
    return next(
        (
            (one, other)
            for one in real
            for other in real
            if one.network == other.network and one.place != other.place
        ),
        None,
    )
