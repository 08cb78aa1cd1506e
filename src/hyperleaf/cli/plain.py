"""Values of the model and the plan become plain data that any program reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from hyperleaf.findings import Origin
from hyperleaf.spec.language import camel
from hyperleaf.values.addresses import AddressRange
from hyperleaf.values.macs import Mac, MacRange
from hyperleaf.values.units import Duration, Quantity, Version

# Numbers and dataclasses that are written as text.
_TEXTS = (AddressRange, Duration, Mac, MacRange, Quantity, Version)


def plain(value: Any) -> Any:
    """Return dataclasses as mappings with camelCase keys, values as people write them."""
    made: Any
    if value is None or isinstance(value, bool):
        made = value
    elif isinstance(value, int) and not isinstance(value, _TEXTS):
        made = int(value)
    elif isinstance(value, Origin):
        place = value.place()
        made = {"document": str(value), "file": place.file, "line": place.line}
    elif isinstance(value, Mapping):
        made = {str(key): plain(one) for key, one in value.items()}
    elif isinstance(value, list | tuple):
        made = [plain(one) for one in value]
    elif isinstance(value, frozenset):
        made = sorted(str(one) for one in value)
    elif is_dataclass(value) and not isinstance(value, _TEXTS):
        made = {camel(one.name): plain(getattr(value, one.name)) for one in fields(value)}
    else:
        made = str(value)
    return made
