"""An API server that only applications write to: what prunes or counts must be alone with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from judges.apiserver import ApiServer, api_server
from judges.clusters import KINDS, clear
from judges.operators import Operators, operators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def _alone(needed: Callable[..., None]) -> Iterator[ApiServer]:
    needed("apiserver", "crds")
    with api_server() as server:
        for version, kind in KINDS:
            assert server.resource(version, kind), kind
        yield server


@pytest.fixture
def server(_alone: ApiServer) -> Iterator[ApiServer]:
    """Offer the server without anything of ours in it."""
    clear(_alone)
    yield _alone
    clear(_alone)


@pytest.fixture
def standing_in(server: ApiServer) -> Iterator[Operators]:
    """Give objects the status that operators would give them."""
    with operators(server) as made:
        yield made
