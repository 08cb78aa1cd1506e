"""The container images that rendered workloads run, and how a digest is pinned.

The references below carry tags: the digests behind them are not known here, for rendering asks no
registry. Where images must be pinned (or mirrored), give whole references by name:

    --image frr=quay.io/frrouting/frr@sha256:... --image frr-k8s=mirror.example/frr-k8s@sha256:...
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# The version of frr-k8s whose CRDs go with the image.
FRR_K8S_VERSION = "v0.0.25"


@dataclass(frozen=True, slots=True)
class Images:
    """A reference an image; `frr` must be 10.4 or later, or BFD strands leaves (FRR 18562)."""

    frr: str = "quay.io/frrouting/frr:10.4.3"
    frr_k8s: str = f"quay.io/metallb/frr-k8s:{FRR_K8S_VERSION}"


DEFAULT_IMAGES = Images()


def read_images(stated: Iterable[str]) -> Images:
    """Return the images with those of `stated`, written NAME=REFERENCE; else ValueError."""
    images = DEFAULT_IMAGES
    for text in stated:
        name, equals, reference = text.partition("=")
        if not equals or not reference or name not in {"frr", "frr-k8s"}:
            raise ValueError(
                f"an image is written frr=REFERENCE or frr-k8s=REFERENCE, not {text!r}"
            )
        images = replace(images, **{name.replace("-", "_"): reference})
    return images
