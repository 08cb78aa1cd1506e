"""The labels by which our objects find nodes, set by machine pools and by nobody else."""

from __future__ import annotations

LEAF = "hyperleaf.dev/leaf"  # value: the fabric's name
UPLINK = "hyperleaf.dev/uplink"  # value: what carries the default route, as in Uplink.kind
POOL = "hyperleaf.dev/pool"  # value: the pool's name
REFLECTOR = "hyperleaf.dev/reflector"  # value: the fabric's name
