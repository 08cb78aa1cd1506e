"""Names by which what was rendered is found again, by whoever reads a folder or a cluster."""

from __future__ import annotations

from typing import Final

# Of objects: a label, with our name in it, and an annotation that names the estate's documents.
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGER: Final = "hyperleaf"
SOURCE: Final = "hyperleaf.dev/from"
# Of files: what there is and where it comes from; what must be true of it.
INDEX: Final = "index.json"
EXPECTED: Final = "expected.json"
# Of folders: a cluster's objects, the Secrets that it wants, what its nodes must bear.
CLUSTERS: Final = "clusters"
SECRETS: Final = "secrets"
NODES: Final = "nodes"
# Of what lies underneath clusters: its folder, and the file of the steps that make it.
PLATFORMS: Final = "platforms"
BUILD: Final = "platforms/build.json"
# Marks of things in a cloud: whose they are, and for which cluster they were made.
OWNER: Final = "hyperleaf.dev/owner"
OF_CLUSTER: Final = "hyperleaf.dev/cluster"
