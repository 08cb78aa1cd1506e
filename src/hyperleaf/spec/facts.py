"""What may be written in a facts file: what somebody found in a live world, beside an estate."""

from __future__ import annotations

from hyperleaf.spec.fields import AddressField, Model, field


class WrittenFacts(Model):
    """What an estate leaves to be found."""

    reflectors: tuple[AddressField, ...] = field(
        default=(), description="Addresses of the nodes that carry the route reflectors."
    )
