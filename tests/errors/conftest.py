"""The option that writes goldens anew, where no other conftest has it already."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-golden; pytest refuses an option that exists."""
    with contextlib.suppress(ValueError):
        parser.addoption(
            "--update-golden", action="store_true", help="write goldens anew; read the difference"
        )
