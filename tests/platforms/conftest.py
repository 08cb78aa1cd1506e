"""An account of AWS, emptied for each test, and a vCenter, for tests of what lies underneath."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from judges.aws import Aws, aws
from judges.vcenter import PASSWORD, USER, Vcenter, vcenter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def _account() -> Iterator[Aws]:
    with aws() as made:
        yield made


@pytest.fixture
def account(_account: Aws) -> Aws:
    """Offer an empty account, without faults, that nobody has called yet."""
    _account.reset()
    return _account


@pytest.fixture
def center(
    tmp_path: Path, needed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Vcenter]:
    """Run a vCenter whose certificate and login are known."""
    needed("vcenter")
    with vcenter(tmp_path / "vcenter") as made:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))
        monkeypatch.setenv("VSPHERE_USER", USER)
        monkeypatch.setenv("VSPHERE_PASSWORD", PASSWORD)
        yield made
